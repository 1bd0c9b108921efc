"""Scores to what one plot needs: one metric, one year, names that can be drawn."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gi_tools.errors import DataError
from gi_tools.plots.fonts import find_font, to_label

if TYPE_CHECKING:
    from pandas import DataFrame, Series

MOST_ROWS = 40


def need(frame: DataFrame, *names: str) -> None:
    """Raise DataError unless the frame has the columns."""
    lacking = [name for name in names if name not in frame]
    if lacking:
        problem = f"plots: the frame lacks {', '.join(lacking)}"
        raise DataError(f"{problem}; give a frame of gi.measure or gi.build_panel")


def pick_metric(scores: DataFrame, metric: str | None) -> tuple[DataFrame, str]:
    """Take the rows of one metric; it must be named when the frame has several."""
    found = list(scores["metric"].dropna().unique())
    if metric is None and len(found) > 1:
        names = ", ".join(sorted(found)[:6])
        raise DataError(
            f"plots: {len(found)} metrics in the frame; name one of {names}"
        )
    metric = metric or (found[0] if found else "?")
    return scores[scores["metric"] == metric], metric


def pick_year(frame: DataFrame, year: int | None) -> tuple[DataFrame, int]:
    """Take the rows of one year; it must be given when the frame has several."""
    found = sorted(set(frame["year"].dropna().astype(int)))
    if year is None and len(found) > 1:
        raise DataError(f"plots: years {found[0]} to {found[-1]}; choose one by year=")
    year = year or (found[0] if found else 0)
    return frame[frame["year"] == year], year


def label_bodies(frame: DataFrame) -> Series:
    """Name each row's body: agency, else region code; without a font, the code."""
    names = frame.get("agency", frame.get("region_code", frame.get("report_id")))
    other = frame.get("region_code", names)
    if find_font() is None:
        names = other
    return names.fillna(other).fillna("?").map(to_label)


def name_metric(metric: str) -> tuple[str, str]:
    """Give the Chinese and the English name of a metric."""
    return to_label(metric, 60), to_label(metric, 60)


def is_share(metric: str) -> bool:
    """Tell whether the values of a metric are proportions from 0 to 1."""
    return True


def format_value(value: float, metric: str) -> str:
    """Write a proportion in per cent, any other value plainly."""
    return f"{100 * value:.0f} %" if is_share(metric) else f"{value:,.3g}"

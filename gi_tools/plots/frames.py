"""Scores to what one plot needs: one metric, one year, names that can be drawn."""

from __future__ import annotations

from collections import Counter

import pandas as pd
from pandas import DataFrame, Series

from gi_tools.catalogue import metrics
from gi_tools.errors import DataError
from gi_tools.plots.fonts import find_font, to_label

MOST_ROWS = 40
SHARE = "share"  # stands for any proportion


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
    """
    Name each row's body: agency, else region code; without a font, the code.

    Bodies of one name are told apart by region code and scope.
    """
    keys = [name for name in ("agency", "region_code", "scope") if name in frame]
    if not keys:
        return frame.get("report_id", pd.Series("?", frame.index)).map(to_label)
    columns = (frame[key].astype(object).where(frame[key].notna(), "") for key in keys)
    texts = [list(map(str, column.tolist())) for column in columns]
    rows = list(zip(*texts, strict=True))
    plain = bool(find_font())
    names = {body: _choose_name(body, plain) for body in set(rows)}
    counts = Counter(names.values())
    for body, name in names.items():
        tail = " ".join(body[1:]) if counts[name] > 1 else ""
        names[body] = to_label(name) + (f" {to_label(tail)}" if tail else "")
    return pd.Series([names[row] for row in rows], frame.index, dtype=object)


def _choose_name(body: tuple[str, ...], plain: bool) -> str:
    texts = body if plain or len(body) == 1 else body[1:]
    return next(filter(None, texts), "?")


def name_metric(metric: str) -> tuple[str, str]:
    """Give the Chinese and the English name of a metric, its code if unknown."""
    one = metrics().get(metric)
    return (one.zh, one.en) if one else (to_label(metric, 60),) * 2


def format_value(value: float, metric: str) -> str:
    """Write a proportion in per cent, any other value plainly."""
    one = metrics().get(metric)
    share = metric == SHARE or (one and one.kind == "proportion")
    if share:
        return f"{100 * value:.0f} %"
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"

"""Scores of one year to comparisons: ranking, funnel, denominators side by side."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gi_tools.catalogue import list_variants
from gi_tools.plots.frames import (
    MOST_ROWS,
    format_value,
    label_bodies,
    name_metric,
    need,
    pick_metric,
    pick_year,
)
from gi_tools.plots.style import DASHES, FAINT, GREY, MARKS, PALETTE, Sheet, open_sheet

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from pandas import DataFrame

MOST_LINES = 7


def ranking(
    scores: DataFrame,
    metric: str | None = None,
    *,
    year: int | None = None,
    lang: str = "zh",
    ax: Axes | None = None,
) -> Axes:
    """
    Draw ranks with their intervals, value and n beside each.

    Needs the columns rank, rank_low, rank_high. Of more than 40 bodies the first
    and the last 20 are shown and the rest is noted.
    """
    import pandas as pd

    need(scores, "metric", "year", "value", "rank", "rank_low", "rank_high")
    frame, metric = pick_metric(scores, metric)
    frame, year = pick_year(frame, year)
    ranked = frame.dropna(subset=["value", "rank"]).sort_values("rank", kind="stable")
    half, total = MOST_ROWS // 2, len(ranked)
    if total > MOST_ROWS:
        ranked = pd.concat([ranked.head(half), ranked.tail(half)])
    with open_sheet(ax, lang, 1, 3.4 + 0.42 * max(len(ranked), 4)) as sheet:
        zh, en = name_metric(metric)
        sheet.title(f"{zh}，{year} 年名次", f"{en}, ranks {year}")
        sheet.count(frame, total)
        if not total:
            return sheet.blank()
        sheet.rest(len(ranked), total)
        _draw_ranks(sheet, ranked, metric)
        if total > MOST_ROWS:
            sheet.ax.axhline(half - 0.5, color=GREY, lw=0.6, ls=":")
        sheet.note("横线：名次的 95 % 区间", "Bars: 95 % intervals of the ranks")
    return sheet.ax


def _draw_ranks(sheet: Sheet, ranked: DataFrame, metric: str) -> None:
    ax, rows = sheet.ax, range(len(ranked))
    low, high = (ranked[name].astype(float) for name in ("rank_low", "rank_high"))
    ax.hlines(rows, low, high, color=PALETTE[3], lw=2)
    ax.plot(ranked["rank"].astype(float), rows, "o", color=PALETTE[0])
    ax.set_yticks(rows, list(label_bodies(ranked)))
    sizes = ranked.get("denominator", ranked.get("n"))
    for row, (value, size) in enumerate(zip(ranked["value"], sizes, strict=True)):
        text = f"{format_value(value, metric)}  ({size:,.0f})"
        ax.text(
            1.01, row, text, transform=ax.get_yaxis_transform(), va="center", size=6
        )
    ax.set(ylim=(len(ranked) - 0.4, -0.6))
    ax.set_xlabel(sheet.say("名次（1 为最高）", "rank (1 = highest)"))
    sheet.note("右：数值（分母）", "Right: value (denominator)")


def sensitivity(
    scores: DataFrame,
    metric: str,
    *,
    year: int | None = None,
    lang: str = "zh",
    ax: Axes | None = None,
) -> Axes:
    """
    Draw a metric with each of its denominators, a line a body: does the order hold?

    ``scores`` holds the variants (``catalogue.list_variants``). Of more than 7 bodies
    the lines are grey, with their median.
    """
    need(scores, "metric", "year", "value")
    variants = [name for name in list_variants(metric) if name in set(scores["metric"])]
    frame, year = pick_year(scores[scores["metric"].isin(variants)], year)
    frame = frame.assign(body=label_bodies(frame))
    wide = frame.groupby(["body", "metric"])["value"].first().unstack()
    wide = wide.reindex(columns=variants).astype(float).dropna(how="all")
    with open_sheet(ax, lang, 1, 8) as sheet:
        title = f"同一份数据，不同分母，{year} 年", f"One table, {year}, by denominator"
        sheet.title(*title)
        sheet.count(frame, int(frame["value"].notna().sum()))
        if not len(wide):
            return sheet.blank()
        _draw_variants(sheet, wide, frame)
        flips = count_flips(wide)
        sheet.note(
            f"{flips:,} 对机关的先后随分母而变",
            f"{flips:,} pairs of bodies change order with the denominator",
        )
    return sheet.ax


def count_flips(wide: DataFrame) -> int:
    """Count the pairs of rows whose order is not the same in all columns."""
    import numpy as np

    values = wide.dropna().to_numpy()
    flips = 0
    for number, row in enumerate(values[:-1]):
        signs = np.sign(values[number + 1 :] - row)
        flips += int(((signs.max(axis=1) > 0) & (signs.min(axis=1) < 0)).sum())
    return flips


def _draw_variants(sheet: Sheet, wide: DataFrame, frame: DataFrame) -> None:
    ax, rows = sheet.ax, range(len(wide.columns))
    if len(wide) <= MOST_LINES:
        for number, (body, values) in enumerate(wide.iterrows()):
            style = {"color": PALETTE[number], "marker": MARKS[number]}
            ax.plot(values, rows, ls=DASHES[number], label=body, **style)
    else:
        ax.plot(
            wide.T.to_numpy(), rows, color=FAINT, lw=0.5, rasterized=len(wide) > 300
        )
        number = f"{len(wide):,}"
        median = sheet.say(f"{number} 个机关的中位数", f"median of {number} bodies")
        ax.plot(wide.median(), rows, "o-", color=PALETTE[0], label=median)
    sheet.legend()
    names = [sheet.say(*name_metric(metric)) for metric in wide.columns]
    ax.set_yticks(rows, names)
    ax.set_ylim(len(rows) - 0.5, -0.5)
    ax.xaxis.set_major_formatter(lambda v, _: format_value(v, wide.columns[0]))

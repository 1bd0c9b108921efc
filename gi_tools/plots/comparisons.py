"""Scores of one year to comparisons: ranking, funnel, denominators side by side."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from pandas import DataFrame, Series

from gi_tools.catalogue import find_metric, list_variants
from gi_tools.errors import DataError
from gi_tools.funnels import Funnel, fit_funnel, place_in_funnel
from gi_tools.plots.frames import (
    MOST_ROWS,
    format_value,
    label_bodies,
    name_metric,
    need,
    pick_metric,
    pick_year,
)
from gi_tools.plots.style import (
    DASHES,
    FAINT,
    GREY,
    MARKS,
    PALETTE,
    Sheet,
    open_sheet,
    wrap,
)
from gi_tools.statistics import rank_bodies

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MOST_LINES, MOST_GREY, MOST_DOTS, MOST_NAMED = 7, 200, 1000, 12
LEAST_RANKED = 3
LEVELS = (0.95, 0.998)


def ranking(
    scores: DataFrame,
    metric: str | None = None,
    *,
    year: int | None = None,
    lang: str = "zh",
    ax: Axes | None = None,
) -> Axes:
    """
    Draw expected ranks of a proportion with 95 % intervals, value and n beside each.

    Ranks are those of ``rank_bodies``: what the counts tell of the true order. Of more
    than 40 bodies the first and last 20 are shown. DataError if it is no proportion.
    """
    frame, metric, year = _pick_counts(scores, metric, year, "ranking")
    known = frame.dropna(subset=["value"]).reset_index(drop=True)
    total, enough = len(known), len(known) >= LEAST_RANKED
    if enough:
        pair = (known["numerator"], known["denominator"])
        found = rank_bodies(*pair, draws=4000 if total < 1000 else 1000)
        known[["rank", "rank_low", "rank_high"]] = found[["rank", "low", "high"]]
        known = known.sort_values("rank", kind="stable")
    half = MOST_ROWS // 2
    if total > MOST_ROWS:
        known = pd.concat([known.head(half), known.tail(half)])
    with open_sheet(ax, lang, 1, 2 + 0.42 * max(len(known), 4)) as sheet:
        zh, en = name_metric(metric)
        sheet.title(f"{zh}，{year} 年名次", f"{en}, ranks {year}")
        sheet.count(frame, total)
        if not enough:
            sheet.note("不足 3 个机关，不排名次", "fewer than 3 bodies are not ranked")
            return sheet.blank()
        sheet.rest(len(known), total)
        _draw_ranks(sheet, known, metric)
        if total > MOST_ROWS:
            sheet.ax.axhline(half - 0.5, color=GREY, lw=0.6, ls=":")
    return sheet.ax


def _pick_counts(
    scores: DataFrame, metric: str | None, year: int | None, what: str
) -> tuple[DataFrame, str, int]:
    need(scores, "metric", "year", "value", "numerator", "denominator")
    frame, metric = pick_metric(scores, metric)
    if len(frame) and find_metric(metric).kind != "proportion":
        raise DataError(f"{what}: {metric} is no proportion; choose one that is")
    frame, year = pick_year(frame, year)
    return frame, metric, year


def _draw_ranks(sheet: Sheet, ranked: DataFrame, metric: str) -> None:
    ax, rows = sheet.ax, range(len(ranked))
    ax.hlines(rows, ranked["rank_low"], ranked["rank_high"], color=PALETTE[3], lw=2)
    ax.plot(ranked["rank"], rows, "o", color=PALETTE[0])
    ax.set_yticks(rows, list(label_bodies(ranked)))
    side = {"transform": ax.get_yaxis_transform(), "va": "center", "size": 6}
    pairs = zip(ranked["value"], ranked["denominator"], strict=True)
    for row, (value, size) in enumerate(pairs):
        ax.text(1.01, row, f"{format_value(value, metric)}  ({size:,.0f})", **side)
    ax.set(ylim=(len(ranked) - 0.4, -0.6))
    ax.set_xlabel(sheet.say("名次（1 为最高）", "rank (1 = highest)"))
    sheet.note(
        "点：期望名次；横线：95 % 区间", "Dot: expected rank; bar: 95 % interval"
    )
    sheet.note("右：数值（分母）", "Right: value (denominator)")


def funnel(
    scores: DataFrame,
    metric: str | None = None,
    *,
    year: int | None = None,
    lang: str = "zh",
    ax: Axes | None = None,
) -> Axes:
    """
    Draw values against their denominators with 95 and 99.8 % limits of no difference.

    Limits are widened where bodies differ beyond chance (``fit_funnel``). Only bodies
    outside of the 99.8 % limits are named, the 12 farthest. DataError as in ranking.
    """
    frame, metric, year = _pick_counts(scores, metric, year, "funnel")
    known = frame.dropna(subset=["value"]).astype({"value": float})
    with open_sheet(ax, lang, 1, 7) as sheet:
        zh, en = name_metric(metric)
        sheet.title(f"{zh}，{year} 年漏斗图", f"{en}, funnel {year}")
        sheet.count(frame, len(known))
        if not len(known):
            return sheet.blank()
        pair = (known["numerator"], known["denominator"])
        fitted = fit_funnel(*pair)
        placed = place_in_funnel(*pair, fitted, LEVELS).set_index(known.index)
        _draw_limits(sheet, fitted, placed["n"])
        _draw_bodies(sheet, known, placed)
        sheet.ax.yaxis.set_major_formatter(lambda v, _: format_value(v, metric))
        sheet.ax.set(xscale="log", ylim=(-0.02, 1.02))
        sheet.ax.set_xlabel(sheet.say("分母（对数）", "denominator (log scale)"))
        sheet.legend()
    return sheet.ax


def _draw_limits(sheet: Sheet, fitted: Funnel, n: Series) -> None:
    grid = np.unique(np.geomspace(n.min(), max(n.max(), n.min() + 1), 200).round())
    for level, dash in zip(LEVELS, ("--", "-"), strict=True):
        label = sheet.say(f"{100 * level:g} % 界限", f"{100 * level:g} % limits")
        for side in fitted.limits(grid, level):
            sheet.ax.plot(grid, side, dash, color=GREY, lw=0.7, label=label)
            label = "_"
    total = sheet.say("总体水平", "all bodies together")
    sheet.ax.axhline(fitted.target, color=PALETTE[2], lw=0.8, label=total)
    if fitted.inflated:
        told = f"φ = {fitted.phi:.1f}"
        zh = f"机关间差异超过偶然（{told}），界限已放宽"
        sheet.note(zh, f"Bodies differ beyond chance ({told}): limits are widened")


def _draw_bodies(sheet: Sheet, known: DataFrame, placed: DataFrame) -> None:
    ax, out = sheet.ax, placed["outside"] == LEVELS[-1]
    dots = {"ms": 2.5, "rasterized": len(placed) > MOST_DOTS}
    ax.plot(placed["n"][~out], placed["value"][~out], "o", color=PALETTE[3], **dots)
    ax.plot(placed["n"][out], placed["value"][out], "^", color=PALETTE[2], **dots)
    far = placed[out].sort_values("p", kind="stable").index[:MOST_NAMED]
    for name, row in zip(label_bodies(known.loc[far]), far, strict=True):
        at = (placed.at[row, "n"], placed.at[row, "value"])
        ax.annotate(name, at, (3, 2), textcoords="offset points", size=5.5)
    tests, number = placed.attrs["tests"], int(out.sum())
    sheet.note(
        f"{number:,} 个机关在 99.8 % 界限之外（检验 {tests:,} 个，仅凭偶然约"
        f" {0.002 * tests:.1f} 个），标名 {len(far)} 个",
        f"{number:,} of {tests:,} bodies lie outside of the 99.8 % limits (about"
        f" {0.002 * tests:.1f} by chance alone), {len(far)} named",
    )


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
        some = wide.iloc[:: 1 + len(wide) // MOST_GREY]
        ax.plot(some.T.to_numpy(), rows, color=FAINT, lw=0.5)
        sheet.rest(len(some), len(wide))
        number = f"{len(wide):,}"
        median = sheet.say(f"{number} 个机关的中位数", f"median of {number} bodies")
        ax.plot(wide.median(), rows, "o-", color=PALETTE[0], label=median)
    sheet.legend()
    names = [wrap([sheet.say(*name_metric(name))], 22) for name in wide.columns]
    ax.set_yticks(rows, names)
    ax.set_ylim(len(rows) - 0.5, -0.5)
    ax.xaxis.set_major_formatter(lambda v, _: format_value(v, wide.columns[0]))

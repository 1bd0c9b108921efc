"""Scores and counts over years to lines with breaks, and to stacked shares."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from pandas import DataFrame

from gi_tools.catalogue import find_breaks
from gi_tools.crosswalk import Join, crosswalk, refuse
from gi_tools.errors import DataError
from gi_tools.metrics import judge_metric
from gi_tools.panel import KEYS, judge_rows
from gi_tools.plots.fonts import to_label
from gi_tools.plots.frames import (
    MOST_ROWS,
    format_value,
    label_bodies,
    name_metric,
    need,
    pick_metric,
)
from gi_tools.plots.style import (
    DASHES,
    GREY,
    HATCHES,
    MARKS,
    PALETTE,
    Sheet,
    open_sheet,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MOST_LINES = 7
Pair = tuple[str, str]


def trend(
    scores: DataFrame,
    metric: str | None = None,
    *,
    lang: str = "zh",
    ax: Axes | None = None,
) -> Axes:
    """
    Draw a metric over the years with intervals, breaks and gaps.

    Points are joined within one form, and over forms only where the crosswalk allows
    it or an override says why. Up to 7 bodies are lines of their own; more become
    median, quartiles and tenths. Breaks are dotted lines with a number, told below.
    """
    need(scores, "metric", "year", "form", "family", "region_code", "value")
    frame, metric = pick_metric(scores, metric)
    form = frame["form"].where(frame["form"] != "pre2014", frame["family"])
    frame = frame.assign(body=label_bodies(frame), key=form)
    drawn = frame.dropna(subset=["value", "year"]).sort_values("year")
    with open_sheet(ax, lang, 1, 8) as sheet:
        sheet.title(*name_metric(metric), pad=14)
        sheet.count(frame, len(drawn))
        if not len(drawn):
            return sheet.blank()
        joins = _list_joins(sheet, drawn, metric)
        if drawn["body"].nunique() <= MOST_LINES:
            for number, (body, rows) in enumerate(drawn.groupby("body", sort=True)):
                _draw_line(sheet.ax, rows, joins, number, body)
        else:
            _draw_bands(sheet, drawn, joins)
        _draw_breaks(sheet, drawn, metric)
        sheet.ax.yaxis.set_major_formatter(lambda v, _: format_value(v, metric))
        sheet.ax.xaxis.get_major_locator().set_params(integer=True)
        sheet.ax.set_xlabel(sheet.say("报告年度", "year reported on"))
        sheet.legend()
    return sheet.ax


def _list_joins(sheet: Sheet, drawn: DataFrame, metric: str) -> dict[Pair, bool]:
    """Say of each pair of forms, or years, whether a line may cross; note the rest."""
    joins: dict[Pair, bool] = {}
    override = drawn.attrs.get("override")
    found = judge_metric(drawn, metric)
    for join in found:
        pair, allowed = (join.older, join.newer), join.verdict != "refuse"
        joins[pair] = joins.get(pair, True) and (allowed or bool(override))
    cut = ("线断开", "the line is cut")
    note_refusals(sheet, found, ("仍按所写理由相接", "joined") if override else cut)
    return joins


def note_refusals(sheet: Sheet, joins: Iterable[Join], done: tuple[str, str]) -> None:
    """Note each join that the crosswalk refuses, what was done, and why."""
    for join in (join for join in joins if join.verdict == "refuse"):
        zh, en = to_label(join.reason_zh, 200), to_label(join.reason_en, 200)
        gap = f"{join.older}/{join.newer}"
        told = f"Not comparable, {gap}, {done[1]}: {en}"
        sheet.note(f"{gap} 不可比，{done[0]}：{zh}", told)


def split_runs(rows: DataFrame, joins: Mapping[Pair, bool]) -> Iterator[DataFrame]:
    """Cut rows in order of year where a year is missing or a join is not allowed."""
    start, years, forms = 0, list(rows["year"].astype(int)), list(rows["key"])
    for end in range(1, len(rows) + 1):
        if end < len(rows):
            older, newer = forms[end - 1], forms[end]
            last, year = years[end - 1], years[end]
            allowed = joins.get((older, newer), older == newer)
            allowed = allowed and joins.get((str(last), str(year)), True)
            if year - last <= 1 and allowed:
                continue
        yield rows.iloc[start:end]
        start = end


def _draw_breaks(sheet: Sheet, drawn: DataFrame, metric: str) -> None:
    first, last = int(drawn["year"].min()), int(drawn["year"].max())
    top = sheet.ax.get_xaxis_transform()
    for one in find_breaks(metric, first, last):
        sheet.ax.axvline(one.year - 0.5, color=GREY, lw=0.7, ls=":")
        style = {"color": GREY, "size": 6, "ha": "center", "transform": top}
        sheet.ax.text(one.year - 0.5, 1.0, str(one.year), va="bottom", **style)
        sheet.note(f"断点 {one.year}：{one.zh}", f"Break {one.year}: {one.en}")


def _draw_line(ax: Axes, rows: DataFrame, joins: Mapping, number: int, body: str):
    style = {"color": PALETTE[number], "marker": MARKS[number], "ls": DASHES[number]}
    for run in split_runs(rows, joins):
        years, values = run["year"].astype(int), run["value"].astype(float)
        ax.plot(years, values, label=body, **style)
        body = "_"
        if {"low", "high"} <= set(run):
            low, high = run["low"].astype(float), run["high"].astype(float)
            ax.vlines(years, low, high, color=PALETTE[number], lw=0.6)


def _draw_bands(sheet: Sheet, drawn: DataFrame, joins: Mapping) -> None:
    levels = [0.1, 0.25, 0.5, 0.75, 0.9]
    groups = drawn.assign(value=drawn["value"].astype(float)).groupby(["year", "key"])
    wide = groups["value"].quantile(levels).unstack().reset_index()
    number = drawn["body"].nunique()
    label = sheet.say(f"{number:,} 个机关的中位数", f"median of {number:,} bodies")
    names = (sheet.say("十分位", "tenths"), sheet.say("四分位", "quartiles"))
    for run in split_runs(wide, joins):
        years = run["year"].astype(int)
        for (low, high), shade, name in zip(
            ((0.1, 0.9), (0.25, 0.75)), ("#DCE6F0", PALETTE[3]), names, strict=True
        ):
            ax_band = sheet.ax.fill_between(years, run[low], run[high], color=shade)
            ax_band.set_label(name)
        sheet.ax.plot(years, run[0.5], "o-", color=PALETTE[0], label=label)
        label, names = "_", ("_", "_")


def composition(
    counts: DataFrame,
    parts: Sequence[str],
    *,
    by: str = "year",
    labels: Mapping[str, tuple[str, str]] | None = None,
    override: str | None = None,
    title: tuple[str, str] = ("构成", "Composition"),
    notes: Sequence[tuple[str, str]] = (),
    lang: str = "zh",
    ax: Axes | None = None,
) -> Axes:
    """
    Draw the shares of ``parts`` (columns of counts) stacked, a bar a group of ``by``.

    A row in which a part is missing has no shares: it is left out and counted. n is
    the sum of the parts, printed at the bar. ``labels`` (zh, en) name the parts; more
    than 7 raise DataError, as colours would repeat. ComparisonError where the crosswalk
    refuses the forms there are, unless ``override`` gives a written reason.
    """
    if len(parts) > len(PALETTE):
        raise DataError(f"composition: {len(parts)} parts; 7 at most, merge some")
    need(counts, by, *parts)
    known = [name for name in parts if name in crosswalk()]
    judged = known and {*KEYS} <= {*counts}
    override = override or counts.attrs.get("override")
    refused = refuse(judge_rows(counts, known), override) if judged else []
    whole = counts.dropna(subset=list(parts))
    sums = whole.groupby(by)[list(parts)].sum().astype(float)
    sums = sums.reindex(sorted(set(counts[by].dropna())))
    shown = sums.head(MOST_ROWS)
    with open_sheet(ax, lang, 1, 4.6 + 0.42 * max(len(shown), 3)) as sheet:
        sheet.title(*title)
        sheet.count(counts, int(sums.sum().sum()), ("（各部分之和）", "in all parts"))
        for note in notes:
            sheet.note(*note)
        if refused:
            sheet.override(override)
            note_refusals(sheet, refused, ("仍并列", "side by side"))
        left_out = len(counts) - len(whole)
        if left_out:
            sheet.note(
                f"{left_out:,} 行有空白，无法计算份额，未画",
                f"{left_out:,} rows with a blank part left out",
            )
        if not sums.sum().sum():
            return sheet.blank()
        sheet.rest(len(shown), len(sums))
        known = {n: (m.label_zh, m.label_en) for n, m in crosswalk().items()}
        _draw_stacks(sheet, shown, known | dict(labels or {}))
    return sheet.ax


def _draw_stacks(sheet: Sheet, sums: DataFrame, labels: Mapping) -> None:
    ax, rows = sheet.ax, range(len(sums))
    totals = sums.sum(axis=1, min_count=1)
    shares, left = sums.div(totals, axis=0), 0
    for number, name in enumerate(sums.columns):
        style = {"color": PALETTE[number % 7], "hatch": HATCHES[number % 7]}
        label = to_label(sheet.say(*labels.get(name, (name, name))), 40)
        ax.barh(rows, shares[name], left=left, label=label, ec="white", lw=0.4, **style)
        left = left + shares[name]
    for row, total in enumerate(totals):
        text = "?" if shares.iloc[row].isna().all() and total != 0 else f"{total:,.0f}"
        ax.text(1.01, row, f"n = {text}", va="center", size=6)
    ax.set_yticks(rows, [to_label(name) for name in sums.index])
    ax.set(xlim=(0, 1), ylim=(len(sums) - 0.5, -0.5), xticks=[0, 0.5, 1])
    ax.xaxis.set_major_formatter(lambda value, _: f"{100 * value:.0f} %")
    sheet.legend()

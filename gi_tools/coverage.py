"""What a panel leaves out and warns of: coverage by body and year, and notes."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

import numpy as np
import pandas as pd
from numpy import ndarray
from pandas import DataFrame

from gi_tools.bodies import BODY
from gi_tools.crosswalk import Join
from gi_tools.facts import STATES

NOTES = ["kind", "about", "zh", "en"]


def cover_years(
    frame: DataFrame, states: ndarray, keep: ndarray, placed: ndarray
) -> DataFrame:
    """Every body in every year of the panel: the report used, or that it is missing."""
    known = frame[["agency", "year"]].notna().all(axis=1)
    status = np.where(keep, "used", np.where(placed, "replaced", "no_table"))
    status = np.where(known, status, "unplaced")
    there = frame.assign(status=status, cells=states.sum(axis=1))
    for number, state in enumerate(STATES):
        there[state] = states[:, number]
    found = frame[known]
    if not len(found):
        return there
    bodies = found.drop_duplicates(BODY)[[*BODY, "level"]]
    years = pd.Series(range(found["year"].min(), found["year"].max() + 1), name="year")
    grid = bodies.merge(years.astype("Int64"), how="cross")
    seen = pd.MultiIndex.from_frame(found[[*BODY, "year"]])
    lacking = ~pd.MultiIndex.from_frame(grid[[*BODY, "year"]]).isin(seen)
    missing = grid[lacking].assign(status="missing")
    both = pd.concat([there, missing], ignore_index=True)
    counts = ["cells", *STATES]
    both[counts] = both[counts].astype("Int64")
    return both.sort_values(["region_code", "agency", "year"], ignore_index=True)


def note_heads(heads: DataFrame, placed: ndarray, replaced: DataFrame) -> list[tuple]:
    """Tell which reports are left out: replaced by a newer one, or of no known body."""
    notes = []
    for row in replaced.itertuples():
        zh = f"{row.agency} {row.year} 有两份报告，取 {row.kept}，不用 {row.report_id}"
        en = f"{row.agency} {row.year} is twice: {row.kept} stands, not {row.report_id}"
        notes.append(("revision", row.report_id, zh, en))
    known = heads[["agency", "year"]].notna().all(axis=1).to_numpy()
    for kind, rows, zh, en in (
        ("unplaced", ~known, "机关或年度不明", "of unknown body or year"),
        ("no_table", known & ~placed, "没有已知表式的表", "without a table of a form"),
    ):
        if lost := heads.loc[rows, "report_id"].tolist():
            some = ", ".join(map(str, lost[:5])) + (" …" if len(lost) > 5 else "")
            zh, en = f"份报告{zh}，未入面板：", f"reports {en} are left out: "
            notes.append(
                (kind, "", f"{len(lost)} {zh}{some}", f"{len(lost)} {en}{some}")
            )
    return notes


def note_joins(joins: Iterable[Join], override: str | None) -> list[tuple]:
    """Tell every caveat and refusal, and beside a refusal the reason to overrule it."""
    notes = []
    for join in joins:
        if join.verdict in ("caveat", "refuse"):
            kind = "refusal" if join.verdict == "refuse" else "caveat"
            head = f"{join.older}–{join.newer}"
            about = f"{join.indicator} {head}"
            notes.append((kind, about, join.reason_zh, join.reason_en))
            if kind == "refusal" and override:
                notes.append(("override", about, override, override))
    return notes


def note_match(
    there: ndarray, names: Sequence[str], frame: DataFrame, keys: Sequence[str]
) -> tuple:
    """Tell how many rows found their covariates, and some that did not."""
    lost = frame.loc[~there, keys].drop_duplicates()
    some = ", ".join("/".join(map(str, row)) for row in lost.head(5).to_numpy())
    yes, no = int(there.sum()), int((~there).sum())
    zh = f"匹配 {yes} 行，未匹配 {no} 行" + (f"：{some}" if no else "")
    en = f"{yes} rows matched, {no} did not" + (f": {some}" if no else "")
    return ("covariates", ", ".join(names), zh, en)


def add_notes(notes: DataFrame | None, more: Collection[tuple]) -> DataFrame:
    """Give the notes (kind, about, zh, en) and more of them as a new frame."""
    added = pd.DataFrame(list(more), columns=NOTES)
    return added if notes is None else pd.concat([notes, added], ignore_index=True)

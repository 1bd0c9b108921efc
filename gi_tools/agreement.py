"""Figures stated in prose against the cells of the tables, and what explains a gap."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

import pandas as pd
import regex
from pandas import DataFrame

from gi_tools.codebook import forms
from gi_tools.comparisons import Comparison, Table, tell, to_tolerance
from gi_tools.errors import DataError
from gi_tools.explanations import explain
from gi_tools.facts import tabulate
from gi_tools.frames import require, to_frame, to_plain
from gi_tools.quantifiers import compare_all
from gi_tools.registers import list_claims, list_sections
from gi_tools.repairs import repair
from gi_tools.reports import Report
from gi_tools.shares import find_pair
from gi_tools.wordings import Wording, find_wording, to_leaves

WINDOW = 8  # claims around a figure that say whether requests are spoken of
SMALL = 10  # below which a figure stands in many cells by chance
MONEY = "万元"
UNPLACED = Wording((), "")
_OF = regex.compile(r"[,，(（]?(?:分别|各|约|均)?(?:占|比例|比重)")
NEEDED_CLAIMS = ("report_id", "order", "indicator", "value", "unit", "kind", "quote")
NEEDED_CLAIMS += ("raw", "approximate", "parent")
HEAD = ["report_id", "agency", "year", "form", "indicator", "applicant", "origin"]
CELL = ["value", "unit", "raw", "state"]


class _Stated(NamedTuple):
    """A claim whose cells are known, and what became of it."""

    claim: Any
    wording: Wording
    row: Comparison


def compare_claims(
    claims: Report | Iterable[Report] | DataFrame,
    facts: DataFrame | None = None,
    sections: DataFrame | None = None,
) -> DataFrame:
    """
    Compare every figure of the prose that means cells of the form with those cells.

    ``claims`` are reports or the frame of ``gi.list_claims``, ``facts`` any facts frame
    of the same reports; without one they are repaired, so that proved blanks have
    values, and nothing else is changed. ``sections`` (of
    ``gi.list_sections``, taken from reports) holds the text where all of something may
    be said (均, 全部). Columns are those of ``Comparison``. Raises DataError for
    missing columns or a claims frame without facts.
    """
    if not isinstance(claims, pd.DataFrame):
        reports = [claims] if isinstance(claims, Report) else list(claims)
        facts = repair(tabulate(reports)).facts if facts is None else facts
        claims = list_claims(reports)
        sections = list_sections(reports) if sections is None else sections
    if facts is None:
        raise DataError("a frame of claims needs facts; give gi.repair(...).facts too")
    require(claims, "claims", NEEDED_CLAIMS)
    require(facts, "facts", [*HEAD, *CELL])
    if sections is not None:
        require(sections, "sections", ("report_id", "text"))
    tables = to_tables(facts)
    years = {(t.agency, t.year): t for t in tables.values() if t.agency and t.year}
    rows: list[Comparison] = []
    for report_id, text in _join(sections) if sections is not None else ():
        if table := tables.get(report_id):
            rows += (tell(row, table.form) for row in compare_all(text, table))
    for report_id, group in to_plain(claims).groupby("report_id", sort=False):
        table = tables.get(report_id, Table(report_id, None, None, "", {}))
        last = years.get((table.agency, (table.year or 0) - 1))
        found = _compare_report(list(group.itertuples()), table, last)
        rows += (tell(row, table.form) for row in found)
    return to_frame(rows, Comparison)


def _join(sections: DataFrame) -> Iterable[tuple[str, str]]:
    texts = sections.dropna(subset="text").groupby("report_id", sort=False)["text"]
    return texts.agg("\n".join).items()


def to_tables(facts: DataFrame) -> dict[str, Table]:
    """Put the table cells of each report of a facts frame into a Table, or none."""
    found: dict[str, Table] = {}
    plain = to_plain(facts[HEAD + CELL])
    columns = (plain[name].tolist() for name in plain)
    for report_id, agency, year, form, code, who, origin, *cell in zip(
        *columns, strict=True
    ):
        if report_id not in found:
            found[report_id] = Table(report_id, agency, year, form or "", {})
        if origin == "table":
            found[report_id].cells[code, who] = tuple(cell)
    return {key: _name_family(table) for key, table in found.items()}


def _name_family(table: Table) -> Table:
    """Name the family of a pre-2014 form, which its codes begin with."""
    families = {code.split(".")[0] for code, _ in table.cells} & forms().keys()
    known = table.form in forms() or len(families) != 1
    return table if known else table._replace(form=families.pop())


def _compare_report(
    claims: list[Any], table: Table, last: Table | None
) -> Iterator[Comparison]:
    stated: dict[int, _Stated] = {}
    for number, claim in enumerate(claims):
        if claim.kind in ("count", "none"):
            near = _speaks_of_requests(claims, number, stated)
            words = (claim.indicator, claim.quote, claim.raw, table.form)
            if wording := find_wording(*words, near=near):
                row = _compare_figure(claim, wording, table, last)
                stated[claim.order] = _Stated(claim, wording, row)
                yield row
    for claim in claims:
        if claim.kind == "share":
            # 占33.9% is of the figure before it, 主动公开率达90.2% is not.
            head = stated.get(claim.order - 1) if _OF.match(claim.quote) else None
            yield _compare_share(claim, head, table, stated.values())
    yield from _compare_lists(list(stated.values()), table)
    yield from _compare_unplaced(claims, stated, table)


def _speaks_of_requests(
    claims: list[Any], number: int, stated: dict[int, _Stated]
) -> bool:
    around = claims[max(number - WINDOW, 0) : number + WINDOW]
    codes = [claim.indicator or "" for claim in around]
    codes += [stated[c.order].wording.cells[0] for c in around if c.order in stated]
    return any(code.startswith(("requests.", "outcomes.")) for code in codes)


def _start(
    table: Table,
    claim: Any,
    kind: str,
    wording: Wording,
    verdict: str,
    reason: str = "",
) -> Comparison:
    head = (table.report_id, table.agency, table.year, claim.order, kind)
    cells = ("+".join(wording.cells), wording.basis, claim.value, None, None)
    return Comparison(*head, *cells, verdict, reason, "", "", 0, False, claim.quote)


def _compare_figure(
    claim: Any, wording: Wording, table: Table, last: Table | None
) -> Comparison:
    value = table.add(wording.cells)
    verdict, reason = _judge(claim, wording, value, table)
    row = _start(table, claim, "figure", wording, verdict, reason)
    if value is not None and claim.value is not None:
        row = row._replace(table=value, gap=round(value - claim.value, 9))
    if verdict == "differ":
        slips = explain(claim.value, wording.cells, table, last)
        if slips:
            row = row._replace(explanation=slips[0][0], source=slips[0][1])
            row = row._replace(others=len(slips) - 1, weak=claim.value < SMALL)
    return row


def _judge(
    claim: Any, wording: Wording, value: float | None, table: Table
) -> tuple[str, str]:
    """Give verdict and reason; a blank cell leaves open what is above the others."""
    cells, low = wording.cells, table.find_low(wording.cells)
    if low is None:
        return "no_cell", ""
    if claim.value is None:
        return "unclear", "unreadable"
    if (claim.unit == MONEY) != (table.find_unit(cells) == MONEY):
        return "unclear", "unit differs"
    step = to_tolerance(claim.raw or "") + table.find_step(cells)
    above = value is not None and claim.value > value + step
    if above or claim.value < low - step:
        return ("unclear", "approximate") if claim.approximate else ("differ", "")
    return ("unclear", "blank") if value is None else ("agree", "")


def _compare_share(
    claim: Any, head: _Stated | None, table: Table, stated: Iterable[_Stated]
) -> Comparison:
    if head is None or claim.value is None or head.claim.value is None:
        return _start(table, claim, "share", UNPLACED, "no_cell")
    cells = head.wording.cells
    figures = {one.wording.cells: one.claim.value for one in stated}
    pair = find_pair(claim.value, claim.raw, head.claim.value, cells, table, figures)
    row = _start(table, claim, "share", head.wording, pair.verdict, pair.reason)
    row = row._replace(table=pair.share, others=pair.tried, source=pair.source)
    row = row._replace(weak=pair.weak)
    if pair.share is not None:
        row = row._replace(gap=round(pair.share - claim.value, 4))
    other = pair.verdict == "differ" and pair.source
    return row._replace(explanation="other_pair") if other else row


def _compare_lists(stated: list[_Stated], table: Table) -> Iterator[Comparison]:
    """Confront each stated total with the stated parts that make up the whole of it."""
    done: set[frozenset[str]] = set()
    for total in stated:
        leaves = to_leaves(table.form, total.wording.cells)
        parts = _find_parts(leaves, stated, table.form) if leaves not in done else []
        values = [one.claim.value for one in (*parts, total)]
        if len(parts) > 1 and None not in values:
            done.add(leaves)
            yield _compare_sum(total, parts, table)


def _find_parts(
    leaves: frozenset[str], stated: list[_Stated], form: str
) -> list[_Stated]:
    """The stated figures whose cells divide these rows without a rest."""
    found, rest = [], set(leaves)
    for one in stated:
        own = to_leaves(form, one.wording.cells)
        if own < leaves and own <= rest:
            found.append(one)
            rest -= own
    return [] if rest else found


def _compare_sum(total: _Stated, parts: list[_Stated], table: Table) -> Comparison:
    whole = sum(part.claim.value for part in parts)
    gap = round(total.claim.value - whole, 9)
    verdict = "differ" if gap else "agree"
    row = _start(table, total.claim, "list", total.wording, verdict)
    row = row._replace(table=whole, gap=gap)
    wrong = [one for one in parts if one.row.verdict == "differ"]
    steps = [one.row.gap for one in wrong]
    if total.row.verdict == "differ":
        wrong, steps = [*wrong, total], [*steps, -total.row.gap]
    told = all(one.row.explanation for one in wrong)
    if gap and wrong and told and sum(steps) == gap:
        source = " + ".join(f"{step:g}" for step in steps)
        row = row._replace(explanation="slips", source=source)
    return row


def _compare_unplaced(
    claims: list[Any], stated: dict[int, _Stated], table: Table
) -> Iterator[Comparison]:
    """Confront totals with the parts that a sentence tells off and no cell bears."""
    for claim in claims:
        parts = [c for c in claims if c.parent == claim.order and c.kind == "count"]
        values = [part.value for part in parts]
        other = any(p.order in stated or p.unit != claim.unit for p in parts)
        if len(parts) < 2 or other or not claim.value or None in values:
            continue
        gap = round(claim.value - sum(values), 9)
        reason = "" if not gap else "some" if gap > 0 else "excess"
        verdict = "unclear" if gap else "agree"  # parts of parts, or overlapping ones
        row = _start(table, claim, "list", UNPLACED, verdict, reason)
        yield row._replace(table=sum(values), gap=gap)

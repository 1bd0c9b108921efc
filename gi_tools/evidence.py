"""Facts to bodies: one report's cells on a form, and what speaks for its figures."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from gi_tools.checks import find_form_keys
from gi_tools.codebook import rules
from gi_tools.equations import Key, Sheet, build_system
from gi_tools.facts import COLUMNS
from gi_tools.proofs import OPEN, Cell
from gi_tools.proposals import Evidence

TOTAL = "total"  # the applicant column that a figure in prose speaks of


class Body(NamedTuple):
    """
    One report laid on one form.

    ``where`` gives for a cell number the position of its fact, ``paper`` the cells
    that are there without a number, ``prose`` the figures told by indicator.
    """

    report_id: str
    agency: str | None
    year: int | None
    sheet: Sheet
    where: dict[int, int]
    paper: dict[int, Cell]
    corrected: frozenset[int]
    confidence: dict[int, float]
    prose: dict[str, list[float]]


def gather(rows: Iterable[tuple]) -> list[Body]:
    """Put the rows of many reports, columns as in Fact and confidence, into bodies."""
    cells: dict[tuple, dict[Key, tuple[int, tuple]]] = {}
    prose: dict[str, dict[str, list[float]]] = {}
    for number, row in enumerate(rows):
        report_id, agency, _, year, form, indicator, applicant, value = row[:8]
        if row[11] == "prose":
            if value is not None:
                told = prose.setdefault(report_id, {})
                told.setdefault(indicator, []).append(value)
        elif isinstance(form, str):
            found = cells.setdefault((report_id, agency, year, form), {})
            found[indicator, applicant] = number, row
    return [
        _lay(head, key, found, prose.get(head[0], {}))
        for head, found in cells.items()
        for key in find_form_keys(head[3], found)
    ]


def _lay(
    head: tuple,
    form_key: str,
    found: dict[Key, tuple[int, tuple]],
    prose: dict[str, list[float]],
) -> Body:
    system = build_system(form_key)
    sheet = Sheet(system, {key: row[7] for key, (_, row) in found.items()})
    where, paper, corrected, confidence = {}, {}, set(), {}
    for key, (number, row) in found.items():
        if (cell := system.index.get(key)) is None:
            continue
        where[cell], state = number, row[9]
        if row[7] is None and state in OPEN:
            paper[cell] = Cell(state, row[10])
        elif state == "corrected":
            corrected.add(cell)
        if len(row) > len(COLUMNS) and row[-1] is not None:
            confidence[cell] = row[-1]
    marks = frozenset(corrected), confidence
    return Body(*head[:3], sheet, where, paper, *marks, prose)


def weigh_in(
    body: Body, gaps: Sequence[int], last: Body | None, after: Body | None
) -> Evidence:
    """
    Gather what speaks for a figure: prose, usual relations, the years beside.

    A cell of a failing rule (``gaps``) is a suspect itself and no witness.
    """
    system = body.sheet.system
    tainted = frozenset(c for n in gaps for c, _ in system.hard[n].terms)
    values = [
        None if cell in tainted else value
        for cell, value in enumerate(body.sheet.values)
    ]
    told = {
        cell: body.prose[indicator]
        for cell, (indicator, applicant) in enumerate(system.cells)
        if applicant in (None, TOTAL) and indicator in body.prose
    }
    heard = [(cell, value) for cell, found in told.items() for value in found]
    for equation in system.soft:
        if len(equation.terms) == 2:
            (one, _), (other, _) = equation.terms
            heard += [(one, value) for value in (values[other], *told.get(other, ()))]
            heard += [(other, value) for value in (values[one], *told.get(one, ()))]
    heard += _list_carried(body, last, after)
    witnesses: dict[int, tuple[float, ...]] = {}
    for cell, value in heard:
        if value is not None:
            witnesses[cell] = (*witnesses.get(cell, ()), value)
    return Evidence(witnesses, tainted, body.corrected, body.confidence)


def _list_carried(
    body: Body, last: Body | None, after: Body | None
) -> Iterator[tuple[int, float | None]]:
    """List what the reports of the years beside carry in and out."""
    index = body.sheet.system.index
    for rule in rules(body.sheet.system.form):
        if rule.kind == "carry" and len(rule.left) == len(rule.right) == 1:
            out, into = index[rule.left[0][:2]], index[rule.right[0][:2]]
            if last:
                yield into, last.sheet.values[out]
            if after:
                yield out, after.sheet.values[into]

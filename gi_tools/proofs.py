"""Cells without a number: what rules prove, leave open, or contradict."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from math import inf
from typing import NamedTuple

import regex

from gi_tools.bounds import Conflict, Interval, find_bounds
from gi_tools.equations import EPSILON, Equation, Sheet

OPEN = ("blank", "dash", "none_text", "unreadable")  # there on paper, no number
SPLIT = regex.compile(r"\d(?:[\d \t\u3000]{0,30}\d)?")


class Cell(NamedTuple):
    """How a cell stands on paper."""

    state: str
    raw: str


class Doubt(NamedTuple):
    """A figure proved or read where the paper shows something that is no number."""

    cell: int
    value: float
    remedy: str
    is_proved: bool
    rules: frozenset[str]


class Proof(NamedTuple):
    """
    What follows for the cells of one report that show no number.

    ``derived`` are values to write down, ``open`` what the other cells can still be
    (None: their block of rules conflicts, nothing can be said), ``doubts`` readings
    that a person should look at, ``conflicts`` the sets of rules that cannot all hold.
    """

    derived: Mapping[int, Interval]
    open: Mapping[int, Interval | None]
    doubts: tuple[Doubt, ...]
    conflicts: tuple[frozenset[str], ...]


NOTHING = Proof({}, {}, (), ())


def prove(sheet: Sheet, paper: Mapping[int, Cell], gaps: Iterable[int]) -> Proof:
    """
    Prove what the cells without a number must be, by the hard rules alone.

    Nothing is proved in a block with a rule that fails (``gaps``) or conflicts: any
    of its figures may be wrong. Only a cell that is on paper takes a value: a blank
    any, a stroke or a word of none only 0, digits torn apart only the number they make.
    """
    system, found, conflicts, dead = sheet.system, {}, [], set()
    failing = set(gaps)
    for block in system.blocks:
        equations = [system.hard[number] for number in block]
        cells = {cell for one in equations for cell, _ in one.terms}
        try:
            if failing & set(block):
                raise Conflict(
                    frozenset(system.hard[n].rule for n in failing & set(block))
                )
            found |= find_bounds(sheet, equations)
        except Conflict as conflict:
            dead |= {cell for cell in cells if sheet.values[cell] is None}
            conflicts.append(conflict.rules)
    derived, doubts = _sort_out(sheet, paper, found)
    rest = {cell: one for cell, one in found.items() if cell not in derived}
    rest |= _bound_by_notes(sheet, derived, rest, dead)
    everything = {
        cell: None if cell in dead else rest.get(cell) or _bound_nothing(sheet, cell)
        for cell in paper
        if cell not in derived
    }
    unread = _join_digits(sheet, paper, rest, derived, doubts)
    return Proof(derived, everything, (*doubts, *unread), tuple(conflicts))


def _bound_nothing(sheet: Sheet, cell: int) -> Interval:
    """Bound a cell that no rule holds."""
    return Interval(-inf if sheet.system.is_signed[cell] else 0.0, inf)


def _sort_out(
    sheet: Sheet, paper: Mapping[int, Cell], found: Mapping[int, Interval]
) -> tuple[dict[int, Interval], list[Doubt]]:
    """Part what may be written down from what contradicts the paper."""
    derived, doubts = {}, []
    for cell, one in found.items():
        if not one.is_known or cell not in paper:
            continue
        state, raw = paper[cell]
        agrees = {"blank": True, "unreadable": join_digits(raw) == one.low}
        if agrees.get(state, one.low == 0):
            derived[cell] = one
        if state == "unreadable" or cell not in derived:
            remedy = "split_digits" if cell in derived else "recomputed"
            doubts.append(Doubt(cell, one.low, remedy, True, one.rules))
    return derived, doubts


def _bound_by_notes(
    sheet: Sheet,
    derived: Mapping[int, Interval],
    rest: Mapping[int, Interval],
    dead: set[int],
) -> dict[int, Interval]:
    """Narrow what is open by rules derived from notes: they bound, never prove."""
    filled = sheet.change((cell, one.low) for cell, one in derived.items())
    notes = [
        e for e in sheet.system.soft if e.basis == "derived" and not filled.find_gap(e)
    ]
    notes = [e for e in notes if any(filled.values[c] is None for c, _ in e.terms)]
    if not notes or any(c in dead for e in notes for c, _ in e.terms):
        return {}
    cells = {c for e in notes for c, _ in e.terms}
    hard = [e for e in sheet.system.hard if any(c in cells for c, _ in e.terms)]
    try:
        found = find_bounds(filled, _keep_open(filled, [*hard, *notes]))
    except Conflict:
        return {}
    return {c: one._replace(step=0) for c, one in found.items() if c not in derived}


def _keep_open(sheet: Sheet, equations: list[Equation]) -> list[Equation]:
    return [e for e in equations if any(sheet.values[c] is None for c, _ in e.terms)]


def join_digits(raw: str) -> float | None:
    """Read digits that spaces part as one number, else None."""
    found = SPLIT.fullmatch(raw.strip())
    digits = "".join(found[0].split()) if found else ""
    return float(digits) if digits.isdecimal() and len(digits) <= 12 else None


def _join_digits(
    sheet: Sheet,
    paper: Mapping[int, Cell],
    rest: Mapping[int, Interval],
    derived: Mapping[int, Interval],
    doubts: list[Doubt],
) -> list[Doubt]:
    """Propose joined digits that the rules allow, all of a report read together."""
    known = {doubt.cell for doubt in doubts}
    joined = {
        cell: value
        for cell, (state, raw) in paper.items()
        if state == "unreadable" and cell not in known
        and (value := join_digits(raw)) is not None
        and _is_within(value, rest.get(cell))
    }  # fmt: skip
    if not joined:
        return []
    read = sheet.change((c, one.low) for c, one in derived.items()).change(
        joined.items()
    )
    broken = {c for n in read.find_gaps() for c, _ in sheet.system.hard[n].terms}
    kept = [(c, value) for c, value in joined.items() if c not in broken]
    rules = {c: _list_rules(read, c) for c, _ in kept}
    return [Doubt(c, value, "split_digits", False, rules[c]) for c, value in kept]


def _list_rules(sheet: Sheet, cell: int) -> frozenset[str]:
    """Name the rules that hold with a reading and have no open cell."""
    near = (sheet.system.hard[number] for number, _ in sheet.system.uses[cell])
    closed = (e for e in near if all(sheet.values[c] is not None for c, _ in e.terms))
    return frozenset(e.rule for e in closed)


def _is_within(value: float, one: Interval | None) -> bool:
    return one is None or one.low - EPSILON <= value <= one.high + EPSILON

"""A report that fails to the figures to blame: every small change, the best first."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from gi_tools.equations import Sheet
from gi_tools.moves import find_moves
from gi_tools.proposals import Evidence, Weighed, weigh
from gi_tools.suspects import LARGEST, Change, Search, find_changes, find_large_changes

MOST_LISTED = 20  # changes of one block
FEWEST_MOVED = 3  # cells that would have to be wrong before a whole row is suspected
FEWEST_EXCHANGED = 2  # the same for an exchange, which leaves no cell to choose
EXCHANGES = ("swapped_cells", "swapped_rows", "swapped_columns")


class Accusation(NamedTuple):
    """One change that would settle failing rules, and how it stands among others."""

    weighed: Weighed
    rules: tuple[str, ...]
    rank: int
    listed: int
    settles: int
    is_unique: bool
    is_complete: bool


def accuse(sheet: Sheet, gaps: Sequence[int], evidence: Evidence) -> list[Accusation]:
    """
    List what may be wrong in a report whose hard equations ``gaps`` fail.

    For each block of rules all smallest sets of cells, then slips of whole rows and
    columns where one cell is not enough; a program where the search finds nothing.
    A change is unique when it is complete knowledge that no other is as small.
    """
    failing = [b for b in sheet.system.blocks if set(b) & set(gaps)]
    searches = [find_changes(sheet, block) for block in failing]
    sizes = [len(s.changes[0].values) if s.changes else LARGEST + 1 for s in searches]
    moves = find_moves(sheet, failing) if sum(sizes) >= FEWEST_EXCHANGED else []
    moves = [
        (change, held)
        for change, held in moves
        if _is_telling(sheet, change, sum(sizes[number] for number in held))
    ]
    moved = {number for _, held in moves for number in held}
    for number, block in enumerate(failing):
        if not searches[number].changes and number not in moved:
            searches[number] = find_large_changes(sheet, block)
    entries = [
        (weigh(sheet, change, evidence), frozenset({number}))
        for number, search in enumerate(searches)
        for change in search.changes
    ]
    entries += [(weigh(sheet, c, evidence), frozenset(held)) for c, held in moves]
    return _rank(sheet, gaps, failing, searches, entries)


def _is_telling(sheet: Sheet, change: Change, size: int) -> bool:
    """Whether a move explains more than chance would, given the cells it stands for."""
    if change.move not in EXCHANGES:
        return size >= FEWEST_MOVED
    ruled = all(sheet.system.uses[cell] for cell, _ in change.values)
    return ruled and size >= FEWEST_EXCHANGED


def _rank(
    sheet: Sheet,
    gaps: Sequence[int],
    failing: Sequence[Sequence[int]],
    searches: Sequence[Search],
    entries: list[tuple[Weighed, frozenset[int]]],
) -> list[Accusation]:
    """Rank each change among those of its blocks; a move stands for all its blocks."""
    best: dict[int, float] = {}
    for one, held in entries:
        if len(held) == 1:
            (number,) = held
            best[number] = min(best.get(number, one.weight), one.weight)
    every = frozenset(range(len(failing)))
    joined = frozenset(n for _, held in entries if len(held) > 1 for n in held)
    scored = []
    for one, held in entries:
        rest = joined - held if held & joined else frozenset()
        score = round(one.weight + sum(best.get(n, 1.0) for n in rest), 6)
        scored.append((score, one.change.values, one, held))
    scored.sort(key=lambda entry: (entry[0], *_break_tie(sheet, entry[1])))
    seen = dict.fromkeys(every, 0)
    found = []
    totals = {n: sum(n in held for _, held in entries) for n in every}
    for _, _, one, held in scored:
        rank = 1 + max(seen[n] for n in held)
        for n in held:
            seen[n] = rank
        if rank > MOST_LISTED:
            continue
        numbers = sorted(n for block in held for n in failing[block] if n in gaps)
        is_complete = all(searches[n].is_complete for n in held)
        listed = max(totals[n] for n in held)
        names = tuple(dict.fromkeys(sheet.system.hard[n].rule for n in numbers))
        settled = _count_settled(sheet, one.change)
        is_unique = is_complete and listed == 1 and _is_pinned(sheet, one.change)
        sure = is_unique, is_complete and listed <= MOST_LISTED
        found.append(Accusation(one, names, rank, listed, settled, *sure))
    return found


def _break_tie(
    sheet: Sheet, values: tuple[tuple[int, float | None], ...]
) -> tuple[int, list[int]]:
    """Blame parts before totals, of which there are fewer, else in printed order."""
    system, cells = sheet.system, [cell for cell, _ in values]
    terms = ((c, s, system.hard[n].terms) for c in cells for n, s in system.uses[c])
    totals = {c for c, s, found in terms if sum(sign == s for _, sign in found) == 1}
    return len(totals), cells


def _count_settled(sheet: Sheet, change: Change) -> int:
    """Count the failing rules of any severity that a change mends."""
    after, system = sheet.change(change.values), sheet.system
    failing = [e for e in (*system.hard, *system.soft) if sheet.find_gap(e)]
    return len(
        {e.rule for e in failing} - {e.rule for e in failing if after.find_gap(e)}
    )


def _is_pinned(sheet: Sheet, change: Change) -> bool:
    """Whether an equality without open cells fixes each new value."""
    after = sheet.change(change.values)
    for cell, _ in change.values:
        near = (sheet.system.hard[number] for number, _ in sheet.system.uses[cell])
        if not any(
            e.is_equal and all(after.values[c] is not None for c, _ in e.terms)
            for e in near
        ):
            return False
    return True

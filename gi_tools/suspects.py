"""Which figures must be wrong: every smallest change that satisfies the equations."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from gi_tools.bounds import Conflict, find_bounds
from gi_tools.equations import EPSILON, Equation, Sheet
from gi_tools.programs import find_cheapest

LARGEST = 6  # cells that are searched for together; beyond that a program looks
MOST_NODES = 8_000  # steps of one search
MOST_WRONG = 12  # equations of one shade that fail, beyond which nothing small helps


class Change(NamedTuple):
    """Cells with the values that satisfy the equations; None leaves a cell open."""

    values: tuple[tuple[int, float | None], ...]
    move: str = ""


class Search(NamedTuple):
    """The changes found for one block, and whether there can be no other as small."""

    changes: tuple[Change, ...]
    is_complete: bool


def find_changes(sheet: Sheet, block: Sequence[int]) -> Search:
    """
    Find every set of as few cells as possible whose change mends a block of equations.

    ``block`` holds numbers of hard equations. Sets of up to ``LARGEST`` cells are all
    found, or ``is_complete`` is false; a larger one may come from a program.
    New values are whole where the cell is a count and not below 0.
    """
    search = _Hunt(sheet, block)
    for size in range(max(search.find_least(), 1), LARGEST + 1):
        found = [Change(c) for c in search.look(size) if _leaves_room(sheet, block, c)]
        if found or search.nodes > MOST_NODES:
            return Search(tuple(found), search.nodes <= MOST_NODES)
    return Search((), False)


def find_large_changes(sheet: Sheet, block: Sequence[int]) -> Search:
    """Ask a program for few cells, where too many are wrong for the search."""
    if _Hunt(sheet, block).find_least() > MOST_WRONG:
        return Search((), False)
    equations = [sheet.system.hard[number] for number in block]
    values = find_cheapest(sheet, equations) or {}
    if not values or not all(sheet.is_possible(c, v) for c, v in values.items()):
        return Search((), False)
    return Search((Change(tuple(sorted(values.items()))),), False)


def _leaves_room(
    sheet: Sheet, block: Sequence[int], values: tuple[tuple[int, float | None], ...]
) -> bool:
    """Whether the open cells of a block can still be filled once values are changed."""
    equations = [sheet.system.hard[number] for number in block]
    if not any(sheet.values[c] is None for one in equations for c, _ in one.terms):
        return True
    try:
        find_bounds(sheet.change(values), equations)
    except Conflict:
        return False
    return True


class _Hunt:
    """
    A depth-first search that settles one failing equation at a time.

    Sets of cells that no smaller set replaces can be settled one by one, each by an
    equation that holds no other cell of the set: in the forms the equations meet like
    rows and columns, and a circle of cells is never needed. What prunes: one cell
    mends at most one equation of a shade.
    """

    def __init__(self, sheet: Sheet, block: Sequence[int]) -> None:
        self.sheet, self.block, self.nodes = sheet, block, 0
        self.values = list(sheet.values)
        self.uses, self.shade = sheet.system.uses, sheet.system.shade
        self.slack: dict[int, tuple[float, float]] = {}
        self.total: dict[int, float] = {}
        self.known: dict[int, list[tuple[int, int]]] = {}
        for number in block:
            self._lay(number, sheet.system.hard[number])

    def _lay(self, number: int, equation: Equation) -> None:
        """Keep the sum of what is known and how far below and above 0 it may stand."""
        known = [(c, s) for c, s in equation.terms if self.values[c] is not None]
        opened = [(c, s) for c, s in equation.terms if self.values[c] is None]
        signed = any(self.sheet.system.is_signed[c] for c, _ in opened)
        slack, far = equation.tolerance + EPSILON, float("inf")
        falls = signed or any(sign < 0 for _, sign in opened)
        rises = not equation.is_equal or signed or any(sign > 0 for _, sign in opened)
        self.known[number] = known
        self.slack[number] = (far if rises else slack, far if falls else slack)
        self.total[number] = sum(sign * self.values[c] for c, sign in known)

    def find_failing(self) -> list[int]:
        total, slack = self.total, self.slack
        return [n for n in self.block if not -slack[n][0] <= total[n] <= slack[n][1]]

    def find_least(self, failing: list[int] | None = None) -> int:
        """Count the cells that must change at the least."""
        counts: dict[int, int] = {}
        for number in self.find_failing() if failing is None else failing:
            counts[self.shade[number]] = counts.get(self.shade[number], 0) + 1
        return max(counts.values(), default=0)

    def look(self, size: int) -> list[tuple[tuple[int, float | None], ...]]:
        """List the sets of exactly ``size`` cells, each with its new values."""
        self.seen: set[frozenset] = set()
        found = {tuple(sorted(chosen.items())) for chosen in self._dig(size, {})}
        return sorted(found)

    def _dig(self, size: int, chosen: dict[int, float]) -> Iterator[dict[int, float]]:
        failing = self.find_failing()
        if not failing:
            yield dict(chosen)
            return
        if self.find_least(failing) > size or self.nodes > MOST_NODES:
            return
        if size == 1:  # one cell must settle them all
            failing = [min(failing, key=lambda n: len(self.known[n]))]
        for number in failing:
            for cell, sign in self.known[number]:
                if cell in chosen:
                    continue
                value = self.values[cell] - self.total[number] / sign
                if not self.sheet.is_possible(cell, value):
                    continue
                picked = frozenset([*chosen.items(), (cell, value)])
                if picked in self.seen:
                    continue
                self.seen.add(picked)
                self.nodes += 1
                old = self._set(cell, value)
                yield from self._dig(size - 1, chosen | {cell: value})
                self._set(cell, old)

    def _set(self, cell: int, value: float) -> float:
        old = self.values[cell]
        for number, sign in self.uses[cell]:
            self.total[number] += sign * (value - old)
        self.values[cell] = value
        return old

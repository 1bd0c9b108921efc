"""The rules of a form as equations over its numbered cells, and a report laid in."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

from gi_tools.codebook import CUMULATIVE, Rule, forms, rules

if TYPE_CHECKING:
    from numpy import ndarray

Key = tuple[str, str | None]
EPSILON = 1e-6  # money is printed with decimals, which floats add inexactly
MONEY = ("元", "万元")
SIGNED = ".items_change"  # the one kind of figure that may lawfully be negative


class Equation(NamedTuple):
    """Sum of sign x cell = 0, or <= 0 where not ``is_equal``; tolerance included."""

    rule: str
    terms: tuple[tuple[int, int], ...]
    is_equal: bool
    basis: str
    tolerance: float


class System(NamedTuple):
    """
    The equations of one form; cells are numbered in printed order.

    Hard are rules with the severity error, the others (bounds that follow from a
    note, usual relations) may lawfully break. ``uses`` lists for each cell the hard
    equations it stands in, ``blocks`` groups those that hang together by common
    cells, ``shade`` tells classes of hard equations apart that share none: one cell
    mends at most one of a class. ``grids`` are the tables, row by row, ``runs`` the
    pairs of a period's figure and its running total.
    """

    form: str
    cells: tuple[Key, ...]
    index: Mapping[Key, int]
    is_count: tuple[bool, ...]
    is_signed: tuple[bool, ...]
    hard: tuple[Equation, ...]
    soft: tuple[Equation, ...]
    uses: tuple[tuple[tuple[int, int], ...], ...]
    blocks: tuple[tuple[int, ...], ...]
    shade: tuple[int, ...]
    grids: tuple[tuple[tuple[int, ...], ...], ...]
    runs: tuple[tuple[int, int], ...]


class Sheet:
    """One report's figures by cell number; None is a cell without a number."""

    __slots__ = ("system", "values")

    def __init__(self, system: System, cells: Mapping[Key, float | None]) -> None:
        self.system = system
        self.values = [cells.get(key) for key in system.cells]

    def change(self, values: Iterable[tuple[int, float | None]]) -> Sheet:
        """Copy the sheet with some cells changed."""
        new = Sheet(self.system, {})
        new.values = list(self.values)
        for cell, value in values:
            new.values[cell] = value
        return new

    def find_gap(self, equation: Equation) -> float:
        """Give by how much an equation fails whatever its open cells are, else 0."""
        total, signed = 0.0, self.system.is_signed
        can_rise = can_fall = False
        for cell, sign in equation.terms:
            value = self.values[cell]
            if value is not None:
                total += sign * value
            else:
                can_rise |= sign > 0 or signed[cell]
                can_fall |= sign < 0 or signed[cell]
        slack = equation.tolerance + EPSILON
        if total > slack and not can_fall:
            return total
        if total < -slack and equation.is_equal and not can_rise:
            return total
        return 0.0

    def find_gaps(self) -> dict[int, float]:
        """Give the gap of every hard equation that fails, by its number."""
        found = enumerate(map(self.find_gap, self.system.hard))
        return {number: gap for number, gap in found if gap}

    def is_possible(self, cell: int, value: float) -> bool:
        """Whether a value can stand in a cell: counts are whole and rarely below 0."""
        if self.system.is_count[cell] and abs(value - round(value)) > EPSILON:
            return False
        return value > -EPSILON or self.system.is_signed[cell]


@cache
def build_system(form_key: str) -> System:
    """Number the cells of a form and write its rules of one report as equations."""
    form = forms()[form_key]
    cells = tuple(target[:2] for target in form.targets)
    index = {key: number for number, key in enumerate(cells)}
    single = [r for r in rules(form_key) if not _is_between_years(r)]
    hard, soft = (
        tuple(
            equation
            for rule in single
            if (rule.severity == "error") == is_hard
            for equation in _to_equations(rule, index)
        )
        for is_hard in (True, False)
    )
    uses: list[list[tuple[int, int]]] = [[] for _ in cells]
    for number, equation in enumerate(hard):
        for cell, sign in equation.terms:
            uses[cell].append((number, sign))
    grids = (
        tuple(tuple(index[t[:2]] for t in row.targets) for row in table.rows)
        for table in form.tables
    )
    return System(
        form_key,
        cells,
        index,
        tuple(target.unit not in MONEY for target in form.targets),
        tuple(key[0].endswith(SIGNED) for key in cells),
        hard,
        soft,
        tuple(map(tuple, uses)),
        _join_blocks(hard),
        _shade(hard),
        tuple(tuple(row for row in grid if row) for grid in grids),
        tuple(
            (number, index[code + CUMULATIVE, who])
            for (code, who), number in index.items()
            if (code + CUMULATIVE, who) in index
        ),
    )


@cache
def build_matrix(form_key: str) -> ndarray:
    """Write the hard equations as a matrix, a row each; columns are the cells."""
    system = build_system(form_key)
    return write_matrix(system.hard, range(len(system.cells)))


def write_matrix(equations: Sequence[Equation], cells: Iterable[int]) -> ndarray:
    """Write equations as a matrix, a row each; columns are these cells."""
    import numpy as np

    place = {cell: number for number, cell in enumerate(cells)}
    matrix = np.zeros((len(equations), len(place)))
    for number, equation in enumerate(equations):
        for cell, sign in equation.terms:
            matrix[number, place[cell]] += sign
    return matrix


def _is_between_years(rule: Rule) -> bool:
    return any(term.previous for term in rule.left + rule.right)


def _to_equations(rule: Rule, index: Mapping[Key, int]) -> Iterable[Equation]:
    """Write a rule as ``left - right``; a cover is one bound a part and one for all."""
    left, right = (
        [(index[t[:2]], t.sign) for t in side] for side in (rule.left, rule.right)
    )
    away = [(cell, -sign) for cell, sign in left]
    kinds = {"cover": [[*away, part] for part in right]}
    sides = [left + [(cell, -sign) for cell, sign in right]]
    for terms in sides + kinds.get(rule.kind, []):
        is_equal = rule.kind == "equal"
        yield Equation(rule.id, tuple(terms), is_equal, rule.basis, rule.tolerance)


def _join_blocks(hard: tuple[Equation, ...]) -> tuple[tuple[int, ...], ...]:
    blocks: list[tuple[set[int], list[int]]] = []
    for number, equation in enumerate(hard):
        cells, numbers = {cell for cell, _ in equation.terms}, [number]
        for block in [block for block in blocks if block[0] & cells]:
            blocks.remove(block)
            cells, numbers = cells | block[0], block[1] + numbers
        blocks.append((cells, numbers))
    return tuple(tuple(sorted(numbers)) for _, numbers in blocks)


def _shade(hard: tuple[Equation, ...]) -> tuple[int, ...]:
    """Colour equations greedily so that those of one shade share no cell."""
    taken: list[set[int]] = []
    shades = []
    for equation in hard:
        cells = {cell for cell, _ in equation.terms}
        free = (n for n, held in enumerate(taken) if not held & cells)
        shade = next(free, len(taken))
        if shade == len(taken):
            taken.append(set())
        taken[shade] |= cells
        shades.append(shade)
    return tuple(shades)

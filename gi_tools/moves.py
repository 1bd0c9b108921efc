"""Slips of whole rows and columns that settle failing rules at one stroke."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import cache
from itertools import combinations

import numpy as np
from numpy import ndarray

from gi_tools.bounds import Conflict, find_bounds
from gi_tools.equations import EPSILON, Sheet, System, build_matrix, build_system
from gi_tools.suspects import Change

Grid = tuple[tuple[int, ...], ...]
Placing = tuple[tuple[int, int | None], ...]  # cell, the cell its figure comes from
SHORTEST = 3  # cells of a segment that slipped
MOST_MOVES = 5  # listed for one report


def _slip(cells: tuple[int, ...]) -> Iterator[Placing]:
    """Take each figure from the next cell, or from the one before."""
    yield tuple(zip(cells, (*cells[1:], None), strict=True))
    yield tuple(zip(cells, (None, *cells[:-1]), strict=True))


def _swap(one: tuple[int, ...], other: tuple[int, ...]) -> Placing:
    return (*zip(one, other, strict=True), *zip(other, one, strict=True))


def _swap_cells(grid: Grid) -> Iterator[Placing]:
    return (_swap(row[:1], row[1:]) for row in grid if len(row) == 2)


def _slip_rows(grid: Grid) -> Iterator[Placing]:
    for row in grid:
        if len(row) >= SHORTEST:
            yield from _slip(row)


def _slip_columns(grid: Grid) -> Iterator[Placing]:
    """Slip a column from some row to its end; a lone column between any two rows."""
    for column in _turn(grid):
        ends = range(SHORTEST, len(column) + 1) if len(grid[0]) < 3 else [len(column)]
        for end in ends:
            for start in range(end - SHORTEST + 1):
                yield from _slip(column[start:end])


def _swap_rows(grid: Grid) -> Iterator[Placing]:
    pairs = combinations(grid, 2)
    return (_swap(*pair) for pair in pairs if len(pair[0]) == len(pair[1]) > 1)


def _swap_columns(grid: Grid) -> Iterator[Placing]:
    return (_swap(*pair) for pair in combinations(_turn(grid), 2) if len(grid) > 1)


def _rotate_columns(grid: Grid) -> Iterator[Placing]:
    columns = _turn(grid)
    for turned in ((*columns[1:], *columns[:1]), (*columns[-1:], *columns[:-1])):
        if len(columns) >= SHORTEST:
            pairs = (
                zip(to, by, strict=True) for to, by in zip(columns, turned, strict=True)
            )
            yield tuple(pair for column in pairs for pair in column)


def _copy_columns(grid: Grid) -> Iterator[Placing]:
    """Leave the last column open: its figures follow from the others."""
    columns = _turn(grid)
    if len(columns) >= SHORTEST:
        yield tuple((cell, None) for cell in columns[-1])


def _turn(grid: Grid) -> list[tuple[int, ...]]:
    same = len({len(row) for row in grid}) == 1
    return list(zip(*grid, strict=True)) if same else []


MOVES: dict[str, Callable[[Grid], Iterator[Placing]]] = {
    "swapped_cells": _swap_cells,
    "swapped_rows": _swap_rows,
    "swapped_columns": _swap_columns,
    "row_slip": _slip_rows,
    "column_slip": _slip_columns,
    "rotated_columns": _rotate_columns,
    "column_copied": _copy_columns,
}


def find_moves(
    sheet: Sheet, blocks: Sequence[Sequence[int]]
) -> list[tuple[Change, list[int]]]:
    """
    Find the moves that settle every failing equation of at least one block.

    ``blocks`` are the groups of hard equations that fail; a move never makes another
    equation fail. Gives each change with the numbers of the blocks it settles, those
    that settle most first.
    """
    names, sources = _list_moves(sheet.system.form)
    values = np.array([*(np.nan if v is None else v for v in sheet.values), np.nan])
    moved = values[sources]
    failing = _find_failing(sheet.system, moved)
    before = set(sheet.find_gaps())
    settled = np.stack(
        [~failing[:, list(block)].any(axis=1) for block in blocks], axis=1
    )
    others = [n for n in range(failing.shape[1]) if n not in before]
    good = settled.any(axis=1) & ~failing[:, others].any(axis=1)
    changed = (moved != values[:-1]).sum(axis=1)
    order = np.lexsort((changed, -settled.sum(axis=1)))
    found: dict[Change, list[int]] = {}
    for number in order[good[order]]:
        change = _to_change(sheet, moved[number], names[number])
        if change and all(
            v is None or sheet.is_possible(c, v) for c, v in change.values
        ):
            found.setdefault(change, np.flatnonzero(settled[number]).tolist())
        if len(found) == MOST_MOVES:
            break
    return list(found.items())


@cache
def _list_moves(form_key: str) -> tuple[list[str], ndarray]:
    """List all moves of a form: where each cell takes its figure, the last is none."""
    system = build_system(form_key)
    names, rows, open_cell = [], [], len(system.cells)
    for name, move in MOVES.items():
        for grid in system.grids:
            for placing in move(grid):
                row = np.arange(open_cell)
                for cell, source in placing:
                    row[cell] = open_cell if source is None else source
                names.append(name)
                rows.append(row)
    return names, np.stack(rows)


def _find_failing(system: System, values: ndarray) -> ndarray:
    """Tell for each candidate which hard equations fail whatever open cells are."""
    matrix, rising, falling = _turn_matrix(system.form)
    is_open = np.isnan(values)
    totals = np.nan_to_num(values) @ matrix
    gaps = is_open.astype(np.float32)  # of floats: products of truth values are slow
    slack = np.array([one.tolerance + EPSILON for one in system.hard])
    is_equal = np.array([one.is_equal for one in system.hard])
    above = (totals > slack) & (gaps @ falling == 0)
    return above | (totals < -slack) & (gaps @ rising == 0) & is_equal


@cache
def _turn_matrix(form_key: str) -> tuple[ndarray, ndarray, ndarray]:
    """Give the equations as columns, and which open cells raise or lower each sum."""
    matrix = build_matrix(form_key).T.copy()
    signed = np.array(build_system(form_key).is_signed)[:, None] & (matrix != 0)
    rising, falling = (matrix > 0) | signed, (matrix < 0) | signed
    return matrix, rising.astype(np.float32), falling.astype(np.float32)


def _to_change(sheet: Sheet, moved: ndarray, name: str) -> Change | None:
    """Keep the cells that differ, those left open filled where a value is proved."""
    old = sheet.values
    new = [None if value != value else float(value) for value in moved]
    changed = [n for n, value in enumerate(new) if value != old[n]]
    after = sheet.change(tuple((n, new[n]) for n in changed))
    freed = [n for n in changed if new[n] is None]
    try:
        proved = find_bounds(after, sheet.system.hard) if freed else {}
    except Conflict:
        return None
    for n in freed:
        if n in proved and proved[n].is_known:
            new[n] = proved[n].low
    values = tuple((n, new[n]) for n in changed if new[n] != old[n])
    if name == "column_copied" and not _copies_column(sheet, values):
        return None
    return Change(values, name) if len(values) > 1 else None


def _copies_column(sheet: Sheet, values: tuple[tuple[int, float | None], ...]) -> bool:
    """Whether what is printed in these cells stands in one other column too."""
    rows = {row[-1]: row for grid in sheet.system.grids for row in grid}
    lines = [[sheet.values[c] for c in rows[cell]] for cell, _ in values]
    pairs = zip(*lines, strict=True)
    *others, last = list(pairs)
    return last in others

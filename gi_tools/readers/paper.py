"""The marks and ruled lines of one page of paper to its text lines and tables."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from functools import partial
from itertools import pairwise
from math import inf
from typing import NamedTuple

import regex

from gi_tools.readers.lattice import Lattice, Line, find_lattices

SAME_LINE = 0.5  # share of the lower height by which two marks of a line overlap
SPACE = 0.6  # of the height: a gap that parts two words
COLUMN = 1.5  # of the height: a gap that parts two cells of a table without rules
FULL = 1.6  # of the height: with less room left, no character fits beside a border
GAP = "   "  # how such a gap is written: two blanks or more mean a new cell
# Boxes with and without text that make ruled lines a table: a page may begin with
# the last row of one, and that row may be empty.
FEWEST = ((2, 2), (1, 3), (0, 7))

_FIGURE = regex.compile(r"[\d.,%]")
_WORD = regex.compile(r"[A-Za-z\d]")


class Mark(NamedTuple):
    """A character or word, its box in points from the top left; y grows downwards."""

    text: str
    left: float
    top: float
    right: float
    bottom: float
    spaced: bool = False
    confidence: float = 1.0


to_mark = partial(tuple.__new__, Mark)  # of a tuple of all fields: there are many


class TextLine(NamedTuple):
    """One line of text outside tables and its box."""

    text: str
    left: float
    top: float
    right: float
    bottom: float

    @property
    def size(self) -> float:
        """Height of the line, in points."""
        return self.bottom - self.top


class PartCell(NamedTuple):
    """
    One cell of a table part: rows from 0, end excluded, and sides in points.

    ``lines`` counts its lines of text; ``is_full``: the last one has no room for more.
    """

    top: int
    bottom: int
    left: float
    right: float
    text: str
    confidence: float = 1.0
    lines: int = 0
    is_full: bool = False


class Part(NamedTuple):
    """
    A table as far as it stands on one page, or several stitched together.

    ``opened`` and ``unclosed``: no rule above the first row, below the last one.
    """

    page: int
    last_page: int
    y: float
    xs: list[float]
    height: int
    cells: list[PartCell]
    opened: bool = False
    unclosed: bool = False


class Page(NamedTuple):
    """One page: its size in points, its lines and tables from the top down."""

    number: int
    width: float
    height: float
    lines: list[TextLine]
    parts: list[Part]


def to_page(
    number: int,
    size: tuple[float, float],
    marks: Iterable[Mark],
    across: list[Line],
    down: list[Line],
) -> Page:
    """Lay a page out: marks inside ruled cells to tables, the others to lines."""
    lattices = find_lattices(across, down)
    held, free = drop_marks(marks, lattices)
    parts = []
    for lattice, cells in zip(lattices, held, strict=True):
        if is_table(sum(map(bool, cells)), len(cells)):
            parts.append(to_part(number, lattice, cells))
        else:
            free += [mark for cell in cells for mark in cell]
    return Page(number, *size, to_lines(free), parts)


def is_table(full: int, cells: int) -> bool:
    """Whether boxes, some of them with text, are a table and no frame or drawing."""
    return any(full >= most and cells >= least for most, least in FEWEST)


def drop_marks(
    marks: Iterable[Mark], lattices: list[Lattice]
) -> tuple[list[list[list[Mark]]], list[Mark]]:
    """Give each mark to the cell that holds its centre; the rest stays free."""
    held = [[[] for _ in lattice.regions] for lattice in lattices]
    tables = [
        (n.xs[0], n.ys[0], n.xs[-1], n.ys[-1], n.xs, n.ys, n.owner, cells)
        for n, cells in zip(lattices, held, strict=True)
    ]
    # The narrowest table first: a frame may stand around another table.
    tables.sort(key=lambda table: table[2] - table[0])
    bands = sorted((table[1], table[3]) for table in tables)
    are_apart = all(above[1] <= below[0] for above, below in pairwise(bands))
    free: list[Mark] = []
    here, low, high, first, last = free, inf, inf, inf, inf
    for mark in marks:
        _, x, y, u, v, _, _ = mark
        x, y = (x + u) / 2, (y + v) / 2
        # Most marks stand in the cell of the one before.
        if are_apart and low <= x < high and first <= y < last:
            here.append(mark)
            continue
        for left, top, right, bottom, xs, ys, owner, cells in tables:
            if left <= x < right and top <= y < bottom:
                row, column = bisect_right(ys, y), bisect_right(xs, x)
                low, high, first, last = (
                    xs[column - 1],
                    xs[column],
                    ys[row - 1],
                    ys[row],
                )
                here = cells[owner[row - 1][column - 1]]
                here.append(mark)
                break
        else:
            free.append(mark)
    return held, free


def to_part(page: int, lattice: Lattice, cells: list[list[Mark]]) -> Part:
    """Make the table of a page from its lattice and the marks in each cell."""
    xs = lattice.xs
    found = [
        PartCell(
            region.top,
            region.bottom,
            xs[region.left],
            xs[region.right],
            read_marks(marks),
            min([mark[6] for mark in marks], default=1.0),
            *_fill(marks, xs[region.right]),
        )
        for region, marks in zip(lattice.regions, cells, strict=True)
    ]
    height = len(lattice.ys) - 1
    opened, unclosed = lattice.opened, lattice.unclosed
    return Part(page, page, lattice.ys[0], xs, height, found, opened, unclosed)


def _fill(marks: list[Mark], side: float) -> tuple[int, bool]:
    """Count the lines of a cell, and see whether the last one reaches its side."""
    if not marks:
        return 0, False
    start, end, size = inf, -inf, 0.0
    for _, _, top, _, bottom, _, _ in marks:
        if bottom - top > size:
            size = bottom - top
        if top < start:
            start = top
        if bottom > end:
            end = bottom
    if not size:
        return 1, False
    last = max([mark[3] for mark in marks if mark[4] > end - size / 2])
    lines = round((end - start) / size)
    return max(lines, 1), side - last < FULL * size


def read_marks(marks: list[Mark]) -> str:
    """
    Read the marks of one cell as text, in the order in which they were written.

    Wrapped lines are joined, but never two figures: those keep a line end.
    """
    if len(marks) < 2:
        return marks[0].text.strip() if marks else ""
    runs = _to_runs(marks)
    if len(runs) == 1:
        return _join_marks(runs[0], " ")
    if _is_shuffled(runs):
        runs = _sort_runs(runs)
    text = ""
    for run in runs:
        text = join_lines(text, _join_marks(run, " "), "\n")
    return text


def join_lines(first: str, second: str, apart: str) -> str:
    """Join two lines of running text; ``apart`` stands between two figures."""
    if not first or not second:
        return first + second
    if _FIGURE.match(first[-1]) and _FIGURE.match(second[0]):
        return f"{first}{apart}{second}"
    if _WORD.match(first[-1]) and _WORD.match(second[0]):
        return f"{first} {second}"
    return first + second


def to_lines(marks: list[Mark]) -> list[TextLine]:
    """Put marks together to lines, from the top down, wide gaps as three blanks."""
    lines = []
    for run in _sort_runs(_to_runs(marks)) if marks else []:
        text = _join_marks(run, GAP)
        if text:
            box = [min(m.left for m in run), min(m.top for m in run)]
            box += [max(m.right for m in run), max(m.bottom for m in run)]
            lines.append(TextLine(text, *box))
    return lines


def _to_runs(marks: list[Mark]) -> list[list[Mark]]:
    """Cut marks where the writing moves to another line or backwards."""
    last = marks[0]
    _, edge, top, _, bottom, _, _ = last
    run = [last]
    runs = [run]
    for mark in marks[1:]:
        _, left, first, _, end, _, _ = mark
        is_level = first == top and end == bottom
        if left >= edge and (is_level or _is_beside(last, mark)):
            run.append(mark)
        else:
            run = [mark]
            runs.append(run)
        last, edge, top, bottom = mark, left, first, end
    return runs


def _is_beside(a: Mark, b: Mark) -> bool:
    _, _, top, _, bottom, _, _ = a
    _, _, first, _, last, _, _ = b
    least = bottom - top if bottom - top < last - first else last - first
    shared = (bottom if bottom < last else last) - (top if top > first else first)
    return shared >= SAME_LINE * least


def _is_shuffled(runs: list[list[Mark]]) -> bool:
    """Whether some line was written before one that stands above or left of it."""
    for before, after in pairwise(runs):
        a, b = before[0], after[0]
        is_above = b.bottom <= a.top
        # Single characters may well run upwards: writing that was turned.
        is_turned = len(before) == 1 and b.left <= before[-1].right
        if _is_beside(a, b) or (is_above and not is_turned):
            return True
    return False


def _sort_runs(runs: list[list[Mark]]) -> list[list[Mark]]:
    """Put the runs that stand beside each other together, lines from the top down."""
    lines: list[list[Mark]] = []
    for run in sorted(runs, key=lambda run: (run[0].top + run[0].bottom, run[0].left)):
        if lines and _is_beside(lines[-1][0], run[0]):
            lines[-1] += run
        else:
            lines.append(list(run))
    for line in lines:
        line.sort(key=lambda mark: mark.left)
    return lines


def _join_marks(run: list[Mark], column: str) -> str:
    """Write a line; a gap becomes a blank, a wide one ``column``."""
    parts, end = [], run[0].left
    for text, left, top, right, bottom, spaced, _ in run:
        gap, size = left - end, bottom - top
        if gap > COLUMN * size:
            parts.append(column)
        elif spaced or gap > SPACE * size:
            parts.append(" ")
        parts.append(text)
        end = right
    return "".join(parts).strip()

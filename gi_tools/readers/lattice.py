"""Ruled lines of a page to tables: lines snapped, cells merged, marks dropped in."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator
from functools import partial
from math import inf
from operator import itemgetter
from typing import NamedTuple

SNAP = 3.0  # points; double rules and the borders of neighbour cells stand closer
OVERHANG = 6.0  # a line that runs on this far past the last cross line leaves it open
RULED = 0.5  # an edge counts when this share of it is ruled
STUB = 6.0  # what is still shorter once dots and dashes are joined is no line
LEAST = 12.0  # a table is not lower
NARROWEST = 60.0  # nor narrower; the strokes of a large character may be
MAX_LINES = 100_000  # of a page, each dot of a dotted rule counted
MAX_CROSSINGS = 1_000_000


class Line(NamedTuple):
    """A ruled line: where it stands on the other axis, its start and end, in points."""

    at: float
    start: float
    end: float


to_line = partial(tuple.__new__, Line)  # of a tuple of all fields: there are many


class Region(NamedTuple):
    """One cell by its place in a lattice, counted from 0, ends excluded."""

    top: int
    left: int
    bottom: int
    right: int


class Lattice(NamedTuple):
    """
    One ruled table: its column and row edges in points from the top left, its cells.

    ``owner`` holds for each elementary box the number of the cell that covers it.
    ``opened`` and ``unclosed``: no rule above the first, below the last row.
    """

    xs: list[float]
    ys: list[float]
    regions: list[Region]
    owner: list[list[int]]
    opened: bool = False
    unclosed: bool = False

    def find_region(self, x: float, y: float) -> int | None:
        """Give the number of the cell that holds a point, None outside the table."""
        if not (self.xs[0] <= x < self.xs[-1] and self.ys[0] <= y < self.ys[-1]):
            return None
        return self.owner[bisect_right(self.ys, y) - 1][bisect_right(self.xs, x) - 1]


def find_lattices(across: list[Line], down: list[Line]) -> list[Lattice]:
    """
    Find the ruled tables of a page, from the top down; y grows downwards.

    A frame around one cell is no table, nor is anything with one column only.
    """
    if len(across) + len(down) > MAX_LINES:
        return []
    tables = []
    # Band by band: the columns of one table must not move those of another.
    for lines in _split_bands(across, down):
        flat, tall = ([n for n in snap(part) if _length(n) >= STUB] for part in lines)
        if len(flat) * len(tall) <= MAX_CROSSINGS:
            found = (_to_lattice(*part) for part in _split_parts(flat, tall))
            tables += [lattice for lattice in found if lattice is not None]
    return sorted(tables, key=lambda lattice: (lattice.ys[0], lattice.xs[0]))


def _length(line: Line) -> float:
    return line.end - line.start


def _split_bands(
    across: list[Line], down: list[Line]
) -> Iterator[tuple[list[Line], list[Line]]]:
    """Part the lines of a page where no line runs down; lines outside are left out."""
    down = sorted(down, key=itemgetter(1))
    flat = sorted(across)
    first = 0
    while first < len(down):
        last, end = first, down[first].end
        while last < len(down) and down[last].start <= end + SNAP:
            end = max(end, down[last].end)
            last += 1
        top = bisect_left(flat, (down[first].start - SNAP,))
        bottom = bisect_right(flat, (end + SNAP, inf))
        yield flat[top:bottom], down[first:last]
        first = last


def snap(lines: Iterable[Line]) -> list[Line]:
    """Bring lines that nearly coincide to one place and join those that touch."""
    snapped: list[Line] = []
    for group in _group(sorted(lines), SNAP):
        at = group[0][0]
        if at != group[-1][0]:
            at = _weigh(group)
            group.sort(key=itemgetter(1, 2))
        _, start, end = group[0]
        for _, left, right in group:
            if left > end + SNAP:
                snapped.append(Line(at, start, end))
                start, end = left, right
            elif right > end:
                end = right
        snapped.append(Line(at, start, end))
    return snapped


def _weigh(group: list[Line]) -> float:
    """The mean place of some lines, each by its length."""
    sizes = [end - start + 0.01 for _, start, end in group]
    places = zip(group, sizes, strict=True)
    return sum(line.at * size for line, size in places) / sum(sizes)


def _group(lines: list[Line], reach: float) -> Iterator[list[Line]]:
    """Sorted lines in groups, none of which is wider than two reaches."""
    group: list[Line] = []
    first = last = -inf
    for line in lines:
        at = line[0]
        if at - last > reach or at - first > 2 * reach:
            if group:
                yield group
            group, first = [], at
        group.append(line)
        last = at
    if group:
        yield group


def _split_parts(
    across: list[Line], down: list[Line]
) -> Iterator[tuple[list[Line], list[Line]]]:
    """Part the lines of a page into sets that hang together by crossings."""
    rest = list(enumerate(across)), list(enumerate(down))
    while rest[0] or rest[1]:
        side = 0 if rest[0] else 1
        part: tuple[list, list] = ([], [])
        new = [rest[side].pop(0)]
        # Each round looks for what crosses the last one, among what is left.
        while new:
            part[side].extend(new)
            side = 1 - side
            new = _take_crossing(new, rest[side])
        yield tuple([line for _, line in sorted(lines)] for lines in part)


def _take_crossing(lines: list, others: list) -> list:
    """Take those of other numbered lines that cross some of these."""
    taken: list = []
    for _, (at, start, end) in lines:
        if not others:
            break
        low, high, left = start - SNAP, end + SNAP, []
        for other in others:
            _, (place, first, last) = other
            meets = low <= place <= high and first - SNAP <= at <= last + SNAP
            (taken if meets else left).append(other)
        others[:] = left
    return taken


def _to_lattice(across: list[Line], down: list[Line]) -> Lattice | None:
    """The cells of one set of lines that cross."""
    if len(across) < 2 or not down:
        return None
    down = _close_sides(down, across)
    if len(down) < 2:
        return None
    closed = _close_sides(across, down)
    ys, xs = _places(closed), _places(down)
    if xs[-1] - xs[0] < NARROWEST or ys[-1] - ys[0] < LEAST or len(xs) < 3:
        return None
    owner = _merge_boxes(_ruled(down, xs, ys), _ruled(closed, ys, xs))
    xs, ys, regions = _drop_idle(xs, ys, _to_regions(owner))
    if len(xs) < 3:
        return None
    owner = [[0] * (len(xs) - 1) for _ in ys[1:]]
    for number, (top, left, bottom, right) in enumerate(regions):
        for row in owner[top:bottom]:
            row[left:right] = [number] * (right - left)
    own = {line.at for line in across}
    return Lattice(xs, ys, regions, owner, ys[0] not in own, ys[-1] not in own)


def _places(lines: list[Line]) -> list[float]:
    return sorted({line.at for line in lines})


def _close_sides(lines: list[Line], crossing: list[Line]) -> list[Line]:
    """Add the outer rule that a page break, or a table open at its sides, left out."""
    places = _places(lines)
    starts = sorted(line.start for line in crossing)
    ends = sorted((line.end for line in crossing), reverse=True)
    first, last = min(n.at for n in crossing), max(n.at for n in crossing)
    added = []
    # One line that sticks out is a slip of the pen; two enclose something.
    if places[0] - starts[1] > OVERHANG:
        added.append(Line(starts[1], first, last))
    if ends[1] - places[-1] > OVERHANG:
        added.append(Line(ends[1], first, last))
    return lines + added


def _ruled(lines: list[Line], places: list[float], cross: list[float]) -> list[set]:
    """For each place the steps of the cross axis along which a line is ruled."""
    ruled: list[set[int]] = [set() for _ in places]
    number = {place: n for n, place in enumerate(places)}
    shares: dict[tuple[int, int], float] = {}
    steps = len(cross) - 1
    for at, left, right in lines:
        place = number[at]
        first, last = bisect_left(cross, left), bisect_right(cross, right) - 1
        ruled[place].update(range(first, last))
        # The steps in which the line begins and ends are ruled in part.
        for step in {first - 1, last}:
            if 0 <= step < steps:
                start, end = cross[step], cross[step + 1]
                inside = min(end, right) - max(start, left)
                key = place, step
                shares[key] = shares.get(key, 0.0) + inside / (end - start)
    for (place, step), share in shares.items():
        if share >= RULED:
            ruled[place].add(step)
    return ruled


def _merge_boxes(down: list[set], across: list[set]) -> list[list[int]]:
    """Number the boxes; boxes with no rule between them get the same number."""
    height, width = len(across) - 1, len(down) - 1
    parent = list(range(height * width))

    def find(n: int) -> int:
        while parent[n] != n:
            parent[n] = n = parent[parent[n]]
        return n

    for i in range(height):
        for j in range(width):
            here = i * width + j
            if j + 1 < width and i not in down[j + 1]:
                parent[find(here)] = find(here + 1)
            if i + 1 < height and j not in across[i + 1]:
                parent[find(here)] = find(here + width)
    return [[find(i * width + j) for j in range(width)] for i in range(height)]


def _to_regions(owner: list[list[int]]) -> list[Region]:
    """Cut each set of boxes into rectangles: one, unless its shape is broken."""
    open_runs: dict[tuple[int, int, int], list[int]] = {}
    regions: list[list[int]] = []
    for i, row in enumerate(owner):
        runs, start = {}, 0
        for j in range(1, len(row) + 1):
            if j == len(row) or row[j] != row[start]:
                key = (row[start], start, j)
                region = open_runs.get(key)
                if region is None:
                    region = [i, start, i + 1, j]
                    regions.append(region)
                region[2] = i + 1
                runs[key] = region
                start = j
        open_runs = runs
    return [Region(*region) for region in regions]


def _drop_idle(
    xs: list[float], ys: list[float], regions: list[Region]
) -> tuple[list[float], list[float], list[Region]]:
    """Drop the edges at which no cell begins or ends."""
    columns = sorted({n for r in regions for n in (r.left, r.right)})
    rows = sorted({n for r in regions for n in (r.top, r.bottom)})
    column = {n: new for new, n in enumerate(columns)}
    row = {n: new for new, n in enumerate(rows)}
    kept = [
        Region(row[r.top], column[r.left], row[r.bottom], column[r.right])
        for r in regions
    ]
    return [xs[n] for n in columns], [ys[n] for n in rows], sorted(kept)

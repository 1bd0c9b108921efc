"""Header cells to column order: which printed column means which target."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache, lru_cache
from itertools import groupby, pairwise
from typing import NamedTuple

from gi_tools.alignment import template
from gi_tools.codebook import Column, Row, forms, label_key
from gi_tools.documents import Spot
from gi_tools.tokens import Token

HEAD_STEP = 2  # lines from head to head of one row, read one by one


class Heads(NamedTuple):
    """Printed order of the targets, and the grid column of each in that order."""

    order: tuple[int, ...]
    columns: tuple[int, ...] = ()


@cache
def column_keys(columns: tuple[Column, ...]) -> dict[str, int]:
    """Give every wording of a set of columns with the number of its column."""
    return {
        label_key(label): number
        for number, column in enumerate(columns)
        for label in (column.label, *column.variants)
    }


class _Head(NamedTuple):
    """A header token as far as the order of columns hangs on it."""

    key: str
    row: int
    column: int
    in_grid: bool


def read_heads(tokens: Sequence[Token], columns: tuple[Column, ...]) -> Heads | None:
    """
    Read the printed order of columns from the header tokens above a row.

    The nearest heads count. None unless every column is named, and where faulty
    spans tear groups apart or the head of a group is lost.
    """
    grids = [t.place.grid if isinstance(t.place, Spot) else None for t in tokens]
    grid, top = (grids[-1], tokens[0].row) if tokens else (None, 0)
    pairs = zip(tokens, grids, strict=True)
    near = [
        (t.key, t.row - top, t.column, grid is not None) for t, g in pairs if g == grid
    ]
    return _read_heads(tuple(near), columns)


@lru_cache(maxsize=4096)
def _read_heads(near: tuple[tuple, ...], columns: tuple[Column, ...]) -> Heads | None:
    # The same heads stand in every report of an office, and of most others.
    near = [_Head(*head) for head in near]
    known = column_keys(columns)
    found = {known[t.key]: t for t in near if t.key in known}
    if len(found) != len(columns):
        return None
    heads = [found[number] for number in range(len(columns))]
    above = _find_groups(near, heads, columns)
    places = [head.column for head in heads]
    in_line = heads[0].in_grid or len({h.row for h in heads}) == 1
    if in_line and len(set(places)) == len(places):
        order = sorted(range(len(heads)), key=places.__getitem__)
        if _stands_so(order, heads, columns, above):
            return Heads(tuple(order), tuple(places[number] for number in order))
    order = _flatten(near, heads, columns, above)
    return Heads(tuple(order)) if order else None


def _find_groups(
    tokens: list[_Head], heads: list[_Head], columns: tuple[Column, ...]
) -> dict[str, _Head]:
    """The head of each group of columns, where it stands before the columns."""
    groups = {label_key(c.path[-1]): c.path[-1] for c in columns if c.path}
    found = {groups[t.key]: t for t in tokens if t.key in groups}
    ranks = {id(token): rank for rank, token in enumerate(tokens)}
    firsts: dict[str, int] = {}
    for head, column in zip(heads, columns, strict=True):
        for path in column.path[-1:]:
            rank = ranks[id(head)]
            firsts[path] = min(rank, firsts.get(path, rank))
    return {path: t for path, t in found.items() if ranks[id(t)] < firsts[path]}


def _stands_so(
    order: list[int],
    heads: list[_Head],
    columns: tuple[Column, ...],
    above: dict[str, _Head],
) -> bool:
    """Whether heads stand over their columns: groups whole, each under its own head."""
    if not _keeps_groups(order, columns):
        return False
    if len({head.row for head in heads}) == 1:
        row = heads[0].row
        return all(token.row != row for token in above.values()) and (
            bool(above) or _is_single_row(order, columns)
        )
    firsts: dict[str, int] = {}
    for number in order:
        for path in columns[number].path[-1:]:
            firsts.setdefault(path, heads[number].column)
    return all(token.column == firsts[path] for path, token in above.items())


def _keeps_groups(order: list[int], columns: tuple[Column, ...]) -> bool:
    """Whether columns under one head stand together; faulty spans tear them apart."""
    runs = [path for path, _ in groupby(columns[number].path for number in order)]
    groups = [path for path in runs if path]
    return len(groups) == len(set(groups))


def _is_single_row(order: list[int], columns: tuple[Column, ...]) -> bool:
    """Whether heads without that of their group cannot be two rows read as one."""
    first = next((n for n, m in enumerate(order) if columns[m].path), 0)
    return first < 2 or order[first - 1] != len(order) - 1


def _flatten(
    tokens: list[_Head],
    heads: list[_Head],
    columns: tuple[Column, ...],
    above: dict[str, _Head],
) -> list[int] | None:
    """
    Put heads of two lines, read one by one, in the order of their columns.

    自然人, 法人或其他组织, 总计 stand above; 商业企业 … belong where their group is.
    """
    ranks = {id(token): rank for rank, token in enumerate(tokens)}

    def rank(number: int) -> tuple[int, int]:
        own, path = ranks[id(heads[number])], columns[number].path
        return (ranks[id(above[path[-1]])] if path and above else own), own

    groups = {column.path[-1] for column in columns if column.path}
    if above.keys() != groups and (above or heads[0].in_grid):
        return None
    order = sorted(range(len(heads)), key=rank)
    if above or not groups:
        return order
    rows = sorted(head.row for head in heads)
    close = all(b - a <= HEAD_STEP for a, b in pairwise(rows))
    whole = _keeps_groups(order, columns) and _is_single_row(order, columns)
    return order if close and whole else None


@cache
def head_keys(family: str) -> frozenset[str]:
    """Give every wording of every column of a family of forms."""
    return frozenset(
        key
        for form in forms().values()
        if form.family == family
        for table in form.tables
        for columns in table.columns.values()
        for key in column_keys(columns)
    )


@cache
def _choices(
    form_key: str, number: int
) -> tuple[tuple[Row, tuple[Column, ...], frozenset[str]], ...]:
    """A row's own columns, then those of kindred rows of the other national forms."""
    line = template(form_key).lines[number]
    names = {label_key(label) for label in (line.row.label, *line.row.variants)}
    found = [(line.row, line.table.columns[line.row.columns])]
    for key, form in forms().items():
        if key == form_key or form.family != forms()[form_key].family:
            continue
        found += (
            (row, table.columns[row.columns])
            for table in form.tables
            if table.name == line.table.name
            for row in table.rows
            if row.targets and label_key(row.label) in names
        )
    return tuple((row, cs, frozenset(column_keys(cs))) for row, cs in found)


@lru_cache(maxsize=4096)
def choose_row(
    form_key: str, number: int, heads: frozenset[str]
) -> tuple[Row, tuple[Column, ...]]:
    """
    Choose whose columns a row has: the form's own, or a kindred form's.

    Offices mix forms: the header words decide, and the form's own win a tie.
    """
    row, columns, _ = max(_choices(form_key, number), key=lambda c: len(c[2] & heads))
    return row, columns


@cache
def group_keys(family: str) -> frozenset[str]:
    """Give the heads that stand above several columns of a family of forms."""
    return frozenset(
        label_key(path)
        for form in forms().values()
        if form.family == family
        for table in form.tables
        for columns in table.columns.values()
        for column in columns
        for path in column.path
    )

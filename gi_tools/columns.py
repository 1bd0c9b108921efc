"""Header cells to column order: which printed column means which target."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from itertools import groupby
from typing import NamedTuple

from gi_tools.alignment import template
from gi_tools.codebook import Column, Row, forms, label_key
from gi_tools.documents import Spot
from gi_tools.tokens import Token


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


def read_heads(tokens: Sequence[Token], columns: tuple[Column, ...]) -> Heads | None:
    """
    Read the printed order of columns from the header tokens above a row.

    None unless every column is named, and where faulty spans tear groups apart.
    """
    known = column_keys(columns)
    found: dict[int, Token] = {}
    for token in tokens:
        if token.key in known and known[token.key] not in found:
            found[known[token.key]] = token
    if len(found) != len(columns):
        return None
    heads = [found[number] for number in range(len(columns))]
    lines = {head.row for head in heads}
    if isinstance(heads[0].place, Spot) or len(lines) == 1:
        places = [head.column for head in heads]
        if len(set(places)) < len(places):
            return None
        order = sorted(range(len(heads)), key=places.__getitem__)
        if not _keeps_groups(order, columns):
            return None
        return Heads(tuple(order), tuple(places[number] for number in order))
    order = _flatten(tokens, heads, columns)
    return Heads(tuple(order)) if order else None


def _keeps_groups(order: list[int], columns: tuple[Column, ...]) -> bool:
    """Whether columns under one head stand together; faulty spans tear them apart."""
    runs = [path for path, _ in groupby(columns[number].path for number in order)]
    groups = [path for path in runs if path]
    return len(groups) == len(set(groups))


def _flatten(
    tokens: Sequence[Token], heads: list[Token], columns: tuple[Column, ...]
) -> list[int] | None:
    """
    Put heads of two lines, read one by one, in the order of their columns.

    自然人, 法人或其他组织, 总计 stand above; 商业企业 … belong where their group stands.
    None when the head of a group is lost.
    """
    ranks = {id(token): rank for rank, token in enumerate(tokens)}
    groups = {label_key(path): path for column in columns for path in column.path}
    above = {groups[t.key]: n for n, t in enumerate(tokens) if t.key in groups}
    if any(column.path and column.path[-1] not in above for column in columns):
        return None

    def rank(number: int) -> tuple[int, int]:
        own, path = ranks[id(heads[number])], columns[number].path
        return (above[path[-1]] if path else own), own

    return sorted(range(len(heads)), key=rank)


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


def choose_row(
    form_key: str, number: int, heads: frozenset[str]
) -> tuple[Row, tuple[Column, ...]]:
    """
    Choose whose columns a row has: the form's own, or a kindred form's.

    Offices mix forms: the header words decide, and the form's own win a tie.
    """
    row, columns, _ = max(_choices(form_key, number), key=lambda c: len(c[2] & heads))
    return row, columns

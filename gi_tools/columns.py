"""Header cells to column order: which printed column means which target."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
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

    None unless every column is named once. Where heads stand in two rows (自然人 and
    总计 above, 商业企业 below) only a grid shows their order.
    """
    known = column_keys(columns)
    found: dict[int, Token] = {}
    for token in tokens:
        if token.key in known and known[token.key] not in found:
            found[known[token.key]] = token
    if len(found) != len(columns):
        return None
    heads = [found[number] for number in range(len(columns))]
    if all(isinstance(head.place, Spot) for head in heads):
        places = [head.place.column for head in heads]
        if len(set(places)) < len(places):
            return None
        order = sorted(range(len(heads)), key=places.__getitem__)
        return Heads(tuple(order), tuple(places[number] for number in order))
    if any(column.path for column in columns) and len({h.row for h in heads}) > 1:
        return None
    ranks = {id(token): rank for rank, token in enumerate(tokens)}
    order = sorted(range(len(heads)), key=lambda number: ranks[id(heads[number])])
    return Heads(tuple(order))


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

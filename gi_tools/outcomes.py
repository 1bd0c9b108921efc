"""The dispute table (table 4): outcome heads above, one row of figures below."""

from __future__ import annotations

from gi_tools.alignment import Match
from gi_tools.codebook import Column, Table, Target, label_key
from gi_tools.columns import column_keys
from gi_tools.rows import Item
from gi_tools.slots import Fit, Slots, find_shift, fit_slots
from gi_tools.tokens import Token

FEWEST_OUTCOMES = 3  # outcome words that make a dispute table


def read_outcomes(
    tokens: list[Token], table: Table, after: int
) -> list[tuple[Item, Fit | None]]:
    """
    Read the table that has outcome heads above and one row of figures below.

    Where the row is parted into one table for each kind of dispute, each part must
    be whole. A row with fewer cells than heads is read only where the text ends in it.
    """
    row = table.rows[0]
    columns, width = table.columns[row.columns], len(row.targets)
    slots, start = _find_outcomes(tokens, columns, after, width)
    short = slots is None or len(slots.cells) < width
    if short and (parts := _read_parts(tokens, columns, row.targets, after)):
        return parts
    if slots is None:
        return []
    item = Item(Match(0, start, start, 1.0), row.targets, slots, None)
    missing = width - len(slots.cells)
    if slots.cells and missing > 0 and slots.cells[0].dress != "glued":
        cells = (*slots.cells, *(None,) * missing)
        return [(item, Fit(cells, "absent") if slots.is_last else None)]
    return [(item, fit_slots(slots, width))]


def _read_parts(
    tokens: list[Token],
    columns: tuple[Column, ...],
    targets: tuple[Target, ...],
    after: int,
) -> list[tuple[Item, Fit | None]]:
    """Read one run of figures after the name of each kind of dispute."""
    parts: dict[str, list[Target]] = {}
    for column, target in zip(columns, targets, strict=True):
        parts.setdefault(label_key(column.path[-1]), []).append(target)
    found, name, number = {}, None, after
    while number < len(tokens):
        token = tokens[number]
        if token.is_slot and name is not None:
            run = number
            while run < len(tokens) and tokens[run].is_slot:
                run += 1
            slots = Slots(tuple(tokens[number:run]), True)
            own = tuple(parts[name])
            if len(slots.cells) >= len(own) and (fit := fit_slots(slots, len(own))):
                match = Match(0, number, number, 0.9)
                found.setdefault(name, (Item(match, own, slots, None), fit))
            name, number = None, run
            continue
        if token.key in parts:
            name = token.key
        number += 1
    return list(found.values()) if len(found) == len(parts) else []


def _find_outcomes(
    tokens: list[Token], columns: tuple[Column, ...], after: int, width: int
) -> tuple[Slots | None, int]:
    known = column_keys(columns)
    heads = [n for n, t in enumerate(tokens) if n >= after and t.key in known]
    start = heads[0] if len(heads) >= FEWEST_OUTCOMES else after
    for number in range(start, len(tokens)):
        row = tokens[number].row
        if number and tokens[number - 1].row == row:
            continue
        cells = _row_slots(tokens, number)
        if len(cells) == 1 and len(cells[0].text) == width and cells[0].text.isdigit():
            # No count has fifteen digits: they are fifteen cells run together.
            return Slots((cells[0]._replace(dress="glued"),), True), number
        if len(cells) < width or find_shift(cells, width) is None:
            continue
        if heads or any(cell.reading.value is not None for cell in cells):
            return Slots(cells, True), number
    if len(heads) < FEWEST_OUTCOMES:
        return None, 0
    start = heads[-1] + 1
    end = start
    while end < len(tokens) and tokens[end].is_slot:
        end += 1
    return Slots(tuple(tokens[start:end]), False, end == len(tokens)), start


def _row_slots(tokens: list[Token], number: int) -> tuple[Token, ...]:
    """The cells of one row, without a first word such as 数量; none if it has more."""
    row, cells = tokens[number].row, []
    first = number
    while number < len(tokens) and tokens[number].row == row:
        if tokens[number].is_slot:
            cells.append(tokens[number])
        elif number > first:
            return ()
        number += 1
    return tuple(cells)

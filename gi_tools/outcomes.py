"""The dispute table (table 4): outcome heads above, one row of figures below."""

from __future__ import annotations

from gi_tools.alignment import Match
from gi_tools.codebook import Column, Table, Target, label_key
from gi_tools.columns import column_keys
from gi_tools.items import Item
from gi_tools.slots import Fit, Slots, find_shift, fit_slots
from gi_tools.tokens import Token

FEWEST_OUTCOMES = 3  # outcome words that make a dispute table
HEAD_GAP = 12  # tokens from one outcome word to the next of one head
LONGEST_WORD = 6  # characters of a first word such as 数量 or 本年度件数
LONGEST_COUNT = 7  # digits of a count; more are cells run together
TOTAL = label_key("总计")


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
        is_cut = slots.is_last and len(slots.cells[-1].text.strip()) <= LONGEST_COUNT
        return [(item, Fit(cells, "absent") if is_cut else None)]
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


def _adds_up(text: str, columns: tuple[Column, ...]) -> bool:
    """
    Whether a row of cells run together has one digit for each, as its sums prove.

    With cells left empty and others of two digits the number of digits says nothing.
    """
    if len(text) != len(columns) or not text.isdecimal():
        return False
    parts: dict[tuple[str, ...], list[int]] = {}
    for column, digit in zip(columns, text, strict=True):
        parts.setdefault(column.path, []).append(int(digit))
    return all(sum(part) == total for *part, total in parts.values())


def _find_outcomes(
    tokens: list[Token], columns: tuple[Column, ...], after: int, width: int
) -> tuple[Slots | None, int]:
    heads = _find_heads(tokens, columns, after)
    for number in range(heads[-1] + 1 if heads else after, len(tokens)):
        row = tokens[number].row
        if number and tokens[number - 1].row == row:
            continue
        cells = _row_slots(tokens, number)
        if len(cells) == 1 and _adds_up(cells[0].text, columns):
            return Slots((cells[0]._replace(dress="glued"),), True), number
        if len(cells) < width or find_shift(cells, width) is None:
            continue
        if _is_numbering(cells, width) and _goes_on(tokens, number, width):
            continue
        if heads or any(cell.reading.value is not None for cell in cells):
            return Slots(cells, True), number
    return _read_stream(tokens, heads[-1] + 1) if heads else (None, 0)


def _find_heads(
    tokens: list[Token], columns: tuple[Column, ...], after: int
) -> list[int]:
    """Find the outcome words that stand together, the first such cluster."""
    known = column_keys(columns)
    totals = {key for key, n in known.items() if label_key(columns[n].label) == TOTAL}
    cluster: list[int] = []
    for number in range(after, len(tokens)):
        key = tokens[number].key
        if key in known and (not cluster or number - cluster[-1] <= HEAD_GAP):
            cluster.append(number)
        elif key in known or tokens[number].reading.value is not None:
            if _is_whole(tokens, cluster, totals):
                break
            cluster = [number] if key in known else []
    return cluster if _is_whole(tokens, cluster, totals) else []


def _is_whole(tokens: list[Token], cluster: list[int], totals: set[str]) -> bool:
    return len({tokens[n].key for n in cluster} - totals) >= FEWEST_OUTCOMES


def _is_numbering(cells: tuple[Token, ...], width: int) -> bool:
    """Whether a row counts the columns, from 1 on."""
    values = [c.reading.value for c in cells if c.reading.value is not None]
    return values == list(range(1, width + 1))


def _goes_on(tokens: list[Token], number: int, width: int) -> bool:
    """Whether a second row of as many cells follows a row."""
    row = tokens[number].row
    while number < len(tokens) and tokens[number].row == row:
        number += 1
    return number < len(tokens) and len(_row_slots(tokens, number)) >= width


def _read_stream(tokens: list[Token], start: int) -> tuple[Slots, int]:
    """Read the cells behind the heads, one by one, behind a first word such as 数量."""
    if len(tokens) > start + 1 and 0 < len(tokens[start].key) <= LONGEST_WORD:
        start += tokens[start + 1].is_slot
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

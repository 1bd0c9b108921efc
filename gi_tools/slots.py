"""The cells beside a label: collected from its row or its stream, fitted to columns."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import partial
from itertools import pairwise
from typing import NamedTuple

from gi_tools.alignment import Match
from gi_tools.documents import Span
from gi_tools.text import read_cell
from gi_tools.tokens import Token

EXPLICIT = frozenset(("grid", "pipe", "tab"))  # dresses in which an empty cell is seen
LONGEST_SIGN = 3  # characters of a figure that was recognised as words
NOWHERE = -1  # the columns of a row begin at a place that its table leaves open

_FIGURES = re.compile(r"(?:^|\s)\d{1,9}\s{1,9}\d{1,9}$")
_SEVERAL = re.compile(r"[1-9]\d")
_RUN_ON = re.compile(r"(?:\d{1,9}\s{1,4}){0,15}\d{1,9}[\u4e00-\u9fff][^\d\s]{0,12}")


class Slots(NamedTuple):
    """
    The value cells found for one row, in reading order.

    ``above`` and ``below`` are the lines of the label and of what follows the cells;
    ``tail`` are cells of words behind the others: remarks, or figures gone wrong;
    ``code`` is the cell before them that holds the number of the row.
    """

    cells: tuple[Token, ...]
    in_row: bool
    is_last: bool = False
    above: int = 0
    below: int = 0
    tail: tuple[Token, ...] = ()
    code: Token | None = None

    @property
    def is_cut(self) -> bool:
        """Whether the text ends in this row of cells."""
        cells = self.cells
        return self.is_last and self.in_row and bool(cells) and cells[0].dress != "grid"

    @property
    def is_piped(self) -> bool:
        """Whether a pipe closes each of the cells, so that an empty one shows."""
        return bool(self.cells) and all(cell.dress == "pipe" for cell in self.cells)

    @property
    def steps(self) -> list[int]:
        """Lines from label to first cell, from cell to cell, and to what follows."""
        rows = [self.above, *(cell.row for cell in self.cells), self.below]
        return [b - a for a, b in pairwise(rows)]


_make_slots = partial(tuple.__new__, Slots)  # as ``to_cell``


class Fit(NamedTuple):
    """One cell a column, None for an empty one; ``rest`` is what they are then."""

    cells: tuple[Token | None, ...]
    rest: str = "blank"


def read_slots(tokens: list[Token], match: Match, stop: int) -> Slots:
    """
    Collect the value cells of a matched label, up to the next label at ``stop``.

    Cells of the label's own row count alone; a label alone in its row takes the
    single cells that follow, never a row of figures that stands by itself.
    """
    end = match.end
    label = tokens[end - 1]
    row, key, same = label.row, label.key or None, []
    for token in tokens[end:stop]:
        if token.row != row:
            break
        # A label over several columns stands in each of them, once written out.
        if not token.is_note and (same or token.key != key):
            same.append(token)
    if same and same[-1].is_slot:
        return _make_slots((tuple(same), True, same[-1] is tokens[-1], 0, 0, (), None))
    end = len(same)
    while end and not same[end - 1].is_slot:
        end -= 1
    if end or (same and same[0].dress in EXPLICIT):
        is_last = same[-1] is tokens[-1]
        cells, tail = tuple(same[:end]), tuple(same[end:])
        return _make_slots((cells, True, is_last, 0, 0, tail, None))
    cells, number, asked = [], match.end, -1
    while number < stop:
        token = tokens[number]
        if token.is_slot and not token.is_note:
            is_told = token.row == row or _is_next(tokens, asked, number)
            if not is_told and is_free_row(tokens, number):
                break
            asked = number
            cells.append(token)
        elif cells and _is_sign(tokens, number, stop, cells):
            cells.append(token)
        elif not token.is_note:
            break
        number += 1
    is_last = number == len(tokens)
    below = 0 if is_last else tokens[number].row
    end = max((n for n, cell in enumerate(cells, 1) if not cell.key), default=0)
    kept, tail = tuple(cells[:end]), tuple(cells[end:])
    if tail:
        is_last, below = False, tail[0].row
    return _make_slots((kept, False, is_last, row, below, tail, None))


def _is_next(tokens: list[Token], asked: int, number: int) -> bool:
    """Whether a row that is not free from ``asked`` on is not from here on either."""
    if asked < 0 or asked != number - 1 or tokens[asked].key:
        return False
    return tokens[asked].row == tokens[number].row


def _is_sign(
    tokens: list[Token], number: int, stop: int, cells: Sequence[Token]
) -> bool:
    """Whether words stand where the figures of a row go on: a figure gone wrong."""
    first = number
    while number < stop and 0 < len(tokens[number].text) <= LONGEST_SIGN:
        if not tokens[number].key:
            break
        number += 1
    if first == number:
        return False
    if number == stop or tokens[number].is_slot:
        return True
    return any(cell.dress in EXPLICIT for cell in (*cells, tokens[first]))


def find_sign(
    tokens: list[Token], at: int, known: set[int], words: frozenset[str]
) -> tuple[Token, ...]:
    """The sign behind a label that no form has a word for: a figure gone wrong."""
    while at < len(tokens) and tokens[at].is_note:
        at += 1
    if at >= len(tokens) or at in known:
        return ()
    token = tokens[at]
    is_sign = 0 < len(token.text) <= LONGEST_SIGN and token.key not in words
    return (token,) if is_sign and token.key and not token.is_note else ()


def is_stray(token: Token) -> bool:
    """Whether a token is a figure, or a line that ends in some or begins with one."""
    if token.reading.value is not None or _RUN_ON.fullmatch(token.text):
        return True
    return bool(_FIGURES.search(token.text[-80:]))


def take_tail(slots: Slots, width: int, shift: int | None) -> Slots:
    """Count words behind the cells as cells, as far as the columns reach."""
    if not any(c.dress in EXPLICIT for c in (*slots.cells, *slots.tail[:1])):
        return slots  # an empty cell left no trace: nobody can tell how far they reach
    reach = width + max(shift or 0, 0)
    if shift == NOWHERE:
        reach = len(slots.cells) + len(slots.tail)
    more = slots.tail[: max(reach - len(slots.cells), 0)]
    return slots._replace(cells=slots.cells + more)


def is_free_row(tokens: list[Token], number: int) -> bool:
    """Whether the row of a token is two or more figures without a label."""
    row = tokens[number].row
    figures = 0
    while number < len(tokens) and tokens[number].row == row:
        if tokens[number].key:
            return False
        figures += tokens[number].reading.state == "reported"
        number += 1
    return figures >= 2


def fit_slots(
    slots: Slots,
    width: int,
    *,
    shift: int | None = None,
    heads: tuple[int, ...] = (),
    step: int = 1,
    padded: bool = True,
    torn: bool = False,
) -> Fit | None:
    """
    Give each of ``width`` columns its cell, or None when that cannot be told.

    ``shift`` is where the columns begin in other rows of the table, ``heads`` the
    grid columns of the header cells, ``step`` the usual lines from cell to cell, 0
    where gaps say nothing. Empty cells are dropped only at the ends, and only where
    ``padded`` says that rows end so. ``torn`` says that other glued rows have more or
    fewer digits than columns.
    """
    cells = slots.cells
    if len(cells) == 1 and width > 1 and cells[0].dress == "glued":
        # No count begins with a zero: 0005 has but one reading.
        is_open = torn and _SEVERAL.search(cells[0].text)
        return None if is_open else _unglue(cells[0], width)
    if slots.is_cut and len(cells) < width + max(shift or 0, 1):
        lost = shift is None and not padded and cells[0].is_blank
        short = len(cells) < width or cells[0].is_blank
        if lost or (shift == NOWHERE and short):
            return None
        if shift and shift != NOWHERE:
            return _cut_short(cells, width, shift)
    if len(cells) == width:
        return Fit(cells)
    if not cells:
        return Fit((None,) * width)
    if width == 1:
        full = [cell for cell in cells if cell.is_slot and not cell.is_blank]
        return Fit((full[0] if full else cells[0],)) if len(full) <= 1 else None
    if len(heads) == width and (placed := _by_heads(cells, heads)):
        return placed
    if len(cells) > width:
        start = find_shift(cells, width, shift)
        return None if start is None else Fit(cells[start : start + width])
    if cells[0].dress == "grid":
        return None
    if padded and all(cell.dress in EXPLICIT for cell in cells):
        if cells[0].is_blank and (shift or slots.is_cut):
            return None  # the label leaves empty cells behind it: which ones is open
        return Fit((*cells, *(None,) * (width - len(cells))))
    return _by_gaps(slots, width, step)


def find_shift(
    cells: tuple[Token, ...], width: int, shift: int | None = None
) -> int | None:
    """Find the one window of ``width`` cells outside of which all are empty."""
    full = [n for n, cell in enumerate(cells) if not cell.is_blank]
    if not full:
        return 0
    windows = range(max(0, full[-1] - width + 1), min(full[0], len(cells) - width) + 1)
    if shift is not None:
        return shift if shift in windows else None
    return windows[0] if len(windows) == 1 else None


def _cut_short(cells: tuple[Token, ...], width: int, shift: int) -> Fit | None:
    """Read a row in which the text ends, behind the empty cells of its label."""
    if any(not cell.is_blank for cell in cells[:shift]):
        return None
    rest = cells[shift:]
    return Fit((*rest, *(None,) * (width - len(rest))), "absent")


def _unglue(cell: Token, width: int) -> Fit | None:
    """Part ``000`` into three cells; several readings (``1200``) mean none."""
    if len(cell.text) != width or cell.reading.value is None:
        return None
    parts = []
    for offset, digit in enumerate(cell.text):
        place = cell.place
        if isinstance(place, Span):
            place = Span(place.start + offset, place.start + offset + 1)
        parts.append(cell._replace(text=digit, reading=read_cell(digit), place=place))
    return Fit(tuple(parts))


def _by_heads(cells: tuple[Token, ...], heads: tuple[int, ...]) -> Fit | None:
    """Place cells under the header cells of the same columns, if all stand so."""
    found = {cell.column: cell for cell in cells}
    strays = [c.column for c in cells if c.column not in heads and not c.is_blank]
    # Cells outside all heads are of other columns, if each head has its own.
    between = any(heads[0] < column < heads[-1] for column in strays)
    if between or (strays and not found.keys() >= set(heads)):
        return None
    return Fit(tuple(found.get(column) for column in heads))


def _by_gaps(slots: Slots, width: int, step: int) -> Fit | None:
    """Read empty lines between one-cell lines as empty cells, if the count fits."""
    if not step or slots.in_row:
        return None
    *steps, last = slots.steps
    placed: list[Token | None] = []
    for cell, gap in zip(slots.cells, steps, strict=True):
        if gap < step or gap % step:
            return None
        placed += [None] * (gap // step - 1)
        placed.append(cell)
    if last > 0 and last % step == 0 and len(placed) + last // step - 1 == width:
        placed += [None] * (last // step - 1)
    return Fit(tuple(placed)) if len(placed) == width else None

"""Items to settled rows, also where labels and figures came apart."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from itertools import pairwise

from gi_tools.alignment import Match
from gi_tools.codebook import Target, label_key
from gi_tools.items import FEWEST_NUMBERED, HEAD_REACH, Item, make_item
from gi_tools.slots import (
    NOWHERE,
    Fit,
    Slots,
    find_sign,
    fit_slots,
    is_free_row,
    is_stray,
    take_tail,
)
from gi_tools.text import LABEL
from gi_tools.tokens import Token

FEWEST_BEGUN = 3  # rows with a figure in the first column that show where it is
FEWEST_PADS = 2  # pipes in a line of their own that are no empty cell of the row
PADDED = re.compile(r"0{1,2}[1-9]")  # the number of a row: no count is printed so
NOTE_REACH = 8  # tokens around a table in which its figures may have strayed

_GAP = re.compile(r"\s\s")


def settle_rows(
    tokens: list[Token],
    lines: list[tuple[int, tuple[Target, ...]]],
    items: list[Item],
    matches: list[Match],
    pads: dict[int, int],
    words: frozenset[str],
) -> list[tuple[Item, Fit | None]]:
    """Decide for each row of one table which cells are its columns."""
    items = _drop_codes(items)
    if len(items) == len(lines) and all([_is_plain(item) for item in items]):
        return [(item, Fit(item.slots.cells)) for item in items]
    items = [_drop_padding(item) for item in items]
    width = max(len(targets) for _, targets in lines)
    if width > 1:
        items = _add_free_rows(tokens, lines, items, matches, width, words)
    shifts = _find_shifts(items, pads)
    padded = any(
        len(i.slots.cells) >= len(i.targets) and not i.slots.is_cut for i in items
    )
    trusted = any(_fills_heads(item) for item in items)
    streams = [i.slots for i in items if not i.slots.in_row]
    steps = [gap for slots in streams for gap in slots.steps[:-1]]
    # Where empty cells are written out, gaps stand for none.
    shown = any(cell.is_blank for slots in streams for cell in slots.cells)
    step = 0 if shown else max(1, min(steps, default=1))
    # Where no row shows an empty cell by its gaps, lines behind a row are no cells.
    if max(steps, default=0) <= step:
        items = [
            i._replace(slots=i.slots._replace(below=0)) if i.slots.below else i
            for i in items
        ]
    torn = any([_is_torn(item) for item in items])
    settled = []
    for item in items:
        slots, size = item.slots, len(item.slots.cells)
        if size == len(item.targets) and not slots.tail and not slots.is_cut:
            settled.append((item, Fit(slots.cells)))
            continue
        shift = shifts.get(item.match.line)
        if slots.tail:
            slots = take_tail(slots, len(item.targets), shift)
            item, size = item._replace(slots=slots), len(slots.cells)
        # Blanks between cells that gaps part leave no trace, so their number says
        # nothing of the column.
        in_run = bool(slots.cells) and slots.cells[0].dress == "run"
        heads = item.heads.columns if item.heads and trusted and not in_run else ()
        fit = fit_slots(
            item.slots,
            len(item.targets),
            shift=shift,
            heads=heads,
            step=step,
            padded=padded,
            torn=torn,
        )
        short = item.slots.is_last and size < len(item.targets)
        if fit is None and short and _is_whole(items):
            # The text ends inside this row, and no row above has an empty cell.
            rest = (None,) * (len(item.targets) - size)
            fit = Fit((*item.slots.cells, *rest), "absent")
        settled.append((item, fit))
    return _doubt_blanks(tokens, settled, matches, words)


def _is_plain(item: Item) -> bool:
    """Whether a row of a grid has as many cells as columns, and nothing else."""
    slots = item.slots
    cells = slots.cells
    return (
        len(cells) == len(item.targets)
        and slots.in_row
        and cells[0].dress == "grid"
        and not slots.tail
    )


def _is_torn(item: Item) -> bool:
    """Whether a row of glued digits has more or fewer of them than columns."""
    cells = item.slots.cells
    lone = len(cells) == 1 and cells[0].dress == "glued"
    return lone and 1 < len(item.targets) != len(cells[0].text)


def _is_whole(items: list[Item]) -> bool:
    """Whether there are rows above the last, and each has a cell for each column."""
    above = [i for i in items if not i.slots.is_last]
    return bool(above) and all(len(i.slots.cells) == len(i.targets) for i in above)


def _doubt_blanks(
    tokens: list[Token],
    settled: list[tuple[Item, Fit | None]],
    matches: list[Match],
    words: frozenset[str],
) -> list[tuple[Item, Fit | None]]:
    """Call rows without any cell unreadable where a figure or a sign may be theirs."""
    if all([item.slots.cells for item, _ in settled]):
        return settled
    used = {(c.row, c.column) for item, _ in settled for c in item.slots.cells}
    known = {number for m in matches for number in range(m.token, m.end)}
    sure = list(settled)
    for at, (item, _) in enumerate(settled):
        if item.slots.cells:
            continue
        low, high = _find_gap(tokens, [i for i, _ in settled], at, matches)
        free = [n for n in range(low, high) if n not in known]
        strays = [tokens[n] for n in free if is_stray(tokens[n])]
        lost = any((t.row, t.column) not in used for t in strays)
        sign = find_sign(tokens, item.match.end, known, words)
        if lost or sign:
            slots = item.slots._replace(cells=sign)
            fit = Fit((None,) * len(item.targets), "unreadable")
            sure[at] = item._replace(slots=slots), fit
    return sure


def _find_gap(
    tokens: list[Token], items: list[Item], at: int, matches: list[Match]
) -> tuple[int, int]:
    """The tokens between the rows with cells above and below a row without any."""
    above = [n for n in range(at) if items[n].slots.cells]
    below = [n for n in range(at, len(items)) if items[n].slots.cells]
    low = max(0, items[0].match.token - NOTE_REACH)
    if above:
        low = items[above[-1]].match.end
    if below:
        return low, items[below[0]].match.token
    last = items[-1].match.end
    stop = next((m.token for m in matches if m.token >= last), len(tokens))
    return low, min(stop, last + NOTE_REACH)


def _find_shifts(items: list[Item], pads: dict[int, int]) -> dict[int, int | None]:
    """
    Find where the columns begin in each row, by one rule for the whole table.

    They begin right after the label, or after the empty cells that a wide label
    leaves, or end with the row. A rule that one row contradicts is out; where the
    others disagree, NOWHERE.
    """
    # Nobody can tell how far remarks behind cells that stand one a line reach.
    tailed = any(i.slots.tail for i in items)
    rows = [i for i in items if i.slots.cells]
    rows = [i for i in rows if i.slots.in_row or (i.slots.is_piped and not tailed)]
    over = [i for i in rows if len(i.slots.cells) > len(i.targets)]
    if not over:
        return {}
    rules = [
        {i.match.line: 0 for i in rows},
        {i.match.line: pads.get(i.match.line, 0) for i in rows},
        {i.match.line: len(i.slots.cells) - len(i.targets) for i in rows},
    ]
    kept = [r for r in rules if all(_holds(i, r[i.match.line]) for i in over)]
    if len(over) >= FEWEST_BEGUN:
        begun = [r for r in kept if all(_begins(i, r[i.match.line]) for i in over)]
        kept = begun or kept
    found: dict[int, int | None] = {}
    for item in rows:
        # The row in which the text ends need not reach the last column.
        cells, cut = item.slots.cells, item.slots.is_cut
        shifts = {r[item.match.line] for r in kept if not cut or r is not rules[2]}
        if cut:
            shifts -= {s for s in shifts if any(not c.is_blank for c in cells[:s])}
        found[item.match.line] = shifts.pop() if len(shifts) == 1 else NOWHERE
    return found


def _holds(item: Item, shift: int) -> bool:
    """Whether all figures of a row stand in its columns, if these begin there."""
    full = [n for n, cell in enumerate(item.slots.cells) if not cell.is_blank]
    return not full or shift <= full[0] <= full[-1] < shift + len(item.targets)


def _begins(item: Item, shift: int) -> bool:
    """Whether a row has a figure in its first column, if any, and under its head."""
    cells, heads = item.slots.cells, item.heads
    if heads and heads.columns and cells[shift].column != heads.columns[0]:
        return False
    return all(cell.is_blank for cell in cells) or not cells[shift].is_blank


def _fills_heads(item: Item) -> bool:
    """Whether heads of a grid, or of text with figures under the first and last."""
    if item.heads is None or not item.heads.columns:
        return False
    cells = item.slots.cells
    full = {cell.column for cell in cells if not cell.is_blank}
    ends = {item.heads.columns[0], item.heads.columns[-1]}
    return full >= ends or any(cell.dress == "grid" for cell in cells)


def _drop_codes(items: list[Item]) -> list[Item]:
    """Drop a column of row codes (01, 02 …) or line numbers before the figures."""
    held = [i for i in items if i.slots.cells]
    # The codebook numbers the rows of a family, or names them all.
    is_numbered = find_code(items[0].targets[0].indicator).isdigit()
    coded = [i for i in held if _is_code(i)] if is_numbered else []
    if 2 * len(coded) <= len(items):
        coded = _find_numbered(items, held)
    lines = {item.match.line for item in coded}
    return [_drop_first(i) if i.match.line in lines else i for i in items]


def _find_numbered(items: list[Item], held: list[Item]) -> list[Item]:
    """The rows that begin with a line number, all of them or none."""
    firsts = [i.slots.cells[0].text.strip() for i in held]
    glued = any([i.slots.cells[0].dress == "glued" for i in held])
    padded = [text for text in firsts if text[:1] == "0" and PADDED.fullmatch(text)]
    if not glued and len(padded) > 1:
        # No count is printed with a zero before it.
        climbs = all(map(str.isdecimal, firsts)) and all(
            int(a) < int(b) for a, b in pairwise(firsts)
        )
        pairs = zip(held, firsts, strict=True)
        return [i for i, text in pairs if climbs or PADDED.fullmatch(text)]
    # Line numbers climb by one, or more over heading rows; figures do not.
    full = [i for i in items if len(i.slots.cells) > len(i.targets)]
    numbers = [i.slots.cells[0].reading.value for i in full]
    climbs = None not in numbers and all(1 <= b - a <= 3 for a, b in pairwise(numbers))
    few = len(full) < max(FEWEST_NUMBERED, len(items))
    return full if climbs and not few else []


def _drop_first(item: Item) -> Item:
    cells, in_row, is_last, above, below, tail, _ = item.slots
    above = above if in_row else cells[0].row
    slots = Slots(cells[1:], in_row, is_last, above, below, tail, cells[0])
    return make_item((item.match, item.targets, slots, item.heads))


def _drop_padding(item: Item) -> Item:
    """Drop the line of pipes alone that fills up a row of cells one a line."""
    slots, width = item.slots, len(item.targets)
    cells = slots.cells
    if slots.in_row or len(cells) <= width or not slots.is_piped:
        return item
    last = [cell for cell in cells if cell.row == cells[-1].row]
    kept = cells[: -len(last)]
    if len(last) < FEWEST_PADS or len(kept) < width or any(c.text for c in last):
        return item
    return item._replace(slots=slots._replace(cells=kept))


def _is_code(item: Item) -> bool:
    code = find_code(item.targets[0].indicator)
    return item.slots.cells[0].text.rstrip("*") == code


@cache
def find_code(indicator: str) -> str:
    """The middle of a code such as dingxi.35: the number of the row."""
    return indicator.split(".")[1]


def _add_free_rows(
    tokens: list[Token],
    lines: list[tuple[int, tuple[Target, ...]]],
    items: list[Item],
    matches: list[Match],
    width: int,
    words: frozenset[str],
) -> list[Item]:
    """
    Give rows of figures without a label to the rows that miss theirs, by order.

    Text taken out of a PDF drives labels and rows apart. Between two rows that kept
    their label as many figure rows as missing rows must stand, else none is given.
    """
    if len(items) == len(lines) and all([item.slots.in_row for item in items]):
        return items
    inside = [m for m in matches if lines[0][0] <= m.line <= lines[-1][0]]
    start = max(0, inside[0].token - HEAD_REACH)
    after = [m.token for m in matches if m.line > lines[-1][0]]
    stop = after[0] if after else len(tokens)
    free = _find_free_rows(tokens, start, stop, matches, width)
    if not free:
        return items
    # Heads behind the last row are those of the next table.
    last = max(m.end for m in inside)
    stop = next((n for n in range(last, stop) if _is_head(tokens[n], words)), stop)
    free = [(at, slots) for at, slots in free if at < stop]
    firm = {
        i.match.line: i
        for i in items
        if i.slots.in_row or (i.slots.cells and fit_slots(i.slots, width))
    }
    loose = [i for i in items if i.match.line not in firm]
    targets = dict(lines)
    held = {(c.row, c.column) for i in firm.values() for c in i.slots.cells}
    held |= {(c.row, c.column) for _, slots in free for c in slots.cells}
    # A lone figure in its line may be the number of a page.
    rows = {t.row for t, u in pairwise(tokens[start:stop]) if t.row == u.row}
    lost = [n for n in range(start, stop) if _is_lost(tokens[n], held, rows)]
    edges = [(-1, -1), *((i.match.line, i.match.token) for i in firm.values())]
    edges.append((len(lines) + lines[-1][0], stop))
    for (line, start), (next_line, end) in pairwise(edges):
        missing = [n for n, _ in lines if line < n < next_line]
        rows = [(at, slots) for at, slots in free if start < at < end]
        whole = not any(start < n < end for n in lost)
        even = whole and len(missing) == len(rows)
        if even and all(len(targets[n]) == width for n in missing):
            pairs = zip(missing, rows, strict=True)
        else:
            near = [i for i in loose if i.match.line in missing]
            pairs = _pair_by_label(near, rows, lost)
        for number, (at, slots) in pairs:
            match = Match(number, at, at, 0.5)
            heads = items[0].heads if len(items[0].targets) == width else None
            firm[number] = Item(match, targets[number], slots, heads)
    kept = [i for i in loose if i.match.line not in firm]
    return sorted([*firm.values(), *kept], key=lambda i: i.match.line)


def _is_head(token: Token, words: frozenset[str]) -> bool:
    """Whether a token is a word of the form's heads, or begins with one."""
    first, *_ = _GAP.split(token.text[:LABEL], 1)
    return token.key in words or (first != token.text and label_key(first) in words)


def _is_lost(token: Token, held: set[tuple[int, int]], rows: set[int]) -> bool:
    is_figure = token.reading.value is not None and token.row in rows
    return is_figure and (token.row, token.column) not in held


def _find_free_rows(
    tokens: list[Token], start: int, stop: int, matches: list[Match], width: int
) -> list[tuple[int, Slots]]:
    labelled = {tokens[n].row for m in matches for n in range(m.token, m.end)}
    free, number = [], start
    while number < stop:
        first, row = number, tokens[number].row
        while number < stop and tokens[number].row == row:
            number += 1
        if row not in labelled and is_free_row(tokens, first):
            slots = Slots(tuple(tokens[first:number]), True)
            if number - first >= width and fit_slots(slots, width):
                free.append((first, slots))
    return free


def _pair_by_label(
    loose: list[Item], rows: list[tuple[int, Slots]], lost: list[int]
) -> Iterator[tuple[int, tuple[int, Slots]]]:
    """Pair a figure row with the label right above it, when just one stands there."""
    start = -1
    for at, slots in rows:
        above = [i for i in loose if start < i.match.token < at]
        clear = not any(i.match.token < n < at for i in above for n in lost)
        if len(above) == 1 and clear:
            yield above[0].match.line, (at, slots)
        start = at

"""Tokens and a form to figures: every value cell placed, what did not match kept."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from gi_tools.alignment import Match, find_rows, template
from gi_tools.codebook import Column, Table, Target, forms
from gi_tools.columns import Heads, choose_row, column_keys, head_keys, read_heads
from gi_tools.documents import Place, Spot
from gi_tools.slots import Fit, Slots, find_shift, fit_slots, is_free_row, read_slots
from gi_tools.tokens import Token

FEWEST_LABELS = 3  # rows and heads; with fewer a document has no statutory table
FEWEST_EMPTY = 4  # rows without any cell beside them that still make a table
FEWEST_OUTCOMES = 3  # outcome words that make a dispute table
HEADING_REACH = 5  # tokens between a heading row and the first row under it
HEAD_REACH = 40  # tokens above the first row in which its heads are looked for
TO_MYRIAD = {"元": 0.0001, "万元": 1, "亿元": 10_000}


class Figure(NamedTuple):
    """One value cell of a statutory table as it stands on paper."""

    indicator: str
    applicant: str | None
    value: int | float | None
    unit: str
    state: str
    raw: str
    place: Place | None
    note: str = ""


class Unmatched(NamedTuple):
    """Something in or beside a table that found no cell of the form, and why."""

    text: str
    place: Place | None
    reason: str


class TableReading(NamedTuple):
    """All figures, what did not match, the tables seen, and where row labels stand."""

    figures: tuple[Figure, ...]
    unmatched: tuple[Unmatched, ...]
    seen: tuple[str, ...]
    labels: tuple[Place, ...] = ()
    absent: tuple[Target, ...] = ()


class _Item(NamedTuple):
    """A matched row of the form: its targets, cells and printed column order."""

    match: Match
    targets: tuple[Target, ...]
    slots: Slots
    heads: Heads | None


def read_tables(tokens: list[Token], form_key: str) -> TableReading:
    """
    Place every figure of the statutory tables of one form.

    Rows are matched by wording and order, columns by their heads, unlabelled rows by
    order between labelled ones. What cannot be placed is unreadable, never guessed.
    """
    book = template(form_key)
    matches = find_rows(tokens, book)
    matches = _trim(matches, form_key)
    heads = {t.key for t in tokens} & head_keys(forms()[form_key].family)
    if len(matches) + len(heads) < FEWEST_LABELS:
        matches = []
    sheet = _Sheet(tokens)
    items = _to_items(tokens, form_key, matches)
    absent: list[Target] = []
    for name in dict.fromkeys(book.lines[i.match.line].table.name for i in items):
        lines = [
            (n, line.row.targets)
            for n, line in enumerate(book.lines)
            if line.table.name == name and line.row.targets
        ]
        own = [i for i in items if book.lines[i.match.line].table.name == name]
        if not any(i.slots.cells for i in own) and len(own) < FEWEST_EMPTY:
            continue
        settled = _settle(tokens, lines, own, matches)
        sheet.add(name, settled)
        found = {item.match.line for item, _ in settled}
        absent += (t for line, targets in lines if line not in found for t in targets)
    if not sheet.seen:
        matches = []
    after = matches[-1].end if matches else 0
    for table in forms()[form_key].tables:
        if table.layout == "columns":
            sheet.add(table.name, _read_columns(tokens, table, after))
    words = head_keys(forms()[form_key].family) | book.words | book.columns
    sheet.keep_leftovers(matches, words)
    return TableReading(
        tuple(sheet.figures.values()),
        tuple(sheet.unmatched),
        tuple(sheet.seen),
        tuple(tokens[n].place for m in matches for n in range(m.token, m.end)),
        tuple(absent),
    )


def _trim(matches: list[Match], form_key: str) -> list[Match]:
    """Cut heading rows off the ends: section headings of the prose read alike."""
    lines = template(form_key).lines
    full = [n for n, m in enumerate(matches) if lines[m.line].row.targets]
    if not full:
        return []
    first = full[0]
    while first and matches[first].token - matches[first - 1].token <= HEADING_REACH:
        first -= 1
    return matches[first : full[-1] + 1]


def _to_items(tokens: list[Token], form_key: str, matches: list[Match]) -> list[_Item]:
    """Give each matched row its cells and the heads that stand above it."""
    book = template(form_key)
    known = head_keys(forms()[form_key].family)
    items: list[_Item] = []
    above: list[Token] = []
    reached = max(0, matches[0].token - HEAD_REACH) if matches else 0
    stops = [*(match.token for match in matches[1:]), len(tokens)]
    for match, stop in zip(matches, stops, strict=False):
        line = book.lines[match.line]
        heads = [t for t in tokens[reached : match.token] if t.key in known]
        above, reached = heads or above, match.end
        if line.row.targets:
            row, columns = choose_row(line, form_key, above)
            order = read_heads(above, columns) if len(columns) > 1 else None
            slots = read_slots(tokens, match, stop)
            items.append(_Item(match, row.targets, slots, order))
    return items


def _settle(
    tokens: list[Token],
    lines: list[tuple[int, tuple[Target, ...]]],
    items: list[_Item],
    matches: list[Match],
) -> list[tuple[_Item, Fit | None]]:
    """Decide for each row of one table which cells are its columns."""
    width = max(len(targets) for _, targets in lines)
    if width > 1:
        items = _add_free_rows(tokens, lines, items, matches, width)
    shifts = Counter(
        (len(i.slots.cells), find_shift(i.slots.cells, len(i.targets)))
        for i in items
        if len(i.slots.cells) > len(i.targets)
    )
    whole = all(
        len(i.slots.cells) == len(i.targets) for i in items if not i.slots.is_last
    )
    settled = []
    for item in items:
        size = len(item.slots.cells)
        usual = [s for (n, s), _ in shifts.most_common() if n == size and s is not None]
        heads = item.heads.columns if item.heads else ()
        fit = fit_slots(
            item.slots,
            len(item.targets),
            shift=usual[0] if usual else None,
            heads=heads,
        )
        if fit is None and item.slots.is_last and whole and size < len(item.targets):
            # The text ends inside this row, and no row above has an empty cell.
            rest = (None,) * (len(item.targets) - size)
            fit = Fit((*item.slots.cells, *rest), "absent")
        settled.append((item, fit))
    return settled


def _add_free_rows(
    tokens: list[Token],
    lines: list[tuple[int, tuple[Target, ...]]],
    items: list[_Item],
    matches: list[Match],
    width: int,
) -> list[_Item]:
    """
    Give rows of figures without a label to the rows that miss theirs, by order.

    Text taken out of a PDF drives labels and rows apart. Between two rows that kept
    their label as many figure rows as missing rows must stand, else none is given.
    """
    inside = [m for m in matches if lines[0][0] <= m.line <= lines[-1][0]]
    after = [m.token for m in matches if m.line > lines[-1][0]]
    stop = after[0] if after else len(tokens)
    free = _find_free_rows(tokens, inside[0].token, stop, matches, width)
    if not free:
        return items
    firm = {
        i.match.line: i
        for i in items
        if i.slots.cells and (i.slots.in_row or fit_slots(i.slots, width))
    }
    loose = [i for i in items if i.match.line not in firm]
    targets = dict(lines)
    edges = [(-1, -1), *((i.match.line, i.match.token) for i in firm.values())]
    edges.append((len(lines) + lines[-1][0], stop))
    for (line, start), (next_line, end) in zip(edges, edges[1:], strict=False):
        missing = [n for n, _ in lines if line < n < next_line]
        rows = [(at, slots) for at, slots in free if start < at < end]
        if len(missing) == len(rows):
            pairs = zip(missing, rows, strict=True)
        else:
            pairs = _pair_by_label(loose, rows)
        for number, (at, slots) in pairs:
            match = Match(number, at, at, 0.5)
            heads = items[0].heads
            firm[number] = _Item(match, targets[number], slots, heads)
    kept = [i for i in loose if i.match.line not in firm]
    return sorted([*firm.values(), *kept], key=lambda i: i.match.line)


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
            if fit_slots(slots, width):
                free.append((first, slots))
    return free


def _pair_by_label(
    loose: list[_Item], rows: list[tuple[int, Slots]]
) -> Iterator[tuple[int, tuple[int, Slots]]]:
    """Pair a figure row with the label right above it, when just one stands there."""
    start = -1
    for at, slots in rows:
        above = [i for i in loose if start < i.match.token < at]
        if len(above) == 1:
            yield above[0].match.line, (at, slots)
        start = at


def _read_columns(
    tokens: list[Token], table: Table, after: int
) -> list[tuple[_Item, Fit | None]]:
    """Read the table that has one row of figures under outcome heads (table 4)."""
    row = table.rows[0]
    width = len(row.targets)
    slots, start = _find_outcomes(tokens, table.columns[row.columns], after, width)
    if slots is None:
        return []
    match = Match(0, start, start, 1.0)
    return [(_Item(match, row.targets, slots, None), fit_slots(slots, width))]


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
        if len(cells) >= width and find_shift(cells, width) is not None:
            if any(cell.reading.value is not None for cell in cells) or heads:
                return Slots(cells, True), number
    if len(heads) < FEWEST_OUTCOMES:
        return None, 0
    start = heads[-1] + 1
    end = start
    while end < len(tokens) and tokens[end].is_slot:
        end += 1
    return Slots(tuple(tokens[start:end]), False, end == len(tokens)), start


def _row_slots(tokens: list[Token], number: int) -> tuple[Token, ...]:
    """The cells of one row, without a first word such as 数量; none when it has more."""
    row, cells = tokens[number].row, []
    first = number
    while number < len(tokens) and tokens[number].row == row:
        if tokens[number].is_slot:
            cells.append(tokens[number])
        elif number > first:
            return ()
        number += 1
    return tuple(cells)


class _Sheet:
    """The figures gathered so far, each target once, and what is left over."""

    def __init__(self, tokens: list[Token]) -> None:
        self.tokens = tokens
        self.figures: dict[tuple[str, str | None], Figure] = {}
        self.unmatched: list[Unmatched] = []
        self.seen: dict[str, None] = {}
        self.used: set[Place] = set()

    def add(self, name: str, settled: Iterable[tuple[_Item, Fit | None]]) -> None:
        """Turn the settled rows of a table into figures."""
        for item, fit in settled:
            self.seen[name] = None
            self.used.update(cell.place for cell in item.slots.cells)
            width = len(item.targets)
            order = item.heads.order if item.heads else range(width)
            if fit is None:
                fit = Fit((None,) * width, "unreadable")
                self._keep(item.slots.cells, f"{width} columns, but not as many cells")
            for number, cell in zip(order, fit.cells, strict=True):
                figure = _to_figure(item.targets[number], cell, fit.rest)
                if fit.rest == "unreadable":
                    raw = " ".join(c.text for c in item.slots.cells)
                    figure = figure._replace(raw=raw, place=item.slots.cells[0].place)
                self.figures.setdefault((figure.indicator, figure.applicant), figure)

    def keep_leftovers(self, matches: list[Match], words: frozenset[str]) -> None:
        """Keep the rows inside the tables, and the grids, that found no cell."""
        if not self.seen and not matches:
            first, last = 0, -1
        else:
            places = [n for n, t in enumerate(self.tokens) if t.place in self.used]
            places += [n for m in matches for n in (m.token, m.end - 1)]
            first, last = min(places), max(places)
        labels = {n for m in matches for n in range(m.token, m.end)}
        rows: dict[int, list[Token]] = {}
        for number, token in enumerate(self.tokens):
            inside = first <= number <= last or isinstance(token.place, Spot)
            if inside and number not in labels and token.place not in self.used:
                rows.setdefault(token.row, []).append(token)
        for cells in rows.values():
            fresh = [c for c in cells if c.key and c.key not in words]
            figures = [c for c in cells if c.reading.value is not None]
            if figures:
                reason = (
                    "no such row in the form" if fresh else "figures without a label"
                )
                self._keep(cells, reason)

    def _keep(self, cells: Iterable[Token], reason: str) -> None:
        full = [cell for cell in cells if cell.text]
        text = " | ".join(cell.text for cell in full)[:500]
        self.unmatched.append(Unmatched(text, full[0].place if full else None, reason))


def _to_figure(target: Target, cell: Token | None, rest: str) -> Figure:
    """Read a cell as its target: money comes in 万元, the raw text stays."""
    if cell is None:
        return Figure(*target[:2], None, target.unit, rest, "", None)
    state, value, unit, note = cell.reading
    if value is not None and target.unit == "万元" and unit in TO_MYRIAD:
        value = round(value * TO_MYRIAD[unit], 6)
    return Figure(*target[:2], value, target.unit, state, cell.text, cell.place, note)

"""Tokens and a form to figures: every value cell placed, what did not match kept."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache, partial
from typing import NamedTuple

from gi_tools.alignment import Match, find_pads, find_rows, template
from gi_tools.codebook import Target, forms
from gi_tools.columns import head_keys
from gi_tools.documents import Place, Spot
from gi_tools.items import Found, Item, list_rows, to_items, trim_matches
from gi_tools.outcomes import read_outcomes
from gi_tools.plain import read_plain
from gi_tools.rows import settle_rows
from gi_tools.slots import Fit
from gi_tools.tokens import Token

FEWEST_LABELS = (
    3  # rows, heads and banners; with fewer a document has no statutory table
)
FEWEST_EMPTY = 4  # rows without any cell beside them that still make a table
REACH = 24  # tokens above the first row in which heads of columns are looked for
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


_make_figure = partial(tuple.__new__, Figure)  # as ``to_cell``


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


def read_tables(tokens: list[Token], form_key: str) -> TableReading:
    """
    Place every figure of the statutory tables of one form.

    Rows are matched by wording and order, columns by their heads, unlabelled rows by
    order between labelled ones. What cannot be placed is unreadable, never guessed.
    """
    book = template(form_key)
    matches = find_rows(tokens, book)
    matches = trim_matches(matches, form_key)
    words = _list_words(form_key)
    few = len(matches) < FEWEST_LABELS
    if few and len(matches) + len(words & {t.key for t in tokens}) < FEWEST_LABELS:
        matches = []
    sheet = _Sheet(tokens)
    absent: list[Target] = []
    tables: dict[str, list[Found]] = {}
    names = _list_tables(form_key)
    for found in list_rows(tokens, form_key, matches):
        tables.setdefault(names[found[0].line], []).append(found)
    for name, rows in tables.items():
        lines = _list_lines(form_key)[name]
        if len(rows) == len(lines) and (plain := read_plain(tokens, rows)):
            sheet.add_plain(name, rows, *plain)
            continue
        own = to_items(tokens, rows)
        if not any(i.slots.cells for i in own) and len(own) < FEWEST_EMPTY:
            continue
        pads = find_pads(form_key, name)
        settled = settle_rows(tokens, lines, own, matches, pads, words)
        sheet.add(name, settled)
        found = {item.match.line for item, _ in settled}
        absent += (t for line, targets in lines if line not in found for t in targets)
    if not sheet.seen:
        matches = []
    after = matches[-1].end if matches else 0
    for table in forms()[form_key].tables:
        if table.layout == "columns":
            sheet.add(table.name, read_outcomes(tokens, table, after))
    sheet.keep_leftovers(matches, words)
    return TableReading(
        tuple(sheet.figures.values()),
        tuple(sheet.unmatched),
        tuple(sheet.seen),
        tuple([t.place for m in matches for t in tokens[m.token : m.end]]),
        tuple(absent),
    )


def list_crowds(tokens: list[Token]) -> list[Unmatched]:
    """The lines of tables whose cells ran together, with or without a known form."""
    why = "cells that ran together"
    return [Unmatched(t.text[:500], t.place, why) for t in tokens if t.dress == "crowd"]


@cache
def _list_lines(form_key: str) -> dict[str, list[tuple[int, tuple[Target, ...]]]]:
    """The lines of each table that have figures, and what these mean."""
    lines: dict[str, list[tuple[int, tuple[Target, ...]]]] = {}
    for number, (table, row) in enumerate(template(form_key).lines):
        if row.targets:
            lines.setdefault(table.name, []).append((number, row.targets))
    return lines


@cache
def _list_tables(form_key: str) -> list[str]:
    """The name of the table of each line."""
    return [line.table.name for line in template(form_key).lines]


@cache
def _list_words(form_key: str) -> frozenset[str]:
    """The words of heads and banners, of kindred forms too."""
    return head_keys(forms()[form_key].family) | template(form_key).words


class _Sheet:
    """The figures gathered so far, each target once, and what is left over."""

    def __init__(self, tokens: list[Token]) -> None:
        self.tokens = tokens
        self.figures: dict[tuple[str, str | None], Figure] = {}
        self.unmatched: list[Unmatched] = []
        self.seen: dict[str, None] = {}
        self.cells: list[Token] = []  # that found their row

    def add_plain(
        self, name: str, rows: list[Found], cells: list[Token], codes: list[Token]
    ) -> None:
        """Turn the cells of a table that leaves no choice into figures."""
        self.seen[name] = None
        self.cells += cells + codes
        targets = [target for _, own, _, _ in rows for target in own]
        indicators, applicants, owns = zip(*targets, strict=True)
        states, values, units, notes = zip(*[c.reading for c in cells], strict=True)
        if any(units):
            values = map(_to_unit, values, units, owns)
        raws, places = [c.text for c in cells], [c.place for c in cells]
        fields = indicators, applicants, values, owns, states, raws, places, notes
        figures = map(_make_figure, zip(*fields, strict=True))
        keys = zip(indicators, applicants, strict=True)
        for key, figure in zip(keys, figures, strict=True):
            self.figures.setdefault(key, figure)

    def add(self, name: str, settled: Iterable[tuple[Item, Fit | None]]) -> None:
        """Turn the settled rows of a table into figures."""
        figures = self.figures
        for item, fit in settled:
            self.seen[name] = None
            targets, found, code = item.targets, item.slots.cells, item.slots.code
            self.cells += found
            if code:
                self.cells.append(code)
            order = _printed_order(item, fit)
            if fit is None:
                width = len(targets)
                fit = Fit((None,) * width, "unreadable")
                self._keep(found, f"{width} columns, but not as many cells")
            cells, rest = fit
            for number, cell in zip(order, cells, strict=True):
                target = targets[number]
                figure = _to_figure(target, cell, rest)
                if rest == "unreadable" and found:
                    figure = figure._replace(raw=found[0].text, place=found[0].place)
                figures.setdefault(target[:2], figure)

    def keep_leftovers(self, matches: list[Match], words: frozenset[str]) -> None:
        """Keep the rows inside the tables, and the grids, that found no cell."""
        self.unmatched += list_crowds(self.tokens)
        valued = [t for t in self.tokens if t.reading.value is not None]
        if set(map(id, self.cells)).issuperset(map(id, valued)):
            return
        used = {(cell.row, cell.column) for cell in self.cells}
        if all([(token.row, token.column) in used for token in valued]):
            return
        taken = {n for n, t in enumerate(self.tokens) if (t.row, t.column) in used}
        taken.update([n for m in matches for n in range(m.token, m.end)])
        first, last = min(taken, default=0), max(taken, default=-1)
        # A first row that lost its label stands between the heads and the rows.
        before = range(max(first - REACH, 0), first)
        first = min([first, *(n for n in before if self.tokens[n].key in words)])
        free = [
            token
            for number, token in enumerate(self.tokens)
            if number not in taken
            and (first <= number <= last or isinstance(token.place, Spot))
        ]
        rows: list[list[Token]] = []
        for token in free:
            if not rows or not _goes_on(rows[-1], token):
                rows.append([])
            rows[-1].append(token)
        for cells in rows:
            if any([cell.reading.value is not None for cell in cells]):
                fresh = any(cell.key and cell.key not in words for cell in cells)
                reason = (
                    "no such row in the form" if fresh else "figures without a label"
                )
                self._keep(cells, reason)

    def _keep(self, cells: Iterable[Token], reason: str) -> None:
        full = [cell for cell in cells if cell.text]
        text = " | ".join(cell.text for cell in full)[:500]
        self.unmatched.append(Unmatched(text, full[0].place if full else None, reason))


def _goes_on(row: list[Token], token: Token) -> bool:
    """Whether a cell belongs to a row: the same line, or lone figures under a label."""
    if token.row == row[-1].row:
        return True
    lone = row[-1].dress in ("line", "tab") and token.dress in ("line", "tab")
    return lone and not token.key and token.row - row[-1].row <= 4


def _printed_order(item: Item, fit: Fit | None) -> Iterable[int]:
    """The heads' order of columns, unless the cells of a grid stand elsewhere."""
    plain = range(len(item.targets))
    if item.heads is None or fit is None or item.heads.order == tuple(plain):
        return plain
    if not item.heads.columns:
        return item.heads.order
    cells = [cell for cell in fit.cells if cell is not None]
    stands = {cell.column for cell in cells} <= set(item.heads.columns)
    in_grid = any(cell.dress == "grid" for cell in cells)
    return item.heads.order if stands or not in_grid else plain


def _to_figure(target: Target, cell: Token | None, rest: str) -> Figure:
    """Read a cell as its target; the raw text stays."""
    indicator, applicant, own = target[:3]
    if cell is None:
        return _make_figure((indicator, applicant, None, own, rest, "", None, ""))
    state, value, unit, note = cell.reading
    value = _to_unit(value, unit, own)
    return _make_figure(
        (indicator, applicant, value, own, state, cell.text, cell.place, note)
    )


def _to_unit(value: float | None, unit: str, own: str) -> float | None:
    """Bring money to 万元 where a target counts in it."""
    if value is not None and own == "万元" and unit in TO_MYRIAD:
        return round(value * TO_MYRIAD[unit], 6)
    return value

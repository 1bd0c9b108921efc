"""Blocks to pages: a small PDF writer with ruled tables that run over the breaks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from gi_tools.documents import Cell, Grid, Paragraph
from gi_tools.simulation.layouts import Line, Sheet
from gi_tools.simulation.pdf import (
    HEIGHT,
    WIDTH,
    make_font,
    to_objects,
    write_objects,
)

MARGIN = 72.0
LEADING = 1.5
PAD = 3.0
WIDTHS = {  # shares of the columns of the forms' tables
    3: (5, 1, 2),
    4: (3, 2, 2, 2),
    10: (1, 1.6, 5, *(1.9,) * 7),
    15: (1,) * 15,
}


class Laid(NamedTuple):
    """One cell with its wrapped lines."""

    cell: Cell
    lines: tuple[str, ...]


class Row(NamedTuple):
    """One row as laid out: its cells and its height."""

    cells: tuple[Laid, ...]
    height: float


class Writer:
    """Lay blocks out from the top down, page after page."""

    def __init__(
        self, blocks: list[Paragraph | Grid], size: float, alphabet: frozenset[str]
    ) -> None:
        self.size = size
        needed = list_characters(blocks)
        self.font = make_font(alphabet if needed <= alphabet else needed)
        self.pages: list[list[str]] = []
        self.turn_page()
        for block in blocks:
            if isinstance(block, Grid):
                self._add_grid(block)
            else:
                self._add_text(block.text)

    def turn_page(self) -> None:
        """Begin a page and write its number at the foot."""
        self.pages.append([])
        self.y = MARGIN
        number, middle = len(self.pages), WIDTH / 2
        self.write(f"- {number} -", middle - 8, HEIGHT - MARGIN + 30, 9)

    def write(self, text: str, x: float, y: float, size: float) -> None:
        """Write one line; ``y`` is its top."""
        base = HEIGHT - y - 0.88 * size
        place = f"{size:g} 0 0 {size:g} {x:.2f} {base:.2f}"
        shown = self.font.encode(text)
        self.pages[-1].append(f"BT /F 1 Tf {place} Tm {shown} Tj ET")

    def _add_text(self, text: str) -> None:
        """A paragraph with its first line set in, or a centred title."""
        size = 1.4 * self.size
        if text.startswith("^"):
            text, size = text[1:], 2 * self.size
            inner = self.font.measure(text, size)
            self._new_line(size)
            self.write(text, (WIDTH - inner) / 2, self.y - LEADING * size, size)
            return
        lines = list(self._wrap(text, WIDTH - 2 * MARGIN, size, 2 * size))
        for number, line in enumerate(lines):
            self._new_line(size)
            x = MARGIN + (2 * size if not number else 0)
            self.write(line, x, self.y - LEADING * size, size)

    def _new_line(self, size: float) -> None:
        if self.y + LEADING * size > HEIGHT - MARGIN:
            self.turn_page()
        self.y += LEADING * size

    def _wrap(
        self, text: str, width: float, size: float, indent: float = 0
    ) -> Iterator[str]:
        line, left = "", width - indent
        for char in text:
            step = self.font.measure(char, size)
            if char == "\n" or (step > left + 0.01 and line):
                yield line
                line, left = "", width
            if char != "\n":
                line, left = line + char, left - step
        if line:
            yield line

    def _add_grid(self, grid: Grid) -> None:
        shares = WIDTHS.get(grid.width, (1,) * grid.width)
        step = (WIDTH - 2 * MARGIN) / sum(shares)
        xs = [MARGIN]
        for share in shares:
            xs.append(xs[-1] + share * step)
        rows = self._lay_rows(grid, xs)
        start = 0
        while start < len(rows):
            start, rows = self.add_rows(rows, start, xs)
            if start < len(rows):
                self.turn_page()
        self.y += 12

    def _lay_rows(self, grid: Grid, xs: list[float]) -> list[Row]:
        size, rows = self.size, []
        for cells in grid.rows:
            laid, high = [], 1
            for cell in cells:
                right = xs[cell.column - 1 + cell.colspan]
                width = right - xs[cell.column - 1] - 2 * PAD
                lines = tuple(self._wrap(cell.text, width, size))
                if cell.rowspan == 1:
                    high = max(high, len(lines))
                laid.append(Laid(cell, lines))
            rows.append(Row(tuple(laid), high * 1.25 * size + 2 * PAD))
        return rows

    def add_rows(
        self, rows: list[Row], start: int, xs: list[float]
    ) -> tuple[int, list[Row]]:
        """Draw as many rows as fit; give the number of the first one left."""
        end, y, ys = start, self.y, [self.y]
        while end < len(rows) and y + rows[end].height <= HEIGHT - MARGIN:
            y += rows[end].height
            ys.append(y)
            end += 1
        left = self.draw(rows[start:end], xs, ys)
        self.y = ys[-1]
        return end, _carry_over(rows, end, left)

    def draw(self, rows: list[Row], xs: list[float], ys: list[float]) -> list[Laid]:
        """Draw some rows; give the rest of the cells that do not fit."""
        rests: list[Laid] = []
        size = self.size
        for number, row in enumerate(rows):
            for cell, lines in row.cells:
                last = number + cell.rowspan
                top, bottom = ys[number], ys[min(last, len(rows))]
                left, right = xs[cell.column - 1], xs[cell.column - 1 + cell.colspan]
                self.rule(left, top, right, bottom)
                fit = max(int((bottom - top - 2 * PAD) / (1.25 * size) + 0.01), 0)
                if last > len(rows):
                    rest = cell._replace(rowspan=last - len(rows))
                    rests.append(Laid(rest, lines[fit:]))
                    lines = lines[:fit]
                y = top + (bottom - top - len(lines) * 1.25 * size) / 2
                for line in lines:
                    inner = self.font.measure(line, size)
                    x = left + PAD
                    if len(lines) == 1:
                        x = (left + right - inner) / 2
                    self.write(line, x, y, size)
                    y += 1.25 * size
        return rests

    def rule(self, x: float, y: float, u: float, v: float) -> None:
        """Draw the border of one cell."""
        for a, b, c, d in ((x, y, x, v), (u, y, u, v), (x, y, u, y), (x, v, u, v)):
            ends = f"{a:.2f} {HEIGHT - b:.2f} m {c:.2f} {HEIGHT - d:.2f} l"
            self.pages[-1].append(f"0.5 w {ends} S")


def to_plain(block: Paragraph | Grid | Line | Sheet) -> Paragraph | Grid:
    """Give what the simulation prints, as the writer takes it: ^ before a title."""
    if isinstance(block, Sheet):
        return block.grid
    title = isinstance(block, Line) and block.level < 0
    return block._replace(text="^" + block.text) if title else block


def list_characters(blocks: list[Paragraph | Grid]) -> frozenset[str]:
    """List the characters that blocks print, page numbers included."""
    grids = [b for b in blocks if isinstance(b, Grid)]
    texts = [b.text for b in blocks if not isinstance(b, Grid)]
    texts += [cell.text for grid in grids for row in grid.rows for cell in row]
    return frozenset("".join(texts)) - {"\n"} | frozenset("- 0123456789")


def _carry_over(rows: list[Row], end: int, rests: list[Laid]) -> list[Row]:
    """Give the next row the cells that run on over the break."""
    if end >= len(rows) or not rests:
        return rows
    cells = sorted([*rows[end].cells, *rests], key=lambda laid: laid.cell.column)
    return [*rows[:end], Row(tuple(cells), rows[end].height), *rows[end + 1 :]]


def to_pdf(
    blocks: Iterable[Paragraph | Grid | Line | Sheet],
    size: float,
    alphabet: frozenset[str],
) -> bytes:
    """
    Write blocks as a PDF with text of ``size`` points in the tables.

    Files of one ``alphabet`` share a font, which is cut out once.
    """
    writer = Writer(list(map(to_plain, blocks)), size, alphabet)
    return write_objects(to_objects(writer.pages, writer.font))

"""Blocks to pages: a small PDF writer with ruled tables, breaks and page furniture."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from gi_tools.documents import Cell, Grid, Paragraph
from gi_tools.simulation.layouts import Line, Sheet
from gi_tools.simulation.pdf import (
    HEIGHT,
    WIDTH,
    Picture,
    make_font,
    paste,
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


class Dress(NamedTuple):
    """
    How pages look. ``rules``: lines, boxes (one a cell), fills (thin areas) or none.

    At a page break ``repeat`` prints the header rows again, ``cut`` parts a row that
    does not fit, ``is_open`` leaves the rules at the break out. ``turn`` lays the
    writing on its side, ``is_righted`` has the viewer turn it back. ``is_hidden``
    writes without ink, as scanners do over their pictures.
    """

    rules: str = "lines"
    size: float = 9.0
    repeat: int = 0
    cut: bool = False
    is_open: bool = False
    head: str = ""
    numbered: bool = True
    turn: int = 0
    is_righted: bool = True
    is_hidden: bool = False


class Laid(NamedTuple):
    """One cell with its wrapped lines; ``is_rest`` of what the last page cut."""

    cell: Cell
    lines: tuple[str, ...]
    is_rest: bool = False


class Row(NamedTuple):
    """One row as laid out: its cells and its height."""

    cells: tuple[Laid, ...]
    height: float


class Writer:
    """Lay blocks out from the top down, page after page."""

    def __init__(
        self, blocks: list[Paragraph | Grid], dress: Dress, alphabet: frozenset[str]
    ) -> None:
        self.dress = dress
        needed = frozenset(dress.head) | _characters(blocks)
        self.font = make_font(alphabet if needed <= alphabet else needed)
        self.pages: list[list[str]] = []
        self._turn_page()
        for block in blocks:
            if isinstance(block, Grid):
                self._add_grid(block)
            else:
                self._add_text(block.text)

    def _turn_page(self) -> None:
        self.pages.append([])
        self.y = MARGIN
        number, middle = len(self.pages), WIDTH / 2
        if self.dress.head:
            self._write(self.dress.head, MARGIN, MARGIN - 24, 8)
        if self.dress.numbered:
            self._write(f"- {number} -", middle - 8, HEIGHT - MARGIN + 30, 9)

    def _write(self, text: str, x: float, y: float, size: float) -> None:
        """Write one line; ``y`` is its top."""
        base = HEIGHT - y - 0.88 * size
        place = f"{size:g} 0 0 {size:g} {x:.2f} {base:.2f}"
        mode = "3 Tr " * self.dress.is_hidden
        shown = self.font.encode(text)
        self.pages[-1].append(f"BT {mode}/F 1 Tf {place} Tm {shown} Tj ET")

    def _add_text(self, text: str) -> None:
        """A paragraph with its first line set in, or a centred title."""
        size = 1.4 * self.dress.size
        if text.startswith("^"):
            text, size = text[1:], 2 * self.dress.size
            inner = self.font.measure(text, size)
            self._new_line(size)
            self._write(text, (WIDTH - inner) / 2, self.y - LEADING * size, size)
            return
        lines = list(self._wrap(text, WIDTH - 2 * MARGIN, size, 2 * size))
        for number, line in enumerate(lines):
            self._new_line(size)
            x = MARGIN + (2 * size if not number else 0)
            self._write(line, x, self.y - LEADING * size, size)

    def _new_line(self, size: float) -> None:
        if self.y + LEADING * size > HEIGHT - MARGIN:
            self._turn_page()
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
            start, rows = self._add_rows(rows, start, xs)
            if start < len(rows):
                self._turn_page()
                if grid.width == 10 and start > self.dress.repeat > 0:
                    self._add_rows(rows[: self.dress.repeat], 0, xs, is_head=True)
        self.y += 12

    def _lay_rows(self, grid: Grid, xs: list[float]) -> list[Row]:
        size, rows = self.dress.size, []
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

    def _add_rows(
        self, rows: list[Row], start: int, xs: list[float], is_head: bool = False
    ) -> tuple[int, list[Row]]:
        """Draw as many rows as fit; give the number of the first one left."""
        end, y, ys = start, self.y, [self.y]
        while end < len(rows) and y + rows[end].height <= HEIGHT - MARGIN:
            y += rows[end].height
            ys.append(y)
            end += 1
        room = HEIGHT - MARGIN - y
        lines = int((room - 2 * PAD) / (1.25 * self.dress.size))
        is_cut = self.dress.cut and 1 <= lines < _count_lines(rows[end : end + 1])
        if is_cut:
            rows = _cut_row(rows, end, lines, room)
            ys.append(y + room)
            end += 1
        left = self._draw(rows, start, end, xs, ys, is_cut)
        rows = _carry_over(rows, end, left)
        self.y = ys[-1]
        return end, rows

    def _draw(
        self,
        rows: list[Row],
        start: int,
        end: int,
        xs: list[float],
        ys: list[float],
        is_cut: bool,
    ) -> list[Laid]:
        """Draw some rows; give the rest of the cells that do not fit."""
        rests: list[Laid] = []
        size = self.dress.size
        for number in range(start, end):
            for cell, lines, is_rest in rows[number].cells:
                last = number + cell.rowspan
                top, bottom = ys[number - start], ys[min(last, end) - start]
                left, right = xs[cell.column - 1], xs[cell.column - 1 + cell.colspan]
                open_top = self.dress.is_open and is_rest
                runs_on = last > end or (last == end and is_cut)
                open_bottom = self.dress.is_open and runs_on
                self._rule(left, top, right, bottom, not open_top, not open_bottom)
                fit = max(int((bottom - top - 2 * PAD) / (1.25 * size) + 0.01), 0)
                if last > end:
                    rest = cell._replace(rowspan=last - end)
                    rests.append(Laid(rest, lines[fit:], True))
                    lines = lines[:fit]
                y = top + (bottom - top - len(lines) * 1.25 * size) / 2
                for line in lines:
                    inner = self.font.measure(line, size)
                    x = left + PAD
                    if len(lines) == 1:
                        x = (left + right - inner) / 2
                    self._write(line, x, y, size)
                    y += 1.25 * size
        return rests

    def _rule(
        self, x: float, y: float, u: float, v: float, top: bool, bottom: bool
    ) -> None:
        """The border of one cell, in the dress's manner."""
        if self.dress.rules == "none":
            return
        if self.dress.rules == "boxes" and top and bottom:
            box = f"{x:.2f} {HEIGHT - v:.2f} {u - x:.2f} {v - y:.2f}"
            self.pages[-1].append(f"0.5 w {box} re S")
            return
        sides = [(x, y, x, v), (u, y, u, v)]
        sides += [(x, y, u, y)] * top + [(x, v, u, v)] * bottom
        for a, b, c, d in sides:
            if self.dress.rules == "fills":
                wide, high = max(c - a, 0.5), max(d - b, 0.5)
                box = f"{a - 0.25:.2f} {HEIGHT - d - 0.25:.2f} {wide:.2f} {high:.2f}"
                self.pages[-1].append(f"{box} re f")
            else:
                ends = f"{a:.2f} {HEIGHT - b:.2f} m {c:.2f} {HEIGHT - d:.2f} l"
                self.pages[-1].append(f"0.5 w {ends} S")


def _to_plain(block: Paragraph | Grid | Line | Sheet) -> Paragraph | Grid:
    """What the simulation prints, as the writer takes it: ^ before a title."""
    if isinstance(block, Sheet):
        return block.grid
    title = isinstance(block, Line) and block.level < 0
    return block._replace(text="^" + block.text) if title else block


def _characters(blocks: list[Paragraph | Grid]) -> frozenset[str]:
    grids = [b for b in blocks if isinstance(b, Grid)]
    texts = [b.text for b in blocks if not isinstance(b, Grid)]
    texts += [cell.text for grid in grids for row in grid.rows for cell in row]
    return frozenset("".join(texts)) - {"\n"} | frozenset("- 0123456789")


def _count_lines(rows: list[Row]) -> int:
    """The most lines that a cell of one row has."""
    cells = [laid for row in rows for laid in row.cells if laid.cell.rowspan == 1]
    return max((len(laid.lines) for laid in cells), default=0)


def _cut_row(rows: list[Row], at: int, lines: int, room: float) -> list[Row]:
    """Part a row after some lines of each cell; cells that span it span both parts."""
    longer = [_stretch(row, at - n) for n, row in enumerate(rows[: at + 1])]
    row = rows[at]
    upper = tuple(
        laid if laid.cell.rowspan > 1 else laid._replace(lines=laid.lines[:lines])
        for laid in longer[at].cells
    )
    lower = tuple(
        Laid(laid.cell, laid.lines[lines:], True)
        for laid in row.cells
        if laid.cell.rowspan == 1
    )
    step = (row.height - 2 * PAD) / max(_count_lines([row]), 1)
    height = _count_lines([Row(lower, 0)]) * step + 2 * PAD
    parts = [Row(upper, room), Row(lower, height)]
    return [*longer[:at], *parts, *rows[at + 1 :]]


def _stretch(row: Row, reach: int) -> Row:
    """Make the cells that span the row ``reach`` below, in part, one row longer."""
    cells = []
    for laid in row.cells:
        rows = laid.cell.rowspan
        cell = laid.cell._replace(rowspan=rows + (rows > max(reach, 1)))
        cells.append(laid._replace(cell=cell))
    return row._replace(cells=tuple(cells))


def _carry_over(rows: list[Row], end: int, rests: list[Laid]) -> list[Row]:
    """Give the next row the cells that run on over the break."""
    if end >= len(rows) or not rests:
        return rows
    cells = sorted([*rows[end].cells, *rests], key=lambda laid: laid.cell.column)
    return [*rows[:end], Row(tuple(cells), rows[end].height), *rows[end + 1 :]]


def to_pdf(
    blocks: Iterable[Paragraph | Grid | Line | Sheet],
    dress: Dress | None = None,
    meanings: dict[str, str] | None = None,
    pasted: Picture | None = None,
    alphabet: frozenset[str] = frozenset(),
) -> bytes:
    """
    Write blocks as a PDF with text; a paragraph that begins with ^ is a title.

    ``meanings`` are characters that the font of the file calls by another name;
    ``pasted`` is a picture at the foot of the first page. Files of one ``alphabet``
    share a font, which is cut out once.
    """
    dress = dress or Dress()
    writer = Writer(list(map(_to_plain, blocks)), dress, alphabet)
    lie = dress.turn, dress.is_righted
    objects = to_objects(writer.pages, writer.font, meanings or {}, *lie)
    if pasted:
        paste(objects, pasted)
    return write_objects(objects)

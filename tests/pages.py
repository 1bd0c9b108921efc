"""Blocks to pages: a small PDF writer with ruled tables, breaks and page furniture."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator
from functools import cache
from importlib.resources import files
from io import BytesIO
from typing import NamedTuple

from fontTools import subset
from fontTools.ttLib import TTFont

from gi_tools.documents import Cell, Grid, Paragraph

WIDTH, HEIGHT = 595.0, 842.0
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
    writing on its side, ``is_righted`` has the viewer turn it back.
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


class Laid(NamedTuple):
    """One cell with its wrapped lines; ``is_rest`` of what the last page cut."""

    cell: Cell
    lines: tuple[str, ...]
    is_rest: bool = False


class Row(NamedTuple):
    """One row as laid out: its cells and its height."""

    cells: tuple[Laid, ...]
    height: float


class Picture(NamedTuple):
    """A grey JPEG and its size in pixels."""

    data: bytes
    wide: int
    high: int


class Font:
    """A subset of the CJK font that matplotlib's helper brings, ready to embed."""

    def __init__(self, characters: frozenset[str]) -> None:
        path = files("zhplot") / "fonts" / "NotoSansSC-Regular.ttf"
        font = TTFont(BytesIO(path.read_bytes()), lazy=True)
        cutter = subset.Subsetter(subset.Options(layout_features=[], hinting=False))
        cutter.populate(text="".join(characters))
        cutter.subset(font)
        names, metrics = font.getBestCmap(), font["hmtx"]
        self.glyphs = {chr(c): font.getGlyphID(name) for c, name in names.items()}
        scale = 1000 / font["head"].unitsPerEm
        self.widths = {chr(c): metrics[n][0] * scale for c, n in names.items()}
        out = BytesIO()
        font.save(out)
        self.data = out.getvalue()

    def measure(self, text: str, size: float) -> float:
        """Width of a text in points."""
        return sum(self.widths.get(char, 1000) for char in text) * size / 1000

    def encode(self, text: str) -> str:
        """The glyph numbers of a text, as a PDF string."""
        return "<" + "".join(f"{self.glyphs.get(c, 0):04X}" for c in text) + ">"


@cache
def make_font(characters: frozenset[str]) -> Font:
    """Make the subset for some characters once."""
    return Font(characters)


class Writer:
    """Lay blocks out from the top down, page after page."""

    def __init__(self, blocks: Iterable[Paragraph | Grid], dress: Dress) -> None:
        blocks = list(blocks)
        self.dress = dress
        self.font = make_font(frozenset(dress.head) | _characters(blocks))
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
        self.pages[-1].append(f"BT /F 1 Tf {place} Tm {self.font.encode(text)} Tj ET")

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


def _characters(blocks: list[Paragraph | Grid]) -> frozenset[str]:
    texts = [b.text for b in blocks if isinstance(b, Paragraph)]
    grids = [b for b in blocks if isinstance(b, Grid)]
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
    blocks: Iterable[Paragraph | Grid],
    dress: Dress | None = None,
    meanings: dict[str, str] | None = None,
    pasted: Picture | None = None,
) -> bytes:
    """
    Write blocks as a PDF with text; a paragraph that begins with ^ is a title.

    ``meanings`` are characters that the font of the file calls by another name;
    ``pasted`` is a picture at the foot of the first page.
    """
    writer = Writer(blocks, dress or Dress())
    objects = _assemble(writer.pages, writer.font, writer.dress, meanings or {})
    if pasted:
        wide, high = 0.66 * WIDTH, 0.66 * HEIGHT
        draw = f"q {wide:g} 0 0 {high:g} {MARGIN:g} {MARGIN:g} cm /I Do Q"
        objects += [_stream(draw.encode()), _to_object(pasted)]
        first, last = 8, len(objects)
        more = f"{first + 1} 0 R {last - 1} 0 R]".encode()
        page = objects[first - 1].replace(b"9 0 R", b"[" + more, 1)
        more = b"/Resources << /XObject << /I %d 0 R >> " % last
        objects[first - 1] = page.replace(b"/Resources << ", more)
    return write_objects(objects)


_TURNS = {
    0: ("1 0 0 1 0 0", WIDTH, HEIGHT),
    90: (f"0 1 -1 0 {HEIGHT:g} 0", HEIGHT, WIDTH),
    180: (f"-1 0 0 -1 {WIDTH:g} {HEIGHT:g}", WIDTH, HEIGHT),
    270: (f"0 -1 1 0 0 {WIDTH:g}", HEIGHT, WIDTH),
}


def _assemble(
    pages: list[list[str]], font: Font, dress: Dress, meanings: dict[str, str]
) -> list[bytes]:
    """The objects of a PDF file: catalogue, pages, contents and one font."""
    first = 8  # the number of the first page object
    kids = " ".join(f"{first + 2 * n} 0 R" for n in range(len(pages)))
    widths = " ".join(f"{font.glyphs[c]} [{w:.0f}]" for c, w in font.widths.items())
    pairs = "\n".join(
        f"<{glyph:04X}> <{meanings.get(char, char).encode('utf-16-be').hex()}>"
        for char, glyph in font.glyphs.items()
    )
    meaning = (
        "/CIDInit /ProcSet findresource begin 12 dict begin begincmap\n"
        "1 begincodespacerange <0000> <FFFF> endcodespacerange\n"
        f"{len(font.glyphs)} beginbfchar\n{pairs}\nendbfchar\nendcmap end end"
    )
    objects: list[bytes] = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        f"<< /Type /Pages /Kids [{kids}] /Count {len(pages)} >>".encode(),
        b"<< /Type /Font /Subtype /Type0 /BaseFont /GI /Encoding /Identity-H "
        b"/DescendantFonts [4 0 R] /ToUnicode 7 0 R >>",
        b"<< /Type /Font /Subtype /CIDFontType2 /BaseFont /GI /CIDToGIDMap /Identity "
        b"/CIDSystemInfo << /Registry (Adobe) /Ordering (Identity) /Supplement 0 >> "
        b"/FontDescriptor 5 0 R /W [" + widths.encode() + b"] >>",
        b"<< /Type /FontDescriptor /FontName /GI /Flags 4 /FontBBox [0 -120 1000 880] "
        b"/ItalicAngle 0 /Ascent 880 /Descent -120 /CapHeight 700 /StemV 80 "
        b"/FontFile2 6 0 R >>",
        _stream(font.data),
        _stream(meaning.encode()),
    ]
    matrix, width, height = _TURNS[dress.turn]
    turn = dress.turn * dress.is_righted
    for number, page in enumerate(pages):
        box = f"[0 0 {width:g} {height:g}]"
        objects.append(
            f"<< /Type /Page /Parent 2 0 R /MediaBox {box} /Rotate {turn} /Contents "
            f"{first + 2 * number + 1} 0 R /Resources << /Font << /F 3 0 R >> >> >>"
            "".encode()
        )
        content = "\n".join([f"{matrix} cm", *page])
        objects.append(_stream(content.encode()))
    return objects


def to_picture_pdf(pictures: Iterable[Picture]) -> bytes:
    """Write JPEG pictures as the pages of a PDF without text."""
    pictures = list(pictures)
    first = 3
    kids = " ".join(f"{first + 3 * n} 0 R" for n in range(len(pictures)))
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        f"<< /Type /Pages /Kids [{kids}] /Count {len(pictures)} >>".encode(),
    ]
    for n, picture in enumerate(pictures):
        page = first + 3 * n
        box = f"[0 0 {WIDTH:g} {HEIGHT:g}]"
        objects += [
            f"<< /Type /Page /Parent 2 0 R /MediaBox {box} /Contents {page + 1} 0 R "
            f"/Resources << /XObject << /I {page + 2} 0 R >> >> >>".encode(),
            _stream(f"{WIDTH:g} 0 0 {HEIGHT:g} 0 0 cm /I Do".encode()),
            _to_object(picture),
        ]
    return write_objects(objects)


def _to_object(picture: Picture) -> bytes:
    head = (
        f"<< /Type /XObject /Subtype /Image /Width {picture.wide} "
        f"/Height {picture.high} /ColorSpace /DeviceGray /BitsPerComponent 8 "
        f"/Filter /DCTDecode /Length {len(picture.data)} >>\nstream\n"
    )
    return head.encode() + picture.data + b"\nendstream"


def _stream(data: bytes) -> bytes:
    packed = zlib.compress(data)
    head = f"<< /Length {len(packed)} /Filter /FlateDecode >>\nstream\n".encode()
    return head + packed + b"\nendstream"


def write_objects(objects: list[bytes]) -> bytes:
    """Put the objects of a PDF one after another, with the table of their places."""
    out, places = BytesIO(), []
    out.write(b"%PDF-1.7\n")
    for number, one in enumerate(objects, 1):
        places.append(out.tell())
        out.write(b"%d 0 obj\n%b\nendobj\n" % (number, one))
    start = out.tell()
    out.write(b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1))
    for place in places:
        out.write(b"%010d 00000 n \n" % place)
    size = len(objects) + 1
    out.write(b"trailer\n<< /Size %d /Root 1 0 R >>\n" % size)
    out.write(b"startxref\n%d\n%%%%EOF\n" % start)
    return out.getvalue()

"""PDFs as offices print them: dressed, cut, turned, pasted over, stamped."""

from copy import copy
from typing import NamedTuple

import numpy as np

from gi_tools.simulation.pages import (
    MARGIN,
    PAD,
    Laid,
    Row,
    Writer,
    list_characters,
    to_plain,
)
from gi_tools.simulation.pdf import (
    FIRST_PAGE,
    HEIGHT,
    WIDTH,
    to_image,
    to_objects,
    to_stream,
    write_objects,
)
from gi_tools.simulation.scans import DPI

RED = (60, 50, 215)  # of a seal, in the order blue, green, red
TURNS = {
    90: (f"0 1 -1 0 {HEIGHT:g} 0", HEIGHT, WIDTH),
    180: (f"-1 0 0 -1 {WIDTH:g} {HEIGHT:g}", WIDTH, HEIGHT),
    270: (f"0 -1 1 0 0 {WIDTH:g}", HEIGHT, WIDTH),
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


PLAIN = Dress()


class Printer(Writer):
    """The writer of the simulation with the manners of a dress."""

    def __init__(self, blocks, dress):
        self.dress, self.is_cut = dress, False
        self.parted = set()  # columns of what goes on from the page before
        self.left_out = set()  # where a rule begins that the page break takes
        alphabet = list_characters(blocks) | {*dress.head}
        super().__init__(blocks, dress.size, alphabet)

    def turn_page(self):
        super().turn_page()
        if not self.dress.numbered:
            self.pages[-1].clear()
        if self.dress.head:
            self.write(self.dress.head, MARGIN, MARGIN - 24, 8)

    def write(self, text, x, y, size):
        super().write(text, x, y, size)
        if self.dress.is_hidden:
            self.pages[-1][-1] = self.pages[-1][-1].replace("BT ", "BT 3 Tr ", 1)

    def add_rows(self, rows, start, xs):
        repeat = self.dress.repeat
        if len(xs) == 11 and start > repeat > 0:
            parted, self.parted = self.parted, set()
            super().add_rows(rows[:repeat], 0, xs)
            self.parted = parted
        rows = self._cut(rows, start) if self.dress.cut else rows
        return super().add_rows(rows, start, xs)

    def _cut(self, rows, start):
        """Part the first row that does not fit, if a line of it does."""
        end, room = start, HEIGHT - MARGIN - self.y
        while end < len(rows) and rows[end].height <= room:
            room -= rows[end].height
            end += 1
        lines = int((room - 2 * PAD) / (1.25 * self.size))
        self.is_cut = 1 <= lines < count_lines(rows[end : end + 1])
        # A hair less than the room, which floats must not find too small.
        return cut_row(rows, end, lines, room - 1e-6) if self.is_cut else rows

    def draw(self, rows, xs, ys):
        if self.dress.is_open:
            self.left_out = set()
            for number, row in enumerate(rows):
                for cell, _ in row.cells:
                    x, last = xs[cell.column - 1], number + cell.rowspan
                    if not number and cell.column in self.parted:
                        self.left_out.add((x, ys[0], "top"))
                    if last > len(rows) - self.is_cut:
                        self.left_out.add((x, ys[min(last, len(rows))], "bottom"))
        rests = super().draw(rows, xs, ys)
        self.parted = {laid.cell.column for laid in rests}
        if self.is_cut:
            self.parted |= {laid.cell.column for laid in rows[-1].cells}
        self.is_cut = False
        return rests

    def rule(self, x, y, u, v):
        top, bottom = (
            (x, *edge) not in self.left_out for edge in ((y, "top"), (v, "bottom"))
        )
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


def count_lines(rows):
    """The most lines that a cell of one row has."""
    cells = [laid for row in rows for laid in row.cells if laid.cell.rowspan == 1]
    return max((len(laid.lines) for laid in cells), default=0)


def cut_row(rows, at, lines, room):
    """Part a row after some lines of each cell; cells that span it span both parts."""
    longer = [stretch(row, at - n) for n, row in enumerate(rows[: at + 1])]
    row = rows[at]
    upper = tuple(
        laid if laid.cell.rowspan > 1 else laid._replace(lines=laid.lines[:lines])
        for laid in longer[at].cells
    )
    lower = tuple(
        Laid(laid.cell, laid.lines[lines:])
        for laid in row.cells
        if laid.cell.rowspan == 1
    )
    step = (row.height - 2 * PAD) / max(count_lines([row]), 1)
    height = count_lines([Row(lower, 0)]) * step + 2 * PAD
    parts = [Row(upper, room), Row(lower, height)]
    return [*longer[:at], *parts, *rows[at + 1 :]]


def stretch(row, reach):
    """Make the cells that span the row ``reach`` below, in part, one row longer."""
    cells = []
    for laid in row.cells:
        rows = laid.cell.rowspan
        cell = laid.cell._replace(rowspan=rows + (rows > max(reach, 1)))
        cells.append(laid._replace(cell=cell))
    return row._replace(cells=tuple(cells))


def to_pdf(blocks, dress=PLAIN, meanings=None, pasted=None):
    """
    Write blocks as a PDF with text; a paragraph that begins with ^ is a title.

    ``meanings`` are characters that the font of the file calls by another name;
    ``pasted`` is a picture at the foot of the first page.
    """
    writer = Printer(list(map(to_plain, blocks)), dress)
    font = copy(writer.font)
    for name in ("glyphs", "widths"):
        known = getattr(font, name).items()
        named = {(meanings or {}).get(char, char): value for char, value in known}
        setattr(font, name, named)
    objects = to_objects(writer.pages, font)
    if dress.turn:
        turn(objects, writer.pages, dress)
    if pasted:
        paste(objects, pasted)
    return write_objects(objects)


def turn(objects, pages, dress):
    """Lay the writing of all pages on its side."""
    matrix, width, height = TURNS[dress.turn]
    looks = f"[0 0 {width:g} {height:g}] /Rotate {dress.turn * dress.is_righted}"
    for number, page in enumerate(pages):
        at = FIRST_PAGE - 1 + 2 * number
        plain = b"[0 0 %d %d] /Rotate 0" % (WIDTH, HEIGHT)
        objects[at] = objects[at].replace(plain, looks.encode())
        objects[at + 1] = to_stream("\n".join([f"{matrix} cm", *page]).encode())


def paste(objects, picture):
    """Lay a picture over the foot of the first page."""
    wide, high = 0.66 * WIDTH, 0.66 * HEIGHT
    draw = f"q {wide:g} 0 0 {high:g} 72 72 cm /I Do Q"
    objects += [to_stream(draw.encode()), to_image(picture)]
    last = len(objects)
    contents = f"[{FIRST_PAGE + 1} 0 R {last - 1} 0 R]".encode()
    page = objects[FIRST_PAGE - 1]
    page = page.replace(b"%d 0 R" % (FIRST_PAGE + 1), contents, 1)
    more = b"/Resources << /XObject << /I %d 0 R >> " % last
    objects[FIRST_PAGE - 1] = page.replace(b"/Resources << ", more)


def stamp(places):
    """Give what prints red seals over a page, at places in shares of it."""

    def print_all(image):
        high, wide = image.shape[:2]
        for across, down in places:
            add_seal(image, round(wide * across), round(high * down))

    return print_all


def add_seal(image, x, y):
    """Print a round red seal of 4 cm with a star and signs over what stands there."""
    import cv2

    radius, ink = round(0.8 * DPI), np.zeros(image.shape[:2], "uint8")
    cv2.circle(ink, (x, y), radius, 255, radius // 18)
    spokes = np.arange(10) * np.pi / 5
    reach = radius * np.where(np.arange(10) % 2, 0.14, 0.35)
    points = np.stack([x + reach * np.sin(spokes), y - reach * np.cos(spokes)], 1)
    cv2.fillPoly(ink, [points.astype("int32")], 255)
    for sign, angle in zip("ABCDEFGHKMNR", np.linspace(-2.4, 2.4, 12), strict=True):
        at = x + 0.76 * radius * np.sin(angle), y - 0.76 * radius * np.cos(angle)
        place = round(at[0] - 12), round(at[1] + 12)
        cv2.putText(ink, sign, place, cv2.FONT_HERSHEY_SIMPLEX, radius / 140, 255, 4)
    share = cv2.GaussianBlur(ink, (0, 0), 1)[:, :, None] / 255 * 0.9
    image[:] = image * (1 - share) + image * np.array(RED) / 255 * share

"""One page of a PDF to its characters and ruled lines, upright and in points."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from ctypes import (
    CFUNCTYPE,
    addressof,
    c_float,
    c_int,
    c_uint,
    c_void_p,
    cast,
)
from functools import cache
from itertools import pairwise
from math import pi
from types import ModuleType
from typing import Any, NamedTuple
from unicodedata import normalize

import numpy as np
from numpy import ndarray

from gi_tools.readers.lattice import Line, to_line
from gi_tools.readers.paper import Mark, to_mark

MAX_OBJECTS = 60_000  # drawn on one page; a table of dotted rules has 20,000
MAX_DEPTH = 8  # forms inside forms
MAX_POINTS = 20_000  # of one path; a map has more
BOX_POINTS = 5  # of a path that is one box; filled, it is the ground of a cell
THIN = 4.0  # points: a drawn area no wider than this is a ruled line
BOX_BYTES = 16  # of a box: four floats
SLANT = 1.0  # points by which a ruled line may lean
SAMPLE = 24  # characters that tell how a page is turned
HIDDEN = 3  # the PDF text mode in which nothing is drawn
USUAL = 0.8  # share of them that must agree
LOST = "\ufffd"  # a character whose font does not say what it means

_SPACES = frozenset((0x09, 0x20, 0xA0, 0x3000))
_SKIPPED = frozenset((0x0A, 0x0D, 0x200B, 0xFEFF))
_HYPHENS = frozenset((0x02, 0xFFFE))  # PDFium's marks of a hyphen at a line end
# Fonts name the radical for the character they draw alike; NFKC misses the first.
_RADICALS = dict(
    zip(
        map(ord, "⺟⺠⻁⻄⻅⻆⻉⻋⻓⻔⻘⻙⻚⻛⻜⻝⻢⻣⻤⻥⻦⻧⻨⻩⻪⻬⻮⻰⻳"),
        "母民虎西见角贝车长门青韦页风飞食马骨鬼鱼鸟卤麦黄黾齐齿龙龟",
        strict=True,
    )
) | {code: normalize("NFKC", chr(code)) for code in range(0x2F00, 0x2FD6)}

Matrix = tuple[float, float, float, float, float, float]
Point = tuple[float, float]
Box = tuple[float, float, float, float]  # left, top, right, bottom


class Drawing(NamedTuple):
    """
    What stands on a page: its size, characters, ruled lines and pictures.

    ``is_hidden``: its writing is not drawn, as scanners lay it over their picture.
    """

    size: Point
    marks: list[Mark]
    across: list[Line]
    down: list[Line]
    pictures: list[Box]
    drawn: int
    is_cut: bool
    is_hidden: bool = False


def read_drawing(api: ModuleType, page: Any) -> Drawing:
    """
    Read the characters and ruled lines of a pypdfium2 page.

    The page is turned so that its writing runs from left to right, y grows downwards.
    """
    text = page.get_textpage()
    try:
        turn = _find_turn(api, text.raw)
        if turn is not None and turn * 90 != page.get_rotation():
            # PDFium writes the lines of a page that lies askew in another order.
            page.set_rotation(turn * 90)
            text.close()
            text = page.get_textpage()
        upright, size = _find_upright(page.get_rotation() // 90, page.get_bbox())
        marks = _read_marks(api, text.raw, upright)
    finally:
        text.close()
    pen = _Pen(api)
    pen.walk(_address(page.raw), "FPDFPage", upright)
    lines = pen.across, pen.down
    is_hidden = 0 < len(pen.modes) == pen.modes.count(HIDDEN)
    ends = pen.drawn, pen.left <= 0, is_hidden
    return Drawing(size, marks, *lines, pen.pictures, *ends)


def _find_upright(
    turn: int, box: tuple[float, float, float, float]
) -> tuple[Matrix, Point]:
    """The matrix from the page to its upright view, and the size of that view."""
    left, bottom, right, top = box
    width, height = right - left, top - bottom
    if turn % 2:
        ahead = turn == 1
        matrix = (0, 1, 1, 0, -bottom, -left) if ahead else (0, -1, -1, 0, top, right)
        return matrix, (height, width)
    matrix = (-1, 0, 0, 1, right, -bottom) if turn else (1, 0, 0, -1, -left, top)
    return matrix, (width, height)


def _find_turn(api: ModuleType, raw: Any) -> int | None:
    """Quarter turns of the writing, told by a sample of its characters."""
    count = api.FPDFText_CountChars(raw)
    step = max(count // SAMPLE, 1)
    turns = Counter(
        -round(api.FPDFText_GetCharAngle(raw, n) / (pi / 2)) % 4
        for n in range(step // 2, count, step)
        if api.FPDFText_GetUnicode(raw, n) > 0x20
    )
    usual, often = max(turns.items(), key=lambda pair: pair[1], default=(0, 0))
    return usual if often > USUAL * turns.total() else None


def _read_marks(api: ModuleType, raw: Any, upright: Matrix) -> list[Mark]:
    code_at = _bind(api, "FPDFText_GetUnicode", c_uint, c_void_p, c_int)
    box_at = _bind(api, "FPDFText_GetLooseCharBox", c_int, c_void_p, c_int, c_void_p)
    text, count = _address(raw), api.FPDFText_CountChars(raw)
    boxes = np.zeros((max(count, 1), 4), dtype=np.float32)
    place = boxes.ctypes.data
    found, spaced = [], False
    chars: dict[int, str] = {}
    for number in range(count):
        code = code_at(text, number)
        char = chars.get(code)
        if char is None:
            char = chars[code] = _to_text(code)
        if char == " ":
            spaced = True
        elif char and box_at(text, number, place):
            found.append((char, spaced))
            place += BOX_BYTES
            spaced = False
    # PDFium gives left, top, right, bottom.
    moved = _move_boxes(boxes[: len(found)], upright)
    pairs = zip(found, moved, strict=True)
    return [to_mark((char, *box, spaced, 1.0)) for (char, spaced), box in pairs]


def _move_boxes(boxes: ndarray, matrix: Matrix) -> list[list[float]]:
    """Turn boxes upright, given and taken as left, top, right and bottom."""
    x, y, u, v = boxes.astype(float).T
    a, b, c, d, e, f = matrix
    across = a * x + c * y + e, a * u + c * v + e
    down = b * x + d * y + f, b * u + d * v + f
    sides = np.minimum(*across), np.minimum(*down), np.maximum(*across)
    return np.stack([*sides, np.maximum(*down)], axis=1).tolist()


@cache
def _bind(api: ModuleType, name: str, result: type, *arguments: type) -> Callable:
    """PDFium's function on plain addresses: half the time of typed pointers."""
    return CFUNCTYPE(result, *arguments)(_address(getattr(api, name)))


def _address(pointer: Any) -> int:
    return cast(pointer, c_void_p).value or 0


def _to_text(code: int) -> str:
    """The character of a code: a blank for every space, nothing for line ends."""
    if code in _SPACES or code in _SKIPPED:
        return " " * (code in _SPACES)
    if code in _HYPHENS:
        return "-"
    if code < 0x20 or 0xD800 <= code <= 0xF8FF or code > 0x10FFFF:
        return LOST
    return _RADICALS.get(code, chr(code))


class _Pen:
    """Collect the ruled lines among the drawn objects of a page."""

    def __init__(self, api: ModuleType) -> None:
        self.api = api
        self.across: list[Line] = []
        self.down: list[Line] = []
        self.pictures: list[Box] = []
        self.drawn = 0
        self.modes: list[int] = []
        self.left = MAX_OBJECTS
        self._place = (c_float * 6)()
        self._sides = [addressof(self._place) + 4 * n for n in range(6)]
        self._mode = (c_int * 2)()
        self._modes = [addressof(self._mode) + 4 * n for n in range(2)]
        one, number = c_void_p, c_int
        self._mode_of = _bind(api, "FPDFPath_GetDrawMode", number, one, one, one)
        self._count_of = _bind(api, "FPDFPath_CountSegments", number, one)
        self._segment = _bind(api, "FPDFPath_GetPathSegment", one, one, number)
        self._point_of = _bind(api, "FPDFPathSegment_GetPoint", number, one, one, one)
        self._kind_of = _bind(api, "FPDFPathSegment_GetType", number, one)
        self._is_closed = _bind(api, "FPDFPathSegment_GetClose", number, one)
        self._matrix_of = _bind(api, "FPDFPageObj_GetMatrix", number, one, one)
        self._ink_of = _bind(api, "FPDFTextObj_GetTextRenderMode", number, one)

    def walk(self, owner: int, prefix: str, matrix: Matrix, depth: int = 0) -> None:
        """
        Take every object of a page or form; ``matrix`` turns it upright.

        ``prefix`` is how PDFium names what belongs to the owner: FPDFPage, FPDFFormObj.
        """
        api = self.api
        count = _bind(api, f"{prefix}_CountObjects", c_int, c_void_p)
        get = _bind(api, f"{prefix}_GetObject", c_void_p, c_void_p, c_int)
        kind_of = _bind(api, "FPDFPageObj_GetType", c_int, c_void_p)
        bounds_of = _bind(api, "FPDFPageObj_GetBounds", c_int, *[c_void_p] * 5)
        text, path = api.FPDF_PAGEOBJ_TEXT, api.FPDF_PAGEOBJ_PATH
        most = min(count(owner), self.left)
        self.left -= most
        boxes = np.zeros((max(most, 1), 4), dtype=np.float32)
        place, drawn = boxes.ctypes.data, []
        for number in range(most):
            one = get(owner, number)
            kind = kind_of(one)
            if kind == text:
                if len(self.modes) < SAMPLE:
                    self.modes.append(self._ink_of(one))
            elif kind == api.FPDF_PAGEOBJ_FORM:
                if depth < MAX_DEPTH:
                    inner = _times(self._matrix(one), matrix)
                    self.walk(one, "FPDFFormObj", inner, depth + 1)
            elif bounds_of(one, place, place + 4, place + 8, place + 12):
                drawn.append((one, kind))
                place += BOX_BYTES
        self.drawn += len(drawn)
        boxes = boxes[: len(drawn)]
        x, y, u, v = boxes.T
        # Most lines are drawn one by one: their bounds alone tell them.
        is_thin = (u - x <= THIN) | (v - y <= THIN)
        moved = _move_boxes(boxes, matrix)
        for number in np.flatnonzero(~is_thin).tolist():
            one, kind = drawn[number]
            if kind == path:
                self._add_path(one, matrix)
            else:
                self.pictures.append(tuple(moved[number]))
        self._add_thin([moved[number] for number in np.flatnonzero(is_thin).tolist()])

    def _add_thin(self, boxes: list[Box]) -> None:
        """Add thin boxes as lines, dots as two each: a rule may be a row of dots."""
        for x, y, u, v in boxes:
            wide, high = u - x, v - y
            if high <= THIN and (wide > THIN or high <= 2 * wide):
                self.across.append(to_line(((y + v) / 2, x, u)))
            if wide <= THIN and (high > THIN or wide <= 2 * high):
                self.down.append(to_line(((x + u) / 2, y, v)))

    def _add_path(self, path: int, matrix: Matrix) -> None:
        self._mode_of(path, *self._modes)
        fill, stroke = self._mode
        count = self._count_of(path)
        is_ground = not stroke and count <= BOX_POINTS
        if is_ground or not (fill or stroke):
            return
        whole = _times(self._matrix(path), matrix)
        if count == BOX_POINTS and (box := self._find_box(path, whole)):
            self._add_frame(*box)
            return
        outlines = [
            [_move(point, whole) for point in points]
            for points in self._outlines(path, count)
        ]
        (self._add_strokes if stroke else self._add_areas)(outlines)

    def _find_box(self, path: int, whole: Matrix) -> Box | None:
        """The box that a path of five points draws, told by three of them."""
        (x, y), (p, q), (u, v) = (_move(self._point(path, n), whole) for n in range(3))
        is_turning = abs(x - p) <= SLANT and abs(q - v) <= SLANT
        is_turning |= abs(y - q) <= SLANT and abs(p - u) <= SLANT
        return _bounds([(x, y), (u, v)]) if is_turning else None

    def _add_frame(self, left: float, top: float, right: float, bottom: float) -> None:
        self.across += [Line(top, left, right), Line(bottom, left, right)]
        self.down += [Line(left, top, bottom), Line(right, top, bottom)]

    def _add_strokes(self, outlines: list[list[Point]]) -> None:
        for points in outlines:
            for (x, y), (u, v) in pairwise(points):
                if abs(y - v) <= SLANT < abs(x - u):
                    self.across.append(Line((y + v) / 2, min(x, u), max(x, u)))
                elif abs(x - u) <= SLANT < abs(y - v):
                    self.down.append(Line((x + u) / 2, min(y, v), max(y, v)))

    def _add_areas(self, outlines: list[list[Point]]) -> None:
        """Add thin filled areas, and the frames between two boxes filled together."""
        boxes = [_bounds(points) for points in outlines]
        thick = [box for box in boxes if not _is_thin(box)]
        self._add_thin([box for box in boxes if _is_thin(box)])
        for outer, inner in pairwise(thick):
            pairs = list(zip(outer, inner, strict=True))
            if max(abs(a - b) for a, b in pairs) <= THIN:
                self._add_frame(*((a + b) / 2 for a, b in pairs))

    def _point(self, path: int, number: int) -> Point:
        self._point_of(self._segment(path, number), *self._sides[:2])
        x, y, *_ = self._place
        return x, y

    def _outlines(self, path: int, count: int) -> list[list[Point]]:
        """The straight-sided outlines of a path, closed ones back to their start."""
        outlines = []
        for number in range(min(count, MAX_POINTS)):
            segment = self._segment(path, number)
            kind = self._kind_of(segment)
            if kind == self.api.FPDF_SEGMENT_LINETO and outlines:
                outlines[-1].append(self._point(path, number))
            else:
                outlines.append([self._point(path, number)])
            if self._is_closed(segment):
                outlines[-1].append(outlines[-1][0])
        return [points for points in outlines if len(points) > 1]

    def _matrix(self, one: int) -> Matrix:
        found = self._matrix_of(one, self._sides[0])
        return tuple(self._place) if found else (1, 0, 0, 1, 0, 0)


def _bounds(points: list[Point]) -> Box:
    xs, ys = zip(*points, strict=True)
    return min(xs), min(ys), max(xs), max(ys)


def _is_thin(box: Box) -> bool:
    return min(box[2] - box[0], box[3] - box[1]) <= THIN


def _move(point: Point, matrix: Matrix) -> Point:
    (x, y), (a, b, c, d, e, f) = point, matrix
    return a * x + c * y + e, b * x + d * y + f


def _times(first: Matrix, then: Matrix) -> Matrix:
    """One matrix that does what ``first`` and ``then`` do."""
    a, b, c, d, e, f = first
    p, q, r, s, t, u = then
    return (
        a * p + b * r,
        a * q + b * s,
        c * p + d * r,
        c * q + d * s,
        e * p + f * r + t,
        e * q + f * s + u,
    )

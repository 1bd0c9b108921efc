"""One page of a PDF to its characters and ruled lines, upright and in points."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from ctypes import c_uint, c_void_p
from functools import lru_cache
from itertools import compress, pairwise, repeat
from math import pi
from types import ModuleType
from typing import TYPE_CHECKING, Any, NamedTuple
from unicodedata import normalize

from gi_tools.readers.lattice import Line, to_line
from gi_tools.readers.paper import Mark, to_mark
from gi_tools.readers.pdfium import Pointer, bind, gather, point_at, to_pointer

if TYPE_CHECKING:
    from numpy import ndarray

MAX_OBJECTS = 60_000  # drawn on one page; a table of dotted rules has 20,000
MAX_DEPTH = 8  # forms inside forms
MAX_POINTS = 20_000  # of one path; a map has more
BOX_POINTS = 5  # of a path that is one box; filled, it is the ground of a cell
THIN = 4.0  # points: a drawn area no wider than this is a ruled line
FAR = 1e40  # points: for what is infinitely far, or nowhere; more than PDFium can write
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
Sides = tuple["ndarray", "ndarray", "ndarray", "ndarray"]  # those of many boxes


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
    pen.walk(point_at(page.raw), "FPDFPage", upright)
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
    code_at = bind(api, "FPDFText_GetUnicode", c_uint)
    box_at = bind(api, "FPDFText_GetLooseCharBox")
    text, count = point_at(raw), api.FPDFText_CountChars(raw)
    places, texts, after_space = [], [], []
    is_spaced = False
    codes = map(code_at, repeat(text), range(count))
    for place, char in enumerate(map(_to_text, codes)):
        if char == " ":
            is_spaced = True
        elif char:
            places.append(place)
            texts.append(char)
            after_space.append(is_spaced)
            is_spaced = False
    # PDFium gives left, top, right, bottom.
    boxes = gather(box_at, [repeat(text), places], len(places), 4)
    sides = (side.tolist() for side in _move_boxes(boxes, upright))
    return list(map(to_mark, zip(texts, *sides, after_space, repeat(1.0))))


def _move_boxes(boxes: ndarray, matrix: Matrix) -> Sides:
    """Turn boxes upright that are given by two corners each."""
    import numpy as np

    x, y, u, v = boxes.astype(float).T
    with np.errstate(invalid="ignore"):
        sides = np.stack(_span(_move((x, y), matrix), _move((u, v), matrix)))
    return tuple(np.fmin(np.fmax(sides, -FAR), FAR))


def _span(first: Point, second: Point) -> Sides:
    """The lefts, tops, rights and bottoms of boxes between corners."""
    import numpy as np

    (x, y), (u, v) = first, second
    return np.minimum(x, u), np.minimum(y, v), np.maximum(x, u), np.maximum(y, v)


@lru_cache(maxsize=8192)
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

    def walk(self, owner: Pointer, prefix: str, matrix: Matrix, depth: int = 0) -> None:
        """
        Take every object of a page or form; ``matrix`` turns it upright.

        ``prefix`` is how PDFium names what belongs to the owner: FPDFPage, FPDFFormObj.
        """
        api = self.api
        get = bind(api, f"{prefix}_GetObject", c_void_p)
        kind_of = bind(api, "FPDFPageObj_GetType")
        ink_of = bind(api, "FPDFTextObj_GetTextRenderMode")
        most = min(bind(api, f"{prefix}_CountObjects")(owner), self.left)
        self.left -= most
        ones = list(map(to_pointer, map(get, repeat(owner), range(most))))
        drawn, is_path = [], []
        for one, kind in zip(ones, map(kind_of, ones), strict=True):
            if kind == api.FPDF_PAGEOBJ_TEXT:
                if len(self.modes) < SAMPLE:
                    self.modes.append(ink_of(one))
            elif kind == api.FPDF_PAGEOBJ_FORM:
                if depth < MAX_DEPTH:
                    inner = _times(self._find_matrices([one]).tolist()[0], matrix)
                    self.walk(one, "FPDFFormObj", inner, depth + 1)
            else:
                drawn.append(one)
                is_path.append(kind == api.FPDF_PAGEOBJ_PATH)
        self.drawn += len(drawn)
        bounds_of = bind(api, "FPDFPageObj_GetBounds")
        bounds = gather(bounds_of, [drawn], len(drawn), 4, apart=True)
        x, y, u, v = bounds.T
        # Most lines are drawn one by one: their bounds alone tell them.
        is_thin = (u - x <= THIN) | (v - y <= THIN)
        thick = (~is_thin).nonzero()[0].tolist()
        self._add_thin(_move_boxes(bounds[is_thin], matrix))
        self._add_paths([drawn[n] for n in thick if is_path[n]], matrix)
        if pictures := [n for n in thick if not is_path[n]]:
            sides = _move_boxes(bounds[pictures], matrix)
            self.pictures += zip(*(side.tolist() for side in sides), strict=True)

    def _add_thin(self, sides: Sides) -> None:
        """Add thin boxes as lines, dots as two each: a rule may be a row of dots."""
        x, y, u, v = sides
        wide, high = u - x, v - y
        is_flat = (high <= THIN) & ((wide > THIN) | (high <= 2 * wide))
        is_tall = (wide <= THIN) & ((high > THIN) | (wide <= 2 * high))
        self.across += _to_lines((y + v) / 2, x, u, is_flat)
        self.down += _to_lines((x + u) / 2, y, v, is_tall)

    def _add_paths(self, paths: list[Pointer], matrix: Matrix) -> None:
        if not paths:
            return
        mode_of = bind(self.api, "FPDFPath_GetDrawMode")
        modes = gather(mode_of, [paths], len(paths), 2, apart=True, kind="i4").tolist()
        counts = map(bind(self.api, "FPDFPath_CountSegments"), paths)
        boxes, rest = [], []
        for path, (fill, stroke), count in zip(paths, modes, counts, strict=True):
            if stroke and count == BOX_POINTS:
                boxes.append(path)
            elif stroke or (fill and count > BOX_POINTS):
                rest.append((path, stroke))
        if boxes:
            rest += [(path, True) for path in self._add_boxes(boxes, matrix)]
        matrices = self._find_matrices([path for path, _ in rest]).tolist()
        for (path, stroke), own in zip(rest, matrices, strict=True):
            whole = _times(own, matrix)
            outlines = [
                [_move(point, whole) for point in points]
                for points in self._outlines(path)
            ]
            (self._add_strokes if stroke else self._add_areas)(outlines)

    def _add_boxes(self, paths: list[Pointer], matrix: Matrix) -> list[Pointer]:
        """Add paths of five points as frames, told by three; give what is no box."""
        import numpy as np

        numbers = [n for n in range(3) for _ in paths]
        points = self._find_points(self._find_segments(3 * paths, numbers))
        with np.errstate(invalid="ignore"):  # at infinity there is no box
            whole = _times(self._find_matrices(paths).T, matrix)
            corners = (_move(one.T, whole) for one in points.reshape(3, -1, 2))
            (x, y), (p, q), (u, v) = corners
            is_box = (abs(x - p) <= SLANT) & (abs(q - v) <= SLANT)
            is_box |= (abs(y - q) <= SLANT) & (abs(p - u) <= SLANT)
        left, top, right, bottom = _span((x, y), (u, v))
        self.across += _to_lines(top, left, right, is_box)
        self.across += _to_lines(bottom, left, right, is_box)
        self.down += _to_lines(left, top, bottom, is_box)
        self.down += _to_lines(right, top, bottom, is_box)
        return list(compress(paths, ~is_box))

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
        import numpy as np

        boxes = [_bounds(points) for points in outlines]
        thick = [box for box in boxes if not _is_thin(box)]
        if thin := [box for box in boxes if _is_thin(box)]:
            self._add_thin(np.array(thin).T)
        for outer, inner in pairwise(thick):
            pairs = list(zip(outer, inner, strict=True))
            if max(abs(a - b) for a, b in pairs) <= THIN:
                self._add_frame(*((a + b) / 2 for a, b in pairs))

    def _outlines(self, path: Pointer) -> list[list[Point]]:
        """The straight-sided outlines of a path, closed ones back to their start."""
        count = min(bind(self.api, "FPDFPath_CountSegments")(path), MAX_POINTS)
        segments = self._find_segments(repeat(path), range(count))
        kinds = map(bind(self.api, "FPDFPathSegment_GetType"), segments)
        closes = map(bind(self.api, "FPDFPathSegment_GetClose"), segments)
        points = map(tuple, self._find_points(segments).tolist())
        outlines = []
        for kind, point, is_closed in zip(kinds, points, closes, strict=True):
            if kind == self.api.FPDF_SEGMENT_LINETO and outlines:
                outlines[-1].append(point)
            else:
                outlines.append([point])
            if is_closed:
                outlines[-1].append(outlines[-1][0])
        return [points for points in outlines if len(points) > 1]

    def _find_segments(self, *places: Iterable) -> list[Pointer]:
        """The segments at some places: a path and a number for each."""
        find = bind(self.api, "FPDFPath_GetPathSegment", c_void_p)
        return list(map(to_pointer, map(find, *places)))

    def _find_points(self, segments: list[Pointer]) -> ndarray:
        find = bind(self.api, "FPDFPathSegment_GetPoint")
        return gather(find, [segments], len(segments), 2, apart=True).astype(float)

    def _find_matrices(self, ones: list[Pointer]) -> ndarray:
        find = bind(self.api, "FPDFPageObj_GetMatrix")
        return gather(find, [ones], len(ones), 6).astype(float)


def _to_lines(at: ndarray, start: ndarray, end: ndarray, kept: ndarray) -> list[Line]:
    columns = (column[kept].tolist() for column in (at, start, end))
    return list(map(to_line, zip(*columns, strict=True)))


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

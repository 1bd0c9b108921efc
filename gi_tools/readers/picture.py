"""The picture of a page to its straightened image, its ink and its ruled lines."""

from __future__ import annotations

from types import ModuleType
from typing import Any, NamedTuple

from gi_tools.readers.lattice import SNAP, Lattice, Line, find_lattices

LEAN = 5.0  # degrees by which a page may lie askew
BODY = 11.0  # points of the usual writing, the measure of a picture of unknown size
STROKE = 1.6  # heights of the writing: what runs on longer is a ruled line
BREAK = 0.5  # heights: a gap in a line that is bridged
WIDE = 0.5  # heights: a thicker bar is no line
CONTRAST = 12  # grey steps by which ink is darker than the page around it
FAINT = 0.4  # of the way from the middle grey up to paper: the lightest ink
SPECK = 0.22  # heights: smaller ink is dirt
SPANNED = 0.7  # share of the width of a table that at least two of its rules span
FRINGE = 2  # pixels beside a rule that are wiped out with it
SMALL = 1000  # pixels of the long side on which the lean is measured
RED = 40  # steps by which the red of a stamp stands out
GAP = 80  # part of the page's long side: what is red and closer is one stamp
SIDE = 5  # such gaps: no stamp is smaller
SMEAR = 9  # pixels of its surroundings that JPEG tinges with it
STAMPED = 0.6  # share of a line inside stamps from which it is their rim
FADED = 0.85  # of the lightness of a stamp: what is there as light is paper

Box = tuple[float, float, float, float]  # left, top, right, bottom


class Picture(NamedTuple):
    """
    A page set straight: colour image, dark ink without rules, tables found.

    ``image`` has its rules wiped out, and stamps where they stand in tables, which the
    mask ``red`` shows. ``scale`` is points a pixel, ``height`` that of usual writing
    in pixels.
    """

    image: Any
    ink: Any
    red: Any
    scale: float
    height: float
    lattices: list[Lattice]


def to_picture(cv2: ModuleType, bitmap: Any, scale: float | None = None) -> Picture:
    """Set a page straight, find its ruled tables and wipe their lines out."""
    image = cv2.cvtColor(bitmap, cv2.COLOR_GRAY2BGR) if bitmap.ndim == 2 else bitmap
    image = _straighten(cv2, image[:, :, :3])
    light, red = _bleach(cv2, image)
    ink = _to_ink(cv2, light)
    height = BODY / scale if scale else _find_height(cv2, ink)
    scale = scale or BODY / height
    drawn = _to_ink(cv2, image[:, :, 2])
    rules = [
        [box for box in _find_rules(cv2, drawn, height, n) if _is_clear(cv2, red, box)]
        for n in (False, True)
    ]
    lines = [_to_lines(rules[n], bool(n), scale) for n in (0, 1)]
    lattices = [n for n in find_lattices(*lines) if _is_framed(n, lines[0])]
    image = image.copy()
    for xs, ys, *_ in lattices:
        # Outside of tables red is writing: the title of a paper, for one.
        part = _to_pixels((xs[0], ys[0], xs[-1], ys[-1]), scale)
        image[part] = light[part][:, :, None]
    for boxes, found, is_down in zip(rules, lines, (False, True), strict=True):
        for box, line in zip(boxes, found, strict=True):
            if any(_is_edge(line, lattice, is_down) for lattice in lattices):
                _wipe(image, ink, box)
    return Picture(image, ink, red, scale, height, lattices)


def _is_clear(cv2: ModuleType, red: Any, box: Box) -> bool:
    """Whether most of a line lies outside of stamps: their rims are no rules."""
    left, top, right, bottom = box
    return cv2.mean(red[top:bottom, left:right])[0] < STAMPED * 255


def _to_pixels(box: Box, scale: float) -> tuple[slice, slice]:
    left, top, right, bottom = (max(round(side / scale), 0) for side in box)
    return slice(top, bottom), slice(left, right)


def _straighten(cv2: ModuleType, image: Any) -> Any:
    """Turn a page by the lean at which its rows stand out most."""
    high, wide = image.shape[:2]
    part = min(SMALL / max(high, wide), 1.0)
    small = cv2.resize(_to_ink(cv2, _bleach(cv2, image)[0]), None, fx=part, fy=part)
    best = 0.0
    for step, reach in ((0.5, LEAN), (0.1, 0.4), (0.02, 0.08)):
        steps = round(reach / step)
        leans = [best + step * n for n in range(-steps, steps + 1)]
        best = max(leans, key=lambda lean: _sharpness(cv2, small, lean))
    if abs(best) < 0.03:
        return image
    return _turn(cv2, image, best, (255, 255, 255))


def _turn(cv2: ModuleType, image: Any, lean: float, paper: Any) -> Any:
    high, wide = image.shape[:2]
    matrix = cv2.getRotationMatrix2D((wide / 2, high / 2), lean, 1.0)
    return cv2.warpAffine(
        image, matrix, (wide, high), flags=cv2.INTER_LINEAR, borderValue=paper
    )


def _sharpness(cv2: ModuleType, ink: Any, lean: float) -> float:
    rows = cv2.reduce(_turn(cv2, ink, lean, 0), 1, cv2.REDUCE_AVG, dtype=cv2.CV_32F)
    return float(((rows[1:] - rows[:-1]) ** 2).sum())


def _bleach(cv2: ModuleType, image: Any) -> tuple[Any, Any]:
    """The page in grey with its stamps as paper, and a mask of where they are."""
    light = cv2.extractChannel(image, 2)
    red = _find_stamps(cv2, image)
    if cv2.countNonZero(red):
        # JPEG keeps colour coarsely, lightness finely: around a stamp only that counts.
        grey = cv2.cvtColor(image, cv2.COLOR_BGR2GRAY)
        gain = 255 / max(FADED * cv2.mean(grey, red)[0], 1)
        red = cv2.dilate(red, _bar(cv2, SMEAR, SMEAR, False))
        cv2.copyTo(cv2.convertScaleAbs(grey, alpha=gain), red, light)
    return light, red


def _find_stamps(cv2: ModuleType, image: Any) -> Any:
    """A mask of what is red and as large as a stamp; figures in red ink are not."""
    blue, green, light = cv2.split(image)
    red = cv2.medianBlur(cv2.subtract(light, cv2.max(blue, green)), 3)
    _, red = cv2.threshold(red, RED, 255, cv2.THRESH_BINARY)
    reach = max(light.shape) // GAP
    whole = cv2.dilate(red, _bar(cv2, reach, reach, False))
    large = cv2.subtract(red, red)
    for x, y, wide, high, _ in cv2.connectedComponentsWithStats(whole)[2][1:].tolist():
        if min(wide, high) >= SIDE * reach:
            large[y : y + high, x : x + wide] = 255
    return cv2.bitwise_and(red, large)


def _to_ink(cv2: ModuleType, page: Any) -> Any:
    """White where a grey page is dark."""
    light = cv2.GaussianBlur(page, (3, 3), 0)
    size = max(min(light.shape[:2]) // 40 | 1, 15)
    # Darker than what is around it, and dark for this page: grain is not.
    near = cv2.adaptiveThreshold(
        light, 255, cv2.ADAPTIVE_THRESH_MEAN_C, cv2.THRESH_BINARY_INV, size, CONTRAST
    )
    middle, _ = cv2.threshold(light, 0, 255, cv2.THRESH_OTSU)
    paper = float(sorted(light[::16, ::16].ravel().tolist())[-light.size // 768])
    limit = middle + FAINT * max(paper - middle, 0)
    _, dark = cv2.threshold(light, limit, 255, cv2.THRESH_BINARY_INV)
    return cv2.bitwise_and(near, dark)


def _find_height(cv2: ModuleType, ink: Any) -> float:
    """Height of the usual writing, told by the pieces of ink."""
    stats = cv2.connectedComponentsWithStats(ink)[2][1:]
    high, wide = stats[:, cv2.CC_STAT_HEIGHT], stats[:, cv2.CC_STAT_WIDTH]
    most = max(ink.shape) / 15
    is_sign = (high > 5) & (high < most) & (wide < 3 * high) & (wide > 2)
    heights = sorted(high[is_sign].tolist())
    return float(heights[int(0.8 * len(heights))]) if heights else most / 4


def _find_rules(cv2: ModuleType, ink: Any, height: float, is_down: bool) -> list[Box]:
    """The boxes of ruled lines, in pixels: those that run across, or down."""
    length, gap = max(round(STROKE * height), 9), max(round(BREAK * height), 3)
    # Thicken first: a line that leans by a pixel would break into stubs.
    mask = cv2.dilate(ink, _bar(cv2, 1, 3, is_down))
    for step, size in ((cv2.MORPH_OPEN, length), (cv2.MORPH_CLOSE, gap)):
        mask = cv2.morphologyEx(mask, step, _bar(cv2, size, 1, is_down))
    rules = []
    for x, y, w, h, _ in cv2.connectedComponentsWithStats(mask)[2][1:].tolist():
        size, thick = (h, w) if is_down else (w, h)
        if size >= length and thick <= max(WIDE * height, 0.02 * size):
            rules.append((x, y, x + w, y + h))
    return rules


def _bar(cv2: ModuleType, along: int, aside: int, is_down: bool) -> Any:
    size = (aside, along) if is_down else (along, aside)
    return cv2.getStructuringElement(cv2.MORPH_RECT, size)


def _to_lines(boxes: list[Box], is_down: bool, scale: float) -> list[Line]:
    lines = []
    for left, top, right, bottom in boxes:
        sides = (left, right, top, bottom) if is_down else (top, bottom, left, right)
        low, high, start, end = (side * scale for side in sides)
        lines.append(Line((low + high) / 2, start, end))
    return lines


def _is_edge(line: Line, lattice: Lattice, is_down: bool) -> bool:
    """Whether a line is a rule of a table; a stroke of writing is not."""
    edges, cross = (lattice.xs, lattice.ys) if is_down else (lattice.ys, lattice.xs)
    inside = min(line.end, cross[-1]) - max(line.start, cross[0])
    is_near = min(abs(line.at - edge) for edge in edges) <= SNAP
    return is_near and inside > 0.5 * (line.end - line.start)


def _is_framed(lattice: Lattice, across: list[Line]) -> bool:
    """Whether two rules span a table; the strokes of a large heading do not."""
    left, right = lattice.xs[0], lattice.xs[-1]
    top, bottom = lattice.ys[0] - SNAP, lattice.ys[-1] + SNAP
    spans = [
        min(line.end, right) - max(line.start, left)
        for line in across
        if top <= line.at <= bottom
    ]
    return sum(span > SPANNED * (right - left) for span in spans) >= 2


def _wipe(image: Any, ink: Any, box: Box) -> None:
    left, top, right, bottom = (round(side) for side in box)
    left, top = max(left - FRINGE, 0), max(top - FRINGE, 0)
    part = slice(top, bottom + FRINGE), slice(left, right + FRINGE)
    image[part], ink[part] = 255, 0


def is_stamped(picture: Picture, box: Box) -> bool:
    """Whether a part of a stamp stands in a box given in points."""
    return bool(picture.red[_to_pixels(box, picture.scale)].any())


def find_ink(cv2: ModuleType, picture: Picture, box: Box) -> list[Box]:
    """
    Find the lines of writing in a box given in points, from the top down.

    Their boxes are whole pixels of the picture; dirt is left out.
    """
    left, top, right, bottom = (round(side / picture.scale) for side in box)
    left, top = max(left + 2, 0), max(top + 2, 0)
    part = picture.ink[top : bottom - 2, left : right - 2]
    if part.size == 0:
        return []
    least = SPECK * picture.height
    pieces = [
        (x + left, y + top, x + w + left, y + h + top)
        for x, y, w, h, _ in cv2.connectedComponentsWithStats(part)[2][1:].tolist()
        if max(w, h) >= least
    ]
    return _join_pieces(pieces)


def _join_pieces(boxes: list[Box]) -> list[Box]:
    """Put pieces of ink together that share a row of pixels."""
    lines: list[Box] = []
    for box in sorted(boxes, key=lambda box: box[1]):
        if lines and box[1] < lines[-1][3]:
            a, b = lines[-1], box
            lines[-1] = (*map(min, a[:2], b[:2]), *map(max, a[2:], b[2:]))
        else:
            lines.append(box)
    return lines

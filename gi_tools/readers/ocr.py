"""The picture of a page to text and tables, each cell with how sure its reading is."""

from __future__ import annotations

import io
import warnings
from collections.abc import Iterator
from functools import cache
from types import ModuleType
from typing import Any, NamedTuple

import regex

from gi_tools.documents import Document, Source
from gi_tools.errors import ReadError
from gi_tools.readers.flow import to_document
from gi_tools.readers.lattice import Lattice
from gi_tools.readers.paper import (
    Mark,
    Page,
    PartCell,
    drop_marks,
    is_table,
    join_lines,
    read_marks,
    to_lines,
    to_part,
)
from gi_tools.readers.picture import (
    Box,
    Picture,
    find_ink,
    is_stamped,
    to_picture,
)

DPI = 200  # at which the pages of a PDF are drawn for recognition
FORMATS = ("PNG", "JPEG", "TIFF", "GIF")
MAX_PIXELS = 40_000_000  # an A4 page at 600 dpi has 35 million
MAX_FRAMES = 40  # pages of one TIFF
LONGEST = 3600  # pixels of the long side; a larger picture is made smaller
SHORTEST = 1200  # a smaller one is made larger
THIN = 16  # pixels: no writing is lower
SPLIT = 0.5  # confidence at most where two readings of a cell differ
UNREAD = "\ufffd"  # written but not recognised: never to be taken for an empty cell
FEWEST_WORDS = 8  # with fewer there is no telling how a page lies
LYING = 0.88  # mean score below which a page may lie on its side or its head
POOR = 0.6  # score of a single reading below which it is a guess
TALL = 1.8  # a word so much higher than wide is several lines
PADDING = (5, 11)  # pixels around a line that is read once more, and again

_HAN = regex.compile(r"\p{Han}")
_FIGURE = regex.compile(r"[\d.,%+\-－—–/\\]{1,24}")
_STAINED = regex.compile(r"\p{Han}?\d{1,9}\p{Han}?")
_SETTINGS = {
    "Global.log_level": "critical",
    "Global.use_cls": False,
    "Global.text_score": 0.0,  # what is doubtful is marked, not dropped
    # The usual 320 makes a lone digit a speck in a wide strip.
    "Rec.rec_img_shape": [3, 48, 96],
}


class Word(NamedTuple):
    """A recognised line of writing: its box in pixels and the engine's score."""

    text: str
    box: Box
    score: float


class Reading(NamedTuple):
    """What a cell says and how sure that is."""

    text: str
    confidence: float


def read_image(source: Source, data: bytes) -> Document:
    """
    Recognise a picture of a page as a document; a TIFF may hold several pages.

    A cell with ``confidence`` below DOUBT should be looked at. Raises ReadError for a
    damaged or oversized picture, and for one without writing.
    """
    bitmaps = enumerate(_load(source.name, data), 1)
    pages = [ocr_page(bitmap, number, source.name) for number, bitmap in bitmaps]
    if not any(page.lines or page.parts for page in pages):
        raise ReadError(f"{source.name}: no writing found in the picture")
    return to_document(source, pages, ["recognised from a picture"])


def ocr_page(bitmap: Any, number: int, name: str, scale: float | None = None) -> Page:
    """
    Recognise the picture of a page, a numpy array in grey or BGR.

    ``scale`` is points a pixel; without it the usual writing is taken as the measure.
    """
    cv2, engine = _load_cv2(name), _load_engine(name)
    high, wide = bitmap.shape[:2]
    if min(high, wide) < THIN:  # a rule or a spacer: the engine fails on it
        return Page(number, wide * (scale or 1), high * (scale or 1), [], [])
    picture = to_picture(cv2, bitmap, scale)
    words = _recognise(engine, picture.image)
    if len(words) >= FEWEST_WORDS and _is_poor(words):
        picture, words = _upright(cv2, engine, bitmap, (picture, words), scale)
    held, free = drop_marks(_to_marks(words, picture.scale), picture.lattices)
    parts = []
    for lattice, cells in zip(picture.lattices, held, strict=True):
        readings = _read_cells(cv2, engine, picture, lattice, cells)
        if is_table(sum(bool(look.text) for look in readings), len(cells)):
            part = to_part(number, lattice, cells)
            read = zip(part.cells, readings, strict=True)
            parts.append(part._replace(cells=[_put(*pair) for pair in read]))
        else:
            free += [mark for cell in cells for mark in cell]
    high, wide = picture.image.shape[:2]
    size = wide * picture.scale, high * picture.scale
    return Page(number, *size, to_lines(free), parts)


def _put(cell: PartCell, reading: Reading) -> PartCell:
    return cell._replace(text=reading.text, confidence=round(reading.confidence, 3))


def _load_cv2(name: str) -> ModuleType:
    try:
        import cv2
    except ImportError:
        raise _missing(name) from None
    return cv2


def _load_engine(name: str) -> Any:
    try:
        return _make_engine()
    except ImportError:
        raise _missing(name) from None


@cache
def _make_engine() -> Any:
    import onnxruntime  # noqa: F401  # rapidocr does not ask for it until it runs
    from rapidocr import RapidOCR

    return RapidOCR(params=_SETTINGS)


def _missing(name: str) -> ReadError:
    return ReadError(
        f"{name}: a picture without a text layer; pip install gi_tools[ocr]"
    )


def _load(name: str, data: bytes) -> Iterator[Any]:
    """The pixels of each page as a BGR array."""
    try:
        import numpy
        from PIL import Image, ImageOps
    except ImportError:
        raise _missing(name) from None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            image = Image.open(io.BytesIO(data), formats=FORMATS)
        count = getattr(image, "n_frames", 1) if image.format == "TIFF" else 1
        if count > MAX_FRAMES:
            raise ReadError(
                f"{name}: {count} pages, more than {MAX_FRAMES}; "
                "give the pages of the report"
            )
        for number in range(count):
            image.seek(number)
            if image.width * image.height > MAX_PIXELS:
                raise Image.DecompressionBombError
            upright = ImageOps.exif_transpose(image)
            if upright.mode.startswith("I"):  # 16 bits, which Pillow clips to white
                upright = upright.point(lambda grey: grey / 256)
            upright = upright.convert("RGBA")
            yield numpy.asarray(_flatten(Image, upright))[:, :, ::-1].copy()
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise ReadError(
            f"{name}: a picture of more than {MAX_PIXELS:,} pixels; make it smaller"
        ) from None
    except ReadError:
        raise
    except Exception:
        # Pillow raises a dozen kinds of error on damaged files.
        raise ReadError(f"{name}: a damaged picture; fetch it again") from None


def _flatten(pillow: ModuleType, image: Any) -> Any:
    """Bring a picture to a size that can be read, its clear parts to paper."""
    paper = pillow.new("RGBA", image.size, "white")
    image = pillow.alpha_composite(paper, image).convert("RGB")
    longest = max(image.size)
    part = LONGEST / longest if longest > LONGEST else max(1, SHORTEST / longest)
    if part == 1:
        return image
    size = [max(round(part * side), 1) for side in image.size]
    return image.resize(size, pillow.Resampling.LANCZOS)


def _recognise(engine: Any, image: Any) -> list[Word]:
    found = engine(image)
    if found.boxes is None or found.txts is None:
        return []
    words = []
    for corners, text, score in zip(found.boxes, found.txts, found.scores, strict=True):
        (left, top), (right, bottom) = corners.min(axis=0), corners.max(axis=0)
        box = float(left), float(top), float(right), float(bottom)
        words.append(Word(text, box, float(score)))
    return words


def _is_poor(words: list[Word]) -> bool:
    """Whether most of the writing stands upright in lines or reads badly."""
    # Weighed by length: a lone 0 or 8 looks alike whichever way it lies.
    sizes = [len(word.text) for word in words]
    tall = sum(n for n, word in zip(sizes, words, strict=True) if _is_tall(word.box))
    score = sum(n * word.score for n, word in zip(sizes, words, strict=True))
    return tall > sum(sizes) / 2 or score < LYING * sum(sizes)


def _is_tall(box: Box) -> bool:
    left, top, right, bottom = box
    return bottom - top > TALL * (right - left)


def _upright(
    cv2: ModuleType,
    engine: Any,
    bitmap: Any,
    first: tuple[Picture, list[Word]],
    scale: float | None,
) -> tuple[Picture, list[Word]]:
    """Turn a page that lies on its side or its head to where it reads best."""
    tried = [first]
    for code in (
        cv2.ROTATE_90_CLOCKWISE,
        cv2.ROTATE_180,
        cv2.ROTATE_90_COUNTERCLOCKWISE,
    ):
        picture = to_picture(cv2, cv2.rotate(bitmap, code), scale)
        tried.append((picture, _recognise(engine, picture.image)))
    return max(tried, key=lambda pair: sum(map(_worth, pair[1])))


def _worth(word: Word) -> float:
    return 0.0 if _is_tall(word.box) else len(word.text) * word.score**2


def _to_marks(words: list[Word], scale: float) -> list[Mark]:
    return [
        Mark(word.text, *(side * scale for side in word.box), confidence=word.score)
        for word in words
    ]


def _read_cells(
    cv2: ModuleType,
    engine: Any,
    picture: Picture,
    lattice: Lattice,
    cells: list[list[Mark]],
) -> list[Reading]:
    """Read each cell: labels as found on the page, figures by a second look too."""
    numbers = range(len(cells))
    inks = [find_ink(cv2, picture, _region_box(lattice, n)) for n in numbers]
    spread = _find_spread(lattice, cells)
    own = [[] if n in spread else marks for n, marks in enumerate(cells)]
    looks = [[_read_marks(marks)] if marks else [] for marks in own]
    again = [n for n in numbers if inks[n] and not _is_label(own[n], inks[n], picture)]
    for padding in PADDING:
        lines = [inks[n] for n in again]
        for n, look in zip(again, _look(engine, picture, lines, padding), strict=True):
            looks[n].append(look)
        again = [n for n in again if not _agree(looks[n])]
    readings = [_weigh(looks[n], inks[n], len(own[n])) for n in numbers]
    return [
        look._replace(confidence=min(look.confidence, SPLIT))
        if not look.text and is_stamped(picture, _region_box(lattice, n))
        else look
        for n, look in enumerate(readings)
    ]


def _read_marks(marks: list[Mark]) -> Reading:
    score = sum(mark.confidence for mark in marks) / len(marks)
    # The engine gives words roughly from the top; two lines of a label may be swapped.
    ordered = sorted(marks, key=lambda mark: mark.top + mark.bottom)
    return Reading(read_marks(ordered), score)


def _region_box(lattice: Lattice, number: int) -> Box:
    top, left, bottom, right = lattice.regions[number]
    return lattice.xs[left], lattice.ys[top], lattice.xs[right], lattice.ys[bottom]


def _find_spread(lattice: Lattice, cells: list[list[Mark]]) -> set[int]:
    """The cells whose words reach over into a neighbour."""
    spread = set()
    for number, marks in enumerate(cells):
        for mark in marks:
            inset = (mark.bottom - mark.top) / 2
            y = (mark.top + mark.bottom) / 2
            if mark.right - mark.left > 2 * inset:
                ends = mark.left + inset, mark.right - inset
                found = {lattice.find_region(x, y) for x in ends} - {None}
                if found != {number}:
                    spread |= found | {number}
    return spread


def _is_label(marks: list[Mark], ink: list[Box], picture: Picture) -> bool:
    """Whether the page's own reading will do: words, and a word on each line of ink."""
    if not any(_HAN.search(mark.text) for mark in marks):
        return False
    if _STAINED.fullmatch("".join(mark.text for mark in marks)):
        return False  # 凤0 may be a nought beside the rim of a stamp
    if any(_is_tall((m.left, m.top, m.right, m.bottom)) for m in marks):
        return False
    return all(
        any(m.top <= (top + bottom) / 2 * picture.scale <= m.bottom for m in marks)
        for _, top, _, bottom in ink
    )


def _look(
    engine: Any, picture: Picture, inks: list[list[Box]], padding: int
) -> list[Reading]:
    """Read the lines of some cells one by one, cut out with some paper around."""
    crops = [_cut(picture, line, padding) for ink in inks for line in ink]
    if not crops:
        return []
    found = engine.recognize_txt(crops)
    lines = iter(zip(found.txts, found.scores, strict=True))
    return [_join([next(lines) for _ in ink]) for ink in inks]


def _cut(picture: Picture, line: Box, padding: int) -> Any:
    left, top, right, bottom = line
    # A short sign such as a dash must keep its size beside the digits.
    rise = max(round((0.9 * picture.height - bottom + top) / 2), 0) + padding
    high, wide = picture.image.shape[:2]
    top, bottom = max(top - rise, 0), min(bottom + rise, high)
    left, right = max(left - padding, 0), min(right + padding, wide)
    return picture.image[top:bottom, left:right]


def _join(lines: list[tuple[str, float]]) -> Reading:
    text = ""
    for line, _ in lines:
        text = join_lines(text, line.strip(), "\n")
    return Reading(text, float(min(score for _, score in lines)))


def _agree(looks: list[Reading]) -> bool:
    """Whether there are two readings or more and all of them say the same."""
    texts = {_plain(look.text) for look in looks if look.text}
    return len(looks) > 1 and len(texts) == 1 and all(look.text for look in looks)


def _weigh(looks: list[Reading], ink: list[Box], marks: int) -> Reading:
    """Weigh the readings of one cell; what is in doubt says so by its confidence."""
    full = [look for look in looks if look.text]
    if not ink and not marks:
        return Reading("", 1.0)
    if not ink or not full:
        return Reading(UNREAD, 0.0)
    best = max(full, key=lambda look: look.confidence)
    if _HAN.search(best.text) and len(looks) == 1:
        return best
    if _agree(looks) and (_HAN.search(best.text) or _FIGURE.fullmatch(best.text)):
        return best
    # A sign beside a figure is a stain: as a label it would leave its row blank.
    figures = [look for look in full if _FIGURE.fullmatch(look.text)]
    best = max(figures or [best], key=lambda look: look.confidence)
    alike = sum(_plain(look.text) == _plain(best.text) for look in full)
    worst = min(SPLIT, *(look.confidence for look in full))
    # A guess at a stain could turn an empty cell into a nought.
    sure = alike > 1 or best.confidence >= POOR
    return Reading(best.text if sure else UNREAD, worst)


def _plain(text: str) -> str:
    return "".join(text.split()).translate(_DASHES)


_DASHES = dict.fromkeys(map(ord, "－—–一"), "-")

"""A PDF to one document: text and ruled tables by PDFium, pictures by recognition."""

from __future__ import annotations

import time
from types import ModuleType
from typing import Any

import regex

from gi_tools.documents import Document, Source
from gi_tools.errors import ReadError
from gi_tools.memory import hold_collector
from gi_tools.readers.flow import to_document
from gi_tools.readers.ocr import DPI, ocr_page
from gi_tools.readers.paper import Page, to_page
from gi_tools.readers.pdfpage import LOST, MAX_OBJECTS, Box, Drawing, read_drawing

MAX_PAGES = 300
MAX_SCANS = 60  # pages to be recognised, seconds each
PATIENCE = 32  # pages without a word of disclosure, a recognised one counts as four
MAX_SECONDS = 60.0  # for the text layers of all pages
MAX_RECOGNISING = 600.0  # seconds
LARGEST = 1300.0  # points of a side; a larger page is drawn smaller
FEW = 12  # characters; with fewer a page that is a picture has no text layer
OUTLINED = 40  # drawn objects; with more a page without text is drawn writing
LARGE = 0.3  # share of a page that its pictures cover
INSET = 0.06  # share of a page from which a picture in it may hold a table
WORTHLESS = 0.3  # share of characters without meaning that spoils a text layer

_DISCLOSURE = regex.compile(r"公\s{0,3}[开開]")
_PASSWORD = 4  # FPDF_ERR_PASSWORD


@hold_collector()
def read_pdf(source: Source, data: bytes) -> Document:
    """
    Turn a PDF into a document: paragraphs, ruled tables with spans, furniture apart.

    Pages without a text layer are recognised. PDFium is not thread-safe, even for
    different files: read PDFs from one thread only, or from several processes.
    """
    api, pdf = _open(source, data)
    reader = _Reader(source.name, api)
    try:
        for number in range(1, len(pdf) + 1):
            reader.read_page(pdf, number)
            reader.give_up(number)
    finally:
        pdf.close()
    if not any(page.lines or page.parts for page in reader.pages):
        raise ReadError(f"{source.name}: no text on any page; fetch it again")
    return to_document(source, reader.pages, reader.notes)


def _open(source: Source, data: bytes) -> tuple[ModuleType, Any]:
    try:
        import pypdfium2
        import pypdfium2.raw as api
    except ImportError:
        raise ReadError(
            f"{source.name}: a PDF needs pypdfium2; pip install gi_tools[pdf]"
        ) from None
    try:
        pdf = pypdfium2.PdfDocument(data)
    except pypdfium2.PdfiumError as error:
        fault = "a damaged PDF, or one without pages; fetch it again"
        if getattr(error, "err_code", None) == _PASSWORD:
            fault = "the PDF is locked by a password; save it unlocked"
        raise ReadError(f"{source.name}: {fault}") from None
    if (count := len(pdf)) > MAX_PAGES:
        pdf.close()
        raise ReadError(
            f"{source.name}: {count} pages, more than {MAX_PAGES}; "
            "give the pages of the report"
        )
    return api, pdf


class _Reader:
    """Read pages one by one and keep what was odd about them."""

    def __init__(self, name: str, api: ModuleType) -> None:
        self.name = name
        self.api = api
        self.pages: list[Page] = []
        self.notes: list[str] = []
        self.scans = 0
        self.seconds = self.recognising = 0.0
        self.is_known = False

    def give_up(self, number: int) -> None:
        """Raise ReadError when so many pages do not speak of disclosure at all."""
        self.is_known = self.is_known or _speaks_of_disclosure(self.pages[-1])
        if not self.is_known and number + 3 * self.scans >= PATIENCE:
            raise ReadError(
                f"{self.name}: {number} pages without a word of disclosure (公开); "
                "give the pages of the report"
            )

    def read_page(self, pdf: Any, number: int) -> None:
        """Add one page: its text layer, or what can be recognised on it."""
        start = time.perf_counter()
        try:
            page = pdf[number - 1]
            drawing = read_drawing(self.api, page)
        except RuntimeError:
            raise ReadError(
                f"{self.name}: page {number} is damaged; fetch the file again"
            ) from None
        self.seconds += time.perf_counter() - start
        if self.seconds > MAX_SECONDS:
            raise ReadError(
                f"{self.name}: more than {MAX_SECONDS:.0f} s up to page {number}; "
                "give the pages of the report"
            )
        self.pages.append(self._lay_out(page, drawing, number))
        page.close()

    def _lay_out(self, page: Any, drawing: Drawing, number: int) -> Page:
        lost = _count_lost(drawing)
        if _is_picture(drawing, lost):
            self.notes.append(f"page {number}: no text layer, recognised")
            return self._scan(page, number)
        self._note(drawing, number, lost)
        lines = drawing.across, drawing.down
        laid = to_page(number, drawing.size, drawing.marks, *lines)
        boxes = _find_unread(drawing)
        if not boxes:
            return laid
        try:
            scan = self._scan(page, number)
        except ReadError as error:
            self.notes.append(f"a picture is not read: {error}")
            return laid
        if drawing.is_hidden:
            self.notes.append(f"page {number}: a scanner's text layer, recognised anew")
            return scan
        self.notes.append(f"page {number}: writing in a picture, recognised")
        return _add_pictures(laid, scan, boxes)

    def _note(self, drawing: Drawing, number: int, lost: int) -> None:
        if drawing.is_cut:
            self.notes.append(
                f"page {number}: more than {MAX_OBJECTS:,} drawn objects, "
                "the rest is left out"
            )
        if lost:
            self.notes.append(f"page {number}: {lost} characters without a meaning")

    def _scan(self, page: Any, number: int) -> Page:
        self.scans += 1
        if self.scans > MAX_SCANS or self.recognising > MAX_RECOGNISING:
            raise ReadError(
                f"{self.name}: more than {MAX_SCANS} pages to recognise, or "
                f"{MAX_RECOGNISING:.0f} s; give the pages of the report"
            )
        start, name = time.perf_counter(), f"{self.name}, page {number}"
        scale = DPI / 72 * min(1.0, LARGEST / max(page.get_size()))
        bitmap = page.render(scale=scale, may_draw_forms=False)
        scan = ocr_page(bitmap.to_numpy(), number, name, 1 / scale)
        self.recognising += time.perf_counter() - start
        return scan


def _speaks_of_disclosure(page: Page) -> bool:
    cells = (cell.text for part in page.parts for cell in part.cells)
    texts = (line.text for line in page.lines)
    return any(_DISCLOSURE.search(text) for text in (*texts, *cells))


def _count_lost(drawing: Drawing) -> int:
    return [mark[0] for mark in drawing.marks].count(LOST)


def _is_picture(drawing: Drawing, lost: int) -> bool:
    """Whether a page has no text layer, or one that is worth nothing."""
    count = len(drawing.marks)
    if lost > WORTHLESS * count:
        return True
    if drawing.is_cut:
        return False  # a map or a bomb; drawing it would take minutes
    if not count:
        return bool(drawing.pictures) or drawing.drawn > OUTLINED
    share = sum(map(_area, drawing.pictures)) / (drawing.size[0] * drawing.size[1])
    return count <= FEW and share > LARGE


def _area(box: Box) -> float:
    left, top, right, bottom = box
    return (right - left) * (bottom - top)


def _find_unread(drawing: Drawing) -> list[Box]:
    """The large pictures of a page that have no visible text on them."""
    least = INSET * drawing.size[0] * drawing.size[1]
    large = [box for box in drawing.pictures if _area(box) > least]
    if drawing.is_hidden or not large:
        return large
    middles = [
        ((mark.left + mark.right) / 2, (mark.top + mark.bottom) / 2)
        for mark in drawing.marks
    ]
    return [box for box in large if sum(_holds(box, *at) for at in middles) <= FEW]


def _holds(box: Box, x: float, y: float) -> bool:
    left, top, right, bottom = box
    return left <= x <= right and top <= y <= bottom


def _add_pictures(page: Page, scan: Page, boxes: list[Box]) -> Page:
    """Add what was recognised inside some boxes of a page."""

    def inside(x: float, y: float) -> bool:
        return any(_holds(box, x, y) for box in boxes)

    lines = [n for n in scan.lines if inside((n.left + n.right) / 2, n.top)]
    parts = [n for n in scan.parts if inside((n.xs[0] + n.xs[-1]) / 2, n.y)]
    lines = sorted([*page.lines, *lines], key=lambda line: line.top)
    return page._replace(lines=lines, parts=[*page.parts, *parts])

"""Laid-out pages to one document: furniture apart, paragraphs and tables whole."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import NamedTuple

import regex

from gi_tools.documents import DOUBT, Block, Document, Grid, Paragraph, Source
from gi_tools.readers.blocks import to_text
from gi_tools.readers.furniture import split_furniture
from gi_tools.readers.paper import GAP, Page, Part, TextLine, join_lines
from gi_tools.readers.seams import stitch, to_grid
from gi_tools.readers.unruled import gather_labels

MARGIN = 0.13  # share of the page height in which running heads and numbers stand
OUTER = 3  # lines at either end of a page that may be furniture
LONGEST_HEAD = 80  # characters of a running head
REPEATED = 0.4  # share of the pages on which a running head stands
INDENT = 0.8  # of the line height: a line set in so far begins a paragraph
SHORT = 2.6  # of the line height: a line that ends so far from the margin ends one
MOST_DOUBTS = 40  # cells in doubt that are named one by one
LEADING = 1.8  # of the line height: a wider gap parts paragraphs

_PAGE_NUMBER = regex.compile(
    r"[\s\-—–－~·•_.,。]{0,12}(?:第|共|page\s?)?\s{0,3}(?:\d{1,4}|[ivxIVX]{1,6})\s{0,3}页?"
    r"(?:\s{0,3}(?:[/／,，|]|of|共){1,3}\s{0,3}\d{1,4}\s{0,3}页?)?[\s\-—–－~·•_.,。]{0,12}",
    regex.I,
)
_ADDRESS = regex.compile(r".{0,200}\s{2}\d{1,3}\s?[/／]\s?\d{1,3}")  # a browser's foot
_CONTINUED = regex.compile(
    r"[\s(（]{0,4}(?:续表|接上[页表]|转下页|续上表)[\s)）：:]{0,4}"
)
_DIGITS = regex.compile(r"\d{1,9}|\s")
_HEADING = regex.compile(r"\s*[一二三四五六七八九十]{1,3}、")
_CLOSED = regex.compile(r"[。！？；：.!?;:]$")


class _Text(NamedTuple):
    """A paragraph in the making: its text, its lines, and the page it ends on."""

    text: str
    lines: tuple[TextLine, ...]
    page: int


def to_document(
    source: Source, pages: list[Page], notes: Iterable[str] = ()
) -> Document:
    """Put pages together: lines to paragraphs, tables over page breaks to one grid."""
    apart = _find_furniture(pages)
    away = {id(line) for line in apart}
    pages = [
        page._replace(lines=[line for line in page.lines if id(line) not in away])
        for page in pages
    ]
    margins = _find_margins(pages)
    pages = [page._replace(lines=gather_labels(page.lines)) for page in pages]
    flow: list[_Text | Part] = []
    for page in pages:
        for item in _in_order(page):
            _add(flow, item, page.number, margins)
    blocks = tuple(_to_blocks(flow))
    kept, furniture = split_furniture(list(blocks))
    count = len(blocks)
    running = tuple(
        Paragraph(line.text, Block(count + n)) for n, line in enumerate(apart, 1)
    )
    notes = (*notes, *_list_doubts(kept))
    return Document(source, to_text(kept), kept, running + furniture, notes)


def _list_doubts(blocks: Iterable[Paragraph | Grid]) -> list[str]:
    """One note on each cell whose recognition should be checked, up to a number."""
    doubts = [
        f"table {grid.number}, row {cell.row}, column {cell.column}: "
        f"{cell.text!r} is in doubt ({cell.confidence:.2f})"
        for grid in blocks
        if isinstance(grid, Grid)
        for row in grid.rows
        for cell in row
        if cell.confidence < DOUBT
    ]
    more = len(doubts) - MOST_DOUBTS
    return doubts[:MOST_DOUBTS] + [f"{more} more cells are in doubt"] * (more > 0)


def _find_furniture(pages: list[Page]) -> list[TextLine]:
    """Running heads, page numbers and words such as 续表, in order."""
    outer = [(page.number, line) for page in pages for line in _outer_lines(page)]
    seen = Counter(key for key, _ in {(_line_key(n), p) for p, n in outer})
    often = max(2, REPEATED * len(pages))
    running = {
        id(line)
        for _, line in outer
        if _PAGE_NUMBER.fullmatch(line.text)
        or _ADDRESS.fullmatch(line.text)
        or (len(line.text) < LONGEST_HEAD and seen[_line_key(line)] >= often)
    }
    lines = (line for page in pages for line in page.lines)
    return [n for n in lines if id(n) in running or _CONTINUED.fullmatch(n.text)]


def _line_key(line: TextLine) -> tuple[str, int]:
    return _DIGITS.sub("", line.text), round(line.top / 12)


def _outer_lines(page: Page) -> list[TextLine]:
    """The first and last lines of a page, in its margins and beyond every table."""
    top = min((part.y for part in page.parts), default=page.height)
    reach = MARGIN * page.height
    first = [n for n in page.lines[:OUTER] if n.bottom < min(reach, top)]
    last = [n for n in page.lines[-OUTER:] if n.top > page.height - reach]
    return first + [line for line in last if line not in first]


def _find_margins(pages: list[Page]) -> dict[int, tuple[float, float]]:
    """Left and right edge of the running text of each page, in points."""
    usual: list[tuple[float, float]] = []
    own = {}
    for page in pages:
        full = [n for n in page.lines if n.right - n.left > 0.5 * page.width]
        if full:
            own[page.number] = (
                min(line.left for line in full),
                max(line.right for line in full),
            )
            usual.append(own[page.number])
    fallback = usual[len(usual) // 2] if usual else (0.0, float("inf"))
    return {page.number: own.get(page.number, fallback) for page in pages}


def _in_order(page: Page) -> list[TextLine | Part]:
    """Lines and tables of a page from the top down."""
    items: list[TextLine | Part] = [*page.lines, *page.parts]
    return sorted(items, key=lambda n: n.y if isinstance(n, Part) else n.top)


def _add(
    flow: list[_Text | Part],
    item: TextLine | Part,
    page: int,
    margins: dict[int, tuple[float, float]],
) -> None:
    """Join an item to the last one of the flow, or begin a new one."""
    last = flow[-1] if flow else None
    if isinstance(item, Part):
        whole = None
        if isinstance(last, Part) and last.last_page < page:
            whole = stitch(last, item)
        if whole is None:
            flow.append(item)
        else:
            flow[-1] = whole
    elif isinstance(last, _Text) and _runs_on(last, item, page, margins):
        text = join_lines(last.text, item.text, " ")
        flow[-1] = _Text(text, (*last.lines, item), page)
    else:
        flow.append(_Text(item.text, (item,), page))


def _runs_on(
    text: _Text, line: TextLine, page: int, margins: dict[int, tuple[float, float]]
) -> bool:
    """Whether the layout says that a line goes on with the paragraph above it."""
    last, size = text.lines[-1], max(line.size, 1.0)
    left, right = margins[page]
    if GAP in line.text or GAP in last.text:
        return False  # a row of a table without rules
    if last.right < margins[text.page][1] - SHORT * size:
        return False
    if not 0.75 < last.size / size < 1.33:
        return False
    if page == text.page and line.top - last.bottom > LEADING * size:
        return False
    if _HEADING.match(line.text) and _CLOSED.search(text.text):
        return False
    if line.left <= left + INDENT * size:
        return True
    if all(abs(n.left - left - right + n.right) < size for n in (last, line)):
        return not _CLOSED.search(text.text)  # a title over two centred lines
    # A block that is set in as a whole: its second line shows where lines begin.
    second = text.lines[1] if len(text.lines) > 1 else None
    return second is not None and abs(second.left - line.left) < INDENT * size


def _to_blocks(flow: list[_Text | Part]) -> Iterator[Paragraph | Grid]:
    paragraphs = grids = 0
    for item in flow:
        if isinstance(item, Part):
            grids += 1
            yield to_grid(item, grids)
        else:
            paragraphs += 1
            yield Paragraph(item.text, Block(paragraphs))

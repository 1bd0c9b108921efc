"""A document to HTML in which the places of facts can be picked."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Collection
from html import escape
from itertools import islice

from gi_tools.documents import Cell, Document, Grid, Paragraph, Span, Spot
from gi_tools.explorers.words import say

MOST_BLOCKS = 3000
LONGEST = 20_000  # characters of one paragraph that are shown


def to_html(document: Document, places: Collection[str], lang: str) -> str:
    """
    Show the blocks of a document, escaped; each place in ``places`` can be picked.

    ``places`` are written as ``Document.locate`` writes them. Blocks past
    ``MOST_BLOCKS`` are counted, not shown.
    """
    spans = _find_spans(document, places)
    parts = []
    for block in document.blocks[:MOST_BLOCKS]:
        if isinstance(block, Grid):
            parts.append(_grid_html(document, block, places, lang))
        elif block.text.strip():
            parts.append(_paragraph_html(document, block, places, spans))
    if left := len(document.blocks) - MOST_BLOCKS:
        parts += [f"<p>{escape(say(lang, 'more', n=left))}</p>"] if left > 0 else []
    return "".join(parts)


def _find_spans(document: Document, places: Collection[str]) -> list[tuple[Span, str]]:
    """The places that are stretches of the text, in order."""
    found = []
    for where in places:
        if where.startswith("line"):
            found.append((document.find_span(where), where))
    return sorted(found, key=lambda pair: (pair[0].start, -pair[0].end))


def _grid_html(
    document: Document, grid: Grid, places: Collection[str], lang: str
) -> str:
    rows = "".join(
        "<tr>"
        + "".join(_cell_html(document, grid.number, cell, places) for cell in row)
        + "</tr>"
        for row in grid.rows[:MOST_BLOCKS]
    )
    left = len(grid.rows) - MOST_BLOCKS
    more = f"<p>{escape(say(lang, 'more', n=left))}</p>" if left > 0 else ""
    return f"<table>{rows}</table>{more}"


def _cell_html(
    document: Document, grid: int, cell: Cell, places: Collection[str]
) -> str:
    where = document.locate(Spot(grid, cell.row, cell.column))
    spans = f' rowspan="{cell.rowspan}"' * (cell.rowspan > 1)
    spans += f' colspan="{cell.colspan}"' * (cell.colspan > 1)
    mark = f' data-id="{escape(where)}"' * (where in places)
    return f"<td{spans}{mark}>{escape(cell.text[:LONGEST])}</td>"


def _paragraph_html(
    document: Document,
    block: Paragraph,
    places: Collection[str],
    spans: list[tuple[Span, str]],
) -> str:
    if not isinstance(block.place, Span):
        where = document.locate(block.place)
        mark = f' data-id="{escape(where)}"' * (where in places)
        return f"<p{mark}>{escape(block.text[:LONGEST])}</p>"
    start = block.place.start
    end = min(block.place.end, start + LONGEST)
    parts, at = [], start
    first = bisect_left(spans, start, key=lambda pair: pair[0].start)
    for span, where in islice(spans, first, None):
        if span.start >= end:
            break
        # A place inside another one, or cut by the line's end, is shown by the first.
        if at <= span.start and span.end <= end:
            parts.append(escape(document.text[at : span.start]))
            inner = escape(document.text[span.start : span.end]) or "&nbsp;"
            parts.append(f'<mark data-id="{escape(where)}">{inner}</mark>')
            at = span.end
    return f"<p>{''.join(parts)}{escape(document.text[at:end])}</p>"

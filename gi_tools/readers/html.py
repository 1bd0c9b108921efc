"""A saved web page to blocks: paragraphs, tables with their spans, furniture apart."""

from __future__ import annotations

from bisect import bisect_right
from functools import cached_property
from itertools import accumulate
from typing import TYPE_CHECKING

from gi_tools.documents import Block, Document, Grid, Paragraph, Source, to_cell
from gi_tools.memory import hold_collector
from gi_tools.readers.attachments import find_attachments
from gi_tools.readers.charset import decode
from gi_tools.readers.furniture import (
    is_furniture_tag,
    split_furniture,
)

if TYPE_CHECKING:
    from selectolax.lexbor import LexborNode

MAX_COLSPAN = 256
MAX_WIDTH = 1000  # columns of a grid
MAX_CELLS = 200_000
MAX_NESTED = 500  # tables inside tables; layouts have a dozen
LARGE_SHARE = 0.3  # an element with this share of the text is no furniture
LINK_SHARE = 0.6

_SKIP = frozenset(
    "script style noscript template head iframe object svg math video audio".split()
)
_APART = ", ".join(["table", *_SKIP])  # what a cell can hold that is no text of it
_OWN = frozenset(("p", "span", "td", "tr"))  # never furniture, and most of a page
_ASIDE = "/"  # ends an element of furniture; no tag has this name
_SEAM = "\0"  # between two texts of a cell; no text has it
_BREAKS = frozenset(
    "p div h1 h2 h3 h4 h5 h6 li ul ol dl dt dd section article main header form "
    "blockquote pre center fieldset figure caption table tbody thead tfoot tr td th "
    "hr address body nav footer aside details summary".split()
)


@hold_collector()
def read_html(source: Source, data: bytes) -> Document:
    """
    Turn one saved web page into a document.

    Merged cells keep their spans (``Grid.to_matrix`` expands them), nested tables
    become grids of their own, layout tables dissolve into paragraphs.
    """
    decoded = decode(data, source.name)
    source = source._replace(charset=decoded.charset, declared=decoded.declared)
    from selectolax.lexbor import LexborHTMLParser

    # Bytes spare the parser from encoding the text once more.
    tree = LexborHTMLParser(data if decoded.is_plain else decoded.text)
    flow = _Flow(tree.body)
    kept, apart = split_furniture(flow.blocks)
    notes = decoded.notes + tuple(flow.notes) + find_attachments(tree)
    return Document(source, decoded.text, kept, tuple(flow.furniture) + apart, notes)


# The cells of a row, and the attributes of those that span others, by number.
_Row = tuple[list["LexborNode"], dict[int, dict]]


class _Flow:
    """Walk a page once and collect its blocks in reading order."""

    def __init__(self, body: LexborNode | None) -> None:
        self.blocks: list[Paragraph | Grid] = []
        self.furniture: list[Paragraph] = []
        self.notes: list[str] = []
        self._text: list[str] = []
        self._linked = 0
        self._cells = 0
        self._waiting: list[LexborNode] = []
        self._paragraphs = 0
        if body is not None:
            self._cut_nested(body)
            self._body = body
            self._walk(body)

    def _cut_nested(self, body: LexborNode) -> None:
        """Keep the tables inside tables few, as each is looked through for others."""
        surplus = body.css("table table")[MAX_NESTED:]
        for table in reversed(surplus):
            table.decompose()
        if surplus:
            self.notes.append(f"over {MAX_NESTED} tables in tables: the rest is cut")

    def _walk(self, root: LexborNode) -> None:
        # An explicit stack: pages nested thousands deep would break recursion. A text
        # in it is the tag of an element that ends there.
        aside = links = 0
        stack: list[LexborNode | str] = [root]
        while stack:
            node = stack.pop()
            if isinstance(node, str):
                if node in _BREAKS or node == _ASIDE:
                    self._flush(aside)
                aside -= node == _ASIDE
                links -= node == "a"
                continue
            tag = node.tag
            if tag == "-text":
                self._add_text(node, links, aside)
            elif tag in _SKIP:
                continue
            elif tag == "br":
                self._flush(aside)
            elif tag == "table" and self._add_table(node, aside):
                stack += self._waiting
                self._waiting.clear()
            else:
                if tag in _BREAKS:
                    self._flush(aside)
                if tag not in _OWN and self._is_aside(node, tag):
                    aside += 1
                    stack.append(_ASIDE)
                elif tag == "a" or tag in _BREAKS:
                    links += tag == "a"
                    stack.append(tag)
                stack += _children_reversed(node)
        self._flush(aside)

    def _is_aside(self, node: LexborNode, tag: str) -> bool:
        attributes = node.attributes
        names = f"{attributes.get('id') or ''} {attributes.get('class') or ''}".strip()
        if not is_furniture_tag(tag, names):
            return False
        return len(node.text(deep=True)) < self._large

    @cached_property
    def _large(self) -> float:
        return LARGE_SHARE * len(self._body.text(deep=True))

    def _add_text(self, node: LexborNode, links: int, aside: int) -> None:
        text = node.text_content or ""
        lines = [text]
        if "\n" in text and node.parent is not None and node.parent.tag == "pre":
            lines = text.split("\n")
        for number, line in enumerate(lines):
            if number:
                self._flush(aside)
            self._text.append(line)
            if links:
                self._linked += len(line.strip())

    def _flush(self, aside: int) -> None:
        if not self._text:
            return
        text = "".join(self._text).replace("\xa0", " ").strip()
        linked, self._linked = self._linked, 0
        self._text.clear()
        if not text:
            return
        self._paragraphs += 1
        block = Paragraph(text.replace("\n", " "), Block(self._paragraphs))
        menu = linked >= LINK_SHARE * len(text) and len(text) < 60
        (self.furniture if aside or menu else self.blocks).append(block)

    def _add_table(self, table: LexborNode, aside: int) -> bool:
        """Add a data table as a grid; False for a layout table, to be walked."""
        rows = [_own_cells(row) for row in _own_rows(table)]
        if not any([len(row) > 1 for row, _ in rows]):
            return False
        apart = [node.tag for node in table.css(_APART)]
        nested = _inner_tables(table) if apart.count("table") > 1 else []
        if nested and not _holds_data([row for row, _ in rows]):
            return False
        self._flush(aside)
        grid = self._read_grid(rows, plain=len(apart) == 1)
        if not aside:
            self.blocks.append(grid)
        self._waiting += reversed(nested)
        return True

    def _read_grid(self, rows: list[_Row], plain: bool) -> Grid:
        ends = [*accumulate([len(row) for row, _ in rows], initial=self._cells)]
        if ends[-1] > MAX_CELLS:
            rows = rows[: bisect_right(ends, MAX_CELLS)]
            self.notes.append(f"more than {MAX_CELLS:,} table cells: the rest is cut")
        self._cells = ends[len(rows)]
        texts = _read_texts([node for row, _ in rows for node in row], plain)
        lines, taken, width, reach, end = [], {}, 0, 0, 0
        for number, (nodes, spans) in enumerate(rows, 1):
            start, end = end, end + len(nodes)
            mine, column = texts[start:end], len(nodes) + 1
            if number > reach and not spans and column <= MAX_WIDTH:
                line = [
                    to_cell((t, number, n, 1, 1, 1.0)) for n, t in enumerate(mine, 1)
                ]
            else:
                line, column = [], 1
                for at, text in enumerate(mine):
                    while column in taken and taken[column] >= number:
                        column += 1
                    if column > MAX_WIDTH:
                        self.notes.append(f"a row of over {MAX_WIDTH:,} columns is cut")
                        break
                    rowspan = colspan = 1
                    if at in spans:
                        left = len(rows) - number + 1
                        rowspan, colspan = self._read_spans(spans[at], left)
                    line.append(to_cell((text, number, column, rowspan, colspan, 1.0)))
                    if rowspan > 1:
                        reach = max(reach, last := number + rowspan - 1)
                        taken |= dict.fromkeys(range(column, column + colspan), last)
                    column += colspan
            width = max(width, column - 1)
            lines.append(tuple(line))
        return Grid(0, tuple(lines), width)

    def _read_spans(self, attributes: dict, rows_left: int) -> tuple[int, int]:
        rowspan = _to_span(attributes.get("rowspan"))
        colspan = _to_span(attributes.get("colspan"))
        if colspan > MAX_COLSPAN:
            self.notes.append(f"colspan {colspan} is cut to {MAX_COLSPAN}")
            colspan = MAX_COLSPAN
        return min(rowspan, rows_left), colspan


def _to_span(value: str | None) -> int:
    # rowspan=0 means "to the end" in the norm; here it is a fault of the editor: 1.
    if not value:
        return 1
    digits = value.strip()[:12]
    return max(int(digits), 1) if digits.isascii() and digits.isdigit() else 1


def _children_reversed(node: LexborNode) -> list[LexborNode]:
    children, child = [], node.last_child
    while child is not None:
        children.append(child)
        child = child.prev
    return children


def _own_rows(table: LexborNode) -> list[LexborNode]:
    rows = []
    for part in table.iter():
        if part.tag == "tr":
            rows.append(part)
        elif part.tag in ("tbody", "thead", "tfoot"):
            rows += [row for row in part.iter() if row.tag == "tr"]
    return [row for row in rows if not _is_hidden(row.attributes)]


def _inner_tables(table: LexborNode) -> list[LexborNode]:
    """The tables right inside a table, not those inside them in turn."""
    found, stack = [], _children_reversed(table)
    while stack:
        node = stack.pop()
        if node.tag == "table":
            found.append(node)
        else:
            stack.extend(_children_reversed(node))
    return found


def _own_cells(row: LexborNode) -> _Row:
    nodes, spans = [], {}
    for node in row.iter():
        if node.tag in ("td", "th"):
            have = node.attributes
            if have:
                if _is_hidden(have):
                    continue
                if "rowspan" in have or "colspan" in have:
                    spans[len(nodes)] = have
            nodes.append(node)
    return nodes, spans


def _is_hidden(attributes: dict[str, str | None]) -> bool:
    style = attributes.get("style") or ""
    if "one" not in style:
        return "hidden" in attributes
    return "display:none" in "".join(style[:2000].lower().split())


def _holds_data(cells: list[list[LexborNode]]) -> bool:
    """A table around tables is data itself when three rows have short own cells."""
    full = 0
    for row in cells:
        own = [c for c in row if c.css_first("table") is None]
        full += sum(0 < len(c.text(deep=True).strip()) <= 60 for c in own) >= 2
    return full >= 3


def _read_texts(nodes: list[LexborNode], plain: bool) -> list[str]:
    """The texts of cells; ``plain``: nothing but text is in them."""
    if not plain:
        return [_cell_text(node) for node in nodes]
    texts = [node.text(True, _SEAM) for node in nodes]
    whole = "".join(texts)
    if _SEAM in whole or "\n" in whole:
        pairs = zip(nodes, texts, strict=True)
        texts = [_cell_text(n) if _SEAM in t or "\n" in t else t for n, t in pairs]
    return [text.replace("\xa0", " ").strip() for text in texts]


def _cell_text(node: LexborNode) -> str:
    child = node.first_child
    if child is None:
        return ""
    if child.next is None and child.tag in ("-text", "p", "span"):
        inner = child if child.tag == "-text" else child.first_child
        if inner is None:
            return ""
        if inner.next is None and inner.tag == "-text":
            return (inner.text_content or "").replace("\xa0", " ").strip()
    return _deep_text(node)


def _deep_text(cell: LexborNode) -> str:
    """The text of a cell, a new line where a block or a break parts it."""
    parts: list[str] = []
    stack = list(_children_reversed(cell))
    while stack:
        node = stack.pop()
        if isinstance(node, str):
            parts.append(node)
            continue
        tag = node.tag
        if tag == "-text":
            parts.append((node.text_content or "").replace("\n", " "))
        elif tag == "br":
            parts.append("\n")
        elif tag not in _SKIP and tag != "table":
            if tag in _BREAKS:
                parts.append("\n")
                stack.append("\n")
            stack.extend(_children_reversed(node))
    lines = "".join(parts).replace("\xa0", " ").split("\n")
    return "\n".join(line.strip() for line in lines if line.strip())

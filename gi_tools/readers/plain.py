"""Plain text, Markdown and text taken out of a PDF: one paragraph a line."""

from __future__ import annotations

from gi_tools.documents import Document, Paragraph, Source, Span
from gi_tools.memory import hold_collector
from gi_tools.readers.charset import decode
from gi_tools.readers.furniture import split_furniture


@hold_collector()
def read_plain(source: Source, data: bytes) -> Document:
    """
    Turn plain text into a document, one paragraph a line.

    Lines of blanks stay: a tab alone can be an empty table cell. Tables are told
    from prose later, by their labels.
    """
    decoded = decode(data, source.name)
    source = source._replace(charset=decoded.charset, declared=decoded.declared)
    blocks, start = [], 0
    for line in decoded.text.split("\n"):
        end = start + len(line)
        if line:
            blocks.append(Paragraph(line, Span(start, end)))
        start = end + 1
    kept, apart = split_furniture(blocks)
    return Document(source, decoded.text, kept, apart, decoded.notes)

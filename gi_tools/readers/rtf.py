"""An RTF file to lines: paragraphs, and table rows with a pipe behind each cell."""

from __future__ import annotations

from dataclasses import replace

import regex

from gi_tools.documents import Document, Source
from gi_tools.errors import ReadError
from gi_tools.readers.blocks import needing
from gi_tools.readers.plain import read_plain

MAX_GROUPS = 2_000_000  # braces; the regular expressions of striprtf see each of them
_PICTURE = regex.compile(rb"[0-9a-fA-F\r\n]{400,}+")
_UNSEEN = regex.compile(rb"\\(?:deleted|v)(?![a-z0-9])")
_RUN = regex.compile(rb"\{[^{}]*+\}")  # the text of one style, the innermost group


def read_rtf(source: Source, data: bytes) -> Document:
    """
    Turn an RTF file into a document of text lines, its table rows with pipes.

    Merged cells are as wide as one cell. Pictures, deleted and hidden text are left
    out; what of these cannot be told apart is noted. Raises ReadError without text.
    """
    with needing("striprtf", source.name):
        from striprtf.striprtf import rtf_to_text
    if data.count(b"{") > MAX_GROUPS:
        raise ReadError(f"{source.name}: larger than any report; save it as .docx")
    try:
        data = _RUN.sub(_drop_unseen, _PICTURE.sub(b"", data))
        text = rtf_to_text(data.decode("latin-1"), "gb18030", "replace")
    except Exception as error:
        # striprtf raises what it likes on damaged files.
        raise ReadError(
            f"{source.name}: damaged or cut short ({type(error).__name__}); "
            "fetch it again, or save it as .docx"
        ) from None
    document = read_plain(source, text.encode("utf-8", "replace"))
    if not _UNSEEN.search(data):
        return document
    note = "deleted or hidden text may be read as text; save the file as .docx"
    return replace(document, notes=(*document.notes, note))


def _drop_unseen(run: regex.Match) -> bytes:
    return b"" if _UNSEEN.search(run[0]) else run[0]

"""A saved web page with its pictures (.mht, .mhtml, .eml) to blocks: the page alone."""

from __future__ import annotations

from dataclasses import replace
from email import message_from_bytes
from email.message import Message

import regex

from gi_tools.documents import Document, Source
from gi_tools.errors import ReadError
from gi_tools.readers.html import read_html
from gi_tools.readers.plain import read_plain

MAX_PARTS = 1_000
_BOUNDARY = regex.compile(rb"^--[^\r\n]{1,80}\r?$", regex.M)


def read_mhtml(source: Source, data: bytes) -> Document:
    """
    Turn a web page saved in one file into a document; the rest of the parts is noted.

    Of several pages (frames) the longest is read. Raises ReadError without one.
    """
    parts = _find_parts(source.name, data)
    pages = [p for p in parts if p.get_content_type() == "text/html"]
    texts = pages or [p for p in parts if p.get_content_type() == "text/plain"]
    if not texts:
        raise ReadError(f"{source.name}: no web page in it; save the page again")
    payloads = sorted(map(_decode, texts), key=len, reverse=True)
    read = read_html if pages else read_plain
    document = read(source, payloads[0])
    return replace(document, notes=(*document.notes, *_find_notes(parts, texts)))


def _find_parts(name: str, data: bytes) -> list[Message]:
    if len(_BOUNDARY.findall(data)) > 2 * MAX_PARTS:
        raise ReadError(f"{name}: more than {MAX_PARTS:,} parts; save the page alone")
    try:
        message = message_from_bytes(data.removeprefix(b"\xef\xbb\xbf").lstrip())
        return [part for part in message.walk() if not part.is_multipart()]
    except RecursionError:
        raise ReadError(f"{name}: parts nested too deep for a page") from None


def _decode(part: Message) -> bytes:
    payload = part.get_payload(decode=True)
    return payload if isinstance(payload, bytes) else b""


def _find_notes(parts: list[Message], texts: list[Message]) -> list[str]:
    notes = []
    if len(texts) > 1:
        notes.append(f"{len(texts)} pages in the file, the longest is read")
    pictures = sum(part.get_content_maintype() == "image" for part in parts)
    if pictures:
        notes.append(f"{pictures} pictures are not read")
    return notes

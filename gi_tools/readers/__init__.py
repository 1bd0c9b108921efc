"""One door for every kind of file: bytes in, ``Document`` out."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from os import PathLike
from pathlib import Path

import regex

from gi_tools.documents import Document, Source
from gi_tools.errors import ReadError
from gi_tools.readers.html import read_html
from gi_tools.readers.plain import read_plain

# One reader a kind: bytes in, Document out. The kind is told by content alone.
READERS: dict[str, Callable[[Source, bytes], Document]] = {
    "html": read_html,
    "text": read_plain,
}
MAX_BYTES = 64 * 1024 * 1024
_MAGIC = {
    b"%PDF": "a PDF",
    b"PK\x03\x04": "a zipped Office file",
    b"\xd0\xcf\x11\xe0": "an old Office file",
    b"\x89PNG": "an image",
    b"\xff\xd8\xff": "an image",
    b"GIF8": "an image",
    b"{\\rtf": "an RTF file",
    b"\x1f\x8b": "an archive",
    b"Rar!": "an archive",
    b"7z\xbc\xaf": "an archive",
}
_MARKUP = regex.compile(
    rb"<(?:!doctype html|html|head|body|table|tr|td|div|p|h[1-6])\b[^<>]{0,400}>",
    regex.I,
)


def read(source: str | PathLike | bytes, *, name: str | None = None) -> Document:
    """
    Read one report and return what the file says.

    ``source`` is a path or the bytes themselves; the kind is told by content, not by
    suffix. Raises ReadError for a missing, empty, binary or oversized file.
    """
    data, name = _load(source, name)
    if not data.strip():
        raise ReadError(f"{name}: the file is empty; fetch it again")
    for magic, kind in _MAGIC.items():
        if data.startswith(magic):
            raise ReadError(
                f"{name}: {kind}, not read yet; save it as text or as a web page"
            )
    kind = find_kind(data)
    digest = hashlib.sha256(data).hexdigest()
    return READERS[kind](Source(name, kind, len(data), digest), data)


def find_kind(data: bytes) -> str:
    """Tell the kind of a file, a key of ``READERS``, by its content."""
    # Without its NULs, UTF-16 shows its markup too.
    return "html" if _MARKUP.search(data[:200_000].replace(b"\x00", b"")) else "text"


def _load(source: str | PathLike | bytes, name: str | None) -> tuple[bytes, str]:
    if isinstance(source, bytes):
        data, name = source, name or "bytes"
    else:
        path = Path(source)
        name = name or path.name
        try:
            if path.is_file() and path.stat().st_size > MAX_BYTES:
                raise ReadError(
                    f"{name}: larger than {MAX_BYTES >> 20} MB; split the file"
                )
            data = path.read_bytes()
        except OSError as error:
            raise ReadError(
                f"{name}: {error.strerror or error}; check the path"
            ) from None
    if len(data) > MAX_BYTES:
        raise ReadError(f"{name}: larger than {MAX_BYTES >> 20} MB; split the file")
    return data, name

"""One door for every kind of file: bytes in, ``Document`` out."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from functools import partial
from os import PathLike
from pathlib import Path

from gi_tools.documents import Document, Source
from gi_tools.errors import ReadError
from gi_tools.readers.archive import read_archive
from gi_tools.readers.doc import read_doc, read_ods, read_odt
from gi_tools.readers.docx import read_docx
from gi_tools.readers.html import read_html
from gi_tools.readers.kinds import UNREAD, find_kind
from gi_tools.readers.mhtml import read_mhtml
from gi_tools.readers.ocr import read_image
from gi_tools.readers.pdf import read_pdf
from gi_tools.readers.plain import read_plain
from gi_tools.readers.rtf import read_rtf
from gi_tools.readers.xls import read_xls
from gi_tools.readers.xlsx import read_xlsx

# One reader a kind: bytes in, Document out. The kind is told by content alone.
READERS: dict[str, Callable[[Source, bytes], Document]] = {
    "html": read_html,
    "text": read_plain,
    "docx": read_docx,
    "doc": read_doc,
    "rtf": read_rtf,
    "odt": read_odt,
    "mhtml": read_mhtml,
    "xlsx": read_xlsx,
    "xls": read_xls,
    "ods": read_ods,
    "pdf": read_pdf,
    "image": read_image,
}
READERS["zip"] = partial(read_archive, readers=READERS)
MAX_BYTES = 64 * 1024 * 1024


def read(source: str | PathLike | bytes, *, name: str | None = None) -> Document:
    """
    Read one report and return what the file says.

    ``source`` is a path or the bytes themselves; the kind is told by content, not by
    suffix. Raises ReadError for a missing, empty, binary or oversized file.
    """
    data, name = _load(source, name)
    if not data.strip():
        raise ReadError(f"{name}: the file is empty; fetch it again")
    kind = find_kind(data)
    if kind not in READERS:
        raise ReadError(f"{name}: {UNREAD[kind]}")
    digest = hashlib.sha256(data).hexdigest()
    return READERS[kind](Source(name, kind, len(data), digest), data)


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

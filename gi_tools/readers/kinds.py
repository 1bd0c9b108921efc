"""The bytes of a file to its kind, told by content: a name never counts."""

from __future__ import annotations

import io
import lzma
import re
import zipfile
import zlib

SAMPLE = 200_000
MAX_MEMBERS = 2_000
# What zipfile raises on damaged files; offsets past any file overflow.
DAMAGED = (
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
    EOFError,
    OSError,
    OverflowError,
    ValueError,
)
ZIP, OLE = (b"PK\x03\x04", b"PK\x05\x06"), b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"

# What is known and not read: the kind, and what to do.
UNREAD = {
    "archive": "an archive; unpack it and read the report in it",
    "zip": "a zip file; unpack it and read the report in it",
    "locked": "locked by a password; save it without",
    "slides": "a presentation; a report is a text: give the Word file or the page",
    "ofd": "an OFD file; save it as PDF",
    "xlsb": "a binary workbook; save it as .xlsx",
    "sheetml": "an Excel 2003 XML file; save it as .xlsx",
    "ole": "an old Office file of another kind or cut short; save it as .docx",
}
_MAGIC = {
    b"%PDF": "pdf",
    OLE: "ole",
    b"\x89PNG": "image",
    b"\xff\xd8\xff": "image",
    b"GIF8": "image",
    b"II*\x00": "image",
    b"MM\x00*": "image",
    b"\x1f\x8b": "archive",
    b"Rar!": "archive",
    b"7z\xbc\xaf": "archive",
}
_MARKUP = re.compile(
    rb"<(?:!doctype html|html|head|body|table|tr|td|div|p|h[1-6])\b[^<>]{0,400}>",
    re.I,
)
_ZIPPED = (
    ("word/", "docx"),
    ("xl/workbook.bin", "xlsb"),
    ("xl/", "xlsx"),
    ("ppt/", "slides"),
    ("OFD.xml", "ofd"),
)
_TYPES = "[Content_Types].xml"  # every Office file has it; a zip of files has not
_NAMES = re.compile(rb"PK\x03\x04.{26}([\w./\[\]-]{1,80})", re.S)
_OPEN = {
    "opendocument.text": "odt",
    "opendocument.spreadsheet": "ods",
    "opendocument.presentation": "slides",
}
# The names of the streams tell what an OLE file is; Word's stands first, as a Word
# file can hold workbooks.
_STREAMS = (
    ("EncryptedPackage", "locked"),
    ("WordDocument", "doc"),
    ("Workbook", "xls"),
    ("Book", "xls"),
    ("PowerPoint Document", "slides"),
)
_XML = (
    (b"schemas.microsoft.com/office/word/2003/wordml", "docx"),
    (b"schemas.microsoft.com/office/2006/xmlPackage", "docx"),
    (b"urn:schemas-microsoft-com:office:spreadsheet", "sheetml"),
)
_HEADER = re.compile(rb"[A-Za-z][A-Za-z-]{1,40}:[ \t]")
_MAIL = re.compile(rb"^(?:MIME-Version:|Content-Type:[ \t]*multipart/)", re.I | re.M)


def find_kind(data: bytes) -> str:
    """Tell the kind of a file by its content: a key of ``READERS`` or ``UNREAD``."""
    if data.startswith(ZIP):
        return _find_zipped(data)
    for magic, kind in _MAGIC.items():
        if data.startswith(magic):
            return _find_ole(data) if kind == "ole" else kind
    # Without its NULs, UTF-16 shows its markup too.
    sample = data[:SAMPLE].replace(b"\x00", b"").removeprefix(b"\xef\xbb\xbf").lstrip()
    if sample.startswith(b"{\\rtf"):
        return "rtf"
    if b"%PDF-" in sample[:1024]:
        return "pdf"
    if _HEADER.match(sample) and _MAIL.search(sample[:8192]):
        return "mhtml"
    if sample.startswith(b"<"):
        for space, kind in _XML:
            if space in sample[:4096]:
                return kind
    return "html" if _MARKUP.search(sample) else "text"


def _find_zipped(data: bytes) -> str:
    if data.count(b"PK\x01\x02") > MAX_MEMBERS:
        return "zip"
    names, kind = _read_names(data)
    if _TYPES in names or "OFD.xml" in names:
        for start, found in _ZIPPED:
            if any(name.startswith(start) for name in names):
                return found
    return next((found for word, found in _OPEN.items() if word in kind), "zip")


def _read_names(data: bytes) -> tuple[list[str], str]:
    """The members of a zip file, and what an OpenDocument says it is."""
    names: list[str] = []
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as container:
            names += container.namelist()
            if "mimetype" in names:
                with container.open("mimetype") as member:
                    return names, member.read(200).decode("latin-1")
    except (RuntimeError, NotImplementedError):
        return names, ""
    except DAMAGED:
        # Cut short: what is left still names its members.
        names += [_TYPES, *(name.decode("latin-1") for name in _NAMES.findall(data))]
        return names, data[:200].decode("latin-1")
    return names, ""


def _find_ole(data: bytes) -> str:
    for stream, kind in _STREAMS:
        if f"{stream}\0".encode("utf-16-le") in data:
            return kind
    return "ole"

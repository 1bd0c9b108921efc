"""An old Excel workbook (BIFF8 in OLE2) to blocks: each sheet a heading and a grid."""

from __future__ import annotations

import io
import struct
from collections.abc import Iterator
from typing import NamedTuple

from gi_tools.documents import Document, Source
from gi_tools.errors import ReadError
from gi_tools.readers.blocks import MAX_CELLS, Builder, needing
from gi_tools.readers.sheets import (
    Place,
    Range,
    Sheet,
    add_hidden_note,
    add_sheet,
    find_number_kind,
    write_number,
    write_value,
)

# Names of records are those of [MS-XLS].
_BOF, _EOF, _CONTINUE = 0x0809, 0x000A, 0x003C
_SHEET, _STRINGS, _FORMAT, _STYLE = 0x0085, 0x00FC, 0x041E, 0x00E0
_LOCKED, _DATE_MODE, _MERGES = 0x002F, 0x0022, 0x00E5
_BLANK, _BLANKS, _NUMBER, _RK, _RKS = 0x0201, 0x00BE, 0x0203, 0x027E, 0x00BD
_FORMULA, _RESULT, _TRUTH = 0x0006, 0x0207, 0x0205
_SHARED, _LABELS = 0x00FD, (0x0204, 0x00D6)
_BIFF8 = 0x0600
_ERRORS = {0: "#NULL!", 7: "#DIV/0!", 15: "#VALUE!", 23: "#REF!"}
_ERRORS |= {29: "#NAME?", 36: "#NUM!", 42: "#N/A"}

Record = tuple[int, bytes]


class _Entry(NamedTuple):
    name: str
    offset: int
    is_hidden: bool


def read_xls(source: Source, data: bytes) -> Document:
    """
    Turn an old workbook (.xls, .et) into a document, a heading and a grid a sheet.

    Rows and columns are those of Excel, merged ranges keep their spans, dates are ISO.
    Raises ReadError.
    """
    with needing("olefile", source.name):
        import olefile
    builder = Builder(source)
    try:
        with olefile.OleFileIO(io.BytesIO(data)) as ole:
            name = next(filter(ole.exists, ("Workbook", "Book")))
            stream = ole.openstream(name).read()
        _Book(stream, builder).read()
    except ReadError:
        raise
    except Exception as error:
        # olefile and struct raise what they like on damaged bytes.
        raise ReadError(
            f"{source.name}: damaged or cut short ({type(error).__name__}); "
            "fetch it again"
        ) from None
    return builder.to_document()


class _Book:
    def __init__(self, stream: bytes, builder: Builder) -> None:
        self._stream = stream
        self._builder = builder
        self._entries: list[_Entry] = []
        self._strings: list[str] = []
        self._formats: dict[int, str] = {}
        self._styles: list[tuple[int, bool]] = []
        self._kinds: list[str] = []
        self._from_1904 = False
        self._cells = 0

    def read(self) -> None:
        self._read_globals()
        patterns = self._formats
        self._kinds = [
            find_number_kind(c, patterns.get(c, "")) for c, _ in self._styles
        ]
        for entry in self._entries:
            if entry.is_hidden:
                add_hidden_note(self._builder, entry.name)
            else:
                add_sheet(self._builder, self._read_sheet(entry))

    def _read_globals(self) -> None:
        name = self._builder.source.name
        if int.from_bytes(self._stream[4:6], "little") != _BIFF8:
            raise ReadError(f"{name}: written by Excel 95 or older; save it as .xlsx")
        records = list(self._iterate(0))
        for number, (kind, data) in enumerate(records):
            if kind == _LOCKED:
                raise ReadError(f"{name}: locked by a password; save it without")
            if kind == _SHEET and data[5] == 0:
                text = _read_text(data[6:7] + b"\0" + data[7:])
                entry = _Entry(
                    text, int.from_bytes(data[:4], "little"), data[4] & 3 > 0
                )
                self._entries.append(entry)
            elif kind == _STRINGS:
                self._strings = _read_strings(_join(records, number))
            elif kind == _FORMAT:
                self._formats[int.from_bytes(data[:2], "little")] = _read_text(data[2:])
            elif kind == _STYLE:
                code, ruled = struct.unpack_from("<2xH6xH", data)
                self._styles.append((code, ruled > 0))
            elif kind == _DATE_MODE:
                self._from_1904 = data[:1] == b"\1"

    def _iterate(self, at: int) -> Iterator[Record]:
        """The records of one substream, those of charts within left out."""
        depth = 0
        while at + 4 <= len(self._stream):
            kind, size = struct.unpack_from("<HH", self._stream, at)
            depth += (kind == _BOF) - (kind == _EOF)
            if depth <= 1 and kind != _BOF:
                yield kind, self._stream[at + 4 : at + 4 + size]
            at += 4 + size
            if depth <= 0:
                return

    def _read_sheet(self, entry: _Entry) -> Sheet:
        cells: dict[Place, str] = {}
        merges: list[Range] = []
        ruled: set[Place] = set()
        place = 0, 0
        for kind, data in self._iterate(entry.offset):
            if kind == _MERGES:
                merges += _read_merges(data)
            elif kind == _RESULT and place in cells:
                cells[place] = write_value(_read_text(data))
            else:
                for row, column, style, text in self._read_record(kind, data):
                    place = row + 1, column + 1
                    cells[place] = text
                    if self._is_ruled(style):
                        ruled.add(place)
            self._count(len(cells))
        self._cells += len(cells)
        return Sheet(entry.name, cells, merges, ruled)

    def _count(self, cells: int) -> None:
        if self._cells + cells > 4 * MAX_CELLS:
            name = self._builder.source.name
            raise ReadError(f"{name}: more than {4 * MAX_CELLS:,} cells; split it")

    def _read_record(
        self, kind: int, data: bytes
    ) -> Iterator[tuple[int, int, int, str]]:
        """Row, column, style and text of the cells in a record, from 0."""
        if kind in (_RKS, _BLANKS):
            row, column = struct.unpack_from("<HH", data)
            layout = "<HI" if kind == _RKS else "<H"
            size = struct.calcsize(layout)
            for at in range(4, len(data) - 2 - size + 1, size):
                style, *number = struct.unpack_from(layout, data, at)
                text = self._write(_read_rk(number[0]), style) if number else ""
                yield row, column, style, text
                column += 1
        elif kind in _CELLS or kind in _LABELS:
            row, column, style = struct.unpack_from("<HHH", data)
            yield row, column, style, self._read_value(kind, data[6:], style)

    def _read_value(self, kind: int, data: bytes, style: int) -> str:
        if kind == _SHARED:
            place = int.from_bytes(data[:4], "little")
            return self._strings[place] if place < len(self._strings) else ""
        if kind in _LABELS:
            return write_value(_read_text(data))
        if kind == _TRUTH:
            return _ERRORS.get(data[0], "#?") if data[1] else write_value(data[0] > 0)
        if kind == _FORMULA and data[6:8] == b"\xff\xff":
            # The text of a formula stands in the record behind it.
            if data[0] == 1:
                return write_value(data[2] > 0)
            return _ERRORS.get(data[2], "#?") if data[0] == 2 else ""
        if kind == _RK:
            return self._write(_read_rk(int.from_bytes(data[:4], "little")), style)
        if kind == _BLANK:
            return ""
        return self._write(struct.unpack_from("<d", data)[0], style)

    def _write(self, value: float, style: int) -> str:
        kind = self._kinds[style] if style < len(self._kinds) else ""
        return write_number(value, kind, self._from_1904)

    def _is_ruled(self, style: int) -> bool:
        return style < len(self._styles) and self._styles[style][1]


_CELLS = {_NUMBER, _RK, _FORMULA, _TRUTH, _SHARED, _BLANK}


def _read_rk(code: int) -> float:
    """Decode the short form of a number: an integer or the head of a double."""
    if code & 2:
        value = float((code >> 2) - (1 << 30 if code >> 31 else 0))
    else:
        value = struct.unpack("<d", struct.pack("<Q", (code & ~3) << 32))[0]
    return value / 100 if code & 1 else value


def _read_text(data: bytes) -> str:
    """A string: two bytes of length, one of flags, one or two bytes a character."""
    count = int.from_bytes(data[:2], "little")
    if data[2:3] and data[2] & 1:
        return data[3 : 3 + 2 * count].decode("utf-16-le", "replace")
    return data[3 : 3 + count].decode("latin-1")


def _read_merges(data: bytes) -> Iterator[Range]:
    for at in range(2, len(data) - 7, 8):
        top, bottom, left, right = struct.unpack_from("<4H", data, at)
        if top <= bottom and left <= right:
            yield top + 1, left + 1, bottom + 1, right + 1


def _join(records: list[Record], number: int) -> list[bytes]:
    """A record and those that continue it."""
    chunks = [records[number][1]]
    for kind, data in records[number + 1 :]:
        if kind != _CONTINUE:
            break
        chunks.append(data)
    return chunks


def _read_strings(chunks: list[bytes]) -> list[str]:
    strings = _Strings(chunks)
    count = int.from_bytes(strings.take(8)[4:], "little")
    texts = []
    while len(texts) < count and not strings.is_at_end:
        texts.append(write_value(strings.read()))
    return texts


class _Strings:
    """The shared strings, which may break off anywhere and go on in the next chunk."""

    def __init__(self, chunks: list[bytes]) -> None:
        self._chunks = chunks
        self._chunk = self._at = 0

    @property
    def is_at_end(self) -> bool:
        return self._chunk >= len(self._chunks)

    def read(self) -> str:
        count, flags = struct.unpack("<HB", self.take(3))
        runs = int.from_bytes(self.take(2), "little") if flags & 8 else 0
        extra = int.from_bytes(self.take(4), "little") if flags & 4 else 0
        text = self._take_text(count, flags & 1)
        self.take(4 * runs + extra)
        return text

    def take(self, size: int) -> bytes:
        parts = []
        while size and not self.is_at_end:
            part = self._chunks[self._chunk][self._at : self._at + size]
            self._move(len(part))
            size -= len(part)
            parts.append(part)
        return b"".join(parts)

    def _take_text(self, count: int, wide: int) -> str:
        parts = []
        while count and not self.is_at_end:
            left = len(self._chunks[self._chunk]) - self._at
            number = min(count, left >> wide)
            raw = self.take(number << wide)
            parts.append(raw.decode("utf-16-le" if wide else "latin-1", "replace"))
            count -= number
            if count:
                # A new chunk says anew how wide its characters are.
                self._move(left - (number << wide))
                wide = int.from_bytes(self.take(1), "little") & 1
        return "".join(parts)

    def _move(self, size: int) -> None:
        self._at += size
        while not self.is_at_end and self._at >= len(self._chunks[self._chunk]):
            self._chunk, self._at = self._chunk + 1, 0

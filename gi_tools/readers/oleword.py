"""The binary of an old Word file to its paragraphs and the marks of its tables."""

from __future__ import annotations

import struct
from bisect import bisect_right
from collections.abc import Callable, Iterator
from itertools import accumulate, pairwise
from typing import NamedTuple

import regex

from gi_tools.errors import ReadError
from gi_tools.readers.compound import read_streams
from gi_tools.readers.layout import Definition

# Names of fields are those of [MS-DOC]; all offsets are from the start of the FIB.
_WORD97 = 0xA5EC
_ENCRYPTED, _TABLE1 = 0x0100, 0x0200
_CCP_TEXT = 0x4C
_STYLES, _PLC_CHPX, _PLC_PAPX, _CLX, _LISTS = 0xA2, 0xFA, 0x102, 0x1A2, 0x2EA
_PAGE = 512
_COMPRESSED = 0x4000_0000
_OPERAND = {0: 1, 1: 1, 2: 2, 3: 4, 4: 2, 5: 2, 7: 3}
_DELETED, _HIDDEN = 0x0800, 0x083C
_IN_TABLE, _ROW_END, _DEPTH, _LIST = 0x2416, 0x2417, 0x6649, 0x460B
_INNER_CELL, _INNER_ROW = 0x244B, 0x244C
_HUGE, _DEF_TABLE, _DOWN = (0x6645, 0x6646), 0xD608, 0xD62B
_TAB_STOPS = 0xC615
_STYLE = -1  # not a code: the two bytes before them that name the style
_MERGE = ("", "continue", "start", "start")
_MARKS = "\r\x07\x0c"
_MARK = regex.compile(f"[{_MARKS}]")
_RARE = regex.compile(r"[\U00010000-\U0010FFFF]")
_FIELD = "\x13\x14\x15"
_SIGNS = {0x0B: "\n", 0x1E: "-"} | dict.fromkeys([*range(9), *range(0x0C, 0x1E), 0x1F])
_Page = tuple[tuple[int, ...], list[dict[int, bytes]]]
_Reader = Callable[[bytes, int, int], dict[int, bytes]]
_OLDER = "written by Word 95 or older"


class Line(NamedTuple):
    """
    A paragraph: its text and the mark that ends it.

    ``mark`` is "cell" or "row" for the end of one, else nothing; ``depth`` counts the
    tables around it.
    """

    text: str
    mark: str
    depth: int
    definition: Definition | None = None


class OldWord(NamedTuple):
    """
    What an old Word file holds: the body, then notes and boxes, then page heads.

    ``numbered`` tells that Word prints list numbers that are not in the text.
    """

    body: list[Line]
    notes: list[Line]
    heads: list[Line]
    numbered: bool


class OlderWordError(ReadError):
    """A Word file that only LibreOffice can open."""


def read_old_word(data: bytes, name: str) -> OldWord:
    """Read an OLE2 Word file; raises ReadError, OlderWordError for Word 95 or older."""
    try:
        names = "WordDocument", "0Table", "1Table", "Data"
        return _Binary(read_streams(data, names, name), name).read()
    except ReadError:
        raise
    except Exception as error:
        # olefile and struct raise what they like on damaged bytes.
        raise ReadError(
            f"{name}: damaged or cut short ({type(error).__name__}); "
            "fetch it again, or save it as .docx"
        ) from None


class _Binary:
    def __init__(self, streams: dict[str, bytes], name: str) -> None:
        self._word = streams.get("WordDocument", b"")
        if len(self._word) < 0x22 or self._short(0) != _WORD97:
            raise OlderWordError(f"{name}: {_OLDER}; save it as .docx")
        flags = self._short(0x0A)
        if flags & _ENCRYPTED:
            raise ReadError(f"{name}: locked by a password; save it without")
        self._table = streams["1Table" if flags & _TABLE1 else "0Table"]
        self._data = streams.get("Data", b"")
        self._pieces = list(self._read_pieces())
        size = sum(width * (last - first) for first, last, _, width in self._pieces)
        if size > 2 * len(self._word):
            raise ReadError(
                f"{name}: damaged (text longer than the file); fetch it again"
            )
        self._runs = _Runs(self._word, self._plc(_PLC_CHPX), _read_chpx)
        self._paragraphs = _Runs(self._word, self._plc(_PLC_PAPX), _read_papx)
        self._lists = find_list_styles(self._plc(_STYLES))
        self._numbered = False

    def read(self) -> OldWord:
        starts = [0, *accumulate(self._long(_CCP_TEXT + 4 * n) for n in range(7))]
        text, feet, heads, _, _, ends, boxes = (
            list(self._read_lines(*limits)) for limits in pairwise(starts)
        )
        has_lists = self._long(_LISTS + 4) > 4
        return OldWord(text, boxes + feet + ends, heads, has_lists and self._numbered)

    def _short(self, offset: int) -> int:
        return struct.unpack_from("<H", self._word, offset)[0]

    def _long(self, offset: int) -> int:
        return struct.unpack_from("<I", self._word, offset)[0]

    def _plc(self, offset: int) -> bytes:
        start, size = struct.unpack_from("<II", self._word, offset)
        return self._table[start : start + size]

    def _read_pieces(self) -> Iterator[tuple[int, int, int, int]]:
        """Where the text lies: first and last character, offset, bytes a character."""
        clx, at = self._plc(_CLX), 0
        while clx[at] == 1:
            at += 3 + struct.unpack_from("<H", clx, at + 1)[0]
        size = struct.unpack_from("<I", clx, at + 1)[0]
        count = (size - 4) // 12
        marks = struct.unpack_from(f"<{count + 1}I", clx, at + 5)
        for number in range(count):
            place = at + 5 + 4 * (count + 1) + 8 * number + 2
            offset = struct.unpack_from("<I", clx, place)[0]
            narrow = bool(offset & _COMPRESSED)
            offset = (offset & ~_COMPRESSED) // 2 if narrow else offset
            yield marks[number], marks[number + 1], offset, 1 if narrow else 2

    def _read_lines(self, start: int, end: int) -> Iterator[Line]:
        parts: list[str] = []
        fields: list[bool] = []
        for text, properties, offset in self._read_stretches(start, end):
            shown = _drop_fields(text, fields)
            if not (_is_on(properties, _DELETED) or _is_on(properties, _HIDDEN)):
                parts.append(shown)
            if text[-1] in _MARKS:
                yield self._to_line("".join(parts), text[-1], offset)
                parts.clear()
        if parts:
            yield Line(_clean("".join(parts)), "", 0)

    def _read_stretches(
        self, start: int, end: int
    ) -> Iterator[tuple[str, dict[int, bytes], int]]:
        """Text up to a mark or a change of style, its style, the last one's offset."""
        for first, last, offset, width in self._pieces:
            begin, stop = max(first, start), min(last, end)
            if begin >= stop:
                continue
            at = offset + (begin - first) * width
            raw = self._word[at : offset + (stop - first) * width]
            text = raw.decode("cp1252" if width == 1 else "utf-16-le", "replace")
            # A rare sign takes two places; ``_clean`` drops what fills the second.
            text = _RARE.sub("\\g<0>\0", text)
            begin = 0
            while begin < len(text):
                properties, until = self._runs.find(at + begin * width)
                cut = max((until - at) // width, begin + 1)
                if mark := _MARK.search(text, begin, cut):
                    cut = mark.end()
                cut = min(cut, len(text))
                yield text[begin:cut], properties, at + (cut - 1) * width
                begin = cut

    def _to_line(self, text: str, mark: str, offset: int) -> Line:
        properties = self._find_paragraph(offset)
        depth = int.from_bytes(properties.get(_DEPTH, b""), "little")
        depth = depth or int(_is_on(properties, _IN_TABLE))
        cell, row = (mark == "\x07", _is_on(properties, _ROW_END))
        if depth > 1:
            cell = _is_on(properties, _INNER_CELL)
            row = _is_on(properties, _INNER_ROW)
        row = row and (cell or depth > 1)
        definition = _read_definition(properties) if row else None
        style = properties.get(_STYLE, b"")
        listed = b"\1" if style in self._lists else b""
        self._numbered |= any(properties.get(_LIST, listed))
        kind = "row" if row else "cell" if cell else ""
        return Line(_clean(text), kind, depth, definition)

    def _find_paragraph(self, offset: int) -> dict[int, bytes]:
        properties, _ = self._paragraphs.find(offset)
        for huge in _HUGE:
            if huge in properties:
                at = int.from_bytes(properties[huge], "little")
                size = int.from_bytes(self._data[at : at + 2], "little")
                properties = properties | read_sprms(self._data[at + 2 : at + 2 + size])
        return properties


class _Runs:
    """Properties by file offset: the pages of CHPX or PAPX, read when asked for."""

    def __init__(self, word: bytes, plc: bytes, reader: _Reader) -> None:
        count = max((len(plc) - 4) // 8, 0)
        self._word = word
        self._read = reader
        self._starts = struct.unpack_from(f"<{count + 1}I", plc) if count else ()
        self._pages = struct.unpack_from(f"<{count}I", plc, 4 * (count + 1))
        self._cache: dict[int, _Page] = {}

    def find(self, offset: int) -> tuple[dict[int, bytes], int]:
        """The properties at an offset, and where they end."""
        page = bisect_right(self._starts, offset) - 1
        if not 0 <= page < len(self._pages):
            return {}, 1 << 32
        if page not in self._cache:
            at = (self._pages[page] & 0x3F_FFFF) * _PAGE
            self._cache[page] = _read_page(self._word[at : at + _PAGE], self._read)
        starts, properties = self._cache[page]
        run = bisect_right(starts, offset) - 1
        if not 0 <= run < len(properties):
            return {}, self._starts[page + 1]
        return properties[run], starts[run + 1]


def read_sprms(data: bytes) -> dict[int, bytes]:
    """Part a list of property changes into code and operand."""
    found: dict[int, bytes] = {}
    at = 0
    while at + 2 < len(data):
        code = int.from_bytes(data[at : at + 2], "little")
        at += 2
        size = _OPERAND.get(code >> 13)
        if code == _DEF_TABLE:
            size = int.from_bytes(data[at : at + 2], "little") - 1
            at += 2
        elif size is None:
            size = data[at]
            at += 1
            if code == _TAB_STOPS and size == 255:
                size = _count_tab_stops(data[at:])
        operand = data[at : at + size]
        # Each cell has a merge of its own; all other codes count once.
        found[code] = found.get(code, b"") + operand if code == _DOWN else operand
        at += size
    return found


def find_list_styles(sheet: bytes) -> set[bytes]:
    """The paragraph styles, as PAPX name them, that bring an automatic number."""
    if len(sheet) < 6:
        return set()
    head, count, base = struct.unpack_from("<3H", sheet)
    at, parents, listed = 2 + head, {}, set()
    for number in range(count):
        size = int.from_bytes(sheet[at : at + 2], "little")
        style = sheet[at + 2 : at + 2 + size]
        at += 2 + size
        if len(style) > base and style[2] & 15 == 1:
            parents[number] = int.from_bytes(style[2:4], "little") >> 4
            name = int.from_bytes(style[base : base + 2], "little")
            changes = style[base + 2 * name + 4 :]
            size = int.from_bytes(changes[:2], "little")
            if any(read_sprms(changes[4 : 2 + size]).get(_LIST, b"")):
                listed.add(number)
    for _ in range(9):  # styles inherit nine deep at most in Word's own set
        listed |= {number for number, base in parents.items() if base in listed}
    return {number.to_bytes(2, "little") for number in listed}


def _count_tab_stops(data: bytes) -> int:
    added = 1 + 4 * data[0]
    return added + 1 + 3 * data[added]


def _read_page(page: bytes, reader: _Reader) -> _Page:
    count = page[-1]
    starts = struct.unpack_from(f"<{count + 1}I", page)
    return starts, [reader(page, number, count) for number in range(count)]


def _read_chpx(page: bytes, number: int, count: int) -> dict[int, bytes]:
    at = page[4 * (count + 1) + number] * 2
    return read_sprms(page[at + 1 : at + 1 + page[at]]) if at else {}


def _read_papx(page: bytes, number: int, count: int) -> dict[int, bytes]:
    at = page[4 * (count + 1) + 13 * number] * 2
    if not at:
        return {}
    size = 2 * page[at] - 1
    if size < 0:
        at, size = at + 1, 2 * page[at + 1]
    style = {_STYLE: page[at + 1 : at + 3]}
    return style | read_sprms(page[at + 3 : at + 1 + size])


def _read_definition(properties: dict[int, bytes]) -> Definition | None:
    operand = properties.get(_DEF_TABLE, b"")
    if not operand:
        return None
    count = operand[0]
    edges = struct.unpack_from(f"<{count + 1}h", operand, 1)
    cells = operand[1 + 2 * (count + 1) :]
    flags = [int.from_bytes(cells[20 * n :][:2], "little") for n in range(count)]
    down = [_MERGE[flag >> 5 & 3] for flag in flags]
    changes = properties.get(_DOWN, b"")
    for cell, flag in zip(changes[::2], changes[1::2], strict=False):
        if cell < count:
            down[cell] = _MERGE[flag & 3]
    across = tuple(("", "continue", "start", "start")[flag & 3] for flag in flags)
    return Definition(edges, across, tuple(down))


def _is_on(properties: dict[int, bytes], code: int) -> bool:
    return properties.get(code, b"\0")[:1] not in (b"\0", b"")


def _drop_fields(text: str, fields: list[bool]) -> str:
    """Keep what fields show and drop their codes; ``fields`` are those still open."""
    if not fields and not any(sign in text for sign in _FIELD):
        return text
    shown = []
    for sign in text:
        if sign == "\x13":
            fields.append(False)
        elif sign == "\x14" and fields:
            fields[-1] = True
        elif sign == "\x15" and fields:
            fields.pop()
        elif all(fields):
            shown.append(sign)
    return "".join(shown)


def _clean(text: str) -> str:
    """Line breaks as new lines; the signs of pictures, notes and marks go."""
    return text.translate(_SIGNS)

"""An Excel workbook (OOXML) to blocks: each sheet a heading and a grid."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Any, NamedTuple

import regex

from gi_tools.documents import Document, Source
from gi_tools.errors import ReadError
from gi_tools.readers.blocks import MAX_CELLS, Builder, needing
from gi_tools.readers.containers import Container, refuse_entities, to_int
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

_PLACE = regex.compile(r"\$?([A-Z]{1,3})\$?(\d{1,7})")


class _Styles(NamedTuple):
    """For each cell style what its number is, and which styles draw a rule."""

    kinds: list[str]
    ruled: set[int]


def read_xlsx(source: Source, data: bytes) -> Document:
    """
    Turn a workbook into a document, a heading and a grid a sheet.

    Rows and columns are those of Excel, merged ranges keep their spans, dates are ISO.
    Hidden sheets and formulas without a stored result are noted. Raises ReadError.
    """
    container = Container(data, source.name)
    links = container.find_related("").values()
    main = next((part for kind, part in links if kind == "officeDocument"), "")
    main = main if main in container else "xl/workbook.xml"
    book = container.read_xml(main)
    if book is None:
        raise ReadError(f"{source.name}: no workbook in it; save it as .xlsx again")
    builder = Builder(source)
    _Book(container, main, book, builder).read()
    return builder.to_document()


class _Book:
    def __init__(
        self, container: Container, main: str, book: Any, builder: Builder
    ) -> None:
        self._container = container
        self._builder = builder
        self._book = book
        self._parts = container.find_related(main)
        named = {kind: part for kind, part in self._parts.values()}
        self._strings = _read_strings(
            container.read_xml(named.get("sharedStrings", ""))
        )
        self._styles = _read_styles(container.read_xml(named.get("styles", "")))
        properties = next(book.iter("{*}workbookPr"), None)
        late = "0" if properties is None else properties.get("date1904", "0")
        self._from_1904 = late in ("1", "true")
        self._cells = self._unsolved = 0

    def read(self) -> None:
        for sheet in self._book.iter("{*}sheet"):
            key = next((v for k, v in sheet.items() if k.endswith("}id")), "")
            kind, part = self._parts.get(key, ("", ""))
            if kind != "worksheet" or part not in self._container:
                continue
            if sheet.get("state", "visible") != "visible":
                add_hidden_note(self._builder, sheet.get("name", ""))
            else:
                add_sheet(self._builder, self._read_sheet(sheet.get("name", ""), part))
        if self._unsolved:
            self._builder.add_note(
                f"{self._unsolved} formulas have no stored result and read as blank; "
                "open the file in a spreadsheet program and save it"
            )

    def _read_sheet(self, name: str, part: str) -> Sheet:
        cells: dict[Place, str] = {}
        merges: list[Range] = []
        ruled: set[Place] = set()
        row = column = 0
        for kind, element in _iterate(self._container, part):
            if kind == "mergeCell":
                merges += _read_range(element.get("ref", ""))
                continue
            row, column = to_int(element.get("r"), row + 1), 0
            for cell in element.iterchildren("{*}c"):
                row, column = _read_place(cell.get("r"), row, column + 1)
                if text := self._read_cell(cell):
                    cells[row, column] = text
                elif to_int(cell.get("s"), 0) in self._styles.ruled:
                    ruled.add((row, column))
            self._count(element)
        return Sheet(name, cells, merges, ruled)

    def _count(self, row: Any) -> None:
        self._cells += len(row) + 1
        row.clear()
        if row.getprevious() is not None:
            row.getparent().remove(row.getprevious())
        if self._cells > 4 * MAX_CELLS:
            name = self._builder.source.name
            raise ReadError(f"{name}: more than {4 * MAX_CELLS:,} cells; split it")

    def _read_cell(self, cell: Any) -> str:
        kind = cell.get("t", "n")
        if kind == "inlineStr":
            return write_value(_join_text(cell))
        value = next(cell.iterchildren("{*}v"), None)
        text = "" if value is None else value.text or ""
        if not text:
            formula = next(cell.iterchildren("{*}f"), None)
            self._unsolved += formula is not None and kind != "str"
            return ""
        if kind == "s":
            place = to_int(text, len(self._strings))
            return self._strings[place] if place < len(self._strings) else ""
        if kind == "b":
            return write_value(text == "1")
        if kind != "n":
            return write_value(text)
        style = to_int(cell.get("s"), 0)
        return self._write_number(text, style)

    def _write_number(self, text: str, style: int) -> str:
        try:
            value = float(text)
        except ValueError:
            return write_value(text)
        kinds = self._styles.kinds
        kind = kinds[style] if style < len(kinds) else ""
        return write_number(value, kind, self._from_1904)


def _iterate(container: Container, part: str) -> Iterator[tuple[str, Any]]:
    """The rows and merged ranges of a sheet, one at a time."""
    with needing("lxml", container.name):
        from lxml import etree
    data = container.read(part)
    refuse_entities(data, container.name, part)
    events = etree.iterparse(
        io.BytesIO(data),
        tag=("{*}row", "{*}mergeCell"),
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=False,
    )
    try:
        for _, element in events:
            yield element.tag.rpartition("}")[2], element
    except etree.XMLSyntaxError:
        raise ReadError(
            f"{container.name}: {part} is damaged; fetch it again"
        ) from None


def _read_strings(root: Any) -> list[str]:
    items = () if root is None else root.iterchildren("{*}si")
    return [write_value(_join_text(item)) for item in items]


def _join_text(item: Any) -> str:
    """The text of a string, its phonetic reading left out."""
    parts = []
    for text in item.iter("{*}t"):
        if not text.getparent().tag.endswith("}rPh"):
            parts.append(text.text or "")
    return "".join(parts).replace("_x000D_", "")


def _read_styles(root: Any) -> _Styles:
    if root is None:
        return _Styles([], set())
    formats = {
        to_int(f.get("numFmtId"), 0): f.get("formatCode", "")
        for f in root.iter("{*}numFmt")
    }
    rules = [_is_ruled(b) for b in root.iterfind("{*}borders/{*}border")]
    kinds, ruled = [], set()
    for number, style in enumerate(root.iterfind("{*}cellXfs/{*}xf")):
        code = to_int(style.get("numFmtId"), 0)
        kinds.append(find_number_kind(code, formats.get(code, "")))
        border = to_int(style.get("borderId"), 0)
        if border < len(rules) and rules[border]:
            ruled.add(number)
    return _Styles(kinds, ruled)


def _is_ruled(border: Any) -> bool:
    return any(side.get("style", "none") != "none" for side in border)


def _read_place(place: str | None, row: int, column: int) -> tuple[int, int]:
    found = _PLACE.fullmatch(place or "")
    if not found:
        return row, column
    number = 0
    for letter in found[1]:
        number = number * 26 + ord(letter) - 64
    return int(found[2]), number


def _read_range(ref: str) -> Iterator[Range]:
    first, _, last = ref.partition(":")
    top, left = _read_place(first, 0, 0)
    bottom, right = _read_place(last or first, 0, 0)
    if top and bottom:
        yield min(top, bottom), min(left, right), max(top, bottom), max(left, right)

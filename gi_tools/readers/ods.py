"""An OpenDocument spreadsheet to blocks: each sheet a heading and a grid."""

from __future__ import annotations

from typing import Any

from gi_tools.documents import Document, Source
from gi_tools.errors import ReadError
from gi_tools.readers.blocks import MAX_CELLS, Builder
from gi_tools.readers.containers import Container
from gi_tools.readers.sheets import (
    Place,
    Range,
    Sheet,
    add_hidden_note,
    add_sheet,
    write_value,
)

_GROUPS = frozenset(
    "table-row-group table-header-rows table-rows table-column-group".split()
)
_BREAKS = {"tab": "\t", "line-break": "\n", "s": " "}


def read_ods(source: Source, data: bytes) -> Document:
    """Turn an OpenDocument spreadsheet into a document; raises ReadError."""
    container = Container(data, source.name)
    root = container.read_xml("content.xml")
    if root is None:
        raise ReadError(f"{source.name}: no content in it; save it as .xlsx")
    builder = Builder(source)
    ruled, hidden = _read_styles(root)
    for table in root.iterfind("{*}body/{*}spreadsheet/{*}table"):
        name = _get(table, "name")
        if _get(table, "style-name") in hidden:
            add_hidden_note(builder, name)
        else:
            add_sheet(builder, _Reader(source.name, ruled).read(name, table))
    return builder.to_document()


class _Reader:
    def __init__(self, name: str, ruled: set[str]) -> None:
        self._name = name
        self._styles = ruled
        self._cells: dict[Place, str] = {}
        self._merges: list[Range] = []
        self._ruled: set[Place] = set()
        self._row = 1

    def read(self, name: str, table: Any) -> Sheet:
        self._walk(table)
        return Sheet(name, self._cells, self._merges, self._ruled)

    def _walk(self, parent: Any) -> None:
        for child in parent:
            tag = _name(child)
            if tag == "table-row":
                self._read_row(child)
            elif tag in _GROUPS:
                self._walk(child)

    def _read_row(self, row: Any) -> None:
        texts: dict[int, str] = {}
        column = 1
        for cell in row:
            repeat = _number(cell, "number-columns-repeated")
            text = _read_cell(cell) if _name(cell) == "table-cell" else ""
            if text:
                self._check(len(texts) + repeat)
                texts |= dict.fromkeys(range(column, column + repeat), text)
            elif _get(cell, "style-name") in self._styles:
                self._ruled.add((self._row, column))
            self._add_merge(cell, column)
            column += repeat
        repeat = _number(row, "number-rows-repeated")
        self._check(len(self._cells) + len(texts) * repeat)
        for number in range(self._row, self._row + repeat if texts else 0):
            self._cells |= {(number, place): text for place, text in texts.items()}
        self._row += repeat

    def _add_merge(self, cell: Any, column: int) -> None:
        down = _number(cell, "number-rows-spanned")
        across = _number(cell, "number-columns-spanned")
        if down > 1 or across > 1:
            end = self._row + down - 1, column + across - 1
            self._merges.append((self._row, column, *end))

    def _check(self, count: int) -> None:
        if count > MAX_CELLS:
            raise ReadError(f"{self._name}: more than {MAX_CELLS:,} cells; split it")


def _read_cell(cell: Any) -> str:
    lines = ["".join(_read_text(line)) for line in cell if _name(line) == "p"]
    text = write_value("\n".join(lines))
    kind = _get(cell, "value-type")
    if text.startswith(("#", "Err:")):
        return text
    if kind == "date":
        return _get(cell, "date-value").removesuffix("T00:00:00")
    if kind not in ("float", "percentage", "currency"):
        return text
    try:
        value = float(_get(cell, "value"))
    except ValueError:
        return text
    share = kind == "percentage"
    return write_value(value * 100) + "%" if share else write_value(value)


def _read_text(node: Any) -> list[str]:
    parts = [node.text or ""]
    for child in node:
        name = _name(child)
        if name in _BREAKS:
            parts.append(_BREAKS[name])
        elif name != "annotation":
            parts += _read_text(child)
        parts.append(child.tail or "")
    return parts


def _read_styles(root: Any) -> tuple[set[str], set[str]]:
    """The cell styles that draw a rule, and the table styles that hide a sheet."""
    ruled, hidden = set(), set()
    for style in root.iterfind("{*}automatic-styles/{*}style"):
        for properties in style:
            for key, value in properties.items():
                word = key.rpartition("}")[2]
                if word.startswith("border") and value != "none":
                    ruled.add(_get(style, "name"))
                elif word == "display" and value == "false":
                    hidden.add(_get(style, "name"))
    return ruled, hidden


def _name(element: Any) -> str:
    return element.tag.rpartition("}")[2]


def _get(element: Any, name: str) -> str:
    ending = f"}}{name}"
    return next((value for key, value in element.items() if key.endswith(ending)), "")


def _number(element: Any, name: str) -> int:
    text = _get(element, name)[:8]
    return max(int(text), 1) if text.isascii() and text.isdigit() else 1

"""An old Word file to blocks: our own reading, LibreOffice where that is not enough."""

from __future__ import annotations

from dataclasses import replace

from gi_tools.documents import Document, Source
from gi_tools.errors import ReadError
from gi_tools.readers.blocks import Builder
from gi_tools.readers.containers import Container
from gi_tools.readers.docx import read_docx
from gi_tools.readers.layout import Tables
from gi_tools.readers.libreoffice import convert, find_office
from gi_tools.readers.oleword import Line, OlderWordError, OldWord, read_old_word
from gi_tools.readers.xlsx import read_xlsx


def read_doc(source: Source, data: bytes) -> Document:
    """
    Turn an old Word file (.doc, .wps) into a document, merged cells with their spans.

    LibreOffice, when on the PATH, opens what the own reading would lose: automatic
    list numbers, uneven tables, Word 95. Raises ReadError.
    """
    try:
        old = read_old_word(data, source.name)
    except OlderWordError:
        return read_by_office(source, data, ".doc")
    document, losses = _to_document(source, old)
    if not losses:
        return document
    if find_office():
        try:
            return read_by_office(source, data, ".doc")
        except ReadError:
            losses = f"{losses}; LibreOffice failed on it"
            return _add_note(document, losses)
    return _add_note(document, f"{losses}; with LibreOffice on the PATH all is read")


def read_odt(source: Source, data: bytes) -> Document:
    """Turn an OpenDocument text into a document; needs LibreOffice."""
    _refuse_bombs(source, data)
    return read_by_office(source, data, ".odt")


def read_ods(source: Source, data: bytes) -> Document:
    """Turn an OpenDocument spreadsheet into a document; needs LibreOffice."""
    _refuse_bombs(source, data)
    document = read_xlsx(source, convert(data, ".ods", source.name, "xlsx"))
    return _add_note(document, "converted to .xlsx by LibreOffice")


def read_by_office(source: Source, data: bytes, suffix: str) -> Document:
    """Have LibreOffice convert a file to .docx, and read that."""
    document = read_docx(source, convert(data, suffix, source.name))
    return _add_note(document, "converted to .docx by LibreOffice")


def _refuse_bombs(source: Source, data: bytes) -> None:
    """Raise ReadError for what LibreOffice would unpack without a limit."""
    container = Container(data, source.name)
    if container.read_xml("content.xml") is None:
        raise ReadError(f"{source.name}: no content in it; fetch it again")


def _add_note(document: Document, note: str) -> Document:
    return replace(document, notes=(*document.notes, note))


def _to_document(source: Source, old: OldWord) -> tuple[Document, str]:
    """The document of the own reading, and what it lost."""
    builder = Builder(source)
    uneven = _add_lines(builder, old.body) + _add_lines(builder, old.notes)
    for line in old.heads:
        builder.add_furniture(line.text)
    losses = []
    if old.numbered:
        losses.append("automatic list numbers are lost")
    if uneven:
        losses.append(f"{uneven} table rows have no layout, merged cells are lost")
    return builder.to_document(), "; ".join(losses)


def _add_lines(builder: Builder, lines: list[Line]) -> int:
    tables = Tables(builder)
    for line in lines:
        if line.mark == "row":
            tables.end_row(line.definition, line.depth)
        elif line.mark == "cell":
            tables.end_cell(line.text, line.depth)
        else:
            tables.add_line(line.text, line.depth)
    tables.end()
    return tables.uneven

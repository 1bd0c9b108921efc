"""Blocks in, Word files and workbooks out, spans as merged cells."""

from __future__ import annotations

import io
from collections.abc import Iterable
from html import escape
from typing import TYPE_CHECKING

from gi_tools.documents import Grid, Paragraph
from gi_tools.simulation.layouts import Line, Sheet

if TYPE_CHECKING:
    import docx
    import openpyxl

Block = Line | Sheet | Paragraph | Grid


def to_docx(blocks: Iterable[Block]) -> bytes:
    """Write blocks with python-docx; lines with a level become headings."""
    import docx

    made = docx.Document()
    for block in blocks:
        if isinstance(block, Sheet | Grid):
            _add_table(made, getattr(block, "grid", block))
        else:
            level = getattr(block, "level", 0)
            styles = {-1: "Title", 1: "Heading 1", 2: "Heading 2"}
            made.add_paragraph(block.text, styles.get(level))
    return save_docx(made)


def save_docx(document: docx.document.Document) -> bytes:
    """The bytes of a python-docx document."""
    file = io.BytesIO()
    document.save(file)
    return file.getvalue()


def _add_table(made: docx.document.Document, grid: Grid) -> None:
    from docx.oxml import parse_xml
    from docx.oxml.ns import nsdecls

    # By XML: python-docx counts through all cells for each one that it merges.
    space = nsdecls("w")
    starts = {(c.row, c.column): c for row in grid.rows for c in row}
    covers = {
        (cell.row + down, cell.column): cell
        for cell in starts.values()
        for down in range(1, cell.rowspan)
    }
    lines = []
    for row in range(1, len(grid.rows) + 1):
        cells = []
        for column in range(1, grid.width + 1):
            start, cover = starts.get((row, column)), covers.get((row, column))
            if cell := start or cover:
                merge = '<w:vMerge w:val="restart"/>' if cell.rowspan > 1 else ""
                merge = "<w:vMerge/>" if cover else merge
                texts = (start.text if start else "").split("\n")
                cells.append(
                    f'<w:tc><w:tcPr><w:tcW w:w="{600 * cell.colspan}" w:type="dxa"/>'
                    f'<w:gridSpan w:val="{cell.colspan}"/>{merge}'
                    f"</w:tcPr>{''.join(map(_to_paragraph, texts))}</w:tc>"
                )
        lines.append(f"<w:tr>{''.join(cells)}</w:tr>")
    columns = '<w:gridCol w:w="600"/>' * grid.width
    fixed = '<w:tblPr><w:tblLayout w:type="fixed"/></w:tblPr>'
    lines.insert(0, f"<w:tbl {space}>{fixed}<w:tblGrid>{columns}</w:tblGrid>")
    body = made.element.body
    body.insert(len(body) - 1, parse_xml("".join([*lines, "</w:tbl>"])))


def _to_paragraph(text: str) -> str:
    return f'<w:p><w:r><w:t xml:space="preserve">{escape(text)}</w:t></w:r></w:p>'


def to_xlsx(blocks: Iterable[Block]) -> bytes:
    """Write the lines on a first sheet, then each table on its own, all cells ruled."""
    import openpyxl
    from openpyxl.styles import Border, Side

    blocks, ruled = list(blocks), Border(*[Side("thin")] * 4)
    grids = [getattr(b, "grid", b) for b in blocks if isinstance(b, Sheet | Grid)]
    book = openpyxl.Workbook()
    book.remove(book.active)
    if lines := [b.text for b in blocks if isinstance(b, Line)]:
        sheet = book.create_sheet("正文")
        for row, text in enumerate(lines, 1):
            sheet.cell(row, 1).value = text
    for number, grid in enumerate(grids, 1):
        sheet = book.create_sheet(f"表{number}")
        for cell in (cell for row in grid.rows for cell in row):
            end = cell.row + cell.rowspan - 1, cell.column + cell.colspan - 1
            if end != (cell.row, cell.column):
                sheet.merge_cells(None, cell.row, cell.column, *end)
            made = sheet.cell(cell.row, cell.column)
            made.value = int(cell.text) if cell.text.isdigit() else cell.text or None
            made.border = ruled
    return save_xlsx(book)


def save_xlsx(book: openpyxl.Workbook) -> bytes:
    """The bytes of an openpyxl workbook."""
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()

"""Documents to Office files in memory: what the tests of the Office readers open."""

from __future__ import annotations

import io
import zipfile
from html import escape

import docx
import openpyxl
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls
from openpyxl.styles import Border, Side
from renderings import to_html

from gi_tools.codebook import forms
from gi_tools.documents import Document, Grid, Paragraph
from gi_tools.readers import read

_RULED = Border(*[Side("thin")] * 4)
PATTERNS = {
    "full": lambda n: str(n * 37 % 101),
    "some": lambda n: str(n * 37 % 101) if n % 3 else ("", "-", "/")[n % 9 // 3],
    "blank": lambda n: "",
}


def make_cells(form: str, pattern: str) -> dict[tuple[str, str | None], str]:
    """The cells of a form: all full, some blank or dashed, or all blank."""
    targets = forms()[form].targets
    return {target[:2]: PATTERNS[pattern](n) for n, target in enumerate(targets)}


def make_page(form: str, pattern: str) -> Document:
    """The same cells as a web page, read: what every other dress must equal."""
    return read(to_html(form, make_cells(form, pattern)).encode(), name="page")


def save_docx(document: docx.document.Document) -> bytes:
    """The bytes of a python-docx document."""
    file = io.BytesIO()
    document.save(file)
    return file.getvalue()


def to_docx(document: Document) -> bytes:
    """Write a document with python-docx, spans as merged cells."""
    made = docx.Document()
    for block in document.blocks:
        if isinstance(block, Paragraph):
            made.add_paragraph(block.text)
        else:
            _add_table(made, block)
    return save_docx(made)


def _add_table(made: docx.document.Document, grid: Grid) -> None:
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


def to_xlsx(document: Document) -> bytes:
    """Write each grid of a document as a sheet with openpyxl, all cells ruled."""
    book = openpyxl.Workbook()
    book.remove(book.active)
    for grid in document.grids:
        sheet = book.create_sheet(f"表{grid.number}")
        for cell in (cell for row in grid.rows for cell in row):
            end = cell.row + cell.rowspan - 1, cell.column + cell.colspan - 1
            if end != (cell.row, cell.column):
                sheet.merge_cells(None, cell.row, cell.column, *end)
            made = sheet.cell(cell.row, cell.column)
            made.value = int(cell.text) if cell.text.isdigit() else cell.text or None
            made.border = _RULED
    return save_xlsx(book)


def save_xlsx(book: openpyxl.Workbook) -> bytes:
    """The bytes of an openpyxl workbook."""
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def to_rtf(document: Document) -> bytes:
    """Write a document as Chinese Word writes RTF: GBK bytes, merges by row marks."""
    parts = [r"{\rtf1\ansi\ansicpg936{\fonttbl{\f0\fnil\fcharset134 SimSun;}}\f0 "]
    for block in document.blocks:
        if isinstance(block, Paragraph):
            parts.append(rf"\pard {_to_gbk(block.text)}\par ")
            continue
        starts = {(c.row, c.column): c for row in block.rows for c in row}
        for row in range(1, len(block.rows) + 1):
            parts.append(_to_rtf_row(starts, row))
    return "".join([*parts, "}"]).encode("ascii")


def _to_rtf_row(starts: dict, row: int) -> str:
    covers = [
        (cell, "" if cell.row == row else "mrg")
        for cell in sorted(starts.values(), key=lambda cell: cell.column)
        if cell.row <= row < cell.row + cell.rowspan
    ]
    layout, texts = r"\trowd\trleft0", ""
    for cell, merge in covers:
        merge = merge or ("mgf" if cell.rowspan > 1 else "")
        layout += rf"\clv{merge}" if merge else ""
        layout += rf"\cellx{(cell.column + cell.colspan - 1) * 700 + row % 2 * 8} "
        text = "" if merge == "mrg" else _to_gbk(cell.text)
        texts += rf"\pard\intbl {text}\cell "
    return rf"{layout}{texts}\row "


def _to_gbk(text: str) -> str:
    signs = (rf"\'{b:02x}" for b in text.replace("\n", " ").encode("gbk"))
    return "".join(signs)


def to_zip(members: dict[str, str | bytes]) -> bytes:
    """A zip file with these members, packed."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as made:
        for name, content in members.items():
            made.writestr(name, content)
    return file.getvalue()

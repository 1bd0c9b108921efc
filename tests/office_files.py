"""Blocks to odd Office files in memory, for the tests of the Office readers."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Sequence
from html import escape

from renderings import to_html

from gi_tools.codebook import forms
from gi_tools.documents import Document, Grid, Paragraph
from gi_tools.readers import read

_ODS = (
    '<office:document-content xmlns:office="urn:oasis:names:tc:opendocument:xmlns:'
    'office:1.0" xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0" '
    'xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0" xmlns:style="urn:'
    'oasis:names:tc:opendocument:xmlns:style:1.0" xmlns:fo="urn:oasis:names:tc:'
    'opendocument:xmlns:xsl-fo-compatible:1.0"><office:automatic-styles>'
    '<style:style style:name="ruled" style:family="table-cell">'
    '<style:table-cell-properties fo:border="0.06pt solid #000000"/></style:style>'
    "</office:automatic-styles><office:body><office:spreadsheet>{}"
    "</office:spreadsheet></office:body></office:document-content>"
)
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


def to_ods(blocks: Sequence[Paragraph | Grid]) -> bytes:
    """Write each grid of some blocks as an OpenDocument sheet."""
    tables = []
    for grid in (b for b in blocks if isinstance(b, Grid)):
        rows = []
        for row in grid.rows:
            cells = {cell.column: cell for cell in row}
            places = range(1, grid.width + 1)
            rows.append("".join(_to_ods_cell(cells.get(place)) for place in places))
        lines = "".join(f"<table:table-row>{row}</table:table-row>" for row in rows)
        tables.append(
            f'<table:table table:name="表{grid.number}">{lines}</table:table>'
        )
    return make_ods("".join(tables))


def make_ods(tables: str) -> bytes:
    """An OpenDocument spreadsheet around the XML of its tables."""
    kind = "application/vnd.oasis.opendocument.spreadsheet"
    return to_zip({"mimetype": kind, "content.xml": _ODS.format(tables)})


def _to_ods_cell(cell: object) -> str:
    if cell is None:
        return "<table:covered-table-cell/>"
    spans = f'table:number-columns-spanned="{cell.colspan}" '
    spans += f'table:number-rows-spanned="{cell.rowspan}" '
    value = ""
    if cell.text.isdigit():
        value = f'office:value-type="float" office:value="{cell.text}" '
    text = f"<text:p>{escape(cell.text)}</text:p>" if cell.text else ""
    return (
        f'<table:table-cell table:style-name="ruled" {spans}{value}>{text}'
        "</table:table-cell>"
    )


def to_rtf(blocks: Sequence[Paragraph | Grid]) -> bytes:
    """Write blocks as Chinese Word writes RTF: GBK bytes, merges by row marks."""
    parts = [r"{\rtf1\ansi\ansicpg936{\fonttbl{\f0\fnil\fcharset134 SimSun;}}\f0 "]
    for block in blocks:
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

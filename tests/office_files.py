"""Blocks to odd Office files in memory, for the tests of the Office readers."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Sequence

from renderings import to_html

from gi_tools.codebook import forms
from gi_tools.documents import Document, Grid, Paragraph
from gi_tools.readers import read

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

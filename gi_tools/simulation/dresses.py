"""Lines and sheets in; the same report as web page or text, in many dresses, out."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from html import escape

from gi_tools.documents import Cell
from gi_tools.simulation.layouts import Line, Sheet

Block = Line | Sheet

_WORD = (
    '<html xmlns:v="urn:schemas-microsoft-com:vml" xmlns:o="urn:schemas-microsoft-com:'
    'office:office" xmlns:w="urn:schemas-microsoft-com:office:word"><head><meta '
    'http-equiv=Content-Type content="text/html; charset=gb2312"><meta name=Generator '
    'content="Microsoft Word 11"><!--[if gte mso 9]><xml><w:WordDocument><w:View>Print'
    "</w:View></w:WordDocument></xml><![endif]--><style><!-- p.MsoNormal {{mso-style-"
    'parent:""; font-size:10.5pt;}} --></style><title>{title}</title></head><body '
    "lang=ZH-CN style='tab-interval:21.0pt'><div class=Section1>{body}</div></body>"
    "</html>"
)
_PAGE = (
    '<!DOCTYPE html>\n<html lang="zh"><head><meta charset="utf-8">'
    "<title>{title}</title></head><body><div id=zoom>\n{body}\n</div></body></html>"
)


def to_html(blocks: Sequence[Block]) -> str:
    """A clean page: group cells over their rows, labels over their columns."""
    return _fill(_PAGE, blocks, lambda b: _write_table(b, _to_cell), _to_paragraph)


def to_spanless(blocks: Sequence[Block]) -> str:
    """A page without spans: every row as long as it needs to be."""
    return _fill(_PAGE, blocks, _write_rows, _to_paragraph)


def to_word(blocks: Sequence[Block]) -> str:
    """A page as Word saves it: mso styles, conditional comments, spans in spans."""
    return _fill(_WORD, blocks, lambda b: _write_table(b, _to_mso_cell), _to_mso)


def _fill(
    frame: str,
    blocks: Sequence[Block],
    write_table: Callable[[Sheet], str],
    write_line: Callable[[Line], str],
) -> str:
    title = next((b.text for b in blocks if isinstance(b, Line)), "")
    parts = [write_table(b) if isinstance(b, Sheet) else write_line(b) for b in blocks]
    return frame.format(title=escape(title), body="\n".join(parts))


def _to_paragraph(line: Line) -> str:
    tag = {-1: "h1", 1: "h3", 2: "h4"}.get(line.level, "p")
    return f"<{tag}>{escape(line.text)}</{tag}>"


def _to_mso(line: Line) -> str:
    bold = "b" if line.level else "span"
    return (
        "<p class=MsoNormal style='text-indent:32.0pt;mso-char-indent-count:2.0'><"
        f"{bold}><span style='font-size:16.0pt;font-family:仿宋_GB2312;mso-hansi-font-"
        f"family:宋体'>{escape(line.text)}<span lang=EN-US><o:p></o:p></span></span>"
        f"</{bold}></p>"
    )


def _write_table(sheet: Sheet, write: Callable[[Cell], str]) -> str:
    rows = ("".join(map(write, row)) for row in sheet.grid.rows)
    lines = "".join(f"<tr>{row}</tr>" for row in rows)
    return f"<table border=1><tbody>{lines}</tbody></table>"


def _write_rows(sheet: Sheet) -> str:
    rows = ("".join(_to_cell(Cell(t, 1, 1, 1, 1)) for t in row) for row in sheet.rows)
    lines = "".join(f"<tr>{row}</tr>" for row in rows)
    return f"<table border=1><tbody>{lines}</tbody></table>"


def _to_spans(cell: Cell) -> str:
    wide = f" colspan={cell.colspan}" * (cell.colspan > 1)
    return wide + f" rowspan={cell.rowspan}" * (cell.rowspan > 1)


def _to_cell(cell: Cell) -> str:
    text = escape(cell.text) or "&nbsp;"
    return f"<td{_to_spans(cell)}><p align=center>{text}</p></td>"


def _to_mso_cell(cell: Cell) -> str:
    text = escape(cell.text) or "&nbsp;"
    return (
        f"<td{_to_spans(cell)} style='border:solid windowtext 1.0pt;mso-border-alt:"
        "solid windowtext .5pt;padding:0cm 5.4pt 0cm 5.4pt'><p class=MsoNormal "
        "align=center style='mso-pagination:widow-orphan'><span lang=EN-US style="
        f"'font-size:9.0pt;mso-font-kerning:0pt'>{text}<o:p></o:p></span></p></td>"
    )


def _to_text(line: Callable[[list[str]], str], blocks: Iterable[Block]) -> str:
    """Tables row by row, an empty line after each block."""
    parts = [
        "\n".join(map(line, b.rows)) if isinstance(b, Sheet) else b.text for b in blocks
    ]
    return "\n\n".join(parts) + "\n\n"


def to_markdown(blocks: Sequence[Block]) -> str:
    """Markdown: headings with number signs, tables between bars."""
    parts = []
    for block in blocks:
        if isinstance(block, Sheet):
            parts.append("\n".join(f"| {' | '.join(row)} |" for row in block.rows))
        else:
            depth = {-1: 1, 1: 2, 2: 3}.get(block.level, 0)
            parts.append("#" * depth + " " * bool(depth) + block.text)
    return "\n\n".join(parts) + "\n\n"


Dress = Callable[[Sequence[Block]], str]
# Dresses that show an empty cell.
DRESSES: dict[str, Dress] = {
    "html": to_html,
    "spanless": to_spanless,
    "word": to_word,
    "tabs": lambda b: _to_text("\t".join, b),
    "pipes": lambda b: _to_text(lambda row: " | ".join(row) + " |", b),
    "markdown": to_markdown,
    "cell_pipes": lambda b: _to_text(lambda r: "\n".join(f"{t} |" for t in r), b),
    "own_pipes": lambda b: _to_text(lambda r: "\n|\n".join(r) + "\n|", b),
    "tab_lines": lambda b: _to_text(lambda r: "".join(f"\t{t}\n" for t in r), b),
}
# Dresses in which an empty cell leaves no trace: for full tables only.
FULL_DRESSES: dict[str, Dress] = {
    "lines": lambda b: _to_text("\n".join, b),
    "spaced_lines": lambda b: _to_text("\n\n".join, b).replace("\n", "\n\n"),
    "runs": lambda b: _to_text("   ".join, b),
    "indented": lambda b: _to_text(lambda r: "　　" + "\n    ".join(r), b),
}

"""Tell the page's own lines (menus, metadata, footers) from those of the report."""

from __future__ import annotations

import re
import tomllib
from dataclasses import replace
from functools import cache, lru_cache
from importlib.resources import files

from gi_tools.documents import Grid, Paragraph
from gi_tools.text import fold

LONGEST = 160  # a line of furniture is short; anything longer is read
LONGEST_CARD = 12  # rows of a catalogue card

_COLON = re.compile("[:：]")


@cache
def _book() -> dict:
    path = files("gi_tools") / "codebooks" / "furniture.toml"
    book = tomllib.loads(path.read_text("utf-8"))
    return {
        "line": re.compile("|".join(book["lines"]), re.I),
        "name": re.compile(rf"(?<![a-z])(?:{book['names']})", re.I),
        "tags": frozenset(book["tags"]),
        "catalogue": frozenset(map(fold, book["catalogue"])),
    }


def is_furniture_line(text: str) -> bool:
    """Whether a line is a menu, a share button, page metadata or a footer."""
    return len(text) <= LONGEST and _is_furniture(text)


@lru_cache(maxsize=16384)
def _is_furniture(text: str) -> bool:
    return _book()["line"].fullmatch(fold(text)) is not None


def is_furniture_tag(tag: str, names: str) -> bool:
    """Whether an element is furniture by its tag or by its id and class."""
    book = _book()
    return tag in book["tags"] or bool(names and book["name"].search(names[:200]))


def is_catalogue(grid: Grid) -> bool:
    """Whether a table is the catalogue card above a report (索引号, 发布机构 …)."""
    if len(grid.rows) > LONGEST_CARD:
        return False
    cells = [cell.text for row in grid.rows for cell in row if len(cell.text) < 60]
    heads = {_COLON.split(fold(text), 1)[0] for text in cells}
    return len(heads & _book()["catalogue"]) >= 2


def split_furniture(
    blocks: list[Paragraph | Grid],
) -> tuple[tuple[Paragraph | Grid, ...], tuple[Paragraph, ...]]:
    """Part blocks into those of the report, its grids numbered, and the furniture."""
    kept: list[Paragraph | Grid] = []
    apart: list[Paragraph] = []
    count = 0
    for block in blocks:
        if isinstance(block, Grid) and is_catalogue(block):
            apart += [
                Paragraph(cell.text, None) for row in block.rows for cell in row
            ]  # fmt: skip
        elif isinstance(block, Grid):
            count += 1
            kept.append(replace(block, number=count))
        elif is_furniture_line(block.text):
            apart.append(block)
        else:
            kept.append(block)
    return tuple(kept), tuple(apart)

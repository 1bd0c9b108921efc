"""Lines and rows of cells, in reading order, to the blocks of a document."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import NamedTuple

from gi_tools.documents import Block, Cell, Document, Grid, Paragraph, Source
from gi_tools.errors import ReadError
from gi_tools.readers.furniture import split_furniture

MAX_CELLS = 200_000


class Piece(NamedTuple):
    """
    A cell as Office files write it: ``column`` counts from 1.

    ``merge`` says whether it begins ("start") or goes on ("continue") downwards.
    """

    text: str
    column: int
    colspan: int = 1
    merge: str = ""


class Box(NamedTuple):
    """A cell before it is read: lines and inner tables in order, and its merges."""

    items: list[str | list[list[Box]]]
    column: int
    colspan: int = 1
    merge: str = ""

    @property
    def text(self) -> str:
        """The lines of the cell, inner tables left out."""
        return clean_cell("\n".join(i for i in self.items if isinstance(i, str)))

    @property
    def tables(self) -> list[list[list[Box]]]:
        """The tables right inside the cell."""
        return [item for item in self.items if not isinstance(item, str)]


class Builder:
    """Collect paragraphs and grids of one file, then give its document."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self._blocks: list[Paragraph | Grid] = []
        self._furniture: dict[str, Paragraph] = {}
        self._notes: dict[str, None] = {}
        self._paragraphs = 0
        self._cells = 0

    def add_text(self, text: str) -> None:
        """Add the lines of a text as paragraphs; empty ones are left out."""
        for line in map(clean_line, text.split("\n")):
            if line:
                self._paragraphs += 1
                self._blocks.append(Paragraph(line, Block(self._paragraphs)))

    def add_furniture(self, text: str) -> None:
        """Keep a line of a page head or foot apart, each once."""
        for line in map(clean_line, text.split("\n")):
            if line:
                self._furniture.setdefault(line, Paragraph(line, None))

    def add_note(self, note: str) -> None:
        """Say once what was odd about the file."""
        self._notes.setdefault(note)

    def add_table(self, rows: list[list[Box]]) -> None:
        """Add a data table as a grid; a layout table dissolves into its items."""
        nested = [table for row in rows for box in row for table in box.tables]
        is_data = any(len(row) > 1 for row in rows)
        if is_data and (not nested or _holds_data(rows)):
            self.add_rows([[Piece(b.text, *b[1:]) for b in row] for row in rows])
            items: list[str | list[list[Box]]] = list(nested)
        else:
            items = [item for row in rows for box in row for item in box.items]
        for item in items:
            if isinstance(item, str):
                self.add_text(item)
            else:
                self.add_table(item)

    def add_rows(self, lines: list[list[Piece]]) -> None:
        """Add a table; cells that go on downwards become row spans."""
        ends = (piece.column + piece.colspan - 1 for line in lines for piece in line)
        self.add_grid(_to_rows(lines), max(ends, default=0))

    def add_grid(self, rows: tuple[tuple[Cell, ...], ...], width: int) -> None:
        """Add a table whose spans are known; raises ReadError when it is too large."""
        self._cells += sum(map(len, rows))
        if self._cells > MAX_CELLS:
            name = self.source.name
            raise ReadError(f"{name}: more than {MAX_CELLS:,} table cells; split it")
        if width:
            self._blocks.append(Grid(0, rows, width))

    def to_document(self, empty: str = "no text in it; fetch it again") -> Document:
        """Give the document; raises ReadError, saying ``empty``, without any text."""
        kept, apart = split_furniture(self._blocks)
        if not any(map(_is_filled, self._blocks)):
            raise ReadError(f"{self.source.name}: {empty}")
        furniture = (*self._furniture.values(), *apart)
        text = to_text(kept)
        return Document(self.source, text, kept, furniture, tuple(self._notes))


@contextmanager
def needing(library: str, name: str) -> Iterator[None]:
    """Turn a missing optional library into a ReadError that says how to get it."""
    try:
        yield
    except ImportError:
        raise ReadError(
            f"{name}: reading it needs {library}; pip install gi_tools[office]"
        ) from None


def clean_line(text: str) -> str:
    """Trim a line; tabs within stay, as they part the cells of a row."""
    text = text.replace("\xa0", " ")
    return text.strip(" \u3000\r") if "\t" in text.strip() else text.strip()


def clean_cell(text: str) -> str:
    """Trim the lines of a cell and drop the empty ones."""
    if "\n" not in text:
        return text.replace("\xa0", " ").strip()
    lines = (line.strip() for line in text.replace("\xa0", " ").split("\n"))
    return "\n".join(line for line in lines if line)


def _holds_data(rows: list[list[Box]]) -> bool:
    """A table around tables is data itself when three rows have short own cells."""
    full = 0
    for row in rows:
        sizes = (len(box.text) for box in row if not box.tables)
        full += sum(0 < size <= 60 for size in sizes) >= 2
    return full >= 3


def _to_rows(lines: list[list[Piece]]) -> tuple[tuple[Cell, ...], ...]:
    rows: list[list[Cell]] = []
    open_: dict[tuple[int, int], tuple[int, int]] = {}
    for number, line in enumerate(lines, 1):
        row: list[Cell] = []
        going: dict[tuple[int, int], tuple[int, int]] = {}
        for piece in line:
            key = piece.column, piece.colspan
            if piece.merge == "continue" and key in open_:
                above, place = going[key] = open_[key]
                cell = rows[above][place]
                rows[above][place] = cell._replace(rowspan=number - cell.row + 1)
                continue
            if piece.merge:
                going[key] = number - 1, len(row)
            row.append(Cell(piece.text, number, piece.column, 1, piece.colspan))
        rows.append(row)
        open_ = going
    return tuple(map(tuple, rows))


def _is_filled(block: Paragraph | Grid) -> bool:
    if isinstance(block, Paragraph):
        return True
    return any(cell.text for row in block.rows for cell in row)


def to_text(blocks: Iterable[Paragraph | Grid]) -> str:
    """The whole text: a line a paragraph, a line a table row with tabs."""
    return "\n".join(map(_block_text, blocks))


def _block_text(block: Paragraph | Grid) -> str:
    if isinstance(block, Paragraph):
        return block.text
    lines = ("\t".join(cell.text for cell in row) for row in block.rows)
    return "\n".join(line.replace("\n", " ") for line in lines)

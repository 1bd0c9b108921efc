"""What a file says: paragraphs and grids in order, each with its place."""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass, field
from functools import cached_property, lru_cache, partial
from html import escape
from typing import NamedTuple

from gi_tools.errors import DataError

_NEWLINE = re.compile("\n")
_NUMBERS = re.compile(r"\d{1,12}")
DOUBT = 0.9  # a recognised cell with less confidence should be looked at
SHOWN_BLOCKS = 400  # a notebook cell stays usable; the rest is counted, not drawn


class Source(NamedTuple):
    """Where a document came from and how its bytes were understood."""

    name: str
    format: str
    size: int
    sha256: str
    charset: str = ""
    declared: str | None = None


class Span(NamedTuple):
    """A stretch of ``Document.text``: character offsets, end excluded."""

    start: int
    end: int


class Spot(NamedTuple):
    """A cell of a grid: grid number, row and column of the expanded grid, from 1."""

    grid: int
    row: int
    column: int


class Block(NamedTuple):
    """A paragraph of a marked-up source, counted from 1."""

    number: int


Place = Span | Spot | Block


class Paragraph(NamedTuple):
    """One line or paragraph, its text as it stands."""

    text: str
    place: Place


class Cell(NamedTuple):
    """
    One cell as the source wrote it; ``row`` and ``column`` count from 1.

    ``confidence`` is below 1 where characters were recognised in a picture.
    """

    text: str
    row: int
    column: int
    rowspan: int
    colspan: int
    confidence: float = 1.0


# A cell of a tuple of all its fields, made without a call into Python: there are many.
to_cell = partial(tuple.__new__, Cell)
to_span = partial(tuple.__new__, Span)


@dataclass(frozen=True, slots=True)
class Grid:
    """One table: for each row the cells that begin in it, spans kept."""

    number: int
    rows: tuple[tuple[Cell, ...], ...]
    width: int
    page: int | None = None

    def to_matrix(self) -> list[list[str]]:
        """Expand merged cells: a list of rows, each ``width`` texts."""
        matrix = [[""] * self.width for _ in self.rows]
        for cell in (cell for row in self.rows for cell in row):
            for line in matrix[cell.row - 1 : cell.row - 1 + cell.rowspan]:
                end = min(cell.column - 1 + cell.colspan, self.width)
                line[cell.column - 1 : end] = [cell.text] * (end - cell.column + 1)
        return matrix


@dataclass(frozen=True)
class Document:
    """
    A file as read, nothing lost: blocks in order, page furniture apart.

    ``text`` is the decoded source, ``notes`` says what was odd about it.
    """

    source: Source
    text: str = field(repr=False)
    blocks: tuple[Paragraph | Grid, ...] = field(repr=False)
    furniture: tuple[Paragraph, ...] = field(default=(), repr=False)
    notes: tuple[str, ...] = ()

    @cached_property
    def paragraphs(self) -> list[Paragraph]:
        """The paragraphs that hold something, in order."""
        return [b for b in self.blocks if isinstance(b, Paragraph) and b.text.strip()]

    @cached_property
    def grids(self) -> list[Grid]:
        """The tables, in order."""
        return [b for b in self.blocks if isinstance(b, Grid)]

    @cached_property
    def _line_starts(self) -> list[int]:
        return [0, *(m.end() for m in _NEWLINE.finditer(self.text))]

    def locate(self, place: Place | None) -> str:
        """Write a place so that a person can find it, and ``slice`` too."""
        if isinstance(place, Spot):
            return _write_spot(place)
        if place is None:
            return ""
        if isinstance(place, Block):
            return f"paragraph {place.number}"
        first, start = self._line_of(place.start)
        last, end = self._line_of(place.end)
        stop = f"{end}" if first == last else f"{last}:{end}"
        return f"line {first}:{start}-{stop}"

    def slice(self, where: str) -> str:
        """Give back the raw text at a place that ``locate`` wrote."""
        numbers = [int(n) for n in _NUMBERS.findall(where)]
        try:
            if where.startswith("table"):
                grid, row, column = numbers
                rows = self.grids[grid - 1].rows[row - 1]
                return next(cell.text for cell in rows if cell.column == column)
            if where.startswith("paragraph"):
                place = Block(*numbers)
                return next(p.text for p in self.paragraphs if p.place == place)
        except (IndexError, ValueError, StopIteration, TypeError):
            raise self._no_place(where) from None
        return self.text[slice(*self.find_span(where))]

    def find_span(self, where: str) -> Span:
        """Give the characters of ``text`` at a place written as lines."""
        try:
            first, start, *rest = [int(n) for n in _NUMBERS.findall(where)]
            last, end = rest if len(rest) == 2 else (first, *rest)
            lines = self._line_starts
            return Span(lines[first - 1] + start - 1, lines[last - 1] + end - 1)
        except (IndexError, ValueError, TypeError):
            raise self._no_place(where) from None

    def _no_place(self, where: object) -> DataError:
        return DataError(f"{where!r} is no place of {self.source.name}")

    def line_at(self, offset: int) -> int:
        """Number of the line, from 1, that holds a character of ``text``."""
        return bisect_right(self._line_starts, offset)

    def _line_of(self, offset: int) -> tuple[int, int]:
        line = self.line_at(offset)
        return line, offset - self._line_starts[line - 1] + 1

    def _repr_html_(self) -> str:
        source, apart = self.source, len(self.furniture)
        head = (
            f"<p><b>{escape(source.name)}</b> · {escape(source.format)} · "
            f"{escape(source.charset or 'binary')} · {source.size:,} bytes · "
            f"{len(self.paragraphs)} paragraphs, {len(self.grids)} tables, "
            f"{apart} lines of page furniture</p>"
        )
        parts = [head, *(f"<p>⚠ {escape(note)}</p>" for note in self.notes)]
        parts += [_block_html(block) for block in self.blocks[:SHOWN_BLOCKS]]
        if len(self.blocks) > SHOWN_BLOCKS:
            parts.append(f"<p>… {len(self.blocks) - SHOWN_BLOCKS} more blocks</p>")
        return "\n".join(parts)


@lru_cache(maxsize=32768)
def _write_spot(spot: Spot) -> str:
    # Cells stand at the same places in every report, and facts share what is written.
    grid, row, column = spot
    return f"table {grid}, row {row}, column {column}"


def _block_html(block: Paragraph | Grid) -> str:
    if isinstance(block, Paragraph):
        return (
            f"<p>{escape(block.text.strip()[:2000])}</p>" if block.text.strip() else ""
        )
    rows = (
        "<tr>" + "".join(_cell_html(cell) for cell in row) + "</tr>"
        for row in block.rows[:SHOWN_BLOCKS]
    )
    return f"<table>{''.join(rows)}</table>"


def _cell_html(cell: Cell) -> str:
    spans = f' rowspan="{cell.rowspan}"' if cell.rowspan > 1 else ""
    spans += f' colspan="{cell.colspan}"' if cell.colspan > 1 else ""
    return f"<td{spans}>{escape(cell.text[:2000])}</td>"

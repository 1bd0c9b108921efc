"""Rows with cell edges, as old Word files and RTF write them, to rows with columns."""

from __future__ import annotations

from bisect import bisect_right
from typing import NamedTuple

from gi_tools.readers.blocks import Box, Builder

SAME_EDGE = 45  # twips, 0.8 mm: edges drawn by hand differ from row to row
MAX_COLUMNS = 256
MAX_DEPTH = 20


class Definition(NamedTuple):
    """
    A table row as laid out: the edges of its cells in twips, one more than cells.

    ``across`` and ``down`` say for each cell "start", "continue" or nothing.
    """

    edges: tuple[int, ...]
    across: tuple[str, ...]
    down: tuple[str, ...]


Items = list[str | list[list[Box]]]


class _Open:
    """A table whose end has not been seen."""

    def __init__(self) -> None:
        self.rows: list[tuple[list[Items], Definition | None]] = []
        self.cells: list[Items] = []
        self.items: Items = []


class Tables:
    """Open tables, the outermost first: lines, cell ends and row ends put in order."""

    def __init__(self, builder: Builder) -> None:
        self._builder = builder
        self._open: list[_Open] = []
        self.uneven = 0

    def add_line(self, text: str, depth: int) -> None:
        """Add a paragraph that stands within ``depth`` tables."""
        self._go_to(depth)
        if depth:
            self._open[-1].items.append(text)
        else:
            self._builder.add_text(text)

    def end_cell(self, text: str, depth: int) -> None:
        """End a cell with its last line."""
        self.add_line(text, max(depth, 1))
        table = self._open[-1]
        table.cells.append(table.items)
        table.items = []

    def end_row(self, definition: Definition | None, depth: int) -> None:
        """End a row; a layout that does not fit its cells is counted as uneven."""
        self._go_to(max(depth, 1))
        table = self._open[-1]
        if definition and len(definition.edges) != len(table.cells) + 1:
            definition = None
        if table.cells:
            self.uneven += definition is None
            table.rows.append((table.cells, definition))
        table.cells, table.items = [], []

    def end(self) -> None:
        """Close what is still open."""
        self._go_to(0)

    def _go_to(self, depth: int) -> None:
        depth = min(depth, MAX_DEPTH)
        while len(self._open) < depth:
            self._open.append(_Open())
        while len(self._open) > depth:
            table = self._open.pop()
            if table.items:
                table.cells.append(table.items)
            if table.cells:
                self.uneven += 1
                table.rows.append((table.cells, None))
            boxes = _to_boxes(table.rows)
            if self._open:
                self._open[-1].items.append(boxes)
            else:
                self._builder.add_table(boxes)


def _to_boxes(rows: list[tuple[list[Items], Definition | None]]) -> list[list[Box]]:
    edges = _join_edges(
        edge for _, definition in rows if definition for edge in definition.edges
    )
    return [
        _place(cells, definition, edges)
        if definition
        else [Box(items, column) for column, items in enumerate(cells, 1)]
        for cells, definition in rows
    ]


def _join_edges(edges: object) -> list[int]:
    """The edges of a whole table, those that nearly meet taken as one."""
    joined: list[int] = []
    for edge in sorted(set(edges)):
        if not joined or edge - joined[-1] > SAME_EDGE:
            joined.append(edge)
    return joined[: MAX_COLUMNS + 1]


def _place(cells: list[Items], definition: Definition, edges: list[int]) -> list[Box]:
    # Each edge was joined to the last one not right of it.
    marks = [bisect_right(edges, edge) for edge in definition.edges]
    boxes: list[Box] = []
    for number, items in enumerate(cells):
        column, span = marks[number], marks[number + 1] - marks[number]
        if definition.across[number] == "continue" and boxes:
            before = boxes[-1]
            boxes[-1] = before._replace(colspan=before.colspan + span)
        elif span:
            boxes.append(Box(items, column, span, definition.down[number]))
    return boxes

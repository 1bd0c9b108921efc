"""Cells of a spreadsheet by row and column, and its numbers, to grids of text."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from decimal import Decimal
from typing import NamedTuple

import regex

from gi_tools.documents import Cell
from gi_tools.errors import ReadError
from gi_tools.readers.blocks import MAX_CELLS, Builder, clean_cell

TAIL = 30  # ruled empty rows kept at the end: a form's last row may be blank
Place = tuple[int, int]
Range = tuple[int, int, int, int]
_LITERAL = regex.compile(r'"[^"]*"|\[[^\]]*\]|\\.')
_DATES = {*range(14, 23), *range(27, 37), *range(45, 48), *range(50, 59)}
_PERCENTS = {9, 10}
_LAST_DAY = 2_950_000  # in the year 9976


class Sheet(NamedTuple):
    """
    One sheet: texts by (row, column) from 1, merged ranges, places with a border.

    A range is first row, first column, last row, last column.
    """

    name: str
    cells: dict[Place, str]
    merges: Collection[Range] = ()
    ruled: Collection[Place] = ()


def add_sheet(builder: Builder, sheet: Sheet) -> None:
    """Add the name of a sheet and its grid or lines; an empty sheet is left out."""
    cells = {place: text for place, text in sheet.cells.items() if text}
    if not cells:
        return
    height, width = _measure(sheet, cells, 0), _measure(sheet, cells, 1)
    if height * width > MAX_CELLS:
        raise ReadError(
            f"{builder.source.name}: sheet {sheet.name} has {height:,} rows and "
            f"{width:,} columns; delete what lies outside its tables"
        )
    builder.add_text(sheet.name)
    if width == 1 and not sheet.ruled:  # prose typed into a sheet, a line a cell
        for place in sorted(cells):
            builder.add_text(cells[place])
        return
    builder.add_grid(_to_rows(cells, sheet.merges, height, width), width)


def add_hidden_note(builder: Builder, name: str) -> None:
    """Say that a sheet nobody sees is not read."""
    builder.add_note(f"the hidden sheet {name} is left out")


def write_value(value: object) -> str:
    """Write a value as text: 947, 1.5, TRUE, 2021-01-31."""
    if isinstance(value, bool):
        return str(value).upper()
    if isinstance(value, float):
        # Fifteen digits, as Excel shows: what is beyond is binary dust.
        return format(Decimal(f"{value:.15g}").normalize(), "f")
    if isinstance(value, dt.datetime) and value.time() == dt.time():
        value = value.date()
    if isinstance(value, dt.date | dt.time):
        return value.isoformat()
    return clean_cell(str(value))


def find_number_kind(code: int, pattern: str) -> str:
    """What a number format shows: "date", "percent" or nothing of the kind."""
    if code in _DATES and not pattern:
        return "date"
    signs = _LITERAL.sub("", pattern).lower()
    if code in _PERCENTS or "%" in signs:
        return "percent"
    known = not signs or signs.startswith(("general", "standard"))
    return "" if known else "date" if set(signs) & set("ymdhs") else ""


def write_number(value: float, kind: str, from_1904: bool = False) -> str:
    """Write a number as its format means it; percentages with all their digits."""
    if kind == "percent":
        return write_value(value * 100) + "%"
    if kind == "date" and 0 <= value <= _LAST_DAY:
        start = dt.datetime(1904, 1, 1) if from_1904 else dt.datetime(1899, 12, 30)
        moment = start + dt.timedelta(seconds=round(value * 86_400))
        return write_value(moment.time() if value < 1 else moment)
    return write_value(value)


def _measure(sheet: Sheet, cells: Collection[Place], axis: int) -> int:
    """The last row or column with text, or merged or ruled right behind that."""
    last = max(place[axis] for place in cells)
    limit = last + TAIL
    for merge in sheet.merges:
        if merge[axis] <= last < merge[axis + 2] <= limit:
            last = merge[axis + 2]
    ruled = {place[axis] for place in sheet.ruled}
    while last < limit and last + 1 in ruled:
        last += 1
    return last


def _to_rows(
    cells: dict[Place, str],
    merges: Collection[Range],
    height: int,
    width: int,
) -> tuple[tuple[Cell, ...], ...]:
    spans, covered, area = {}, set(), 0
    for top, left, bottom, right in merges:
        bottom, right = min(bottom, height), min(right, width)
        area += max(bottom - top + 1, 0) * max(right - left + 1, 0)
        if area > 2 * MAX_CELLS:  # ranges over ranges: only malice makes them
            break
        places = {
            (row, column)
            for row in range(top, bottom + 1)
            for column in range(left, right + 1)
        }
        if places and not places & covered:
            spans[top, left] = bottom - top + 1, right - left + 1
            covered |= places
    covered -= spans.keys()
    return tuple(
        tuple(
            Cell(cells.get(at, ""), *at, *spans.get(at, (1, 1)))
            for at in ((row, column) for column in range(1, width + 1))
            if at not in covered
        )
        for row in range(1, height + 1)
    )

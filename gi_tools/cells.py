"""Facts to matrices: a row for each report, a column for each cell of its form."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy import ndarray
from pandas import DataFrame, Series

from gi_tools.codebook import indicators
from gi_tools.crosswalk import FORMS, SCALES, crosswalk
from gi_tools.errors import DataError
from gi_tools.facts import STATES
from gi_tools.frames import require

NEEDED = ("report_id", "agency", "region_code", "year", "form", "indicator",
          "applicant", "value", "unit", "state", "origin")  # fmt: skip
USED = ("reported", "derived", "corrected")  # states whose figure counts
# Words for one thing counted: a cell keeps its meaning whichever of them is printed.
COUNTS = frozenset("件条项次篇个宗份部期起场")
SIGNED = ".items_change"  # the only cells that may be less than zero


@dataclass(frozen=True)
class Cells:
    """
    What the tables of all reports say, ready to be added up.

    ``heads`` has a row for each report; ``low`` and ``high`` hold for each form the
    figures of its reports (``rows`` of heads) and cells: equal where a figure is
    known, else the bounds of what an empty cell may be. ``states`` counts the cells
    of each report by state.
    """

    heads: DataFrame
    rows: dict[str, ndarray]
    low: dict[str, ndarray]
    high: dict[str, ndarray]
    states: ndarray
    notes: list[tuple[str, str, str, str]]


class _Rows(NamedTuple):
    """The facts, the number of the report of each, and which may be used."""

    frame: DataFrame
    report: ndarray
    table: ndarray
    usable: ndarray


def list_cells(form: str) -> list[tuple[str, str | None]]:
    """List the cells of a form that the crosswalk asks for."""
    sums = (one.parts.get(form, ()) for one in crosswalk().values())
    return list(dict.fromkeys(part[:2] for parts in sums for part in parts))


def sort_cells(facts: DataFrame, bounds: DataFrame | None = None) -> Cells:
    """
    Sort the figures of the tables into matrices; prose is left to the reader.

    ``bounds`` (of ``repair``) says how low and high an empty cell may be. A cell
    printed twice with different figures, or in a unit it cannot have, is not used, and
    a note says so.
    """
    require(facts, "facts", NEEDED, "use those of gi.tabulate")
    notes: list[tuple[str, str, str, str]] = []
    heads, codes = _read_heads(facts)
    table = (facts["origin"] == "table").fillna(False).to_numpy(dtype=bool)
    if left := int((~table).sum()):
        zh = f"{left} 个正文中的数未入面板，面板只取表格"
        en = f"{left} figures of the prose are left out: a panel takes tables only"
        notes.append(("prose", "", zh, en))
    states = _encode(facts["state"], STATES)
    usable = np.isin(states, [STATES.index(state) for state in USED])
    tally = _count_states(codes[table], states[table], len(heads))
    rows, low, high = {}, {}, {}
    for form in FORMS:
        rows[form] = np.flatnonzero(heads["key"].to_numpy() == form)
        if len(rows[form]):
            mine = heads.iloc[rows[form]]
            found = _fill(_Rows(facts, codes, table, usable), form, mine, notes)
            low[form], high[form] = found, found.copy()
            _bound(low[form], high[form], form, mine, bounds)
    return Cells(heads, rows, low, high, tally, notes)


def _count_states(report: ndarray, states: ndarray, size: int) -> ndarray:
    at = (report * len(STATES) + states)[states >= 0]
    return np.bincount(at, minlength=size * len(STATES)).reshape(-1, len(STATES))


def _encode(column: Series, labels: Sequence) -> ndarray:
    """Give each value its place among the labels, -1 for any other."""
    if isinstance(column.dtype, pd.CategoricalDtype):
        codes, found = column.cat.codes.to_numpy(), list(column.cat.categories)
    else:
        codes, found = pd.factorize(column)
    place = {label: number for number, label in enumerate(labels)}
    places = [place.get(label, -1) for label in found] + [place.get(None, -1)]
    lut = np.array(places, dtype=np.int16)
    return lut[codes]  # a missing value has the code -1, the last place of the table


def _read_heads(facts: DataFrame) -> tuple[DataFrame, ndarray]:
    """One row for each report, and the number of its report for each fact."""
    column = facts["report_id"]
    if isinstance(column.dtype, pd.CategoricalDtype):
        codes = column.cat.codes.to_numpy()
    else:
        codes, _ = pd.factorize(column)
    if (codes < 0).any():
        raise DataError("facts: a row has no report_id; every fact needs its report")
    used = np.bincount(codes) > 0 if len(codes) else np.zeros(0, dtype=bool)
    codes, count = (np.cumsum(used, dtype=np.int32) - 1)[codes], int(used.sum())
    first = np.empty(count, dtype=np.int64)
    first[codes[::-1]] = np.arange(len(codes))[::-1]
    names = ["report_id", "agency", "region_code", "year", "form"]
    heads = facts[names].iloc[first].reset_index(drop=True)
    for name in ("report_id", "agency", "region_code", "form"):
        plain = heads[name]
        if pd.api.types.is_numeric_dtype(plain):  # a CSV reader took it for a number
            plain = plain.astype("Int64").astype("string")
        heads[name] = plain.astype(object).where(plain.notna(), None)
    heads["year"] = heads["year"].astype("Int64")
    return heads.assign(key=_find_keys(facts, heads, codes)), codes


def _find_keys(facts: DataFrame, heads: DataFrame, codes: ndarray) -> ndarray:
    """The codebook key of each report: a family before 2014 is told by its codes."""
    keys = heads["form"].to_numpy(dtype=object, copy=True)
    local = keys == "pre2014"
    if local.any():
        keys[local] = None
        mine = np.flatnonzero(local[codes])
        families = facts["indicator"].iloc[mine].astype(str).str.partition(".")[0]
        for family in FORMS[:2]:
            keys[codes[mine[(families == family).to_numpy()]]] = family
    keys[~np.isin(keys.astype(str), FORMS)] = None
    return keys


def _fill(rows: _Rows, form: str, heads: DataFrame, notes: list) -> ndarray:
    cells = list_cells(form)
    place = np.full(rows.report.max() + 1, -1)
    place[heads.index] = np.arange(len(heads))
    mine = np.flatnonzero(rows.table & (place[rows.report] >= 0))
    part = rows.frame[["indicator", "applicant", "value", "unit"]].iloc[mine]
    columns = _find_columns(part, cells)
    asked = columns >= 0
    part, columns, mine = part[asked], columns[asked], mine[asked]
    row = place[rows.report[mine]]
    values = part["value"].to_numpy(dtype=float, na_value=np.nan)
    values = np.where(rows.usable[mine], values, np.nan)
    factors = _find_factors(part["unit"], form, cells, columns)
    strange = np.isnan(factors) & ~np.isnan(values)
    values = values * factors
    matrix = np.full((len(heads), len(cells)), np.nan)
    matrix[row, columns] = values
    kept = matrix[row, columns]
    other = ~((kept == values) | (np.isnan(kept) & np.isnan(values)))
    matrix[row[other], columns[other]] = np.nan
    for kind, where in (("unit", strange), ("conflict", other)):
        ids = heads["report_id"].to_numpy()[row[where]]
        codes = [cells[column][0] for column in columns[where]]
        _note_cells(kind, form, dict.fromkeys(zip(ids, codes, strict=True)), notes)
    return matrix


def _find_columns(part: DataFrame, cells: Sequence) -> ndarray:
    """The column of each fact among the cells of a form, -1 for one not asked for."""
    names = list(dict.fromkeys(code for code, _ in cells))
    people = list(dict.fromkeys(who for _, who in cells))
    lut = np.full((len(names) + 1, len(people) + 1), -1)
    for number, (code, who) in enumerate(cells):
        lut[names.index(code), people.index(who)] = number
    return lut[_encode(part["indicator"], names), _encode(part["applicant"], people)]


def _find_factors(
    units: Series, form: str, cells: Sequence, columns: ndarray
) -> ndarray:
    """What each figure is worth in the unit of its cell; NaN for an unlike unit."""
    expected = [indicators()[form, code].unit for code, _ in cells]
    money = [pair[0] for pair in SCALES]
    names = list(dict.fromkeys([*expected, *money, *sorted(COUNTS), None]))
    lut = np.full((len(names) + 1, len(cells)), np.nan)
    for number, unit in enumerate(expected):
        for place, name in enumerate(names):
            alike = name in (unit, None) or {name, unit} <= COUNTS
            lut[place, number] = 1 if alike else SCALES.get((name, unit), np.nan)
    return lut[_encode(units, names), columns]


def _bound(
    low: ndarray, high: ndarray, form: str, heads: DataFrame, bounds: DataFrame | None
) -> None:
    """Open the empty cells from zero upwards, or as far as the bounds known go."""
    empty = np.isnan(low)
    low[empty], high[empty] = 0, np.inf
    signed = [code.endswith(SIGNED) for code, _ in list_cells(form)]
    low[:, signed] = np.where(empty, -np.inf, low)[:, signed]
    if bounds is None or not len(bounds):
        return
    place = {name: n for n, name in enumerate(heads["report_id"])}
    columns = _find_columns(bounds, list_cells(form))
    row = np.array([place.get(name, -1) for name in bounds["report_id"]])
    known = (columns >= 0) & (row >= 0)
    known[known] = empty[row[known], columns[known]]
    at = row[known], columns[known]
    least = bounds["low"].to_numpy(dtype=float, na_value=-np.inf)[known]
    low[at] = np.maximum(low[at], least)
    high[at] = bounds["high"].to_numpy(dtype=float, na_value=np.inf)[known]


CELL_NOTES = {
    "conflict": ("出现两次而数不同，未采用", "twice with different figures, not used"),
    "unit": ("单位与该格不符，未采用", "in a unit the cell cannot have, not used"),
}


def _note_cells(kind: str, form: str, cells: dict, notes: list) -> None:
    """Count the cells left out for one reason and name some of them."""
    if cells:
        some = "; ".join(" ".join(cell) for cell in list(cells)[:5])
        some += "; …" if len(cells) > 5 else ""
        zh, en = CELL_NOTES[kind]
        told = f"{len(cells)} 个单元格{zh}：{some}", f"{len(cells)} cells {en}: {some}"
        notes.append((kind, form, *told))

"""Reports to facts: one row per figure, with its state and its place."""

from __future__ import annotations

import io
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache, partial
from typing import TYPE_CHECKING, NamedTuple

from gi_tools.documents import Spot
from gi_tools.errors import DataError
from gi_tools.exports import write_csv
from gi_tools.frames import require
from gi_tools.memory import hold_collector
from gi_tools.reports import Report

if TYPE_CHECKING:
    from pandas import DataFrame, Index

STATES = ("reported", "blank", "dash", "none_text", "unreadable", "absent")
STATES += ("derived", "corrected")  # by the rules, by a person


class Fact(NamedTuple):
    """One row of the facts frame; ``value`` is None unless a number is on paper."""

    report_id: str
    agency: str | None
    region_code: str | None
    year: int | None
    form: str | None
    indicator: str
    applicant: str | None
    value: int | float | None
    unit: str
    state: str
    raw: str
    origin: str
    place: str


_make_fact = partial(tuple.__new__, Fact)  # as ``to_cell``
COLUMNS = list(Fact._fields)
NULLABLE = ("agency", "region_code", "year", "form", "applicant", "value")
_PLAIN = {str, int, type(None)}


@hold_collector()
def tabulate(reports: Report | Iterable[Report]) -> DataFrame:
    """
    Put the figures of one or many reports into one frame, a row each.

    Columns are those of ``Fact``. ``value`` is a nullable Float64: a cell without a
    number is <NA>, never zero. Cells that a table of the form should have and the
    document lacks come with the state absent.
    """
    reports = [reports] if isinstance(reports, Report) else list(reports)
    return to_frame([row for report in reports for row in _list_rows(report, True)])


def to_frame(facts: Sequence[tuple]) -> DataFrame:
    """Put plain facts into the frame that ``tabulate`` gives."""
    import numpy as np
    import pandas as pd

    texts = np.empty((len(COLUMNS), len(facts)), dtype=object)
    for line, column in zip(texts, zip(*facts, strict=True), strict=bool(facts)):
        line[:] = column
    # The labels are hashed once; a view of them keeps one frame's names its own.
    frame = pd.DataFrame(texts.T, columns=_labels().view(), dtype=object, copy=False)
    arrays = pd.arrays.IntegerArray, pd.arrays.FloatingArray
    for name, kind, to in zip(("year", "value"), arrays, ("int64", float), strict=True):
        place = COLUMNS.index(name)
        empty = np.equal(texts[place], None).astype(bool)
        values = np.where(empty, 1, texts[place]).astype(to)
        frame.isetitem(place, kind(values, empty))
    return frame


@cache
def _labels() -> Index:
    import pandas as pd

    return pd.Index(COLUMNS)


def iterate(frame: DataFrame, names: Sequence[str]) -> Iterator[tuple]:
    """
    Yield the rows of a facts frame as tuples of some columns, missing values as None.

    Raises DataError where a column is lacking.
    """
    require(frame, "facts", names, "use the frame of gi.tabulate")
    import pandas as pd

    # All columns at once: to ask a frame for them one by one takes longer.
    heads, lists = frame.columns.tolist(), frame.to_numpy(dtype=object).T.tolist()
    na, columns = pd.NA, []
    for name in names:
        values = lists[heads.index(name)]
        if name in NULLABLE and not {*map(type, values)} <= _PLAIN:
            values = [None if v is na or v is None or v != v else v for v in values]
        columns.append(values)
    return zip(*columns, strict=True)


def to_facts(report: Report, *, absent: bool = True) -> Iterator[Fact]:
    """
    List the facts of one report: table cells first, then figures stated in prose.

    ``absent`` adds the cells that a table of the document lacks.
    """
    return map(_make_fact, _list_rows(report, absent))


def _list_rows(report: Report, absent: bool) -> list[tuple]:
    who, locate = report.identity, report.document.locate
    code = who.region.code if who.region else None
    head = report.report_id, who.agency, code, who.year, report.form
    rows = [head + f[:6] + ("table", locate(f[6])) for f in report.figures]
    for claim in report.claims:
        if claim.indicator:
            state = "unreadable" if claim.value is None else "reported"
            found = (claim.indicator, None, claim.value, claim.unit, state, claim.raw)
            rows.append((*head, *found, "prose", locate(claim.place)))
    for name, applicant, unit in report.absent if absent else ():
        rows.append((*head, name, applicant, None, unit, "absent", "", "table", ""))
    return rows


def add_confidence(facts: DataFrame, reports: Iterable[Report]) -> DataFrame:
    """Add ``confidence``: how surely each cell was recognised in a picture, else 1."""
    known = {}
    for report in reports:
        for grid in report.document.grids:
            for cell in (cell for row in grid.rows for cell in row):
                if cell.confidence < 1:
                    spot = Spot(grid.number, cell.row, cell.column)
                    where = report.document.locate(spot)
                    known[report.report_id, where] = cell.confidence
    keys = zip(facts["report_id"], facts["place"], strict=True)
    return facts.assign(confidence=[known.get(key, 1.0) for key in keys])


def set_values(
    frame: DataFrame, values: Mapping[int, float | None], state: str
) -> DataFrame:
    """Copy a facts frame with new values, and one state for them, by row position."""
    import pandas as pd

    found, places = frame.copy(), list(values)
    numbers = pd.array(found["value"].tolist(), dtype="Float64")
    numbers[places] = pd.array(list(values.values()), dtype="Float64")
    states = found["state"].to_numpy(dtype=object, copy=True)
    states[places] = state
    kind = found["state"].dtype
    kind = object if isinstance(kind, pd.CategoricalDtype) else kind
    found.isetitem(found.columns.get_loc("value"), numbers)
    states = pd.Series(states, dtype=kind, index=found.index)
    found.isetitem(found.columns.get_loc("state"), states)
    return found


def encode_facts(frame: DataFrame, kind: str = "csv") -> bytes:
    """
    Write a facts frame as bytes that are the same for the same facts: csv or jsonl.

    Columns in the order of ``Fact``, rows as given, UTF-8, whole numbers without a
    point; a cell without a number is empty in CSV and null in JSON.
    """
    rows = [Fact._make(row) for row in iterate(frame, COLUMNS)]
    rows = [row._replace(value=_shorten(row.value)) for row in rows]
    if kind == "jsonl":
        lines = (json.dumps(row._asdict(), ensure_ascii=False) for row in rows)
        return "".join(line + "\n" for line in lines).encode()
    if kind != "csv":
        raise DataError(f"unknown kind {kind!r}; use csv or jsonl")
    out = io.StringIO()
    write_csv([COLUMNS, *rows], out)
    return out.getvalue().encode()


def _shorten(value: float | None) -> float | int | None:
    return int(value) if value is not None and value == int(value) else value

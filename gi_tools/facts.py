"""Reports to facts: one row per figure, with its state and its place."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cache
from itertools import chain
from typing import TYPE_CHECKING, NamedTuple

from gi_tools.reports import Report

if TYPE_CHECKING:
    from pandas import DataFrame, Index

STATES = (
    "reported",
    "blank",
    "dash",
    "none_text",
    "unreadable",
    "absent",
    "derived",
    "corrected",
)


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


COLUMNS = list(Fact._fields)


def tabulate(reports: Report | Iterable[Report]) -> DataFrame:
    """
    Put the figures of one or many reports into one frame, a row each.

    Columns are those of ``Fact``. ``value`` is a nullable Float64: a cell without a
    number is <NA>, never zero. Cells that a table of the form should have and the
    document lacks come with the state absent.
    """
    import numpy as np
    import pandas as pd

    reports = [reports] if isinstance(reports, Report) else list(reports)
    parts = [_list_rows(report, True) for report in reports]
    heads = [head for head, rows in parts for _ in rows]
    rows = chain.from_iterable(rows for _, rows in parts)
    texts = np.empty((len(COLUMNS), len(heads)), dtype=object)
    columns = chain(zip(*heads, strict=True), zip(*rows, strict=True))
    for line, column in zip(texts, columns, strict=bool(heads)):
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


def to_facts(report: Report, *, absent: bool = True) -> Iterator[Fact]:
    """
    List the facts of one report: table cells first, then figures stated in prose.

    ``absent`` adds the cells that a table of the document lacks.
    """
    head, rows = _list_rows(report, absent)
    return (Fact(*head, *row) for row in rows)


def _list_rows(report: Report, absent: bool) -> tuple[tuple, list[tuple]]:
    """What all facts of a report share, and the rest of each."""
    who, locate = report.identity, report.document.locate
    code = who.region.code if who.region else None
    rows = [(*f[:6], "table", locate(f.place)) for f in report.figures]
    for claim in report.claims:
        if claim.indicator:
            state = "unreadable" if claim.value is None else "reported"
            found = (claim.indicator, None, claim.value, claim.unit, state, claim.raw)
            rows.append((*found, "prose", locate(claim.place)))
    for name, applicant, unit in report.absent if absent else ():
        rows.append((name, applicant, None, unit, "absent", "", "table", ""))
    return (report.report_id, who.agency, code, who.year, report.form), rows

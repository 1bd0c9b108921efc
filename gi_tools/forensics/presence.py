"""Bodies and years in, a register of the reports that are there and those missing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from pandas import DataFrame

from gi_tools.forensics.lineage import Body, find_body
from gi_tools.forensics.traces import Trace, frame_traces, to_trace
from gi_tools.frames import require, to_frame, to_rows
from gi_tools.regions import NOW, history

FIRST = 2008  # the Regulation of 2007 (国令492) asks for reports from then on
NEEDED = ("report_id", "agency", "region_code", "year")


class Presence(NamedTuple):
    """
    One body and year; ``status`` is present, missing or not_expected, with the reason.

    Reasons: not_established, merged (``successors`` says into what), before_regulation,
    absent. A report full of zeros is present.
    """

    agency: str
    region_code: str | None
    year: int
    status: str
    reason: str
    successors: str
    report_id: str | None


def register_reports(
    reports: DataFrame,
    bodies: DataFrame | None = None,
    years: Iterable[int] | None = None,
) -> DataFrame:
    """
    List every expected body and year, whether its report is there, and if not why.

    ``reports`` is the frame of ``gi.list_reports``. ``bodies`` has agency, region_code
    and, where known, start and end (years). Without it the bodies are those seen, and
    without ``years`` too each is expected from the first to the last year it was seen:
    who never reported, or stopped, is not known then. Columns are those of
    ``Presence``.
    Whether a place stood in a year comes from codebooks/divisions.csv.
    """
    require(reports, "reports", NEEDED)
    seen = [row for row in to_rows(reports[list(NEEDED)]) if row[1] and row[3]]
    there = {(_find_body(row[1], row[2]), row[3]): row for row in seen}
    span = {row[3] for row in seen}
    if (wanted := years) is None:
        wanted = range(min(span, default=0), max(span, default=-1) + 1)
    rows = list(_register(_list_bodies(seen, bodies), sorted(wanted), there))
    if bodies is None and years is None:
        rows = _trim(rows)
    return to_frame(rows, Presence).astype({"year": "Int64"})


def find_missing(
    reports: DataFrame,
    bodies: DataFrame | None = None,
    years: Iterable[int] | None = None,
) -> DataFrame:
    """Find the reports that should be there and are not, one soft finding a body."""
    register = register_reports(reports, bodies, years)
    expected = register[register["status"] != "not_expected"]
    traces = []
    for _, group in expected.groupby(
        ["agency", "region_code"], sort=False, dropna=False
    ):
        gaps = [Presence(*row) for row in to_rows(group[group["status"] == "missing"])]
        if gaps:
            traces.append(_tell(gaps, len(group)))
    return frame_traces(traces, len(expected))


def _tell(gaps: list[Presence], n: int) -> Trace:
    zh = f"{n} 个应有年度中有 {len(gaps)} 个没有找到报告"
    en = f"no report was found for {len(gaps)} of {n} years"
    return to_trace("missing", "soft", gaps, (zh, en), n, float(len(gaps)))


def _list_bodies(seen: list[tuple], bodies: DataFrame | None) -> list[tuple]:
    """Give agency, code, first and last year; the last name of a body stands for it."""
    if bodies is None:
        last = {
            _find_body(a, c): (a, c) for _, a, c, y in sorted(seen, key=lambda r: r[3])
        }
        return [(agency, code, None, None) for agency, code in last.values()]
    require(bodies, "bodies", ("agency", "region_code"))
    names = ["agency", "region_code", "start", "end"]
    return list(to_rows(bodies.reindex(columns=names)))


def _trim(rows: list[Presence]) -> list[Presence]:
    """Keep the years of each body from the first to the last it was seen in."""
    seen: dict[tuple, list[int]] = {}
    for row in rows:
        if row.status == "present":
            seen.setdefault(row[:2], []).append(row.year)
    return [row for row in rows if min(seen[row[:2]]) <= row.year <= max(seen[row[:2]])]


def _find_body(agency: str | None, code: str | None) -> Body | None:
    # Bodies that became one were two before: each had its own report to make.
    return find_body(agency, code, merged=False)


def _register(
    bodies: list[tuple], years: list[int], there: dict[tuple, tuple]
) -> Iterator[Presence]:
    for agency, code, start, end in bodies:
        body = _find_body(agency, code)
        for year in years:
            found = there.get((body, year))
            if found:
                yield Presence(agency, code, year, "present", "", "", found[0])
                continue
            reason, after = _find_reason(code, year, start, end)
            status = "missing" if reason == "absent" else "not_expected"
            yield Presence(agency, code, year, status, reason, after, None)


def _find_reason(
    code: str | None, year: int, start: int | None, end: int | None
) -> tuple[str, str]:
    if year < FIRST:
        return "before_regulation", ""
    if start and year < start:
        return "not_established", ""
    if end and year > end:
        return "merged", ""
    units = history(code) if code else []
    own = [unit for unit in units if unit.code == code]
    # A place that others went into whole stood before under their codes.
    before = [
        unit.start for unit in units if unit.code == code or code in unit.successors
    ]
    if before and year < min(before):
        return "not_established", ""
    last = max(own, key=lambda unit: unit.end, default=None)
    if last and last.end != NOW and year > last.end:
        return "merged", " ".join(last.successors)
    return "absent", ""

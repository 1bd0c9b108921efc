"""The day a report bears and the day it was due, by law and by local rule."""

from __future__ import annotations

from datetime import date as Date
from functools import cache
from typing import Any, NamedTuple

import regex
from pandas import DataFrame

from gi_tools.agencies import is_town
from gi_tools.errors import CodebookError
from gi_tools.forensics.traces import Trace, frame_traces, to_trace
from gi_tools.frames import require, to_frame, to_rows
from gi_tools.knowledge import CODEBOOKS, read_toml

DOUBTFUL = 400  # days after the year covered, past which a page was likely re-posted
NEEDED = ("report_id", "agency", "level", "region_code", "year", "published")


class Delay(NamedTuple):
    """
    One report's day; ``days`` are those after ``due``, negative when early.

    ``confidence``: page (the day a page or signature bears, maybe of a later posting),
    doubtful (before the year was over, or long after) or none (no day).
    ``verdict``: on_time, late or unknown. ``local_due`` is an earlier day that a place
    set for itself; it has no part in the verdict.
    """

    report_id: str
    agency: str | None
    region_code: str | None
    year: int | None
    body: str | None
    published: str | None
    due: str | None
    days: int | None
    verdict: str
    confidence: str
    local_due: str | None
    local_days: int | None
    norm: str
    norm_en: str


def measure_delays(reports: DataFrame) -> DataFrame:
    """
    Measure how long after its legal day each report bears its date.

    ``reports`` is the frame of ``gi.list_reports``; columns are those of ``Delay``.
    Source of the days: codebooks/deadlines.toml.
    """
    require(reports, "reports", NEEDED)
    rows = [_measure(*row) for row in to_rows(reports[list(NEEDED)])]
    return to_frame(rows, Delay)


def find_late(reports: DataFrame) -> DataFrame:
    """
    Find the reports that bear a day after the legal one; all soft, ``value`` in days.

    ``n`` is the number of reports of which day and deadline are known.
    """
    delays = measure_delays(reports)
    known = int((delays["verdict"] != "unknown").sum())
    late = delays[delays["verdict"] == "late"]
    return frame_traces((_tell(Delay(*row), known) for row in to_rows(late)), known)


def _tell(row: Delay, n: int) -> Trace:
    zh = f"页面日期 {row.published} 晚于期限 {row.due} {row.days} 天（{row.norm}）"
    zh += "；页面或为重新发布"
    en = f"dated {row.published}, {row.days} days after {row.due} ({row.norm_en})"
    en += "; the page may have been posted again"
    figures = f"{row.published} > {row.due}"
    return to_trace("late", "soft", [row], (zh, en), n, float(row.days or 0), figures)


def find_kind(agency: str | None, level: str | None) -> str | None:
    """Tell government, office, town and department apart; None without a name."""
    if not agency:
        return None
    if level == "national":
        return "department"
    if is_town(agency):
        return "town"
    kinds = _knowledge()["bodies"].items()
    return next((kind for kind, end in kinds if end.search(agency)), "department")


def _measure(
    report_id: str,
    agency: str | None,
    level: str | None,
    code: str | None,
    year: int | None,
    published: str | None,
) -> Delay:
    kind, year = find_kind(agency, level), int(year) if year else None
    law = _find("deadlines", kind, year, code, level)
    local = _find("local", kind, year, code, level)
    day, due, own = _to_date(published), _to_due(law, year), _to_due(local, year)
    confidence = "none"
    if day and year:
        gone = (day - Date(year, 12, 31)).days
        confidence = "page" if 0 < gone <= DOUBTFUL else "doubtful"
    days = (day - due).days if day and due else None
    sure = days is not None and confidence == "page"
    verdict = ("late" if days > 0 else "on_time") if sure else "unknown"
    local_days = (day - own).days if day and own else None
    head = (report_id, agency, code, year, kind, published)
    head += (due and due.isoformat(), days)
    tail = (own and own.isoformat(), local_days, law.get("zh", ""), law.get("en", ""))
    return Delay(*head, verdict, confidence, *tail)


def _find(
    table: str, kind: str | None, year: int | None, code: str | None, level: str | None
) -> dict[str, Any]:
    for entry in _knowledge()[table]:
        first, last = (*entry["years"], 9999)[:2]
        if kind not in entry["bodies"] or not year or not first <= year <= last:
            continue
        if not (code or "").startswith(entry.get("region", "")):
            continue
        if entry.get("level", level) == level:
            return entry
    return {}


def _to_due(entry: dict[str, Any], year: int | None) -> Date | None:
    return _to_date(f"{year + 1}-{entry['due']}") if entry and year else None


def _to_date(text: str | None) -> Date | None:
    try:
        return Date.fromisoformat(text) if text else None
    except ValueError:
        return None


@cache
def _knowledge() -> dict[str, Any]:
    data = read_toml(CODEBOOKS / "deadlines.toml")
    ends = {kind: regex.compile(end) for kind, end in data["bodies"].items()}
    for entry in (*data["deadlines"], *data["local"]):
        verify_entry(entry, {*ends, "town", "department"})
    return data | {"bodies": ends}


def verify_entry(entry: dict[str, Any], kinds: set[str]) -> None:
    """Raise CodebookError for a deadline of unknown bodies, or of no day or years."""
    place = f"deadlines.toml, {entry.get('bodies')} {entry.get('years')}"
    years = entry.get("years", [])
    if not entry.get("bodies") or not kinds.issuperset(entry["bodies"]):
        raise CodebookError(f"{place}: bodies must be of {sorted(kinds)}")
    if len(years) not in (1, 2) or years != sorted(years):
        raise CodebookError(f"{place}: give the first report year, and perhaps a last")
    if _to_date(f"2000-{entry.get('due')}") is None or "source" not in entry:
        raise CodebookError(f"{place}: give due as MM-DD and a source, empty if none")

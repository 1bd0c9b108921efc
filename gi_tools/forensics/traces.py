"""What the forensics find, a row each, and the figures of reports they look at."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from pandas import DataFrame

from gi_tools.frames import require, to_frame, to_rows

JOINT = "; "


class Trace(NamedTuple):
    """
    One finding; ``severity`` is hard (reports contradict one another) or soft.

    Soft is what is unusual and may be lawful. Several agencies, region codes, years and
    report ids are joined by "; ". ``value`` is a gap, a share, days or a p-value, as
    the kind says; ``n`` is the number of comparisons behind the finding.
    """

    kind: str
    severity: str
    agency: str
    region_code: str
    years: str
    report_ids: str
    figures: str
    value: float | None
    n: int
    message: str
    message_en: str


class Sheet(NamedTuple):
    """The numbers in the table cells of one report, and whose they are."""

    report_id: str
    agency: str | None
    region_code: str | None
    year: int | None
    form: str
    values: dict[tuple[str, str | None], float]


def frame_traces(traces: Iterable[Trace], comparisons: int) -> DataFrame:
    """Put findings into a frame; ``attrs["comparisons"]`` is how many were made."""
    frame = to_frame(traces, Trace)
    frame.attrs["comparisons"] = comparisons
    return frame


def to_trace(
    kind: str,
    severity: str,
    sheets: Iterable,
    told: tuple[str, str],
    n: int,
    value: float | None = None,
    figures: str = "",
) -> Trace:
    """
    Make a finding about reports: anything with agency, region, year and id.

    ``told`` is the message in Chinese and in English.
    """
    sheets = list(sheets)
    columns = ("agency", "region_code", "year", "report_id")
    joined = (
        JOINT.join(dict.fromkeys(str(v) for s in sheets if (v := getattr(s, name))))
        for name in columns
    )
    return Trace(kind, severity, *joined, figures, value, n, *told)


def to_sheets(facts: DataFrame) -> list[Sheet]:
    """List the numbers of the tables by report; DataError for columns that lack."""
    names = ["report_id", "agency", "region_code", "year", "form"]
    names += ["indicator", "applicant", "value", "origin"]
    require(facts, "facts", names)
    kept = facts.loc[(facts["origin"] == "table") & facts["value"].notna(), names]
    heads: dict[str, Sheet] = {}
    everyone = facts.loc[facts["origin"] == "table", names[:5]].drop_duplicates(
        "report_id"
    )
    for row in to_rows(everyone):
        heads[row[0]] = Sheet(*row, {})
    for report_id, *_, code, who, value, _ in to_rows(kept):
        heads[report_id].values[code, who] = float(value)
    return list(heads.values())

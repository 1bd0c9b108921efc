"""Reports to a statement of their quality: every kind of evidence apart, no score."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from gi_tools import forensics
from gi_tools.agreement import compare_claims
from gi_tools.checks import VERDICTS, check
from gi_tools.facts import STATES, tabulate
from gi_tools.quality_pages import explode, to_html, to_markdown
from gi_tools.registers import list_claims, list_reports, list_sections
from gi_tools.reports import Report

if TYPE_CHECKING:
    from pandas import DataFrame

KEY = ("report_id", "file", "agency", "region_code", "year", "form")


@dataclass(frozen=True)
class Quality:
    """
    What is known of the quality of reports; nothing here is added up to one score.

    ``reports`` has a row per report and a column per count: states of cells, verdicts
    of checks (those of soft rules apart), suspects, claims, delay, reuse of text and
    findings across years. ``findings``, ``suspects``, ``claims`` and ``traces`` are
    the frames behind it.
    """

    reports: DataFrame = field(repr=False)
    findings: DataFrame = field(repr=False)
    suspects: DataFrame = field(repr=False)
    claims: DataFrame = field(repr=False)
    traces: DataFrame = field(repr=False)

    def to_html(self, lang: str = "zh") -> str:
        """Write one page that needs no network; all text of reports is escaped."""
        return to_html(self, lang)

    def to_markdown(self, lang: str = "zh") -> str:
        """Write the same as Markdown."""
        return to_markdown(self, lang)

    def _repr_html_(self) -> str:
        return to_html(self, "zh", whole=False)


def assess(
    reports: Report | Iterable[Report],
    facts: DataFrame | None = None,
    suspects: DataFrame | None = None,
) -> Quality:
    """
    Gather what is known of the quality of reports, each alone and across years.

    ``facts`` and ``suspects`` are those of ``gi.repair`` or of an edit log applied.
    Raises DataError for facts that lack columns.
    """
    import pandas as pd

    reports = [reports] if isinstance(reports, Report) else list(reports)
    facts = tabulate(reports) if facts is None else facts
    register = list_reports(reports)
    findings = check(facts).frame
    sections = list_sections(reports)
    claims = compare_claims(list_claims(reports), facts, sections)
    reuse = forensics.measure_reuse(sections, register)
    delays = forensics.measure_delays(register)
    found = [
        forensics.trace_chains(facts),
        forensics.find_repeats(facts),
        forensics.find_copied(reuse),
        forensics.find_late(register),
        forensics.find_missing(register),
        forensics.find_odd_digits(forensics.measure_digits(facts)),
    ]
    traces = pd.concat(found, ignore_index=True)
    if suspects is None:
        suspects = pd.DataFrame(columns=["report_id", "indicator", "status"])
    columns = [
        _count(facts[facts["origin"] == "table"], "state", STATES),
        _count_checks(findings),
        _count(suspects, "status", ("unique", "ambiguous")),
        _count(claims, "verdict", ("agree", "differ", "unclear", "no_cell")),
        _count_traces(traces),
        delays.set_index("report_id")[["days", "confidence"]],
        reuse.set_index("report_id")[["common", "own", "other"]],
    ]
    rows = register.drop_duplicates("report_id").set_index("report_id")[list(KEY[1:])]
    for column in columns:
        rows = rows.join(column[~column.index.duplicated()])
    counts = [name for column in columns[:5] for name in column]
    rows[counts] = rows[counts].fillna(0).astype(int)
    return Quality(rows.reset_index(), findings, suspects, claims, traces)


def _count(frame: DataFrame, name: str, values: Iterable[str]) -> DataFrame:
    """Count the values of a column by report; a report without any has 0."""
    found = frame.groupby(["report_id", name]).size().unstack(fill_value=0)
    return found.reindex(columns=list(values), fill_value=0)


def _count_checks(findings: DataFrame) -> DataFrame:
    verdicts = findings["verdict"].where(
        (findings["severity"] != "note") | (findings["verdict"] != "fail"), "soft_fail"
    )
    return _count(
        findings.assign(verdict=verdicts), "verdict", (*VERDICTS, "soft_fail")
    )


def _count_traces(traces: DataFrame) -> DataFrame:
    """Count hard and soft findings by each report they are about."""
    return _count(explode(traces), "severity", ("hard", "soft"))

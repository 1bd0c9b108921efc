"""Reports to a statement of their quality: every kind of evidence apart, no score."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

import pandas as pd
from pandas import DataFrame

from gi_tools import forensics
from gi_tools.agreement import compare_claims
from gi_tools.checks import VERDICTS, check
from gi_tools.facts import STATES, tabulate
from gi_tools.quality_pages import explode, to_html, to_markdown
from gi_tools.registers import list_claims, list_reports, list_sections
from gi_tools.repairs import repair
from gi_tools.reports import Report

KEY = ("report_id", "file", "agency", "region_code", "year", "form")


@dataclass(frozen=True)
class Quality:
    """
    What is known of the quality of reports; nothing here is added up to one score.

    ``reports`` has a row per report and a column per count: states of cells, verdicts
    of checks on what is printed (those of soft rules apart), suspects, claims, delay,
    reuse of text and findings across years. ``findings``, ``suspects``, ``claims`` and
    ``traces`` are the frames behind it.
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

    ``facts`` and ``suspects`` are those of ``gi.repair``, which is asked for both when
    no facts are given; of facts with edits applied give what repair makes of them.
    Suspects that were not looked for have no count. Raises DataError for facts that
    lack columns.
    """
    reports = [reports] if isinstance(reports, Report) else list(reports)
    if facts is None:
        repaired = repair(tabulate(reports))
        facts, suspects = repaired.facts, repaired.suspects
    registers = (list_reports(reports), list_claims(reports), list_sections(reports))
    return assess_frames(facts, *registers, suspects)


def assess_frames(
    facts: DataFrame,
    reports: DataFrame,
    claims: DataFrame,
    sections: DataFrame,
    suspects: DataFrame | None = None,
) -> Quality:
    """
    Do what ``assess`` does with the frames of a corpus, where no report is at hand.

    ``reports``, ``claims`` and ``sections`` are the registers of the same reports.
    """
    # A blank that a rule has proved passes that rule by itself: it is left out here.
    printed = facts["value"].mask(facts["state"] == "derived")
    findings = check(facts.assign(value=printed)).frame
    compared = compare_claims(claims, facts, sections)
    reuse = forensics.measure_reuse(sections, reports)
    delays = forensics.measure_delays(reports)
    found = [
        forensics.trace_chains(facts),
        forensics.find_repeats(facts),
        forensics.find_copied(reuse),
        forensics.find_late(reports),
        forensics.find_missing(reports),
        forensics.find_odd_digits(forensics.measure_digits(facts)),
    ]
    traces = pd.concat(found, ignore_index=True)
    looked = suspects is not None
    if not looked:
        suspects = pd.DataFrame(columns=["report_id", "indicator", "status"])
    counts = [
        _count(facts[facts["origin"] == "table"], "state", STATES),
        _count_checks(findings),
        _count_suspects(suspects),
        _count(compared, "verdict", ("agree", "differ", "unclear", "no_cell")),
        _count_traces(traces),
    ]
    measures = [
        delays.set_index("report_id")[["days", "confidence"]],
        reuse.set_index("report_id")[["common", "own", "other"]],
    ]
    rows = _join(reports, counts, measures)
    if not looked:
        rows[["unique", "ambiguous"]] = pd.NA
    return Quality(rows, findings, suspects, compared, traces)


def _join(
    reports: DataFrame, counts: list[DataFrame], measures: list[DataFrame]
) -> DataFrame:
    """Put a row per report; what was counted nowhere is 0, what has no value is not."""
    rows = reports.drop_duplicates("report_id").set_index("report_id")[list(KEY[1:])]
    for count in counts:
        rows = rows.join(count)
        rows[list(count)] = rows[list(count)].fillna(0).astype(int)
    for measure in measures:
        rows = rows.join(measure[~measure.index.duplicated()])
    return rows.reset_index()


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


def _count_suspects(suspects: DataFrame) -> DataFrame:
    """Count the changes that may be due, not the ways in which each could be made."""
    if "group" in suspects:
        suspects = suspects.drop_duplicates(["report_id", "group"])
    return _count(suspects, "status", ("unique", "ambiguous"))


def _count_traces(traces: DataFrame) -> DataFrame:
    """Count hard and soft findings by each report they are about."""
    return _count(explode(traces), "severity", ("hard", "soft"))

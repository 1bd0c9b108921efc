"""Reports to registers: a row a report, a section, a figure or a naming in prose."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, NamedTuple

from gi_tools.frames import to_frame
from gi_tools.reports import Report

if TYPE_CHECKING:
    from pandas import DataFrame


class Entry(NamedTuple):
    """Who reports on what, in which bytes; None where the document is silent."""

    report_id: str
    file: str
    sha256: str
    format: str
    charset: str
    title: str | None
    agency: str | None
    level: str | None
    region_code: str | None
    province: str | None
    city: str | None
    county: str | None
    year: int | None
    form: str | None
    form_key: str | None
    period_start: str | None
    period_end: str | None
    published: str | None
    unmatched: int


class SectionRow(NamedTuple):
    """One section of a report in reading order, with the text under its heading."""

    report_id: str
    order: int
    level: int
    heading: str
    place: str
    text: str


class ClaimRow(NamedTuple):
    """One figure that the prose states; ``parent`` is the order of its total."""

    report_id: str
    order: int
    indicator: str | None
    value: float | None
    unit: str
    kind: str
    approximate: bool
    denominator: str | None
    parent: int | None
    raw: str
    quote: str
    place: str


class NamingRow(NamedTuple):
    """
    One instrument, duty date, problem or measure that the prose names (``kind``).

    ``name`` is the instrument's or what is said, ``number`` its number; a duty says
    which one it is and its ISO ``date``.
    """

    report_id: str
    order: int
    kind: str
    name: str | None
    number: str | None
    duty: str | None
    date: str | None
    raw: str
    place: str


def to_entry(report: Report) -> Entry:
    """Describe one report in a row."""
    source, who = report.document.source, report.identity
    region = who.region
    place = region and (region.code, region.province, region.city, region.county)
    bytes_ = source.name, source.sha256, source.format, source.charset
    body = who.title, who.agency, who.level, *(place or (None,) * 4)
    form = who.year, report.form, report.form_key, *(who.period or (None, None))
    rest = who.published, len(report.unmatched)
    return Entry(report.report_id, *bytes_, *body, *form, *rest)


def to_section_rows(report: Report) -> Iterator[SectionRow]:
    """List the sections; the text of a section is that before its first child."""
    document = report.document
    for order, section in enumerate(report.walk_sections()):
        last = section.children[0].first if section.children else section.last
        blocks = document.blocks[section.first + 1 : last]
        text = "\n".join(block.text for block in blocks if hasattr(block, "text"))
        where = document.locate(section.place) if section.place else ""
        row = (report.report_id, order, section.level, section.heading, where, text)
        yield SectionRow(*row)


def to_claim_rows(report: Report) -> Iterator[ClaimRow]:
    """List the figures that the prose of one report states, known or not."""
    for order, claim in enumerate(report.claims):
        figure = claim.indicator, claim.value, claim.unit, claim.kind
        about = claim.approximate, claim.denominator, claim.parent
        words = claim.raw, claim.quote, report.document.locate(claim.place)
        yield ClaimRow(report.report_id, order, *figure, *about, *words)


def to_naming_rows(report: Report) -> Iterator[NamingRow]:
    """List the instruments, duty dates, problems and measures of one report."""
    named = [
        ("instrument", i.name, i.number, None, None, i) for i in report.instruments
    ]
    named += [("duty", d.instrument, None, d.kind, d.date, d) for d in report.duties]
    named += [(p.kind, p.text, p.number, None, None, p) for p in report.problems]
    for order, (*parts, item) in enumerate(named):
        where = report.document.locate(item.place)
        yield NamingRow(report.report_id, order, *parts, item.raw, where)


def list_reports(reports: Report | Iterable[Report]) -> DataFrame:
    """
    Put reports into one frame, a row each: who, where, which year, form and bytes.

    Columns are those of ``Entry``; ``year`` is a nullable Int64.
    """
    return _to_frame(reports, Entry, lambda report: [to_entry(report)])


def list_sections(reports: Report | Iterable[Report]) -> DataFrame:
    """Put the sections of reports into one frame; columns are those of SectionRow."""
    return _to_frame(reports, SectionRow, to_section_rows)


def list_claims(reports: Report | Iterable[Report]) -> DataFrame:
    """Put the figures stated in prose into one frame; columns are those of ClaimRow."""
    return _to_frame(reports, ClaimRow, to_claim_rows)


def list_namings(reports: Report | Iterable[Report]) -> DataFrame:
    """
    Put the law cited, duty dates, problems and measures of reports into one frame.

    Columns are those of NamingRow.
    """
    return _to_frame(reports, NamingRow, to_naming_rows)


def _to_frame(
    reports: Report | Iterable[Report],
    kind: type[tuple],
    to_rows: Callable[[Report], Iterable[tuple]],
) -> DataFrame:
    reports = [reports] if isinstance(reports, Report) else reports
    return to_frame((row for report in reports for row in to_rows(report)), kind)

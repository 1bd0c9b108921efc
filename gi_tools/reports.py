"""A document to a report: who, which year, which form, sections, tables, leftovers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from html import escape
from pathlib import PurePath
from typing import NamedTuple

from gi_tools.claims import Claim, read_claims
from gi_tools.codebook import Target
from gi_tools.detection import find_form
from gi_tools.documents import DOUBT, Document, Place, Spot
from gi_tools.errors import ParseError
from gi_tools.exports import show, write_table
from gi_tools.identity import Identity, identify
from gi_tools.instruments import (
    Duty,
    Instrument,
    Problem,
    read_duties,
    read_instruments,
    read_problems,
)
from gi_tools.memory import hold_collector
from gi_tools.prose import Prose
from gi_tools.regions import Region
from gi_tools.sections import Section, read_sections
from gi_tools.tables import (
    Figure,
    TableReading,
    Unmatched,
    list_crowds,
    read_tables,
)
from gi_tools.tokens import to_tokens

SHOWN_FIGURES = 300
FEWEST_MENTIONS = 2  # of 公开, below which a text without tables is something else


@dataclass(frozen=True)
class Report:
    """
    One annual report, understood: identity, form, sections and figures.

    ``form`` is pre2014, 2014, 2019, 2021 or None; ``form_key`` tells the pre-2014
    families apart. ``figures`` are the value cells as printed, ``unmatched`` is what
    stands in or beside the tables and found no cell, ``tables`` the tables seen,
    ``absent`` the cells of those tables whose rows the document lacks, ``labels`` the
    places of the row labels. ``claims`` are the figures that the prose states.
    """

    document: Document = field(repr=False)
    identity: Identity
    form: str | None
    form_key: str | None
    figures: tuple[Figure, ...] = field(repr=False)
    unmatched: tuple[Unmatched, ...] = field(repr=False)
    absent: tuple[Target, ...] = field(repr=False)
    claims: tuple[Claim, ...] = field(repr=False)
    labels: tuple[Place, ...] = field(repr=False)
    tables: tuple[str, ...]
    evidence: tuple[str, ...] = field(repr=False)

    @cached_property
    def report_id(self) -> str:
        """The file's name without suffix, and the first digits of its hash."""
        source = self.document.source
        return f"{PurePath(source.name).stem}-{source.sha256[:6]}"

    @cached_property
    def doubts(self) -> tuple[Figure, ...]:
        """The figures whose recognition in a picture should be looked at."""
        cells = ((g.number, c) for g in self.document.grids for r in g.rows for c in r)
        held = {
            Spot(number, cell.row, cell.column)
            for number, cell in cells
            if cell.confidence < DOUBT
        }
        return tuple(figure for figure in self.figures if figure.place in held)

    @cached_property
    def sections(self) -> tuple[Section, ...]:
        """The numbered headings, as a tree."""
        return read_sections(self.document, self.labels)

    @cached_property
    def _prose(self) -> Prose:
        return Prose(self.document)

    @cached_property
    def instruments(self) -> tuple[Instrument, ...]:
        """The laws, orders and official papers that the prose cites, each once."""
        return read_instruments(self._prose)

    @cached_property
    def duties(self) -> tuple[Duty, ...]:
        """The days on which, by the prose, a duty falls, begins or ends."""
        return read_duties(self._prose)

    @cached_property
    def problems(self) -> tuple[Problem, ...]:
        """The numbered problems and measures of the section that is about them."""
        return read_problems(self._prose)

    def walk_sections(self) -> Iterator[Section]:
        """Yield every section in reading order, parents before children."""
        for section in self.sections:
            yield from section.walk()

    def _repr_html_(self) -> str:
        return _to_html(self)


@hold_collector()
def parse(document: Document) -> Report:
    """
    Read a document as an annual report, on paper as it stands.

    Nothing is derived, corrected or guessed; each decision has its evidence. Raises
    ParseError when the document is no annual report: no table of one, no word of
    disclosure.
    """
    tokens = to_tokens(document)
    identity = identify(document)
    guess = find_form(tokens, identity.year)
    empty = TableReading((), tuple(list_crowds(tokens)), ())
    tables = read_tables(tokens, guess.key) if guess.key else empty
    if not tables.figures and not _speaks_of_disclosure(document.text):
        hint = "if the report is an attachment, give that file"
        hint = next((note for note in document.notes if "attachment" in note), hint)
        name = document.source.name
        raise ParseError(f"{name}: no annual report on disclosure in it; {hint}")
    seen = (f"{line}: {document.locate(place)}" for line, place in guess.evidence)
    return Report(
        document,
        identity,
        guess.version,
        guess.key,
        tables.figures,
        tables.unmatched,
        tables.absent,
        read_claims(document, guess.key or guess.version, _places(tables)),
        tables.labels,
        tables.seen,
        (*identity.evidence, *(line.removesuffix(": ") for line in seen)),
    )


def _name_region(region: Region) -> str:
    names = (region.code, region.province, region.city, region.county)
    return " ".join(name for name in names if name)


def _places(tables: TableReading) -> list[Place]:
    found = (*tables.figures, *tables.unmatched)
    return [*tables.labels, *[place for f in found if (place := f.place)]]


def _speaks_of_disclosure(text: str) -> bool:
    return text.count("公开") + text.count("公開") >= FEWEST_MENTIONS


def _to_html(report: Report) -> str:
    who = report.identity
    rows = [
        ("agency", who.agency),
        ("year", who.year),
        ("form", report.form),
        ("region", who.region and _name_region(who.region)),
        ("period", who.period and " – ".join(day or "?" for day in who.period)),
        ("published", who.published),
        ("tables", ", ".join(report.tables) or "none"),
        ("figures", len(report.figures)),
        ("in doubt", len(report.doubts)),
        ("unmatched", len(report.unmatched)),
        ("figures in prose", len(report.claims)),
    ]
    head = "".join(
        f"<tr><th>{name}</th><td>{escape(show(value))}</td></tr>"
        for name, value in rows
    )
    sections = "".join(
        f"<li style='margin-left:{section.level - 1}em'>{escape(section.heading)}</li>"
        for section in report.walk_sections()
    )
    figures = [
        f._replace(raw=f.raw[:80], place=report.document.locate(f.place))[:7]
        for f in report.figures[:SHOWN_FIGURES]
    ]
    return (
        f"<h4>{escape(who.title or report.document.source.name)}</h4>"
        f"<table>{head}</table><details><summary>sections</summary><ul>{sections}</ul>"
        "</details><details><summary>figures</summary>"
        f"{write_table(Figure._fields[:7], figures)}</details>"
        + _list_html("instruments cited", report.instruments)
        + _list_html("duty dates", report.duties)
        + _list_html("problems and measures", report.problems)
    )


def _list_html(title: str, items: tuple[NamedTuple, ...]) -> str:
    """A folded list of what the prose names; nothing when it names nothing."""
    lines = "".join(
        f"<li>{escape(' · '.join(str(part) for part in item[:-2] if part))}</li>"
        for item in items
    )
    return f"<details><summary>{title}</summary><ul>{lines}</ul></details>" * bool(
        items
    )

"""Facts to repaired facts: proved blanks filled, suspects named, nothing else."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from html import escape

from pandas import DataFrame

from gi_tools.checks import Findings
from gi_tools.errors import DataError
from gi_tools.evidence import Body, gather, weigh_in
from gi_tools.exports import show, write_table
from gi_tools.facts import COLUMNS, Fact, iterate, set_values
from gi_tools.facts import to_frame as put_facts
from gi_tools.frames import to_frame
from gi_tools.ledger import (
    ConflictRow,
    Finds,
    OpenCell,
    Repair,
    Suspect,
    list_changes,
    list_conflicts,
    list_open_cells,
    list_repairs,
    list_suspects,
)
from gi_tools.localisation import accuse
from gi_tools.patterns import Pattern, find_patterns
from gi_tools.proofs import NOTHING, prove

SHOWN = 50  # rows of each table in a notebook


@dataclass(frozen=True)
class Repaired:
    """
    What ``repair`` found: ``facts``, ``log``, ``suspects``, ``bounds``, ``conflicts``.

    All are frames, made when asked for; the same as plain rows are ``rows`` and the
    fields ending in ``_rows``. ``changes`` maps positions in the facts given to the
    value derived there.
    """

    source: DataFrame = field(repr=False)
    changes: Mapping[int, float] = field(repr=False)
    log_rows: tuple[Repair, ...] = field(repr=False)
    suspect_rows: tuple[Suspect, ...] = field(repr=False)
    bound_rows: tuple[OpenCell, ...] = field(repr=False)
    conflict_rows: tuple[ConflictRow, ...] = field(repr=False)

    @cached_property
    def facts(self) -> DataFrame:
        """The facts given, with state derived and a value where one was proved."""
        return set_values(self.source, self.changes, "derived")

    @cached_property
    def rows(self) -> tuple[Fact, ...]:
        """The repaired facts as plain rows."""
        return tuple(map(Fact._make, iterate(self.facts, COLUMNS)))

    @cached_property
    def log(self) -> DataFrame:
        """Every value derived: cell, old, new, rules, reason, step."""
        return to_frame(self.log_rows, Repair).astype({"new": "Float64"})

    @cached_property
    def suspects(self) -> DataFrame:
        """The cells that may be wrong with proposals, the best first."""
        return to_frame(self.suspect_rows, Suspect)

    @cached_property
    def bounds(self) -> DataFrame:
        """The cells still open, with the interval that is possible."""
        return to_frame(self.bound_rows, OpenCell)

    @cached_property
    def conflicts(self) -> DataFrame:
        """The rules that cannot all hold."""
        return to_frame(self.conflict_rows, ConflictRow)

    def count(self) -> dict[str, int]:
        """Count what was derived, is suspect (changes), open, in conflict (blocks)."""
        changes = {
            (row.report_id, row.group, row.rank, row.rule) for row in self.suspect_rows
        }
        return {
            "derived": len(self.log_rows),
            "proposed": len(changes),
            "open": len(self.bound_rows),
            "conflicts": len(self.conflict_rows),
        }

    def __repr__(self) -> str:
        shown = ", ".join(f"{number} {name}" for name, number in self.count().items())
        return f"Repaired({shown})"

    def _repr_html_(self) -> str:
        tables = (
            ("derived", self.log_rows, ("reason", "step")),
            ("proposed", self.suspect_rows, ("is_complete", "listed", "group")),
            ("open", self.bound_rows, ()),
            ("conflicts", self.conflict_rows, ()),
        )
        parts = [f"<p>{escape(repr(self))}</p>"]
        parts += [_to_table(*table) for table in tables if table[1]]
        return "".join(parts) + f"<p><small>{NOTES['en']}</small></p>"


def _to_table(name: str, rows: Sequence[tuple], hidden: Sequence[str]) -> str:
    names = [n for n in rows[0]._fields if n not in hidden]
    shown = ([getattr(row, n) for n in names] for row in rows[:SHOWN])
    more = f" (the first {SHOWN})" if len(rows) > SHOWN else ""
    title = f"<summary>{len(rows)} {name}{more}</summary>"
    return f"<details open>{title}{write_table(names, shown)}</details>"


def repair(facts: DataFrame, findings: Findings | None = None) -> Repaired:
    """
    Fill in what the rules prove, name what must be wrong, change nothing else.

    Only rules of severity error prove. Every other change is a proposal in
    ``suspects``. ``findings`` of the same facts may be given: they are compared, and a
    DataError says if they belong to other figures. Reads a column ``confidence`` (0 to
    1) where the facts have one.
    """
    names = [*COLUMNS, *(["confidence"] if "confidence" in facts.columns else [])]
    bodies = gather(iterate(facts, names))
    if findings is not None:
        _compare(findings, bodies)
    by_year = {(b.agency, b.year, b.sheet.system.form): b for b in bodies}
    changes: dict[int, float] = {}
    log, suspects, bounds, conflicts = [], [], [], []
    for body in bodies:
        finds = _examine(body, by_year)
        changes |= list_changes(body, finds)
        log += list_repairs(body, finds)
        suspects += list_suspects(body, finds)
        bounds += list_open_cells(body, finds)
        conflicts += list_conflicts(body, finds)
    listed = map(tuple, (log, suspects, bounds, conflicts))
    return Repaired(facts, changes, *listed)


def repair_facts(facts: Iterable[Fact], findings: Findings | None = None) -> Repaired:
    """Repair plain facts, as ``to_facts`` lists them."""
    return repair(put_facts(tuple(facts)), findings)


def _examine(body: Body, by_year: Mapping[tuple, Body]) -> Finds:
    """Look at one report, beside those of the years before and after."""
    sheet, gaps = body.sheet, tuple(body.sheet.find_gaps())
    proof = prove(sheet, body.paper, gaps) if body.paper or gaps else NOTHING
    before, last, after = (
        by_year.get((body.agency, body.year + step, sheet.system.form))
        if body.agency and body.year
        else None
        for step in (-2, -1, 1)
    )
    accused = accuse(sheet, gaps, weigh_in(body, gaps, last, after)) if gaps else []
    patterns = _compare_years(body, last) if last else []
    if patterns and before:  # what was exchanged last year looks so again this year
        known = {one.cells for one in _compare_years(last, before)}
        patterns = [one for one in patterns if one.cells not in known]
    return Finds(proof, accused, patterns)


def _compare_years(this: Body, last: Body) -> list[Pattern]:
    return find_patterns(this.sheet.system, this.sheet.values, last.sheet.values)


def _compare(findings: Findings, bodies: Sequence[Body]) -> None:
    """Refuse findings that were not made from these figures."""
    hard = {one.rule for body in bodies for one in body.sheet.system.hard}
    told = {
        (row.report_id, row.rule)
        for row in findings.rows
        if row.verdict == "fail" and row.rule in hard
    }
    failed = {
        (body.report_id, body.sheet.system.hard[number].rule)
        for body in bodies
        for number in body.sheet.find_gaps()
    }
    if told != failed:
        report, rule = min(told ^ failed)
        raise DataError(
            f"{report}, {rule}: the findings are of other figures; "
            "give gi.repair the findings of the same facts, or none"
        )


def to_lines(repaired: Repaired, lang: str = "zh") -> list[str]:
    """Tell a repair line by line: derived, proposed, open, conflicts, in zh or en."""
    shown = ", ".join(f"{number} {name}" for name, number in repaired.count().items())
    lines = [shown]
    for row in repaired.log_rows:
        lines.append(_line("derived", row, f"{show(row.new)}  {row.rule}"))
    for row in repaired.suspect_rows:
        reason = row.reason if lang == "zh" else row.reason_en
        place = f"{row.group}.{row.rank} {row.status}"
        change = f"{show(row.value)} → {show(row.proposal)}"
        lines.append(_line("proposed", row, f"{change}  {place}  {reason}"))
    for row in repaired.bound_rows:
        known = f"{show(row.low)} … {'∞' if row.high is None else show(row.high)}"
        lines.append(
            _line("open", row, f"{known if row.low is not None else '?'}  {row.rule}")
        )
    for row in repaired.conflict_rows:
        text = row.message if lang == "zh" else row.message_en
        lines.append(f"  conflict  {row.report_id}  {text}")
    return [*lines, NOTES[lang]]


NOTES = {
    "zh": "  只填入了规则能证明的数字；报告中的数字一个也没有改动。",
    "en": "  Only what is proved was filled in; no figure of a report was changed.",
}


def _line(kind: str, row: tuple, text: str) -> str:
    cell = row.indicator + (f" / {row.applicant}" if row.applicant else "")
    return f"  {kind:9} {row.report_id}  {cell}  {text}"

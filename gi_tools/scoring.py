"""A folder of reports with their truth in; how well they are read and mended, out."""

from __future__ import annotations

import unicodedata
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import cached_property
from html import escape
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd
import regex
from pandas import DataFrame

from gi_tools.checks import check_facts
from gi_tools.edits import read_json
from gi_tools.errors import DataError
from gi_tools.facts import Fact, to_facts
from gi_tools.readers import read
from gi_tools.reports import Report, parse
from gi_tools.statistics import wilson

FORMS = ("2014", "2019", "2021")
NEEDED = ("name", "file", "agency", "report_year", "cells", "claims")
# Measures of which fewer is better.
BAD = (
    "silent zeros",
    "false alarms",
    "split digits joined wrong",
    "suspects on clean reports",
)
# Prose seldom says whether a figure holds what came over from the year before.
_SAME = {"requests.received": "requests.new"}
_NOISE = regex.compile(r"[\s,，.。:：;；、()（）\"'“”\-—–]")
_NUMBER = regex.compile(r"\d{1,18}(?:\.\d{1,9})?")
SPLIT = "split_digits"
_MISSES = 20  # kept for each measure
MOST_CELLS = 14  # two rows of table 3: beyond that a table is wrong, not its cells


Repair = Callable[[list[Fact]], Any]


class Score(NamedTuple):
    """
    One share: ``right`` of ``n``, with the Wilson interval; all None where n is 0.

    ``better`` says whether more is better, or fewer (silent zeros, false alarms).
    """

    measure: str
    right: int
    n: int
    share: float | None
    low: float | None
    high: float | None
    better: str


class Miss(NamedTuple):
    """One thing that did not come out as the truth has it."""

    measure: str
    name: str
    note: str


@dataclass(frozen=True)
class Scores:
    """What ``score_folder`` found: ``rows`` of Score, ``frame`` of them, ``misses``."""

    rows: tuple[Score, ...]
    misses: tuple[Miss, ...] = field(repr=False)

    @cached_property
    def frame(self) -> DataFrame:
        """The scores as a frame, one row a measure."""
        return pd.DataFrame(self.rows, columns=Score._fields)

    def get(self, measure: str) -> Score:
        """One score by its name; DataError when it was not measured."""
        found = [row for row in self.rows if row.measure == measure]
        if not found:
            raise DataError(f"{measure!r} was not measured; see the frame for what was")
        return found[0]

    def __str__(self) -> str:
        return "\n".join(map(_write, self.rows))

    def _repr_html_(self) -> str:
        lines = "".join(f"<li>{escape(_write(row))}</li>" for row in self.rows)
        return f"<ul>{lines}</ul>"


def _write(row: Score) -> str:
    head = f"{row.measure:26} {row.right:7} / {row.n:7}"
    if row.share is None:
        return head
    return f"{head}  {row.share:8.2%}  [{row.low:.2%}, {row.high:.2%}]"


class _Tally:
    """Counts what was right, keeps the first misses."""

    def __init__(self) -> None:
        self.right: Counter[str] = Counter()
        self.n: Counter[str] = Counter()
        self.misses: dict[str, list[Miss]] = defaultdict(list)

    def add(self, measure: str, name: str, is_so: object, note: object = "") -> None:
        self.n[measure] += 1
        self.right[measure] += bool(is_so)
        kept = self.misses[measure]
        if bool(is_so) == (measure in BAD) and len(kept) < _MISSES:
            kept.append(Miss(measure, name, str(note)))


def score_folder(folder: str | Path, repair: Repair | None = None) -> Scores:
    """
    Parse every report of a folder that has a truth beside it, and compare.

    Cells, identity, headings and claims are compared with NAME.truth.json; the rules
    are run over all reports together. ``repair`` takes plain facts and gives what has
    ``suspect_rows`` and ``log_rows``, as ``repairs.repair_facts`` does: whether the
    planted errors are named and mended is then scored too. DataError for a folder
    without truths.
    """
    folder, tally = Path(folder), _Tally()
    paths = sorted(folder.glob("*.truth.json"))
    if not paths:
        raise DataError(f"{folder}: no *.truth.json in it; gi simulate writes some")
    truths = [_read_truth(path) for path in paths]
    facts: dict[str, list[Fact]] = {}
    for truth in truths:
        report = _parse(folder / truth["file"], truth, tally)
        if report is not None:
            facts[truth["name"]] = list(to_facts(report, absent=False))
        _compare(truth, report, facts.get(truth["name"], []), tally)
    _judge(truths, facts, tally, repair)
    rows = tuple(_to_score(name, tally) for name in tally.n)
    return Scores(rows, tuple(m for kept in tally.misses.values() for m in kept))


def _read_truth(path: Path) -> dict:
    truth = read_json(path)
    lacking = [n for n in NEEDED if not isinstance(truth, dict) or n not in truth]
    if lacking:
        raise DataError(f"{path}: no truth, it lacks {', '.join(lacking)}; add them")
    return truth


def _parse(path: Path, truth: dict, tally: _Tally) -> Report | None:
    try:
        report = parse(read(path))
    except Exception as error:  # a batch never dies of one file
        tally.add("parsed", truth["name"], False, error)
        return None
    tally.add("parsed", truth["name"], True)
    return report


def _to_score(name: str, tally: _Tally) -> Score:
    right, n = tally.right[name], tally.n[name]
    low, high = (float(bound) for bound in wilson(right, n))
    better = "fewer" if name in BAD else "more"
    return Score(name, right, n, right / n, low, high, better)


# --- what is read ---


def _compare(
    truth: dict, report: Report | None, facts: list[Fact], tally: _Tally
) -> None:
    name = truth["name"]
    _compare_cells(truth, facts, tally)
    who = report.identity if report else None
    found = {
        "year": who and who.year,
        "form": report and report.form,
        "agency": who and _plain(who.agency),
        "period": who and list(who.period or ()),
    }
    wanted = {
        "year": truth["report_year"],
        "form": truth.get("form") if truth["cells"] else None,
        "agency": _plain(truth["agency"]),
        "period": truth.get("period"),
    }
    for measure, value in wanted.items():
        if value and (measure != "form" or value in FORMS or value == "pre2014"):
            tally.add(measure, name, found[measure] == value, (value, found[measure]))
    for key, value in (truth.get("contacts") or {}).items():
        got = who and getattr(who.contacts, key, None)
        tally.add("contacts", name, _plain(got) == _plain(value), (key, value, got))
    heads = {_plain(s.heading) for s in report.walk_sections()} if report else set()
    for heading in truth.get("sections") or ():
        tally.add("headings", name, _plain(heading) in heads, heading)
    _compare_claims(truth, facts, tally)


def _compare_cells(truth: dict, facts: list[Fact], tally: _Tally) -> None:
    table = {(f.indicator, f.applicant): f for f in facts if f.origin == "table"}
    for cell in truth["cells"]:
        key = cell["indicator"], cell["applicant"]
        fact = table.get(key)
        got, note = fact and fact.value, (*key, cell["value"])
        if _to_number(cell["value"])[0] is None:
            tally.add("blank cells", truth["name"], got is None, (*note, got))
            tally.add("silent zeros", truth["name"], got == 0, note)
        else:
            same = _is_equal(cell["value"], got)
            tally.add("filled cells", truth["name"], same, (*note, got))


def _compare_claims(truth: dict, facts: list[Fact], tally: _Tally) -> None:
    prose, wanted = defaultdict(list), defaultdict(list)
    for fact in facts:
        if fact.origin == "prose":
            prose[_SAME.get(fact.indicator, fact.indicator)].append(fact.value)
    for claim in truth["claims"]:
        name = claim.get("indicator")
        if name and isinstance(claim["value"], int | float):
            wanted[_SAME.get(name, name)].append(claim["value"])
    for name, values in wanted.items():
        for value in values:
            found = any(_is_equal(value, got) for got in prose[name])
            tally.add("claims found", truth["name"], found, (name, value, prose[name]))
        for got in prose[name]:
            right = any(_is_equal(value, got) for value in values)
            tally.add("claims right", truth["name"], right, (name, got, values))


def _plain(text: object) -> str:
    return _NOISE.sub("", unicodedata.normalize("NFKC", str(text or "")))


def _to_number(value: object) -> tuple[float | None, str]:
    """A labelled cell: its number and the unit behind it; None for a blank."""
    if value is None or isinstance(value, int | float):
        return value, ""
    text = unicodedata.normalize("NFKC", str(value))
    found = _NUMBER.search(text)
    if not found:
        return None, ""
    sign = -1 if text.strip().startswith(("减", "-")) else 1
    return sign * float(found[0]), text[found.end() :].strip()


def _is_equal(truth: object, got: float | None) -> bool:
    """Whether a figure is the labelled one, in 元 or in 万元 where it says which."""
    want, unit = _to_number(truth)
    if got is None or want is None:
        return False
    factor = 1e-4 if unit.startswith("元") else 1e4 if unit.startswith("万元") else 1
    return any(abs(got - w) < 1e-9 * (1 + abs(w)) for w in (want, want * factor))


# --- what is planted ---


def _judge(
    truths: list[dict],
    facts: dict[str, list[Fact]],
    tally: _Tally,
    repair: Repair | None,
) -> None:
    """Are planted errors seen, clean reports left in peace, and errors mended?"""
    every = [fact for rows in facts.values() for fact in rows]
    failing: dict[str, dict[str, str]] = defaultdict(dict)
    for row in check_facts(every).rows:
        if row.verdict == "fail":
            failing[row.report_id][row.rule] = row.severity
    suspects, mended = defaultdict(list), {}
    if repair is not None:
        repaired = repair(every)
        for one in repaired.suspect_rows:
            suspects[one.report_id].append(one)
            if one.rank == 1:
                mended[one.report_id, one.indicator, one.applicant] = one.proposal
        for row in repaired.log_rows:
            mended[row.report_id, row.indicator, row.applicant] = row.new
    broken = {(t["agency"], t["report_year"]) for t in truths if t.get("defects")}
    for truth in truths:
        rows = facts.get(truth["name"], [])
        report_id = rows[0].report_id if rows else ""
        alarms = failing[report_id]
        last = truth["agency"], (truth["report_year"] or 0) - 1
        is_clean = "defects" in truth and not truth["defects"]
        # A report that was not read raises no alarm, which says nothing for the rules.
        if is_clean and last not in broken and report_id:
            tally.add("false alarms", truth["name"], alarms, sorted(alarms))
            if repair:
                named = suspects[report_id]
                tally.add(BAD[3], truth["name"], named, named[:1])
        for defect in truth.get("defects") or ():
            _judge_defect(truth["name"], defect, rows, alarms, tally)
            for cell in defect["cells"] if repair and defect["kind"] == SPLIT else ():
                got = mended.get((report_id, cell["indicator"], cell["applicant"]))
                tally.add(
                    "split digits mended", truth["name"], got == cell["old"], cell
                )
            if repair and defect["visible"] and "error" in alarms.values():
                _judge_repair(truth["name"], defect, suspects[report_id], tally)


def _judge_defect(
    name: str, defect: dict, facts: list[Fact], alarms: dict, tally: _Tally
) -> None:
    if defect["visible"]:
        tally.add("detected", name, alarms, defect["kind"])
    if defect["kind"] == SPLIT:
        table = {(f.indicator, f.applicant): f for f in facts if f.origin == "table"}
        for cell in defect["cells"]:
            fact = table.get((cell["indicator"], cell["applicant"]))
            wrong = fact and fact.value not in (None, cell["old"])
            tally.add("split digits joined wrong", name, wrong, cell)


def _judge_repair(
    name: str, defect: dict, suspects: Iterable[Any], tally: _Tally
) -> None:
    """Are the wrong cells named, first or among three answers, and mended rightly?"""
    true = {
        (c["indicator"], c["applicant"]): c["old"]
        for c in defect["cells"]
        if c["old"] != c["new"]
    }
    if not 0 < len(true) <= MOST_CELLS:
        return
    ranks = _to_ranks(suspects)
    named = [set(cells) == set(true) for cells in ranks]
    mended = [cells == true for cells in ranks]
    size = "one cell" if len(true) == 1 else "several cells"
    note = defect["kind"], true, ranks[:1]
    tally.add(f"named first, {size}", name, any(named[:1]), note)
    tally.add(f"named in 3, {size}", name, any(named[:3]), note)
    tally.add(f"mended first, {size}", name, any(mended[:1]), note)


def _to_ranks(suspects: Iterable[Any]) -> list[dict[tuple, float | None]]:
    """The changes proposed, best first: cell to proposal, groups put together."""
    ranks: dict[int, dict[tuple, float | None]] = defaultdict(dict)
    for one in (s for s in suspects if s.settles > 0):  # the rest are mere doubts
        ranks[one.rank][one.indicator, one.applicant] = one.proposal
    return [ranks[rank] for rank in sorted(ranks)]

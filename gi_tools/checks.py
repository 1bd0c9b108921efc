"""Facts against rules: pass, fail or unknown, by interval logic."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache, cached_property, partial
from math import inf
from operator import itemgetter
from typing import TYPE_CHECKING, NamedTuple

from gi_tools.blindspots import count_blind_spots
from gi_tools.codebook import Rule, Term, forms, rules
from gi_tools.exports import write_table
from gi_tools.facts import COLUMNS, Fact, iterate
from gi_tools.frames import to_frame
from gi_tools.memory import hold_collector

if TYPE_CHECKING:
    from pandas import DataFrame

VERDICTS = ("fail", "unknown", "pass")
NEEDED = "report_id agency year form indicator applicant value origin".split()
_pick = itemgetter(*map(COLUMNS.index, NEEDED))


class Bound(NamedTuple):
    """What a sum can be, as blank counts are at least zero, and its largest part."""

    low: float
    high: float
    largest: float = 0

    @property
    def is_known(self) -> bool:
        """Whether one value is left."""
        return self.low == self.high


_make_bound = partial(tuple.__new__, Bound)  # as ``to_cell``


class Finding(NamedTuple):
    """The verdict of one rule on one report; a side is None while it is not known."""

    report_id: str
    agency: str | None
    year: int | None
    rule: str
    verdict: str
    left: float | None
    right: float | None
    gap: float | None
    severity: str
    message: str
    message_en: str


_make_finding = partial(tuple.__new__, Finding)
Cells = dict[tuple[str, str | None], float | None]


@dataclass(frozen=True)
class Findings:
    """All findings of a check, one row per report and rule; ``frame`` for pandas."""

    rows: tuple[Finding, ...] = field(repr=False)

    @cached_property
    def frame(self) -> DataFrame:
        """The findings as a frame: report, rule, verdict, left, right, gap, message."""
        return to_frame(self.rows, Finding)

    def count(self) -> dict[str, int]:
        """Count the verdicts: fail, unknown, pass."""
        found = Counter(row.verdict for row in self.rows)
        return {verdict: found[verdict] for verdict in VERDICTS}

    def find_forms(self) -> list[str]:
        """List the form keys whose rules were applied."""
        found = dict.fromkeys(row.rule.partition(".")[0] for row in self.rows)
        return [form for form in found if form in forms()]

    def warn(self, lang: str = "en") -> list[str]:
        """Say for each form what its rules cannot see, a line each, in zh or en."""
        return [
            WARNINGS[lang].format(form=form, swaps=swaps, unseen=unseen)
            for form in self.find_forms()
            for swaps, unseen in [count_blind_spots(form)]
        ]

    def __repr__(self) -> str:
        parts = [f"{number} {verdict}" for verdict, number in self.count().items()]
        swaps = sum(count_blind_spots(form)[0] for form in self.find_forms())
        return f"Findings({', '.join(parts)}; {swaps} exchanges no rule sees)"

    def _repr_html_(self) -> str:
        ranked = sorted(self.rows, key=lambda row: VERDICTS.index(row.verdict))
        shown = [row for row in ranked if row.verdict != "pass"][:200]
        signs = {"fail": "✗", "unknown": "?", "pass": "✓"}
        counts = " · ".join(f"{signs[v]} {n} {v}" for v, n in self.count().items())
        names = "report_id rule verdict left right gap message message_en".split()
        rows = ([getattr(row, name) for name in names] for row in shown)
        table = write_table(names, rows) if shown else ""
        notes = [
            "A pass shows that figures agree, not that they are right.",
            *self.warn(),
        ]
        return f"<p>{counts}</p>{table}<p><small>{'<br>'.join(notes)}</small></p>"


WARNINGS = {
    "zh": "表式 {form}：有 {swaps} 种对调任何规则都看不出，{unseen} 格不受规则约束；"
    "见 gi.list_blind_spots('{form}') 与 docs/checks.md",
    "en": "Form {form}: {swaps} exchanges of figures pass every rule, {unseen} cells "
    "stand in none; see gi.list_blind_spots('{form}') and docs/checks.md",
}


@hold_collector()
def check(facts: DataFrame) -> Findings:
    """
    Confront every report with every rule of its form.

    A rule passes when it holds for every value its empty cells could have, fails when
    it holds for none, and is unknown otherwise. Rules between two years run where
    both reports of a body are in the frame. Raises DataError for missing columns.
    """
    return Findings(tuple(_check_rows(iterate(facts, NEEDED))))


def check_facts(facts: Iterable[Fact]) -> Findings:
    """Check plain facts, as ``to_facts`` lists them, without a frame."""
    return Findings(tuple(_check_rows(map(_pick, facts))))


def _check_rows(rows: Iterable[Sequence]) -> Iterator[Finding]:
    reports: dict[tuple, Cells] = {}
    last: tuple | None = None
    for report_id, agency, year, form, indicator, applicant, value, origin in rows:
        if origin == "table":
            if last != (head := (report_id, agency, year, form)):
                last, cells = head, {}
                if isinstance(form, str):
                    cells = reports.setdefault(head, cells)
            cells[indicator, applicant] = value
    years = {(agency, year): cells for (_, agency, year, _), cells in reports.items()}
    for (report_id, agency, year, form), cells in reports.items():
        before = years.get((agency, year - 1)) if agency and year else None
        who = report_id, agency, year
        for key in find_form_keys(form, cells):
            (plans, keys), found = _lay_out(key), cells.keys()
            values = [*map(cells.get, keys)]
            values += map(before.get, keys) if before else [None] * len(keys)
            for plan in plans:
                if (before or not plan.looks_back) and not found.isdisjoint(plan.named):
                    yield _make_finding(who + _confront(plan, values))


def find_form_keys(form: str, cells: Iterable[tuple[str, str | None]]) -> list[str]:
    """Give the codebook keys of a form: indicators tell a family before 2014."""
    if form in forms():
        return [form]
    families = {indicator.split(".")[0] for indicator, _ in cells}
    return [key for key in forms() if key in families]


class _Side(NamedTuple):
    """One side of a rule: which values of a list it adds up, and with which signs."""

    pick: Callable[[list], tuple]
    signs: tuple[int, ...]


class _Plan(NamedTuple):
    """
    A rule laid out: its sides as places in a list of values, and its messages.

    ``is_plain``: sums alone are compared, and nothing is taken off.
    """

    rule: Rule
    looks_back: bool
    is_plain: bool
    named: frozenset
    left: _Side
    right: _Side
    judge: Judge
    messages: dict[str, tuple[str, str]]


@cache
def _lay_out(key: str) -> tuple[list[_Plan], list[tuple[str, str | None]]]:
    """The rules of a form over its cells, those of the year before behind them."""
    sides = {rule: rule.left + rule.right for rule in rules(key)}
    named = {rule: frozenset(t[:2] for t in terms) for rule, terms in sides.items()}
    keys = list(frozenset().union(*named.values()))
    places = {(*cell, False): n for n, cell in enumerate(keys)}
    places |= {(*cell, True): n for n, cell in enumerate(keys, len(keys))}

    def place(terms: Sequence[Term]) -> _Side:
        first, *rest = [places[term[:3]] for term in terms]
        # A getter of one place gives no tuple.
        pick = itemgetter(first, *rest) if rest else lambda values: (values[first],)
        return _Side(pick, tuple(term.sign for term in terms))

    plans = [
        _Plan(
            rule,
            any(term.previous for term in terms),
            rule.kind != "cover" and all(term.sign == 1 for term in terms),
            named[rule],
            place(rule.left),
            place(rule.right),
            KINDS[rule.kind],
            {
                note: (rule.message_zh + zh, rule.message_en + en)
                for note, (zh, en) in NOTES.items()
            },
        )
        for rule, terms in sides.items()
    ]
    return plans, keys


def _confront(plan: _Plan, values: list[float | None]) -> tuple:
    rule, ours, theirs = plan.rule, plan.left.pick(values), plan.right.pick(values)
    if plan.is_plain and None not in ours and None not in theirs:
        one, other = float(sum(ours)), float(sum(theirs))
        gap = one - other and round(one - other, 9)
        if plan.judge is _judge_equal:
            holds = abs(gap) <= rule.tolerance
        else:
            holds = one <= other + rule.tolerance
        told = rule.id, "pass" if holds else "fail", one, other, gap, rule.severity
        return told + plan.messages[""]
    left, right = _add(ours, plan.left.signs), _add(theirs, plan.right.signs)
    verdict, gap = plan.judge(left, right, rule.tolerance)
    one = left.low if left.low == left.high else None
    other = right.low if right.low == right.high else None
    messages = plan.messages[_find_note(verdict, gap, left, right)]
    return rule.id, verdict, one, other, gap, rule.severity, *messages


def _find_note(verdict: str, gap: float | None, left: Bound, right: Bound) -> str:
    if verdict != "unknown":
        return "" if gap is not None else "settled"
    for one, other in ((left, right), (right, left)):
        if one.low == one.high and one.low == other.low:
            return "zero"
    return "open"


NOTES = {
    "": ("", ""),
    "settled": (
        "（有空白，但不影响结论）",
        " (cells are blank, the verdict does not hang on them)",
    ),
    "zero": ("（仅当空白均为 0 时成立）", " (holds only if every blank is 0)"),
    "open": ("（有空白，无法判定）", " (cells are blank, it cannot be told)"),
}


def _add(values: Sequence[float | None], signs: Sequence[int]) -> Bound:
    if -1 not in signs:
        known = [value for value in values if value is not None]
        low = float(sum(known))
        high = low if len(known) == len(values) else inf
        return _make_bound((low, high, max((0.0, *known))))
    low = high = largest = 0.0
    for value, sign in zip(values, signs, strict=True):
        if value is not None:
            low += sign * value
            high += sign * value
            if value > largest:
                largest = value
        elif sign > 0:
            high = inf
        else:
            low = -inf
    return Bound(low, high, largest)


def _judge_equal(a: Bound, b: Bound, tolerance: float) -> tuple[str, float | None]:
    if a.low == a.high and b.low == b.high:
        gap = round(a.low - b.low, 9)
        return ("pass" if abs(gap) <= tolerance else "fail"), gap
    if a.low > b.high + tolerance:
        return "fail", round(a.low - b.high, 9)
    if a.high < b.low - tolerance:
        return "fail", round(a.high - b.low, 9)
    return "unknown", None


def _judge_at_most(a: Bound, b: Bound, tolerance: float) -> tuple[str, float | None]:
    if a.high <= b.low + tolerance:
        return "pass", round(a.low - b.low, 9) if a.is_known and b.is_known else None
    if a.low > b.high + tolerance:
        return "fail", round(a.low - b.high, 9)
    return "unknown", None


def _judge_cover(
    total: Bound, parts: Bound, tolerance: float
) -> tuple[str, float | None]:
    """
    max(parts) <= total <= sum(parts): an item may go out by several channels.

    An empty part can be anything up to the total, so it never breaks the first half;
    it leaves the second open where the known parts fall short.
    """
    first = _judge_at_most(Bound(parts.largest, parts.largest), total, tolerance)
    second = _judge_at_most(total, parts, tolerance)
    if "fail" in (first[0], second[0]):
        return first if first[0] == "fail" else second
    if "unknown" in (first[0], second[0]):
        return "unknown", None
    return "pass", second[1]


Judge = Callable[[Bound, Bound, float], tuple[str, float | None]]
KINDS: dict[str, Judge] = {
    "equal": _judge_equal,
    "at_most": _judge_at_most,
    "cover": _judge_cover,
    "carry": _judge_equal,
    "stock": _judge_equal,
}

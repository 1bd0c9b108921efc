"""Two years of one body: what is carried over, documents in force, revised reports."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from typing import NamedTuple

from pandas import DataFrame

from gi_tools.codebook import Rule, Term, forms, rules
from gi_tools.exports import show
from gi_tools.forensics.lineage import find_body, was_reorganised
from gi_tools.forensics.traces import (
    JOINT,
    Sheet,
    Trace,
    frame_traces,
    to_sheets,
    to_trace,
)

Versions = dict[str, list[Sheet]]  # the reports of one year by agency name


DOUBTS = {
    "": ("", ""),
    "moved": ("（行政区划或机构有变动）", " (the place or body was reorganised)"),
    "placeless": (
        "（行政区划不明，或非同一机关）",
        " (the place is not known: they may be two bodies)",
    ),
}


class _Gap(NamedTuple):
    """A rule between two years that does not hold."""

    rule: Rule
    left: float
    right: float


def trace_chains(facts: DataFrame) -> DataFrame:
    """
    Follow every body through its years by the rules of kind carry and stock.

    Findings are ``carry`` (hard when the total column breaks, soft for columns alone
    and where a place was reorganised or is not known), ``stock`` (soft), ``revised``
    (soft: of two reports of one year only one fits) and ``versions`` (soft: two reports
    of one year with different figures). ``value`` is the gap of the first figure; years
    that lack a report are no comparison. Source: rules E and F of codebooks/rules.toml.
    """
    traces: list[Trace] = []
    made = 0
    for years in _group(to_sheets(facts)).values():
        for year, versions in sorted(years.items()):
            traces += _compare_versions(versions)
            for now, before, doubt in _link(versions, years.get(year - 1, {}), year):
                found, n = _confront(now, before, doubt)
                traces += found
                made += n
    return frame_traces(traces, made)


def _group(sheets: list[Sheet]) -> dict[tuple, dict[int, Versions]]:
    """Group reports by body, year and name; the same figures twice count once."""
    found: dict[tuple, dict[int, Versions]] = {}
    for sheet in sheets:
        body = find_body(sheet.agency, sheet.region_code)
        if body and sheet.year:
            years = found.setdefault(body, {})
            same = years.setdefault(sheet.year, {}).setdefault(sheet.agency or "", [])
            if all(other.values != sheet.values for other in same):
                same.append(sheet)
    return found


def _compare_versions(versions: Versions) -> Iterator[Trace]:
    for sheets in versions.values():
        for other in sheets[1:]:
            keys = sheets[0].values.keys() & other.values.keys()
            apart = [key for key in keys if sheets[0].values[key] != other.values[key]]
            if apart:
                k, n = len(apart), len(keys)
                zh = f"同一年度有两份报告，{n} 个数字中有 {k} 个不同"
                en = f"two reports of one year differ in {k} of {n} figures"
                yield to_trace("versions", "soft", [sheets[0], other], (zh, en), n, k)


def _link(
    versions: Versions, before: Versions, year: int
) -> Iterator[tuple[list[Sheet], list[Sheet], str]]:
    """Pair the reports of a year with those of the year before, and any doubt."""
    gone = [name for name in before if name not in versions]
    for name, sheets in versions.items():
        same = before.get(name, [])
        doubt = "moved" if gone else _find_doubt([*sheets, *same], year)
        if same and gone:
            same = [*same, *_merge([name, *gone], before)]
        if same or gone:
            yield sheets, same or _merge(gone, before), doubt


def _find_doubt(sheets: list[Sheet], year: int) -> str:
    """Tell why two reports of one name may not be those of one body."""
    codes = {sheet.region_code for sheet in sheets}
    if None in codes:
        return "placeless"
    moved = len(codes) > 1 or was_reorganised(sheets[0].region_code, year)
    return "moved" if moved else ""


def _merge(names: list[str], before: Versions) -> list[Sheet]:
    """Add up the reports of bodies that became one."""
    first = [before[name][-1] for name in names]
    known = set.intersection(*(set(sheet.values) for sheet in first))  # blank in none
    values = {key: sum(sheet.values[key] for sheet in first) for key in known}
    return [first[0]._replace(values=values)]


def _confront(
    now: list[Sheet], before: list[Sheet], doubt: str
) -> tuple[list[Trace], int]:
    """Apply the rules to every pair of versions and tell the pair that fits best."""
    tried = [(*_find_gaps(a, b), b, a) for b, a in product(before, now)]
    gaps, n, early, late = min(tried, key=lambda pair: (len(pair[0]), -pair[1]))
    traces = list(_tell(gaps, n, early, late, doubt))
    if not gaps and any(pair[0] for pair in tried) and not doubt:
        zh = "同一年度有多份报告，其中只有一份与上下年衔接"
        en = "of several reports of one year only one fits the year beside it"
        traces = [to_trace("revised", "soft", [*before, *now], (zh, en), n)]
    return traces, n


def _find_gaps(now: Sheet, before: Sheet) -> tuple[list[_Gap], int]:
    """List the rules that break, and count those of which all figures are known."""
    found, n = [], 0
    for rule in rules(now.form) if now.form in forms() else ():
        if rule.kind in ("carry", "stock"):
            left, right = (_add(side, now, before) for side in (rule.left, rule.right))
            if left is not None and right is not None:
                n += 1
                if abs(left - right) > rule.tolerance:
                    found.append(_Gap(rule, left, right))
    return found, n


def _add(terms: tuple[Term, ...], now: Sheet, before: Sheet) -> float | None:
    total = 0.0
    for term in terms:
        value = (before if term.previous else now).values.get(term[:2])
        if value is None:
            return None
        total += term.sign * value
    return total


def _tell(
    gaps: list[_Gap], n: int, early: Sheet, late: Sheet, doubt: str
) -> Iterator[Trace]:
    for kind in ("carry", "stock"):
        mine = [gap for gap in gaps if gap.rule.kind == kind]
        if not mine:
            continue
        total = [gap for gap in mine if gap.rule.id.endswith(".total")]
        hard = kind == "carry" and total and not doubt
        first = (total or mine)[0]
        ids = (g.rule.id.split(".", 1)[1] for g in mine)
        sides = (f"{show(g.left)} → {show(g.right)}" for g in mine)
        figures = JOINT.join(f"{i} {s}" for i, s in zip(ids, sides, strict=True))
        end, end_en = DOUBTS[doubt]
        told = first.rule.message_zh + end, first.rule.message_en + end_en
        head = kind, "hard" if hard else "soft", [early, late], told, n
        yield to_trace(*head, first.right - first.left, figures)

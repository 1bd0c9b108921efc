"""The same figures again, in another year of a body or in another body."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from functools import cache
from itertools import pairwise
from math import comb, log2

from pandas import DataFrame

from gi_tools.codebook import forms, indicators, rules
from gi_tools.errors import CodebookError
from gi_tools.exports import show
from gi_tools.forensics.lineage import find_body
from gi_tools.forensics.traces import Sheet, Trace, frame_traces, to_sheets, to_trace
from gi_tools.knowledge import CODEBOOKS, read_toml

MOST = 0.001  # matches by chance expected in the whole corpus, above which none is told
NEARLY = 0.8  # share of equal figures from which two years are nearly the same
SHOWN = 12  # figures that a finding shows
APART = 2  # years between two reports that still count as neighbours

Values = dict[tuple[str, str | None], float]


def find_repeats(facts: DataFrame) -> DataFrame:
    """
    Find reports whose figures other than 0 are those of another report.

    Kinds: ``repeated`` (a body's years, all figures: hard; at least ``NEARLY``: soft)
    and ``shared`` (two bodies, all figures: soft). Sums are left out, and so are
    figures that stand by nature. ``value`` is the number of such matches that chance
    would give among the ``n`` pairs compared: a figure v is taken to recur once in
    v + 1 times, equal figures of a report count once. Nothing is told above ``MOST``,
    so that small or empty reports are never accused.
    """
    kept = [(sheet, _choose(sheet)) for sheet in to_sheets(facts)]
    bodies: dict[tuple, dict[int, tuple[Sheet, Values]]] = defaultdict(dict)
    for sheet, values in kept:
        body = find_body(sheet.agency, sheet.region_code)
        if body and sheet.year:
            bodies[body].setdefault(sheet.year, (sheet, values))
    chains = [[years[year] for year in sorted(years)] for years in bodies.values()]
    steps = sum(max(len(chain) - 1, 0) for chain in chains)
    pairs = comb(sum(map(len, chains)), 2)
    traces = [trace for chain in chains for trace in _find_runs(chain, steps)]
    traces += _find_shared(bodies, pairs)
    return frame_traces(traces, steps + pairs)


def _find_runs(chain: list[tuple[Sheet, Values]], steps: int) -> Iterator[Trace]:
    """Join years with the same figures to runs; years that are nearly so stay pairs."""
    run: list[Sheet] = []
    for (sheet, values), (later, others) in pairwise(chain):
        same = {k: v for k, v in values.items() if others.get(k) == v}
        union = len(values.keys() | others.keys())
        chance = _to_chance(same, steps)
        near = (later.year or 0) - (sheet.year or 0) <= APART and chance <= MOST
        if near and len(same) == union:
            run = [*(run or [sheet]), later]
            continue
        if run:
            yield _tell_run(run, _choose(run[0]), steps)
            run = []
        if near and len(same) >= NEARLY * union:
            zh = f"与上一份报告的 {union} 个数字中 {len(same)} 个相同"
            en = f"{len(same)} of {union} figures are those of the report before"
            told = (zh, en), steps, chance, _show(same)
            yield to_trace("repeated", "soft", [sheet, later], *told)
    if run:
        yield _tell_run(run, _choose(run[0]), steps)


def _tell_run(run: list[Sheet], values: Values, steps: int) -> Trace:
    zh = f"连续 {len(run)} 份报告的 {len(values)} 个数字完全相同"
    en = f"{len(run)} reports running have the same {len(values)} figures"
    told = (zh, en), steps, _to_chance(values, steps), _show(values)
    return to_trace("repeated", "hard", run, *told)


def _find_shared(bodies: dict, pairs: int) -> Iterator[Trace]:
    groups: dict[frozenset, dict[tuple, Sheet]] = defaultdict(dict)
    for body, years in bodies.items():
        for sheet, values in years.values():
            if values and _to_chance(values, pairs) <= MOST:
                groups[frozenset(values.items())].setdefault(body, sheet)
    for items, group in groups.items():
        if len(group) > 1:
            zh = f"{len(group)} 个机关的 {len(items)} 个数字完全相同"
            en = f"{len(group)} bodies have the same {len(items)} figures"
            values = dict(sorted(items, key=str))
            told = (zh, en), pairs, _to_chance(values, pairs), _show(values)
            yield to_trace("shared", "soft", group.values(), *told)


def _to_chance(values: Values, pairs: int) -> float:
    bits = sum(log2(abs(value) + 1) for value in set(values.values()))
    return pairs * 2.0**-bits


def _choose(sheet: Sheet) -> Values:
    """Keep figures other than 0 that are no sum and do not stand by nature."""
    left_out = _sums(sheet.form)
    return {
        (code, who): value
        for (code, who), value in sheet.values.items()
        if value and (code, who) not in left_out and not code.startswith(_standing())
    }


def list_figures(sheet: Sheet, least: float) -> list[int]:
    """List the whole figures of a report from a size on, without sums and standing."""
    chosen = _choose(sheet).items()
    counts = (value for (code, _), value in chosen if code not in _money())
    return [int(value) for value in counts if value >= least and value == int(value)]


@cache
def _money() -> frozenset[str]:
    return frozenset(one.code for one in indicators().values() if "元" in one.unit)


@cache
def _sums(form: str) -> frozenset:
    keys = [key for key, one in forms().items() if form in (key, one.version)]
    found = [rule for key in keys for rule in rules(key) if rule.kind == "equal"]
    return frozenset(rule.left[0][:2] for rule in found if len(rule.left) == 1)


@cache
def _standing() -> tuple[str, ...]:
    standing = read_toml(CODEBOOKS / "forensics.toml")["standing"]
    codes = {one.code for one in indicators().values()}
    for start in standing:
        if not any(code.startswith(start) for code in codes):
            raise CodebookError(f"forensics.toml: no code begins with {start!r}")
    return tuple(standing)


def _show(values: Values) -> str:
    rows = [
        f"{c}{f'[{w}]' if w else ''} {show(v)}"
        for (c, w), v in list(values.items())[:SHOWN]
    ]
    more = len(values) - len(rows)
    return ", ".join(rows) + (f" … +{more}" if more > 0 else "")

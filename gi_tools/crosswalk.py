"""What a figure means from form to form: panel indicators, joins, breaks, refusals."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from functools import cache
from importlib.resources.abc import Traversable
from itertools import pairwise
from typing import NamedTuple

import regex

from gi_tools.codebook import forms, indicators
from gi_tools.errors import CodebookError, ComparisonError
from gi_tools.knowledge import CODEBOOKS, read_csv, read_toml

FORMS = ("shanghai", "dingxi", "2014", "2019", "2021")
JOINS = ("shanghai_2014", "dingxi_2014", "2014_2019", "2019_2021")
VERDICTS = ("yes", "caveat", "refuse")
# What a unit of a form is worth in the unit of its panel indicator.
SCALES = {("元", "万元"): 1e-4, ("万元", "元"): 1e4, ("条", "件"): 1.0}
SCALES |= {("亿元", "万元"): 1e4, ("万条", "条"): 1e4}
FAMILIES_ZH = (
    "2013年及以前为地方附表，各地结果分类、期间栏与单位不同，不可跨系或跨省比较"
)
FAMILIES_EN = (
    "annexes before 2014 are local, with outcome trees, periods and units of their own"
)
UNLINKED_ZH, UNLINKED_EN = (
    "其间的表式没有此项",
    "the forms between them have no such figure",
)
_TERM = regex.compile(r"([+-]?)\s*([a-z][\w.]*)(?:@(\w+))?\s*")


class Part(NamedTuple):
    """One cell of a form in the sum that makes a panel indicator."""

    indicator: str
    applicant: str | None
    sign: int


class Meaning(NamedTuple):
    """A panel indicator: its sum in each form that has it, and which forms join."""

    indicator: str
    label_zh: str
    label_en: str
    unit: str
    parts: dict[str, tuple[Part, ...]]
    scales: dict[str, float]
    joins: dict[tuple[str, str], str]
    reason_zh: str
    reason_en: str


class Join(NamedTuple):
    """The verdict on setting figures of two forms (or years) side by side."""

    indicator: str
    older: str
    newer: str
    verdict: str
    reason_zh: str = ""
    reason_en: str = ""
    what: str = "forms"


class Break(NamedTuple):
    """A year from which a cell of the same name counts something else."""

    id: str
    year: int
    zh: str
    en: str
    source: str
    indicators: tuple[str, ...]
    refuse: tuple[str, ...] = ()


def find_cell(form: str, code: str) -> str | None:
    """Give the applicant that stands for the whole row: total in table 3, else None."""
    return "total" if indicators()[form, code].table == "table3" else None


@cache
def crosswalk() -> dict[str, Meaning]:
    """Give every panel indicator by name, in the order of crosswalk.csv."""
    return load_crosswalk(CODEBOOKS / "crosswalk.csv")


def load_crosswalk(path: Traversable) -> dict[str, Meaning]:
    """Load and verify; CodebookError for a code, unit or verdict that cannot be."""
    found: dict[str, Meaning] = {}
    for line, row in enumerate(read_csv(path), start=2):
        place = f"crosswalk.csv, line {line}"
        one = _to_meaning(row, place)
        if one.indicator in found:
            raise CodebookError(f"{place}: {one.indicator} is there twice")
        found[one.indicator] = one
    return found


def _to_meaning(row: dict[str, str], place: str) -> Meaning:
    parts, scales = {}, {}
    for form in FORMS:
        if row[form] != "-":
            parts[form] = tuple(_read_sum(row[form], form, place))
            scales[form] = _find_scale(parts[form], form, row["unit"], place)
    joins = {}
    for name in JOINS:
        older, newer = name.split("_")
        joins[older, newer] = _check_join(row, name, {older, newer} <= parts.keys())
        if joins[older, newer] == "?":
            hint = "use yes, caveat or refuse with reasons, - where a form has none"
            raise CodebookError(f"{place}: {name} is {row[name]!r}; {hint}")
    head = (row["indicator"], row["label_zh"], row["label_en"], row["unit"])
    return Meaning(*head, parts, scales, joins, row["reason_zh"], row["reason_en"])


def _check_join(row: dict[str, str], name: str, both: bool) -> str:
    """Give the verdict, or ? where it cannot be: yes and caveat need two figures."""
    verdict, told = row[name], row["reason_zh"] and row["reason_en"]
    if verdict == "refuse":
        return verdict if told else "?"
    if verdict == "-":
        return "?" if both else verdict
    known = verdict == "yes" or (verdict == "caveat" and told)
    return verdict if both and known else "?"


def _read_sum(text: str, form: str, place: str) -> Iterator[Part]:
    """Read codes joined by + or -; code@applicant names a column of table 3."""
    at, cells = 0, {target[:2] for target in forms()[form].targets}
    while at < len(text):
        found = _TERM.match(text, at)
        if found is None or (at and not found[1]):
            raise CodebookError(f"{place}: {text[at:]!r} is no sum of codes")
        sign, code, who, at = *found.groups(), found.end()
        if (form, code) in indicators() and who is None:
            who = find_cell(form, code)
        if (code, who) not in cells:
            raise CodebookError(f"{place}: form {form} has no cell {code} {who or ''}")
        yield Part(code, who, -1 if sign == "-" else 1)


def _find_scale(parts: Iterable[Part], form: str, unit: str, place: str) -> float:
    units = {indicators()[form, part.indicator].unit for part in parts}
    if len(units) > 1:
        raise CodebookError(f"{place}: form {form} adds {' and '.join(sorted(units))}")
    return find_scale(units.pop(), unit, f"{place}, form {form}")


def find_scale(unit: str, target: str, place: str) -> float:
    """Give what one unit is in another; CodebookError if they are unlike."""
    if unit == target:
        return 1.0
    if (unit, target) not in SCALES:
        raise CodebookError(f"{place}: {unit} is not to be had in {target}")
    return SCALES[unit, target]


@cache
def breaks() -> tuple[Break, ...]:
    """Give the breaks of breaks.toml in order of year; CodebookError if unknown."""
    found = []
    for entry in read_toml(CODEBOOKS / "breaks.toml")["breaks"]:
        lists = {key: tuple(entry.get(key, ())) for key in ("indicators", "refuse")}
        known = crosswalk().keys() | {"*"}
        if strange := [name for names in lists.values() for name in names
                       if name not in known]:  # fmt: skip
            raise CodebookError(f"breaks.toml, {entry['id']}: unknown {strange[0]}")
        found.append(Break(**entry | lists))
    return tuple(sorted(found, key=lambda one: one.year))


def list_breaks(
    first: int, last: int, names: Collection[str] | None = None
) -> list[Break]:
    """List the breaks between two years that touch any of the panel indicators."""
    between = [one for one in breaks() if first < one.year <= last]
    if names is None:
        return between
    return [b for b in between if "*" in b.indicators or {*b.indicators} & {*names}]


def judge_join(name: str, older: str, newer: str) -> Join:
    """
    Judge whether a panel indicator may run from one form to another.

    Forms are keys of the codebook: shanghai, dingxi, 2014, 2019, 2021. Of the steps
    between them the worst verdict holds; "-" says that one of the forms has no such
    figure, so that there is nothing to join.
    """
    if name not in crosswalk():
        raise CodebookError(f"crosswalk: no panel indicator {name!r}; see crosswalk()")
    older, newer = sorted((older, newer), key=FORMS.index)
    if newer == "dingxi" and {older, newer} <= crosswalk()[name].parts.keys():
        return Join(name, older, newer, "refuse", FAMILIES_ZH, FAMILIES_EN)
    one = crosswalk()[name]
    if newer == "dingxi":
        return Join(name, older, newer, "-")
    path = (older, *FORMS[max(2, FORMS.index(older) + 1) : FORMS.index(newer) + 1])
    steps = [one.joins[step] for step in pairwise(path)]
    if "refuse" in steps:
        return Join(name, older, newer, "refuse", one.reason_zh, one.reason_en)
    if not {older, newer} <= one.parts.keys():
        return Join(name, older, newer, "-")
    if "-" in steps:
        return Join(name, older, newer, "refuse", UNLINKED_ZH, UNLINKED_EN)
    if "caveat" in steps:
        return Join(name, older, newer, "caveat", one.reason_zh, one.reason_en)
    return Join(name, older, newer, "yes")


def list_joins(
    names: Iterable[str], found: Collection[str], years: Collection[int] = ()
) -> list[Join]:
    """List the joins that a comparison over these forms and years needs, once each."""
    there = [form for form in FORMS if form in found]
    joins = [judge_join(n, *pair) for n in names for pair in _list_pairs(n, there)]
    for one in list_breaks(min(years), max(years)) if len(years) else ():
        for name in (name for name in names if name in one.refuse):
            older, newer = str(one.year - 1), str(one.year)
            joins.append(Join(name, older, newer, "refuse", one.zh, one.en, "years"))
    return joins


def _list_pairs(name: str, there: list[str]) -> list[tuple[str, str]]:
    """Neighbours among the forms there are, and among those that have the figure."""
    having = [form for form in there if form in crosswalk()[name].parts]
    pairs = [*pairwise(there), *pairwise(having)]
    for forms_ in (there, having):
        if forms_[:2] == ["shanghai", "dingxi"]:
            pairs += [("shanghai", form) for form in forms_[2:3]]
    return list(dict.fromkeys(pairs))


def refuse(joins: Iterable[Join], override: str | None = None) -> list[Join]:
    """
    Raise ComparisonError for the first refused join; with a written reason, list all.

    The list holds the refusals that the override overrules.
    """
    refused = [join for join in joins if join.verdict == "refuse"]
    if override is not None and not override.strip():
        raise ComparisonError("override is empty; write the reason for the comparison")
    if refused and override is None:
        raise ComparisonError(write_refusal(refused[0], len(refused) - 1))
    return refused


def write_refusal(join: Join, more: int = 0) -> str:
    """Write one line: what, between which forms, why, and what to do next."""
    rest = f" ({more} more refusals)" if more else ""
    return (
        f"{join.indicator}: {join.what} {join.older} and {join.newer} do not compare: "
        f"{join.reason_en} ({join.reason_zh}){rest}; select one of them, or give "
        "override='the reason why you compare them all the same'"
    )

"""A figure's words in, the cells of the form it speaks of out; how cells add up."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any, NamedTuple

import regex

from gi_tools.codebook import forms, indicators, label_key, rules
from gi_tools.errors import CodebookError
from gi_tools.knowledge import CODEBOOKS, read_toml
from gi_tools.text import fold

FEWEST = 4  # characters of a label that stand for a row in running prose
_FILLER = regex.compile(
    r"(?:政府|信息|公开|申请|答复|决定|情况|案件|数量|总数|共计?|合计|[的有计为是了数量:约])"
    r"{0,6}"
)
_JOINT = regex.compile(r"(?:[、,和及与或]|以及|或者){1,2}")


class Wording(NamedTuple):
    """The cells a figure speaks of; ``basis``: code, sum, label or word (soft)."""

    cells: tuple[str, ...]
    basis: str


def find_wording(
    code: str | None, quote: str, raw: str, form: str, *, near: bool
) -> Wording | None:
    """
    Find the cells that a figure in prose speaks of, by its code or by its words.

    ``near``: requests are spoken of beside it, so that labels of table 3 and words
    like 办结 can be taken at their word. None when nothing says it.
    """
    if code:
        cells = load_knowledge()["sums"].get((form, code))
        return Wording(cells, "sum") if cells else Wording((code,), "code")
    if not near:
        return None
    before = fold(quote)[: max(fold(quote).rfind(fold(raw)), 0)]
    return _find_label(before, form) or _find_word(before, form)


def _find_label(before: str, form: str) -> Wording | None:
    """Read the label right before a figure and those joined to it: A及B."""
    labels = _labels(form)
    if not labels:
        return None
    found = list(labels["pattern"].finditer(before))
    if not found or not _FILLER.fullmatch(before, found[-1].end()):
        return None
    cells, start = (), len(before)
    for match in reversed(found):
        if cells and not _JOINT.fullmatch(before, match.end(), start):
            break
        cells, start = (*labels["cells"][match[0]], *cells), match.start()
    # 同意公开和部分公开: what is joined and not understood may be a part of it.
    ahead = before[:start][-1:]
    return None if ahead and ahead in "、和及与或不未" else Wording(cells, "label")


def _find_word(before: str, form: str) -> Wording | None:
    for entry in load_knowledge()["words"]:
        if form not in entry["forms"]:
            continue
        for word in entry["words"]:
            at = before.rfind(word)
            ahead = before[max(at - 3, 0) : max(at, 0)]
            if at < 0 or ahead.endswith(tuple(entry["unless"])):
                continue
            if _FILLER.fullmatch(before, at + len(word)):
                return Wording(tuple(entry["cells"]), "word")
    return None


@cache
def _labels(form: str) -> dict[str, Any]:
    """The labels of table 3 and its groups, and the codes that each stands for."""
    tables = forms()[form].tables if form in forms() else ()
    rows = [row for table in tables if table.name == "table3" for row in table.rows]
    cells: dict[str, tuple[str, ...]] = {}
    for row in rows:
        inside = [r for r in rows if r.group == row.label] or [row]
        if not all(r.targets for r in inside):
            continue  # a heading over groups
        codes = dict.fromkeys(r.targets[0].indicator for r in inside)
        for label in (row.label, *row.variants):
            if len(key := label_key(label)) >= FEWEST:
                cells.setdefault(key, tuple(codes))
    if not cells:
        return {}
    words = sorted(map(regex.escape, cells), key=len, reverse=True)
    return {"cells": cells, "pattern": regex.compile("|".join(words))}


@cache
def list_rows(form: str) -> tuple[str, ...]:
    """List the codes of table 3 of a form in printed order, or of its one table."""
    tables = forms()[form].tables if form in forms() else ()
    chosen = [t for t in tables if t.name == "table3"] or tables[:1]
    targets = (
        target for table in chosen for row in table.rows for target in row.targets
    )
    return tuple(dict.fromkeys(target.indicator for target in targets))


@cache
def find_parts(form: str) -> dict[str, tuple[str, ...]]:
    """Give the parts of each total of a form, as its rules of equality say."""
    found = {}
    for rule in rules(form) if form in forms() else ():
        first = rule.left[0]
        parts = tuple(term.indicator for term in rule.right)
        plain = rule.kind == "equal" and rule.basis in ("official", "structure")
        own = first.applicant in (None, "total") and first.indicator not in parts
        if plain and own and len(rule.left) == 1 and len(parts) > 1:
            found[first.indicator] = parts
    return found


def to_leaves(form: str, cells: tuple[str, ...]) -> frozenset[str]:
    """Break totals down to the rows that nothing adds up to."""
    parts = find_parts(form)
    leaves: set[str] = set()
    for code in cells:
        leaves |= to_leaves(form, parts[code]) if code in parts else {code}
    return frozenset(leaves)


def find_group(form: str, code: str) -> tuple[str, ...]:
    """Give the rows of the group that a row of table 3 stands in, if several do."""
    groups = [
        cells for cells in _labels(form).get("cells", {}).values() if code in cells
    ]
    return max(groups, key=len, default=())


def name_group(form: str, cells: tuple[str, ...], lang: str) -> str | None:
    """Name the group that these rows are the whole of: 不予公开, refused (sum)."""
    known = _labels(form).get("cells", {}).items()
    found = [label for label, codes in known if codes == cells and len(cells) > 1]
    if not found or lang == "zh":
        return found[0] if found else None
    names = {indicators()[form, code].label_en.partition(":")[0] for code in cells}
    return f"{names.pop()} (sum)" if len(names) == 1 else None


def find_totals(form: str, code: str) -> tuple[tuple[str, ...], ...]:
    """Give the sums of cells that a share of this figure can be of."""
    first = code.split(".")[0]
    own = indicators().get((form, code))
    found = [
        tuple(cells)
        for entry in load_knowledge()["totals"]
        if form in entry["forms"] and first in entry["parts"]
        for cells in entry["cells"]
    ]
    parent = [(own.parent,)] if own and own.parent else []
    return tuple(
        cells for cells in dict.fromkeys([*parent, *found]) if code not in cells
    )


@cache
def load_knowledge() -> dict[str, Any]:
    """Load agreement.toml; CodebookError for a code that no such form has."""
    data = read_toml(CODEBOOKS / "agreement.toml")
    for kind in ("words", "sums", "totals", "all"):
        for entry in data[kind]:
            named = _flatten(entry.get("cells") or entry["pairs"])
            pairs = ((form, code) for form in entry["forms"] for code in named)
            if wrong := [pair for pair in pairs if pair not in indicators()]:
                place = f"agreement.toml, {kind}"
                raise CodebookError(f"{place}: unknown {wrong}; correct it")
    sums = {
        (form, entry["code"]): tuple(entry["cells"])
        for entry in data["sums"]
        for form in entry["forms"]
    }
    return data | {"sums": sums}


def _flatten(cells: list) -> Iterator[str]:
    for cell in cells:
        yield from [cell] if isinstance(cell, str) else _flatten(cell)

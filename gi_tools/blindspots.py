"""What passing cannot prove: exchanges of figures that no rule of a form can see."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

from gi_tools.codebook import CUMULATIVE, applicants, forms, indicators, rules
from gi_tools.equations import Key, System, build_system

if TYPE_CHECKING:
    from pandas import DataFrame

SHOWN = 4  # labels in a text; the members are all in the record


class BlindSpot(NamedTuple):
    """
    Cells, rows, columns or blocks of a form that may be exchanged without a trace.

    Each of ``members`` is a tuple of cells (indicator, applicant); any two members may
    be exchanged cell by cell. ``swaps`` counts the pairs. ``seen_by`` are rules
    between two years that would notice, where last year's report is at hand. Members
    of the kind unseen stand in no rule: any figure passes there.
    """

    form: str
    kind: str
    swaps: int
    members: tuple[tuple[Key, ...], ...]
    seen_by: tuple[str, ...]
    text: str
    text_en: str


def list_blind_spots(form: str | None = None) -> DataFrame:
    """
    List what every rule of a form misses, one row each; columns are those of BlindSpot.

    ``form`` is a key of the codebook (2014, 2019, 2021, shanghai, dingxi) or None for
    all. Computed from the rules: an exchange is listed where it turns the set of rules
    of one report into itself. Raises CodebookError for an unknown form.
    """
    import pandas as pd

    keys = forms() if form is None else [form]
    found = [one for key in keys for one in find_blind_spots(key)]
    return pd.DataFrame(found, columns=list(BlindSpot._fields))


@cache
def find_blind_spots(form_key: str) -> tuple[BlindSpot, ...]:
    """Find the blind spots of one form as plain records."""
    rules(form_key)  # an unknown form is named there
    system = build_system(form_key)
    seen = {cell for one in (*system.hard, *system.soft) for cell, _ in one.terms}
    found = []
    for kind, groups in _list_candidates(system, seen):
        for members in groups:
            if len(members) > 1 or kind == "unseen":
                found.append(_describe(system, kind, members))
    return tuple(found)


def count_blind_spots(form_key: str) -> tuple[int, int]:
    """Count the exchanges that no rule sees, and the cells that stand in none."""
    spots = find_blind_spots(form_key)
    unseen = sum(len(spot.members) for spot in spots if spot.kind == "unseen")
    return sum(spot.swaps for spot in spots), unseen


Members = list[tuple[int, ...]]


def _list_candidates(
    system: System, seen: set[int]
) -> Iterable[tuple[str, Iterable[Members]]]:
    """Join rows, columns, cells and blocks that may be exchanged into groups."""
    is_hidden = _make_test(system)
    rows, columns, cells = [], [], []
    for grid in system.grids:
        used = [row for row in grid if set(row) <= seen]
        if grid and len(grid[0]) > 1 and len(used) > 1:
            rows += _group(used, is_hidden)
            columns += _group(list(zip(*used, strict=True)), is_hidden)
        else:
            cells += _group([(cell,) for row in used for cell in row], is_hidden)
    yield "rows", rows
    yield "columns", columns
    yield "cells", cells
    yield "blocks", _group(_list_blocks(system), is_hidden)
    unseen = [(cell,) for cell in range(len(system.cells)) if cell not in seen]
    yield "unseen", [unseen] if unseen else []


def _list_blocks(system: System) -> Members:
    """List the equations that share no cell with another, their cells in order."""
    equations = [*system.hard, *system.soft]
    sets = [frozenset(cell for cell, _ in one.terms) for one in equations]
    return [
        tuple(sorted(cells))
        for number, cells in enumerate(sets)
        if len(cells) > 2
        and not any(cells & other for n, other in enumerate(sets) if n != number)
    ]


def _group(members: Members, is_hidden: Callable[..., bool]) -> list[Members]:
    """Group members any two of which may be exchanged: the relation is transitive."""
    groups: list[Members] = []
    for one in members:
        for group in groups:
            if len(group[0]) == len(one) and is_hidden(group[0], one):
                group.append(one)
                break
        else:
            groups.append([one])
    return [group for group in groups if len(group) > 1]


def _make_test(system: System) -> Callable[[tuple[int, ...], tuple[int, ...]], bool]:
    """Give the test whether exchanging two tuples of cells keeps the rules the same."""
    equations = (*system.hard, *system.soft)
    found = {_to_form(one.terms, one.is_equal, {}) for one in equations}
    holds: list[list] = [[] for _ in system.cells]
    for one in equations:
        for cell, _ in one.terms:
            holds[cell].append(one)

    def is_hidden(one: tuple[int, ...], other: tuple[int, ...]) -> bool:
        swap = dict(zip(one + other, other + one, strict=True))
        near = (e for cell in swap for e in holds[cell])
        return all(_to_form(e.terms, e.is_equal, swap) in found for e in near)

    return is_hidden


def _to_form(
    terms: Iterable[tuple[int, int]], is_equal: bool, swap: Mapping[int, int]
) -> tuple[bool, frozenset[tuple[int, int]]]:
    """Write an equation so that the same one, or its negative, looks the same."""
    plain = sorted((swap.get(cell, cell), sign) for cell, sign in terms)
    turn = -1 if is_equal and plain[0][1] < 0 else 1
    return is_equal, frozenset((cell, sign * turn) for cell, sign in plain)


def _describe(system: System, kind: str, members: Members) -> BlindSpot:
    keys = tuple(tuple(system.cells[c] for c in member) for member in members)
    swaps = 0 if kind == "unseen" else len(members) * (len(members) - 1) // 2
    zh, en = (_name_members(system, kind, members, lang) for lang in (0, 1))
    head = TEXTS[kind]
    texts = (
        text.format(n=len(members), labels=labels)
        for text, labels in zip(head, (zh, en), strict=True)
    )
    seen_by = _find_watchers(system.form, members) if kind != "unseen" else ()
    return BlindSpot(system.form, kind, swaps, keys, seen_by, *texts)


TEXTS = {
    en: (
        f"{{n}} {zh}可以任意互换而不违反任何规则：{{labels}}",
        f"{{n}} {en} may stand in any order without breaking a rule: {{labels}}",
    )
    for zh, en in (("行", "rows"), ("列", "columns"), ("格", "cells"))
} | {
    "blocks": (
        "{n} 组数字可以整组互换而不违反任何规则：{labels}",
        "{n} groups of figures may change places without breaking a rule: {labels}",
    ),
    "unseen": (
        "{n} 格不受任何本年规则约束，填任何数都能通过：{labels}",
        "{n} cells stand in no rule of one report, any figure passes: {labels}",
    ),
}


def _name_members(system: System, kind: str, members: Members, lang: int) -> str:
    names = []
    for member in members:
        indicator, applicant = system.cells[member[-1 if kind == "blocks" else 0]]
        if kind == "columns" and applicant:
            names.append(applicants()[applicant][1 + lang])
        elif kind == "columns":
            is_sum = indicator.endswith(CUMULATIVE)
            names.append(
                (("本期", "this period"), ("累计", "cumulative"))[is_sum][lang]
            )
        else:
            names.append(indicators()[system.form, indicator][4 + lang])
    more = ("、…", "; …")[lang] if len(names) > SHOWN else ""
    return ("、", "; ")[lang].join(names[:SHOWN]) + more


def _find_watchers(form_key: str, members: Members) -> tuple[str, ...]:
    """Name the rules between years that hold some members and not alike."""
    cells = build_system(form_key).cells
    places = [{cells[c]: n for n, c in enumerate(member)} for member in members]
    found = []
    for rule in rules(form_key):
        terms = rule.left + rule.right
        if any(term.previous for term in terms):
            uses = {
                frozenset((place[t[:2]], t.previous) for t in terms if t[:2] in place)
                for place in places
            }
            found += [rule.id] if len(uses) > 1 else []
    return tuple(found)

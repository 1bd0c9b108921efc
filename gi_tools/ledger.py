"""The rows of a repair: what was derived, proposed, left open, found in conflict."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from gi_tools.equations import System
from gi_tools.evidence import Body
from gi_tools.localisation import Accusation
from gi_tools.patterns import Pattern
from gi_tools.proofs import Doubt, Proof
from gi_tools.proposals import REMEDIES


class Repair(NamedTuple):
    """One figure that the rules prove and the report leaves out."""

    report_id: str
    indicator: str
    applicant: str | None
    old: float | None
    new: float
    remedy: str
    rule: str
    reason: str
    reason_en: str
    step: int


class Suspect(NamedTuple):
    """
    One cell of one change that may be due; cells of a change share group and rank.

    ``status`` is unique where no other change is as small, else ambiguous. ``listed``
    counts the changes of the group, ``is_complete`` says whether there are no more.
    ``weight`` is that of the whole change, less is better; ``settles`` the failing
    rules it mends, less those it breaks. ``proposal`` is None for: leave it blank.
    """

    report_id: str
    indicator: str
    applicant: str | None
    value: float | None
    proposal: float | None
    status: str
    rank: int
    weight: float
    settles: int
    remedy: str
    rule: str
    group: int
    listed: int
    is_complete: bool
    reason: str
    reason_en: str


class OpenCell(NamedTuple):
    """
    What a cell without a number can still be; ``high`` is None for no upper limit.

    Both are None where the rules of the cell conflict. ``is_exact`` is false where
    there were too many open cells to find the very least and greatest.
    """

    report_id: str
    indicator: str
    applicant: str | None
    low: float | None
    high: float | None
    is_exact: bool
    rule: str


class ConflictRow(NamedTuple):
    """Rules of one report that cannot all hold; nothing was derived from them."""

    report_id: str
    rule: str
    open_cells: int
    changes: int
    message: str
    message_en: str


class Finds(NamedTuple):
    """All that was found for one report."""

    proof: Proof
    accused: Sequence[Accusation]
    patterns: Sequence[Pattern]


def list_changes(body: Body, finds: Finds) -> dict[int, float]:
    """Give the derived values by position in the facts."""
    system = body.sheet.system
    return {
        body.where[cell]: _to_value(system, cell, one.low)
        for cell, one in finds.proof.derived.items()
    }


def list_repairs(body: Body, finds: Finds) -> Iterator[Repair]:
    """List the derived values with the rules that prove them."""
    system = body.sheet.system
    for cell, one in finds.proof.derived.items():
        state, _ = body.paper[cell]
        remedy = "split_digits" if state == "unreadable" else "proved"
        names, value = " ".join(sorted(one.rules)), _to_value(system, cell, one.low)
        zh = f"由规则 {names} 与计数不小于 0 推出，只能是 {value:g}"
        en = f"only {value:g} satisfies {names}, as counts are at least 0"
        head = body.report_id, *system.cells[cell], None, value
        yield Repair(*head, remedy, names, zh, en, one.step)


def list_open_cells(body: Body, finds: Finds) -> Iterator[OpenCell]:
    """List the cells that stay open with what they can be."""
    system = body.sheet.system
    for cell, one in finds.proof.open.items():
        head = (body.report_id, *system.cells[cell])
        if one is None:
            yield OpenCell(*head, None, None, False, "")
        else:
            high = None if one.high == float("inf") else one.high
            low = None if one.low == -float("inf") else one.low
            yield OpenCell(*head, low, high, one.is_exact, " ".join(sorted(one.rules)))


def list_conflicts(body: Body, finds: Finds) -> Iterator[ConflictRow]:
    """List the blocks of rules that cannot hold together."""
    system = body.sheet.system
    for names in finds.proof.conflicts:
        changes = sum(set(one.rules) <= names for one in finds.accused)
        blocked = {c for e in system.hard if e.rule in names for c, _ in e.terms}
        count = sum(
            one is None and cell in blocked for cell, one in finds.proof.open.items()
        )
        rules = " ".join(sorted(names))
        zh = f"按表中数字规则 {rules} 不能成立，相关空白不作推算"
        zh += "" if changes else "；未找到小的改动可以解释"
        en = f"{rules} cannot hold with these figures; no blank was derived from them"
        en += "" if changes else "; no small change explains it"
        yield ConflictRow(body.report_id, rules, count, changes, zh, en)


def list_suspects(body: Body, finds: Finds) -> Iterator[Suspect]:
    """List all proposals for one report: of the rules, of the paper, of last year."""
    groups: dict[tuple[str, ...], int] = {}
    found = []
    for one in finds.accused:
        first = next(
            (g for names, g in groups.items() if set(names) & set(one.rules)), None
        )
        group = groups.setdefault(
            one.rules, len(groups) + 1 if first is None else first
        )
        found += [(one.rank, group, row) for row in _accuse(body, one, group)]
    last = max(groups.values(), default=0)
    for number, doubt in enumerate(finds.proof.doubts, last + 1):
        found.append((1, number, _doubt(body, doubt, number)))
    yield from (row for _, _, row in sorted(found, key=lambda item: item[:2]))
    last = max((group for _, group, _ in found), default=0)
    rank = max((rank for rank, _, _ in found), default=0)
    for number, pattern in enumerate(finds.patterns, 1):
        yield from _suspect_pattern(body, pattern, last + number, rank + number)


def _suspect(body: Body, cell: int, new: float | None, *rest: object) -> Suspect:
    sheet = body.sheet
    value = None if new is None else _to_value(sheet.system, cell, new)
    head = body.report_id, *sheet.system.cells[cell], sheet.values[cell], value
    return Suspect(*head, *rest)


def _accuse(body: Body, one: Accusation, group: int) -> Iterator[Suspect]:
    zh, en = _say_standing(one)
    status = "unique" if one.is_unique else "ambiguous"
    standing = status, one.rank, one.weighed.weight, one.settles
    rest = " ".join(one.rules), group, one.listed, one.is_complete
    for (cell, new), remedy, support in zip(
        one.weighed.change.values,
        one.weighed.remedies,
        one.weighed.supported,
        strict=True,
    ):
        text, note = REMEDIES[remedy], SUPPORT[support]
        reasons = text.zh + note[0] + zh, text.en + note[1] + en
        yield _suspect(body, cell, new, *standing, remedy, *rest, *reasons)


SUPPORT = {
    True: ("；有旁证", "; another figure agrees"),
    False: ("；旁证与原数相符", "; another figure agrees with what is printed"),
    None: ("", ""),
}


def _say_standing(one: Accusation) -> tuple[str, str]:
    """Say how many cells change, how many rules that settles, what else would do."""
    count, more = len(one.weighed.change.values), not one.is_complete
    zh = f"；改 {count} 格，解决 {one.settles} 条规则；"
    en = f"; cells changed: {count}, rules settled: {one.settles}; "
    if one.is_unique:
        return zh + "没有其他同样小的改动", en + "no other change is as small"
    return (
        f"{zh}共列出 {one.listed} 种改动" + "，可能还有其他" * more,
        f"{en}changes listed: {one.listed}" + ", there may be more" * more,
    )


def _doubt(body: Body, doubt: Doubt, group: int) -> Suspect:
    text = REMEDIES[doubt.remedy]
    zh = "；规则证明" if doubt.is_proved else "；规则允许但未证明"
    en = "; the rules prove it" if doubt.is_proved else "; the rules allow it, no proof"
    status = "unique" if doubt.is_proved else "ambiguous"
    standing = status, 1, round(1 - text.plausibility / 2, 6), len(doubt.rules)
    rest = doubt.remedy, " ".join(sorted(doubt.rules)), group, 1, doubt.is_proved
    reasons = text.zh + zh, text.en + en
    return _suspect(body, doubt.cell, doubt.value, *standing, *rest, *reasons)


def _suspect_pattern(
    body: Body, pattern: Pattern, group: int, rank: int
) -> Iterator[Suspect]:
    move = pattern.change.move
    text, far, near = REMEDIES[move], f"{pattern.before:.1f}", f"{pattern.after:.1f}"
    standing = "ambiguous", rank, round(1 - text.plausibility / 2, 6), 0
    reasons = (
        f"{text.zh}？规则看不出；与上年的差距由 {far} 变为 {near}；只是疑问",
        f"{text.en}? No rule can see it; the distance to last year falls from "
        f"{far} to {near}; a question, not an error",
    )
    for cell, new in pattern.change.values:
        rest = move, "", group, 1, False
        yield _suspect(body, cell, new, *standing, *rest, *reasons)


def _to_value(system: System, cell: int, value: float) -> float:
    return round(value) if system.is_count[cell] else round(value, 6)

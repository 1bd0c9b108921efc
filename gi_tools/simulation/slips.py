"""A draft in; the same with one slip of a copying hand in its cells, out."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

from numpy.random import Generator

from gi_tools.codebook import applicants, forms, rules
from gi_tools.simulation.drafts import Draft, write_number
from gi_tools.simulation.parts import Key

_LIKE = str.maketrans("0123456789", "8738965134")


def _pick(draft: Draft, chance: Generator, least: int) -> Key | None:
    """A cell of the identities that prints at least so many digits."""
    cells = dict.fromkeys(
        term[:2]
        for rule in rules(draft.form_key)
        if rule.kind == "equal" and rule.basis != "soft"
        for term in rule.left + rule.right
    )
    texts = {key: draft.printed[key] for key in cells}
    fit = [k for k, t in texts.items() if t.isdigit() and t != "0" and len(t) >= least]
    return fit[chance.integers(len(fit))] if fit else None


def _misprint(least: int, change: Callable[[str, int], str]) -> Callable:
    """A slip in the digits of one cell; ``change`` gets its text and a place in it."""

    def slip(draft: Draft, chance: Generator) -> bool:
        key = _pick(draft, chance, least)
        if key is None:
            return False
        old = draft.printed[key]
        places = chance.permutation(len(old) - least + 1)
        texts = (change(old, int(place)).lstrip("0") or "0" for place in places)
        new = next((text for text in texts if text != old), None)
        if new is None:
            return False
        draft.show(key, new, int(new))
        return True

    return slip


def _swap(text: str, at: int) -> str:
    return text[:at] + text[at + 1] + text[at] + text[at + 2 :]


def _turn(text: str, at: int) -> str:
    """Another digit in its place: 3 and 8, 1 and 7 look alike in print."""
    return text[:at] + text[at].translate(_LIKE) + text[at + 1 :]


def _rows(draft: Draft) -> list[list[Key]]:
    """The rows of several values, which print them all as they are."""
    rows = [row for table in forms()[draft.form_key].tables for row in table.rows]
    keys = [[target[:2] for target in row.targets] for row in rows]
    return [row for row in keys if len(row) > 1]


def _move(draft: Draft, to: list[Key], source: list[Key]) -> bool:
    """Print what some cells show in others; whether that changed anything."""
    old = dict(draft.printed)
    found = [(draft.printed[key], draft.shown[key]) for key in source]
    for key, one in zip(to, found, strict=True):
        draft.show(key, *one)
    return old != draft.printed


def _shifted_row(draft: Draft, chance: Generator) -> bool:
    """The values of one row stand one column further, the last one first."""
    rows = [row for row in _rows(draft) if len({draft.printed[k] for k in row}) > 1]
    if not rows:
        return False
    row = rows[chance.integers(len(rows))]
    return _move(draft, row, [row[-1], *row[:-1]])


def _swapped_rows(draft: Draft, chance: Generator) -> bool:
    """Two rows of table 3, one below the other, have changed places."""
    rows = [row for row in _rows(draft) if row[0][1]]
    pairs = [
        (one, two)
        for one, two in pairwise(rows)
        if [draft.printed[k] for k in one] != [draft.printed[k] for k in two]
    ]
    if not pairs:
        return False
    one, two = pairs[chance.integers(len(pairs))]
    return _move(draft, [*one, *two], [*two, *one])


def _copied_total(draft: Draft, chance: Generator) -> bool:
    """The total of a row is that of natural persons alone."""
    first, last = next(iter(applicants())), list(applicants())[-1]
    names = dict.fromkeys(name for name, who in draft.printed if who)
    fit = [n for n in names if draft.shown[n, first] is not None]
    fit = [n for n in fit if draft.shown[n, first] != draft.shown[n, last]]
    if not fit:
        return False
    name = fit[chance.integers(len(fit))]
    draft.show((name, last), draft.printed[name, first], draft.shown[name, first])
    return True


def _money_in_yuan(draft: Draft, chance: Generator) -> bool:
    """An amount in yuan where the form asks for ten thousands."""
    units = {t[:2]: t.unit for t in forms()[draft.form_key].targets}
    fit = [key for key, unit in units.items() if unit == "万元" and draft.shown[key]]
    if not fit:
        return False
    key = fit[chance.integers(len(fit))]
    value = round(draft.shown[key] * 10_000)
    draft.show(key, write_number(value), value)
    return True


SLIPS: dict[str, Callable[[Draft, Generator], bool]] = {
    "lost_digit": _misprint(2, lambda text, at: text[:at] + text[at + 1 :]),
    "doubled_digit": _misprint(1, lambda text, at: text[: at + 1] + text[at:]),
    "swapped_digits": _misprint(2, _swap),
    "wrong_digit": _misprint(1, _turn),
    "shifted_row": _shifted_row,
    "swapped_rows": _swapped_rows,
    "copied_total": _copied_total,
    "money_in_yuan": _money_in_yuan,
}

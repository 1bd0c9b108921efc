"""Matched labels to items: each row of the form with the cells and heads it has."""

from __future__ import annotations

from functools import cache, partial
from typing import NamedTuple

from gi_tools.alignment import Match, template
from gi_tools.codebook import Target, forms
from gi_tools.columns import Heads, choose_row, group_keys, head_keys, read_heads
from gi_tools.slots import Slots, read_slots
from gi_tools.tokens import Token

HEADING_REACH = 5  # tokens between a heading row and the first row under it
FEWEST_NUMBERED = 6  # rows that make a climbing column line numbers
CODE_STEP = 3  # by which the numbers of rows climb, some of them not matched
MOST_CODED = 0.8  # of the rows have a code where there is a column of codes
HEAD_REACH = 40  # tokens above the first row in which its heads are looked for


class Item(NamedTuple):
    """A matched row of the form: its targets, cells and printed column order."""

    match: Match
    targets: tuple[Target, ...]
    slots: Slots
    heads: Heads | None


make_item = partial(tuple.__new__, Item)  # as ``to_cell``
# A row found: its match, what its figures mean, the token it ends before, its heads.
Found = tuple[Match, tuple[Target, ...], int, Heads | None]


def trim_matches(matches: list[Match], form_key: str) -> list[Match]:
    """Cut heading rows off the ends: section headings of the prose read alike."""
    lines = template(form_key).lines
    full = [n for n, m in enumerate(matches) if lines[m.line].row.targets]
    if not full:
        return []
    first = full[0]
    while first and matches[first].token - matches[first - 1].token <= HEADING_REACH:
        first -= 1
    return matches[first : full[-1] + 1]


def list_rows(tokens: list[Token], form_key: str, matches: list[Match]) -> list[Found]:
    """Give each matched row its targets, the heads above it, and where it ends."""
    lines = template(form_key).lines
    words_above, opening = _list_heads(form_key)
    rows: list[Found] = []
    above: list[Token] = []
    words: frozenset[str] = frozenset()
    orders: dict[int, Heads | None] = {}  # by the identity of a set of columns
    former: dict[int, Heads | None] = {}
    reached = max(0, matches[0].token - HEAD_REACH) if matches else 0
    codes = _find_codes(tokens, [m for m in matches if lines[m.line].row.targets])
    stops = [m.token - (m.token - 1 in codes) for m in matches[1:]] + [len(tokens)]
    marks = iter([n for n, token in enumerate(tokens) if token.key in words_above])
    mark = next(marks, len(tokens))
    for match, stop in zip(matches, stops, strict=False):
        line, first, end, _ = match
        heads = []
        while mark < first:
            if mark >= reached:
                heads.append(tokens[mark])
            mark = next(marks, len(tokens))
        if heads and not opening.isdisjoint([token.key for token in heads]):
            former |= {key: order for key, order in orders.items() if order}
            above, orders = heads, {}
            words = frozenset([token.key for token in above])
        reached = end
        if not lines[line].row.targets:
            continue
        row, columns = choose_row(form_key, line, words)
        if len(columns) > 1 and id(columns) not in orders:
            order = read_heads(above, columns)
            if order is None and (old := former.get(id(columns))):
                order = Heads(old.order)  # heads repeated in part, as over a page
            orders[id(columns)] = order
        rows.append((match, row.targets, stop, orders.get(id(columns))))
    return rows


@cache
def _list_heads(form_key: str) -> tuple[frozenset[str], frozenset[str]]:
    """The words that stand above rows, and those of them that begin new heads."""
    family = forms()[form_key].family
    known = head_keys(family)
    # 总计 alone is a row that was not found, not a new head.
    return known | group_keys(family), known - template(form_key).keys.keys()


def to_items(tokens: list[Token], rows: list[Found]) -> list[Item]:
    """Give each matched row the cells that stand beside or below its label."""
    return [
        make_item((match, targets, read_slots(tokens, match, stop), heads))
        for match, targets, stop, heads in rows
    ]


def _find_codes(tokens: list[Token], matches: list[Match]) -> set[int]:
    """
    The tokens right before labels that number the rows (01, 02 …, or 1, 2 …).

    A column of figures climbs so too, perhaps, but not from before the first label on.
    """
    codes, last = set(), None
    fewest = max(FEWEST_NUMBERED, MOST_CODED * len(matches))
    for left, match in zip(range(len(matches), 0, -1), matches, strict=True):
        if len(codes) + left < fewest:
            return set()
        at = match.token - 1
        value = tokens[at].reading.value if match.token else None
        if value is not None and (
            last is None or value == 1 or 0 < value - last <= CODE_STEP
        ):
            codes.add(at)
            last = value
    begins = bool(codes) and min(codes) == matches[0].token - 1
    padded = any(tokens[at].text.strip()[:1] == "0" for at in codes)
    return codes if (begins or padded) and len(codes) >= fewest else set()

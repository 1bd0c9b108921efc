"""A document to claims: the figures its prose states, what of, and where."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection
from decimal import Decimal
from functools import partial
from itertools import pairwise
from typing import NamedTuple

from gi_tools.clauses import Draft
from gi_tools.documents import Document, Place
from gi_tools.drafts import Reader
from gi_tools.meanings import KIN, STRONG
from gi_tools.phrases import NATIONAL, SITES, UNKNOWN, Meaning, find_codes, phrasebook
from gi_tools.prose import Prose

MOST = 20_000  # figures of one document that are looked at; reports have hundreds
NEAR = 120  # characters within which figures stand side by side
QUOTED = 160  # characters of a clause that a claim quotes
_YEAR = re.compile(r"20[0-4]\d(?=年)")
_TITLE = re.compile(r"(20[0-4]\d)年?度?[^,。;\n]{0,42}+(?=\n)(?<=报告|年报)")
TITLED = 3  # a year in a title counts as much as so many in the text
_MONEY = {"元": Decimal("0.0001"), "亿元": Decimal(10_000)}
_SIGNS = "、,;:。()和及与"


class Claim(NamedTuple):
    """
    One figure that the prose states; ``indicator`` is None when there is no code.

    ``kind`` is count, none (words of none, value 0), share, comparison, running_total
    or other_year. ``parent`` is the number of the claim it is a part of (of a share:
    of the list it stands in), ``denominator`` the words that say what a share is of.
    ``value`` is None where the digits are parted on paper: 1 2 3.
    """

    indicator: str | None
    value: int | float | None
    unit: str
    place: Place
    raw: str
    quote: str
    kind: str = "count"
    approximate: bool = False
    denominator: str | None = None
    parent: int | None = None


_make_claim = partial(tuple.__new__, Claim)


def read_claims(
    document: Document, form_key: str | None, taken: Collection[Place] = ()
) -> tuple[Claim, ...]:
    """
    Read the figures that the prose of a report states, of the first ``MOST`` in it.

    ``form_key`` says which form's codes are meant; ``taken`` are the places of table
    tokens, where nothing is read. Codes are given to figures of the year reported
    alone; of several figures for one code those that say most clearly what they count
    keep it.
    """
    book = phrasebook()
    prose = Prose(document, taken, book.words)
    year = _find_year(prose.text)
    reader = Reader(prose.hidden, book, year)
    for sentence in prose.sentences_with(book.anchor):
        reader.read(sentence)
        if reader.seen >= MOST:
            break
    drafts = sorted(reader.drafts, key=lambda draft: draft.start)
    _part_channels(drafts)
    _weigh(drafts)
    form = form_key if form_key in NATIONAL else _year_to_form(form_key, year)
    numbers, codes = {id(d): n for n, d in enumerate(drafts)}, find_codes(form)
    return tuple([_to_claim(draft, numbers, prose, codes) for draft in drafts])


def _find_year(text: str) -> int | None:
    """The year spoken of most often, above all in titles; the first of several."""
    years = Counter(_YEAR.findall(text, 0, 20_000))
    for year in _TITLE.findall(text, 0, 20_000):
        years[year] += TITLED
    found = years.most_common(1)
    return int(found[0][0]) if found else None


def _year_to_form(form_key: str | None, year: int | None) -> str:
    if form_key or year is None or year < 2014:
        return "any"
    return "2014" if year < 2019 else "2019" if year < 2021 else "2021"


def _part_channels(drafts: list[Draft]) -> None:
    """Take a figure that names a channel as the channel's, when others stand by it."""
    firm: dict[str, set] = {}
    for draft in drafts:
        if draft.meaning.rank >= STRONG and not draft.meaning.other:
            firm.setdefault(draft.meaning.concept, set()).add(draft.value)
    kin = [draft for draft in drafts if draft.meaning.concept]
    for number, draft in enumerate(kin):
        concept, rank, other = draft.meaning
        if not other:
            continue
        window = kin[max(number - 9, 0) : number] + kin[number + 1 : number + 10]
        near = [d.meaning for d in window if abs(d.start - draft.start) < NEAR]
        beside = any((m.other or m.concept) in KIN[concept] for m in near)
        if beside or firm.get(concept, set()) - {draft.value}:
            draft.meaning = Meaning(other, rank)


def _weigh(drafts: list[Draft]) -> None:
    """Of the figures of one concept keep those that say most clearly what they are."""
    groups: dict[str, list[Draft]] = {}
    for draft in drafts:
        if draft.kind == "other_year":
            draft.meaning = UNKNOWN
        groups.setdefault(draft.meaning.concept, []).append(draft)
    groups.pop("", None)
    for group in groups.values():
        rank = max(draft.meaning.rank for draft in group)
        firm = [d for d in group if d.meaning.rank == rank]
        values = {d.value for d in firm if not d.soft} or {d.value for d in firm}
        if len(values) > 1 and (rank < STRONG or _are_rivals(firm)):
            values = set()
        for draft in group:
            if draft.value not in values:
                draft.meaning = UNKNOWN


def _are_rivals(drafts: list[Draft]) -> bool:
    """Whether two channels of one kind, as two websites, stand side by side."""
    pairs = [(a, b) for a, b in pairwise(drafts) if b.start - a.start < NEAR]
    near = any(a.value != b.value for a, b in pairs)
    return near and drafts[0].meaning.concept in SITES


def _to_claim(
    draft: Draft, numbers: dict[int, int], prose: Prose, codes: dict[str, str | None]
) -> Claim:
    place, raw = prose.locate(draft.start, draft.end)
    start, end = draft.quote
    while start < draft.start and prose.text[start] in _SIGNS:
        start += 1
    _, quote = prose.locate(start, end)
    code, value, unit = codes.get(draft.meaning.concept), draft.value, draft.unit
    if code and unit in _MONEY and value is not None:
        value, unit = float(Decimal(str(value)) * _MONEY[unit]), "万元"
    rest = draft.kind, draft.about, draft.of, numbers.get(id(draft.parent))
    return _make_claim((code, value, unit, place, raw, quote[:QUOTED], *rest))

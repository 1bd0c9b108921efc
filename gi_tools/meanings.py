"""A figure among the phrases of its clause in, the concept that it counts out."""

from __future__ import annotations

import re
from collections.abc import Collection

from gi_tools.clauses import Draft, Line
from gi_tools.openings import Phrase
from gi_tools.phrases import DIRECT, SITES, UNKNOWN, Meaning, Phrasebook, to_meaning

STRONG = 3  # rank from which a rule stands before what the words behind the figure say
PLACES = frozenset((*SITES, "new_media", "other_place", "many"))
WAYS = {"by_net": "online", "by_mail": "mail", "by_fax": "fax"}
WAYS |= {"in_presence": "in_person"}
CHANNELS = frozenset(WAYS.values())
KIN = {"total": frozenset(SITES), "received": CHANNELS}
ASKED = frozenset(("request", "on_request", "application", "new"))
ANSWERED = frozenset(("answer", "completed", "on_time", "extended"))
UNASKED = frozenset(("late", "answer", "completed", "handle", "request_side"))
ACTIVE = frozenset(("active", "active_info"))
_JOINT = re.compile(r"(?:[、,和及与或]|以及|数量?|的|申请|案件|提起|行政|情况){0,4}")
_LISTED = re.compile(r"[、,和及与或]|$")
_EITHER = re.compile("[或和及、]")
_EACH = re.compile(r"均|各|都|分别")
_THROUGH = re.compile(r"[^,;:。]{0,16}?(?:通过|经|依托|利用|借助)")


def find_meanings(
    line: Line, draft: Draft, total: Meaning | None, beside: str, around: Collection
) -> list[Meaning]:
    """
    Tell what a figure counts: one concept, none, or each of a list of them.

    ``total`` is what the total counts that the figure is a part of, ``beside`` what the
    figure before it counts; ``around`` are the phrases of the heading and the sentence
    so far.
    """
    book, left, last, unit = line.book, draft.left, draft.last, draft.unit
    if not (left or draft.behind):
        return []
    # "?" is a part of something unknown, None no part.
    part = total and (total.concept or "?")
    if part and last in book.parts and f"{part}.{last}" in book.concepts:
        return [to_meaning(f"{part}.{last}")]
    if last and len(left) > 1 and (joined := _find_joined(line, left)):
        each = _EACH.search(line.text, joined[-1].end, draft.start)
        names = [p.name for p in joined] if draft.value == 0 or each else []
        return [to_meaning(name) for name in names if book.fits(name, unit)]
    meaning = _find_one(book, draft, part, beside, around)
    if meaning is None:
        return []
    if meaning.concept in ("received", "total", "sited"):
        meaning = _place(line, draft, meaning, part)
    if meaning.concept == part and not _outranks(meaning, total):
        return []
    return [meaning] if book.fits(meaning.concept, unit) else []


def find_denied(book: Phrasebook, text: str, found: list[Phrase]) -> list[str]:
    """Tell which concepts words of none make nil when these phrases follow them."""
    names = {p.name: None for p in found if p.name in book.nil}
    ways = names.keys() & CHANNELS
    if ways and _EITHER.search(text, found[0].start, found[-1].end):
        names = {"received": None}  # 未收到书面或网络申请 denies them all
    if any(p.name == "late" for p in found):
        return []
    asked = [p for p in found if p.name in ASKED]
    listed = not names or any(_LISTED.match(text, p.end) for p in asked)
    if asked and listed and not UNASKED & {p.name for p in found}:
        names["received"] = None
    return list(names)


def name_to_concept(book: Phrasebook, name: str) -> str:
    """Give the concept that a phrase in a list stands for, or an empty text."""
    if name in ASKED:
        return "received"
    name = WAYS.get(name, name)
    return name if name in book.concepts else ""


def _outranks(part: Meaning, total: Meaning) -> bool:
    """Whether a part is what its total seemed to be: 受理5件,其中新收4件、结转1件."""
    plain = total.rank < STRONG <= part.rank
    return plain or (part.rank > DIRECT and part.rank > total.rank)


def _find_joined(line: Line, left: list[Phrase]) -> list[Phrase]:
    """List the phrases of "A、B和C 0件" when the figure stands for them all."""
    joined: list[Phrase] = []
    for phrase in reversed(left):
        if phrase.name not in line.book.direct:
            break
        if joined and not _JOINT.fullmatch(line.text, phrase.end, joined[0].start):
            break
        joined.insert(0, phrase)
    return joined if len({p.name for p in joined}) > 1 else []


def _find_one(
    book: Phrasebook, draft: Draft, part: str | None, beside: str, around: Collection
) -> Meaning | None:
    """The phrase itself, strong rules, the phrases behind it, then weak rules."""
    last, right, names, part = draft.last, draft.right, draft.names, part or ""
    after = behind = firm = None
    if draft.behind:
        after = {phrase.name for phrase in draft.behind}
        behind = [phrase.name for phrase in draft.behind if phrase.name in book.direct]
        firm = next((name for name in behind if name not in ANSWERED), None)
        if draft.stepped and behind:
            return to_meaning(firm or behind[0], STRONG)
    for rule in book.rules[last]:
        if firm and rule.rank < STRONG:
            break
        if (
            (not rule.right or right in rule.right)
            and (rule.part is None or rule.part == part)
            and not (rule.within and rule.within.isdisjoint(names))
            and rule.without.isdisjoint(names)
            and not (rule.heading and rule.heading.isdisjoint(around))
            and (not rule.beside or beside in rule.beside)
            and not (rule.behind and rule.behind.isdisjoint(after or ()))
        ):
            return to_meaning(rule.concept, rule.rank)
    if last in book.direct:
        return to_meaning(last)
    return to_meaning(firm or behind[0], STRONG) if behind else None


def _place(line: Line, draft: Draft, meaning: Meaning, part: str | None) -> Meaning:
    """Tell a channel's figure from the total, by the one channel its clause names."""
    concept, rank, _ = meaning
    behind = concept == "sited" and not draft.last
    names = [p.name for p in (draft.behind if behind else draft.left)]
    if concept == "received":
        ways = {WAYS.get(n, n) for n in names} & CHANNELS
        way = ways.pop() if len(ways) == 1 else ""
        own = way and part == concept
        return Meaning(way, rank) if own else Meaning(concept, rank, way)
    places = {n for n in names if n in PLACES} or PLACES & _through(line, draft)
    site = next(iter(places)) if len(places) == 1 else ""
    if concept == "total" and rank < STRONG and site in ("new_media", "other_place"):
        return UNKNOWN
    site = site if site in SITES else ""
    if concept == "sited":
        return Meaning(site, rank)
    own = site and (site != "website" or part is not None or ACTIVE.isdisjoint(names))
    return Meaning(site, max(rank, STRONG)) if own else Meaning(concept, rank, site)


def _through(line: Line, draft: Draft) -> set[str]:
    """The phrases of "通过网站、微信等," when that is the whole clause before."""
    end = draft.quote[0]
    if end == line.start:
        return set()
    start = line.pause_before(end - 1)
    through = _THROUGH.match(line.text, start, end)
    if not through or line.figures_between(start, end):
        return set()
    return {phrase.name for phrase in line.between(start, end)}

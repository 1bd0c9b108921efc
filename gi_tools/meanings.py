"""A figure among the phrases of its clause in, the concept that it counts out."""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import NamedTuple

from gi_tools.clauses import Line, Scope
from gi_tools.openings import Phrase
from gi_tools.phrases import Phrasebook, Rule

STRONG = 3  # rank from which a rule stands before what the words behind the figure say
DIRECT = 4  # rank of a phrase that names its concept
SITES = ("website", "wechat", "weibo", "gazette")
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


class Meaning(NamedTuple):
    """
    What a figure counts and how clearly it says so.

    ``other`` is the channel in its clause: should figures of other channels stand
    beside it, it counts that channel alone.
    """

    concept: str
    rank: int = DIRECT
    other: str = ""


UNKNOWN = Meaning("", 0)


class Setting(NamedTuple):
    """
    What else tells a figure's meaning.

    ``around`` are the phrases of the heading and the sentence so far; ``total`` is what
    the total counts that the figure is a part of, ``beside`` what the figure before it
    counts; ``label`` is its concept where a list before it says so.
    """

    around: Collection[str]
    total: Meaning | None = None
    beside: str = ""
    label: str = ""

    @property
    def part(self) -> str | None:
        """What the figure is a part of: "?" for something unknown, None for nothing."""
        return self.total and (self.total.concept or "?")


def find_meanings(line: Line, scope: Scope, setting: Setting) -> list[Meaning]:
    """Tell what a figure counts: one concept, none, or each of a list of them."""
    book, total, part = line.book, setting.total, setting.part
    if setting.label:
        known = _fits(book, setting.label, scope)
        return [Meaning(setting.label)] if known else []
    if not (scope.left or scope.behind):
        return []
    if f"{part}.{scope.last}" in book.concepts:
        return [Meaning(f"{part}.{scope.last}")]
    if joined := _find_joined(line, scope):
        each = _EACH.search(line.text, joined[-1].end, scope.figure.start)
        if scope.figure.value == 0 or each:
            return [Meaning(p.name) for p in joined if _fits(book, p.name, scope)]
        return []
    meaning = _find_one(book, scope, setting)
    if meaning is None:
        return []
    meaning = _place(line, scope, meaning, part)
    if meaning.concept == part and not _outranks(meaning, total):
        return []
    return [meaning] if _fits(book, meaning.concept, scope) else []


def find_denied(book: Phrasebook, text: str, found: list[Phrase]) -> list[str]:
    """Tell which concepts words of none make nil when these phrases follow them."""
    names = {p.name: None for p in found if _can_be_nil(book, p.name)}
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


def _is_direct(book: Phrasebook, name: str) -> bool:
    """Whether a phrase by itself says what is counted; a channel's name does not."""
    return name in book.concepts and name not in SITES


def _can_be_nil(book: Phrasebook, name: str) -> bool:
    return name in book.concepts and book.concepts[name].zero


def _fits(book: Phrasebook, concept: str, scope: Scope) -> bool:
    unit = scope.figure.unit
    return concept in book.concepts and (
        not unit or unit in book.concepts[concept].units
    )


def _find_joined(line: Line, scope: Scope) -> list[Phrase]:
    """List the phrases of "A、B和C 0件" when the figure stands for them all."""
    joined: list[Phrase] = []
    for phrase in reversed(scope.left if scope.last else []):
        if not _is_direct(line.book, phrase.name):
            break
        if joined and not _JOINT.fullmatch(line.text, phrase.end, joined[0].start):
            break
        joined.insert(0, phrase)
    return joined if len({p.name for p in joined}) > 1 else []


def _find_one(book: Phrasebook, scope: Scope, setting: Setting) -> Meaning | None:
    """The phrase itself, strong rules, the phrases behind it, then weak rules."""
    behind = [p.name for p in scope.behind if _is_direct(book, p.name)]
    firm = next((name for name in behind if name not in ANSWERED), None)
    if scope.stepped and behind:
        return Meaning(firm or behind[0], STRONG)
    names = {phrase.name for phrase in scope.left}
    direct = _is_direct(book, scope.last)
    for rule in book.rules[scope.last]:
        if (direct and rule.rank <= DIRECT) or (firm and rule.rank < STRONG):
            break
        if _holds(rule, scope, names, setting):
            return Meaning(rule.concept, rule.rank)
    if direct:
        return Meaning(scope.last)
    return Meaning(firm or behind[0], STRONG) if behind else None


def _holds(rule: Rule, scope: Scope, names: set[str], setting: Setting) -> bool:
    return (
        (not rule.right or scope.right in rule.right)
        and (not rule.within or not rule.within.isdisjoint(names))
        and rule.without.isdisjoint(names)
        and (not rule.heading or not rule.heading.isdisjoint(setting.around))
        and (not rule.beside or setting.beside in rule.beside)
        and (not rule.behind or any(p.name in rule.behind for p in scope.behind))
        and (rule.part is None or rule.part == (setting.part or ""))
    )


def _place(line: Line, scope: Scope, meaning: Meaning, part: str | None) -> Meaning:
    """Tell a channel's figure from the total, by the one channel its clause names."""
    concept, rank, _ = meaning
    behind = concept == "sited" and not scope.last
    names = [p.name for p in (scope.behind if behind else scope.left)]
    if concept == "received":
        ways = {WAYS.get(n, n) for n in names} & CHANNELS
        way = ways.pop() if len(ways) == 1 else ""
        own = way and part == concept
        return Meaning(way, rank) if own else Meaning(concept, rank, way)
    if concept not in ("total", "sited"):
        return meaning
    places = {n for n in names if n in PLACES} or PLACES & _through(line, scope)
    site = next(iter(places)) if len(places) == 1 else ""
    if concept == "total" and rank < STRONG and site in ("new_media", "other_place"):
        return UNKNOWN
    site = site if site in SITES else ""
    if concept == "sited":
        return Meaning(site, rank)
    own = site and (site != "website" or part is not None or ACTIVE.isdisjoint(names))
    return Meaning(site, max(rank, STRONG)) if own else Meaning(concept, rank, site)


def _through(line: Line, scope: Scope) -> set[str]:
    """The phrases of "通过网站、微信等," when that is the whole clause before."""
    if scope.start == line.start:
        return set()
    start = line.pause_before(scope.start - 1)
    through = _THROUGH.match(line.text, start, scope.start)
    if not through or line.figures_between(start, scope.start):
        return set()
    return {phrase.name for phrase in line.between(start, scope.start)}

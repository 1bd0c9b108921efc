"""The phrases of prose in, compiled once into the patterns and rules of claims."""

from __future__ import annotations

import re
from collections.abc import Collection
from functools import cache, lru_cache
from typing import Any, NamedTuple

from gi_tools.codebook import indicators
from gi_tools.errors import CodebookError
from gi_tools.knowledge import CODEBOOKS, read_toml
from gi_tools.openings import Openings, Phrase, find_heads
from gi_tools.text import LETTER

NATIONAL = ("2014", "2019", "2021")
HANZI = "零〇一二三四五六七八九十百千两"
SITES = frozenset(("website", "wechat", "weibo", "gazette"))
DIRECT = 4  # rank of a phrase that names its concept
SPELT = 9  # the group of a figure that ends a numeral spelt out; the next one is nil


class Concept(NamedTuple):
    """What a figure can mean: codes by form, its units, whether words make it nil."""

    codes: dict[str, str]
    units: frozenset[str]
    zero: bool
    main: bool


class Rule(NamedTuple):
    """How phrases around a figure join into a concept; see ``claims.toml``."""

    concept: str
    rank: int
    last: frozenset[str] = frozenset()
    right: frozenset[str] = frozenset()
    within: frozenset[str] = frozenset()
    without: frozenset[str] = frozenset()
    heading: frozenset[str] = frozenset()
    beside: frozenset[str] = frozenset()
    behind: frozenset[str] = frozenset()
    part: str | None = None

    def may_follow(self, name: str, direct: Collection[str]) -> bool:
        """Whether it may hold after a phrase, which yields to few if it is direct."""
        yields = name not in direct or self.rank > DIRECT
        return yields and (not self.last or name in self.last)


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
to_meaning = cache(Meaning)  # there are few, and many figures


class Phrasebook(NamedTuple):
    """
    Everything ``claims.toml`` says, its patterns compiled.

    ``direct`` are the phrases that by themselves say what is counted, as a channel's
    name does not; ``nil`` the concepts that words of none make zero, ``main`` those
    that are part of nothing, ``parts`` the phrases whose meaning their total decides;
    ``rules`` those that may hold by the phrase right before the figure.
    """

    openings: Openings
    figure: re.Pattern
    anchor: re.Pattern
    filler: re.Pattern
    nothing: re.Pattern
    concepts: dict[str, Concept]
    direct: frozenset[str]
    nil: frozenset[str]
    main: frozenset[str]
    parts: frozenset[str]
    rules: dict[str, tuple[Rule, ...]]
    words: dict[str, str]

    def fits(self, name: str, unit: str) -> bool:
        """Whether a concept is counted in a unit; without a unit any may be."""
        concept = self.concepts.get(name)
        return concept is not None and (not unit or unit in concept.units)


@lru_cache(maxsize=4096)
def read_heading(heading: str) -> list[Phrase]:
    """List the phrases of a heading; most reports share theirs."""
    return phrasebook().openings.find(heading, 0, len(heading))


@cache
def find_codes(form: str) -> dict[str, str | None]:
    """Give the codes of the concepts under a form (``any``: none of the national)."""
    keys = (form, "2019" if form == "2021" else form, "any")
    return {
        name: next(filter(None, map(concept.codes.get, keys)), None)
        for name, concept in phrasebook().concepts.items()
    }


@cache
def phrasebook() -> Phrasebook:
    """Load the phrases; CodebookError for a rule of an unknown phrase or code."""
    data = read_toml(CODEBOOKS / "claims.toml")
    names = [entry["name"] for entry in data["phrases"]]
    phrases = [
        (entry["name"], _expand(word, data))
        for entry in data["phrases"]
        for word in entry["words"]
    ]
    units = {name: frozenset(words) for name, words in data["units"].items()}
    concepts = {k: _to_concept(v, units) for k, v in data["concepts"].items()}
    for parent, parts in data["under"].items():
        for name, code in parts.items():
            codes = {form: code for form in NATIONAL if (form, code) in indicators()}
            counters = units["case"] | units["event"]
            concepts[f"{parent}.{name}"] = Concept(codes, counters, False, False)
    rules = [_to_rule(entry) for entry in data["rules"]]
    rules = tuple(sorted(rules, key=lambda rule: -rule.rank))  # else in file order
    _verify(names, concepts, rules)
    direct = frozenset(concepts.keys() - SITES)
    unit = "|".join(data["counters"]["words"])
    firsts = "".join({head[0] for head in find_heads(unit)})
    return Phrasebook(
        Openings(phrases),
        re.compile(_figure_pattern(unit)),
        re.compile(_anchor_pattern(unit, firsts)),
        _compile_run(data["fillers"]["words"]),
        _compile_run(data["fillers"]["nothing"]),
        concepts,
        direct,
        frozenset(name for name, concept in concepts.items() if concept.zero),
        frozenset(name for name, concept in concepts.items() if concept.main),
        frozenset(name for parts in data["under"].values() for name in parts),
        {n: tuple(r for r in rules if r.may_follow(n, direct)) for n in ("", *names)},
        data["words"],
    )


def _expand(word: str, data: dict[str, Any]) -> str:
    for name, pattern in data["macros"].items():
        word = word.replace(f"{{{name}}}", pattern)
    return word


def _compile_run(words: list[str]) -> re.Pattern:
    """A run of words; possessive, so that no text makes it try every split."""
    longest = sorted(words, key=len, reverse=True)
    return re.compile(f"(?:{'|'.join(longest)}){{0,9}}+")


def _to_concept(entry: dict[str, Any], units: dict[str, frozenset[str]]) -> Concept:
    codes = {key: entry[key] for key in ("any", *NATIONAL) if key in entry}
    zero, main = entry.get("zero", False), entry.get("main", False)
    return Concept(codes, units[entry["units"]], zero, main)


def _to_rule(entry: dict[str, Any]) -> Rule:
    entry = {"within" if key == "with" else key: v for key, v in entry.items()}
    lists = {key: frozenset(v) for key, v in entry.items() if isinstance(v, list)}
    return Rule(**entry | lists)


def _verify(names: list[str], concepts: dict, rules: list[Rule]) -> None:
    meant = {*concepts, "sited", ""}  # sited: of the one channel that is named
    unknown = {r.concept for r in rules} - meant
    unknown |= {name for r in rules for name in (*r.beside, r.part or "")} - meant
    for key in ("last", "right", "within", "without", "heading", "behind"):
        unknown |= {name for r in rules for name in getattr(r, key)} - {*names, ""}
    codes = {code for concept in concepts.values() for code in concept.codes.values()}
    unknown |= codes - {code for _, code in indicators()}
    if unknown:
        raise CodebookError(f"claims.toml: unknown {sorted(unknown)}; correct or add")
    if len(names) > len(set(names)):
        raise CodebookError("claims.toml: a phrase is there twice; join the two")


def _figure_pattern(unit: str) -> str:
    """
    A figure with its unit; ordinals match without groups, to be passed over.

    The first sign is a set, by which a search skips what cannot begin a figure. The
    last group tells a numeral that is spelt out (``SPELT``) or the word of nil.
    """
    return (
        rf"[第约近超逾大共0-9{HANZI}](?:"
        rf"(?<=第)[\d{HANZI}]{{1,6}}(?:[至到、~—-]{{1,2}}第?[\d{HANZI}]{{1,6}}){{0,6}}"
        r"|(?<=[约近超逾大共0-9])(?<![\d.A-Za-z/=].)(?<!\d,.)"
        r"(?:(?<=[0-9])(?![0-9]{0,3}[年月日])|(?:(?<=[约近逾])|(?<=超)过?|(?<=[大共])约)\d)"
        r"(\d{0,2}(?:,\d{3}){1,4}(?!\d)(?:\.\d{1,6})?"
        r"|\d{0,14}(?:\.\d{1,6})?(?:_\d{1,15}){0,6})"
        rf"([余多])?([百千万亿](?!元))?([余多])?({unit})?([余多]|左右|上下|以上)?"
        rf"|(?<=[{HANZI}])(?<![第同每之统唯进逐有无任数几{HANZI}].)"
        rf"([{HANZI}万亿]{{0,9}})([余多])?({unit})|(?<=[为是:]零)(?!{LETTER})())"
    )


def _anchor_pattern(unit: str, firsts: str) -> str:
    """What a sentence must hold to be looked at: a count, a word of none, or free."""
    return (
        rf"[0-9{HANZI}万亿未没无免不](?:(?<=[0-9])(?=[余多百千万亿,;。、:)\n!?{firsts}]|\Z)"
        rf"[余多]?[百千万亿]?[余多]?(?:{unit}|[,;。、:)\n!?]|\Z)"
        rf"|(?<=[{HANZI}万亿])(?=[余多{firsts}])[余多]?(?:{unit})|(?<=[无免零])"
        r"|(?<=[未没])(?=[人收接受发产出引提涉存有登曾能再共直予因被向对])"
        r"|(?<=不)(?=[收涉存]))"
    )

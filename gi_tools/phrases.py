"""The phrases of prose in, compiled once into the patterns and rules of claims."""

from __future__ import annotations

import re
from functools import cache
from typing import Any, NamedTuple

from gi_tools.codebook import indicators
from gi_tools.errors import CodebookError
from gi_tools.knowledge import CODEBOOKS, read_toml
from gi_tools.openings import Openings
from gi_tools.text import LETTER

NATIONAL = ("2014", "2019", "2021")
HANZI = "零〇一二三四五六七八九十百千两"


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


class Phrasebook(NamedTuple):
    """Everything ``claims.toml`` says, its patterns compiled."""

    openings: Openings
    figure: re.Pattern
    anchor: re.Pattern
    filler: re.Pattern
    nothing: re.Pattern
    concepts: dict[str, Concept]
    rules: dict[str, tuple[Rule, ...]]  # by the phrase right before the figure
    words: dict[str, str]

    def find_code(self, name: str, form: str) -> str | None:
        """Give the code of a concept under a form (``any``: none of the national)."""
        codes = self.concepts[name].codes if name in self.concepts else {}
        later = codes.get("2019") if form == "2021" else None
        return codes.get(form) or later or codes.get("any")


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
    unit = "|".join(word for word in data["counters"]["words"])
    return Phrasebook(
        Openings(phrases),
        re.compile(_figure_pattern(unit)),
        re.compile(_anchor_pattern(unit)),
        _compile_run(data["fillers"]["words"]),
        _compile_run(data["fillers"]["nothing"]),
        concepts,
        {n: tuple(r for r in rules if not r.last or n in r.last) for n in ("", *names)},
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
    """A figure with its unit; ordinals match without groups, to be passed over."""
    return (
        rf"第[\d{HANZI}]{{1,6}}(?:[至到、~—-]{{1,2}}第?[\d{HANZI}]{{1,6}}){{0,6}}"
        r"|(?<![\d.A-Za-z/=])(?<!\d,)(约|近|超过|超|逾|大约|共约)?"
        r"(\d{1,3}(?:,\d{3}){1,4}(?!\d)(?:\.\d{1,6})?"
        r"|\d{1,15}(?:\.\d{1,6})?(?:_\d{1,15}){0,6})"
        rf"([余多])?([百千万亿](?!元))?([余多])?({unit})?([余多]|左右|上下|以上)?"
        rf"|(?<![第同每之统唯进逐有无任数几{HANZI}])([{HANZI}][{HANZI}万亿]{{0,9}})"
        rf"([余多])?({unit})|(?<=[为是:])(零)(?!{LETTER})"
    )


def _anchor_pattern(unit: str) -> str:
    """What a sentence must hold to be looked at: a count, a word of none, or free."""
    return (
        rf"[\d{HANZI}万亿未没无免不](?:(?<=\d)[余多]?[百千万亿]?[余多]?(?:{unit}"
        rf"|[,;。、:)\n!?]|\Z)|(?<=[{HANZI}万亿])[余多]?(?:{unit})|(?<=[无免零])"
        r"|(?<=[未没])(?=[人收接受发产出引提涉存有登曾能再共直予因被向对])"
        r"|(?<=不)(?=[收涉存]))"
    )

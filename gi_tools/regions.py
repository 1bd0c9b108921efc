"""Place names in, units of the code list (GB/T 2260) with their history out."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from typing import NamedTuple

from gi_tools.knowledge import CODEBOOKS, read_csv

LONGEST, WINDOW, NOW = 15, 4000, 9999  # characters of a name, of a text; no end yet
_ENDS = re.compile("[省市区县州盟旗]")
_UNDIVIDED = frozenset("441900 442000 460400 620200".split())  # no counties in them
# Names that are also common words: they need the name of their parent beside them.
_COMMON = frozenset(
    "城区 老城区 新城区 郊区 矿区 新区 东区 西区 南区 北区 市区".split()
)
_BEFORE = re.compile(r"[省市区州盟在由经到按照对据将依为是和与及报共本\W\d_A-Za-z]")
_STREET = re.compile(
    r"[东西南北中大小]{0,2}(?:[路街巷镇村庄屯里]|乡(?!村振兴)|大道|社区|新村)"
)
_TOWN = re.compile(r".{0,10}(?:镇|乡(?!村振兴)|街道|村(?!振兴)|社区)")
# A place without its 市 or 县 counts only where a zone or a branch office follows.
_ZONE = re.compile(
    r".{0,8}?(?:经开区|高新区|高新技术|开发区|管委会|管理委员会|园区|新区|科技城|度假区"
    r"|风景区|示范区|保税|合作区|海关|海事|[银证]?保?监局|监管局|气象|地震|税务)"
)
_BRANCH = re.compile(r"局(.{2,8}?)(?:监管|监督管理)?(?:分局|支局|监管局)$")
_LAST = re.compile("(?:[壮回]族|维吾尔)?(?:(?:自治|地)区|[省市区县州盟旗])$")


class Unit(NamedTuple):
    """One row of the list: a name, the years it stood, where it went."""

    code: str
    name: str
    start: int
    end: int
    successors: tuple[str, ...]
    note: str


class Mention(NamedTuple):
    """A name found in a text, character offsets, end excluded."""

    start: int
    end: int
    name: str


@dataclass(frozen=True, slots=True)
class Region:
    """A unit with the names above it; ``code`` is that of the lowest one named."""

    code: str
    province: str
    city: str | None = None
    county: str | None = None

    @property
    def level(self) -> str:
        """One of province, prefecture, county."""
        return "county" if self.county else "prefecture" if self.city else "province"


def history(code: str) -> list[Unit]:
    """
    List what a code was called, what went into it and what came of it, by year.

    An unknown code gives an empty list. Source: codebooks/divisions.csv (from 1980).
    """
    codes = _table()[0]
    found = dict.fromkeys(codes.get(code, ()))
    queue = list(found)
    while queue:
        after = [u for c in queue.pop().successors for u in codes.get(c, ())]
        queue += [unit for unit in after if unit not in found]
        found.update(dict.fromkeys(after))
    before = (u for units in codes.values() for u in units if code in u.successors)
    return sorted({*found, *before}, key=lambda unit: (unit.start, unit.end, unit.code))


def find_mentions(text: str) -> list[Mention]:
    """List the full names in a text from left to right, the longest at each place."""
    names, tails = _table()[1], _tails()
    found, floor = [], 0
    for match in _ENDS.finditer(text, 0, WINDOW):
        end = match.end()
        longest = tails.get(text[end - 2 : end], 0)
        for start in range(max(floor, end - longest), end - 1):
            if text[start:end] in names and _is_name(text, start, end, floor):
                found.append(Mention(start, end, text[start:end]))
                floor = end
                break
    return found


def find_region(
    text: str, year: int | None = None, hints: Iterable[str] = ()
) -> Region | None:
    """
    Find the unit that a name such as 徐州市鼓楼区民政局 belongs to.

    The unit valid in ``year`` is meant (today's without one). Names that several
    units bear are told apart by the names beside them, then by ``hints``, texts in
    order of trust. None, or the level above, when that does not decide.
    """
    text = text[:WINDOW]
    mentions = find_mentions(text)
    if not mentions:
        return _to_region(_one(_find_short(text, year), hints), year)
    best, above = None, ()
    for mention in mentions[:6]:
        units = _in_year(_table()[1][mention.name], year)
        if chosen := _one([unit for unit in units if _is_inside(unit, above)], hints):
            best, above = chosen, (*above, chosen)
        elif not above and len({unit.code[:2] for unit in units}) > 1:
            return None  # the first name is ambiguous: what follows may hang on it
    if best and (branch := _BRANCH.search(text)):
        units = _in_year(_stems().get(branch[1], []), year)
        best = _one([unit for unit in units if _is_inside(unit, above)]) or best
    return _to_region(best, year)


def find_stem(stem: str, year: int | None = None) -> Region | None:
    """Find the one unit called so but for its last character (樟树 is 樟树市)."""
    return _to_region(_one(_in_year(_stems().get(stem, []), year)), year)


def is_lowest(name: str, year: int | None = None) -> bool:
    """Whether a name was that of a county then, or of a city without counties."""
    units = _in_year(_table()[1].get(name, []), year)
    return any(unit.code[4:] != "00" or unit.code in _UNDIVIDED for unit in units)


@cache
def _table() -> tuple[dict[str, list[Unit]], dict[str, list[Unit]]]:
    """The units by code and by name, short names of autonomous units included."""
    codes: dict[str, list[Unit]] = {}
    names: dict[str, list[Unit]] = {}
    for row in read_csv(CODEBOOKS / "divisions.csv"):
        code, name, start, end, after, short, note = row.values()
        after = tuple(after.split())
        unit = Unit(code, name, int(start), int(end or NOW), after, note)
        codes.setdefault(code, []).append(unit)
        for word in (name, *short.split()):
            names.setdefault(word, []).append(unit)
    return codes, names


@cache
def _tails() -> dict[str, int]:
    """By the last two characters of names, how long the longest one is."""
    tails: dict[str, int] = {}
    for name in _table()[1]:
        tails[name[-2:]] = max(tails.get(name[-2:], 0), min(len(name), LONGEST))
    return tails


@cache
def _stems() -> dict[str, list[Unit]]:
    stems: dict[str, list[Unit]] = {}
    for name, units in _table()[1].items():
        if len(stem := _LAST.sub("", name)) > 1:
            stems.setdefault(stem, []).extend(units)
    return stems


def _is_name(text: str, start: int, end: int, floor: int) -> bool:
    beside = start == floor > 0
    if text[start:end] in _COMMON:
        return beside
    if end - start == 2 and start and not beside:
        return _BEFORE.search(text[start - 1]) is not None
    street = _STREET.match(text, end, end + 4)  # 乡村振兴局 is no township's
    return street is None or street.end() > end + 1


def _find_short(text: str, year: int | None) -> list[Unit]:
    """Units named without their last character at the start of an agency's name."""
    stems = _stems()
    for size in range(min(9, len(text) - 1), 1, -1):
        if text[:size] not in stems:
            continue
        units = _in_year(stems[text[:size]], year)
        provinces = [unit for unit in units if unit.code.endswith("0000")]
        if _STREET.match(text, size) or (provinces and _TOWN.match(text, size)):
            continue
        # The stem of a district (东湖, 新城) names too many other things.
        units = provinces or [unit for unit in units if not unit.name.endswith("区")]
        if units and (provinces or _ZONE.match(text, size)):
            return [unit for unit in units if unit.code.endswith("00")] or units
    return []


def _in_year(units: list[Unit], year: int | None) -> list[Unit]:
    """Keep the rows that stood at the end of the year, else in it, else nearest."""
    if len(units) < 2:
        return units
    year = NOW - 1 if year is None else year
    for last in (1, 0):
        if valid := [unit for unit in units if unit.start <= year <= unit.end - last]:
            return valid
    gaps = [max(unit.start - year, year - unit.end) for unit in units]
    return [u for u, gap in zip(units, gaps, strict=True) if gap == min(gaps)]


def _one(units: list[Unit], hints: Iterable[str] = ()) -> Unit | None:
    """The only unit, or the only one whose province or city a hint names."""
    left = {unit.code: unit for unit in units}
    for hint in hints if len(left) > 1 else ():
        named = {c: u for c, u in left.items() if any(n in hint for n in _above(u))}
        left = named if len(named) == 1 else left
    return next(iter(left.values())) if len(left) == 1 else None


def _trunk(code: str) -> str:
    return code[: 2 if code[2:] == "0000" else 4 if code[4:] == "00" else 6]


def _is_inside(unit: Unit, above: tuple[Unit, ...]) -> bool:
    return all(unit.code.startswith(_trunk(u.code)) and unit != u for u in above)


def _above(unit: Unit, year: int | None = None) -> list[str]:
    """The names above a unit in a year of its life: province, then city if there is."""
    at = min(max(year or NOW - 1, unit.start), unit.end - 1)
    codes = (unit.code[:n].ljust(6, "0") for n in range(2, len(_trunk(unit.code)), 2))
    units = (_in_year(_table()[0].get(code, []), at) for code in codes)
    return [row[0].name for row in units if row]


def _to_region(unit: Unit | None, year: int | None) -> Region | None:
    if unit is None:
        return None
    above = _above(unit, year)
    if len(_trunk(unit.code)) == 6 and len(above) == 1:  # no city between them
        return Region(unit.code, above[0], None, unit.name)
    return Region(unit.code, *above, unit.name)

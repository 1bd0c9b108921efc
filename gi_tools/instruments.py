"""A document to the law it cites, the duties dated, the problems and measures named."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from datetime import date as Date
from functools import cache
from itertools import islice
from typing import NamedTuple

import regex

from gi_tools.documents import Place
from gi_tools.knowledge import CODEBOOKS, read_toml
from gi_tools.prose import Prose

MOST = 500  # of each kind in one document
_HAN = "一二三四五六七八九十"
_SHORT = 4  # characters of an alias: 《条例》, 《实施办法》


class Instrument(NamedTuple):
    """A legal instrument that a report cites; name or number may be missing."""

    name: str | None
    number: str | None
    place: Place
    raw: str


class Duty(NamedTuple):
    """
    A day on which a duty falls, begins or ends, as the prose states it.

    ``kind`` is in_force, deadline or ended; ``date`` is ISO, of every year ``--03-31``;
    ``instrument`` is the last one named before it in the same sentence.
    """

    kind: str
    date: str
    instrument: str | None
    place: Place
    raw: str


class Problem(NamedTuple):
    """One numbered problem, or measure (``kind``), of the last sections."""

    kind: str
    number: str
    text: str
    place: Place
    raw: str


_DUTIES = {"from": "in_force", "by": "deadline", "until": "ended", "end": "ended"}


def read_instruments(prose: Prose) -> tuple[Instrument, ...]:
    """
    List the laws, orders and official papers that a report cites, each once.

    Short forms such as 《条例》 and the number of the report itself are left out.
    """
    found: dict[tuple[str | None, str | None], Instrument] = {}
    for match in _pattern("cited").finditer(prose.text):
        key = match["name"], match["own"] or match["number"]
        if key not in found and _is_instrument(prose.text, match):
            parts = [_print(prose, match, "name")]
            parts.append(_print(prose, match, "own") or _print(prose, match, "number"))
            span = match.span("number" if match["number"] else 0)
            found[key] = Instrument(*parts, *prose.locate(*span))
        if len(found) >= MOST:
            break
    return tuple(found.values())


def read_duties(prose: Prose) -> tuple[Duty, ...]:
    """List the days that the prose calls a deadline, or from or to which law holds."""
    named = [match for match in _find(prose, "cited") if match["name"]]
    found = (_to_duty(prose, match, named) for match in _find(prose, "duty"))
    return tuple(islice(filter(None, found), MOST))


def read_problems(prose: Prose) -> tuple[Problem, ...]:
    """
    List the numbered problems and measures of the section that is about them.

    What a report does not number (一是, 1., （一）) is left out.
    """
    return tuple(islice(_iterate_problems(prose), MOST))


@cache
def _pattern(name: str) -> regex.Pattern:
    patterns = read_toml(CODEBOOKS / "instruments.toml")["patterns"]
    text = patterns[name].replace("{number}", f"(?:{patterns['number']})")
    return regex.compile(text.replace("{han}", _HAN))


def _find(prose: Prose, name: str) -> Iterator[regex.Match]:
    return _pattern(name).finditer(prose.text)


def _is_instrument(text: str, match: regex.Match) -> bool:
    name, start, end = match["name"], *match.span()
    if match["number"]:
        # A number on a line of its own is that of the report.
        return not {text[start - 1 : start], text[end : end + 1]} <= {"", "\n"}
    is_named = len(name) > _SHORT and _pattern("kind").search(name)
    return bool(match["own"] or is_named)


def _print(prose: Prose, match: regex.Match, group: str) -> str | None:
    """A part of a citation as the report prints it, line breaks left out."""
    if match[group] is None:
        return None
    return "".join(prose.locate(*match.span(group))[1].split())


def _to_duty(
    prose: Prose, match: regex.Match, named: Sequence[regex.Match]
) -> Duty | None:
    year, month, day = (match[part] for part in ("year", "month", "day"))
    try:
        day = Date(int(year or 2000), int(month), int(day)).isoformat()
    except ValueError:
        return None
    start = max(prose.text.rfind(sign, 0, match.start()) for sign in "。\n") + 1
    place = bisect_right(named, match.start(), key=lambda one: one.end("name"))
    near = place and named[place - 1].start() >= start
    last = _print(prose, named[place - 1], "name") if near else None
    kind = next(name for group, name in _DUTIES.items() if match[group])
    return Duty(
        kind, day if year else f"-{day[4:]}", last, *prose.locate(*match.span())
    )


def _iterate_problems(prose: Prose) -> Iterator[Problem]:
    text = prose.text
    for head in _find(prose, "section"):
        if head.start() and text[head.start() - 1] != "\n":
            continue
        end = _pattern("top").search(text, head.end())
        stop = end.start() if end else len(text)
        turn = _pattern("turn").search(text, head.end(), stop)
        turned = turn.start() if turn else stop
        if "问题" not in head[0] and "不足" not in head[0]:
            turned = head.end()
        for item in _pattern("item").finditer(text, head.end(), stop):
            if not _pattern("title").fullmatch(item["text"]):
                kind = "problem" if item.start() < turned else "measure"
                groups = item.group("han", "round", "nth", "digit")
                place, raw = prose.locate(*item.span("text"))
                text_ = "".join(raw.split())
                yield Problem(kind, next(filter(None, groups)), text_, place, raw)

"""A sentence to its figures, each with the phrases of its clause."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from decimal import Decimal
from typing import NamedTuple

from gi_tools.openings import Phrase
from gi_tools.phrases import HANZI, Phrasebook
from gi_tools.text import hanzi_to_number, to_number

STEERING = frozenset(("part", "none", "besides", "respectively"))
SILENT = frozenset(("year", "running", "this_year", "last_year", "until"))
SILENT |= {"so_far", "besides", "part"}
LONGEST_FILLER = 90  # a bracketed note, and some words
_PAUSE = re.compile(r"[,;:()。]")
_STOP = re.compile(r"[,;:()。、]")
_BEGINS = re.compile(rf"[第约近超逾大共\d{HANZI}]")
_DENIAL = re.compile("[未没无免零不]")
_ALONE = frozenset(",;。、:)\n")
_SCALE = {"百": 100, "千": 1000, "万": 10_000, "亿": 100_000_000}


class Figure(NamedTuple):
    """A figure in the text; ``value`` is None where its digits are parted."""

    start: int
    end: int
    value: int | float | None
    unit: str
    about: bool
    spelt: bool


class Scope(NamedTuple):
    """
    A figure and its clause, of which ``start`` and ``end`` are the bounds.

    ``left`` are the phrases before it; ``last`` is the name of the one that stands
    right at the figure, ``right`` of the first behind it: empty without any words
    there, "?" when they say nothing known. ``stepped``: its own clause says nothing
    and the one before it speaks.
    """

    figure: Figure
    start: int
    end: int
    left: list[Phrase]
    last: str
    right: str
    behind: list[Phrase]
    stepped: bool


class Line:
    """One sentence with its phrases, figures and pauses, ready to be asked."""

    def __init__(self, text: str, start: int, end: int, book: Phrasebook) -> None:
        self.text, self.start, self.end, self.book = text, start, end, book
        self.figures = find_figures(book, text, start, end)
        self.pauses = [m.end() for m in _PAUSE.finditer(text, start, end)]
        last = self.pause_after(self.figures[-1].end) if self.figures else start
        # Behind the last figure only words of none can say anything.
        stop = end if _DENIAL.search(text, last, end) else last
        self.phrases = book.openings.find(text, start, stop)
        self._starts = [phrase.start for phrase in self.phrases]
        self._figures = [figure.start for figure in self.figures]

    def drop_figures(self, starts: set[int]) -> None:
        """Forget the figures that begin at these offsets."""
        self.figures = [f for f in self.figures if f.start not in starts]
        self._figures = [figure.start for figure in self.figures]

    def figures_between(self, start: int, end: int) -> list[Figure]:
        """List the figures that begin within two offsets."""
        first = bisect_left(self._figures, start)
        return self.figures[first : bisect_left(self._figures, end)]

    def between(self, start: int, end: int) -> list[Phrase]:
        """List the phrases that lie within two offsets."""
        first = bisect_left(self._starts, start)
        last = bisect_left(self._starts, end)
        found = self.phrases[first:last]
        return found[:-1] if found and found[-1].end > end else found

    def pause_before(self, offset: int) -> int:
        """Give the start of the clause that holds or ends at an offset."""
        number = bisect_right(self.pauses, offset) - 1
        return self.pauses[number] if number >= 0 else self.start

    def pause_after(self, offset: int) -> int:
        """Give the end of the clause that holds an offset, its sign left out."""
        number = bisect_right(self.pauses, offset)
        return self.pauses[number] - 1 if number < len(self.pauses) else self.end

    def is_filler(self, start: int, end: int) -> bool:
        """Whether nothing between two offsets changes what is counted."""
        if start >= end or end - start > LONGEST_FILLER:
            return start >= end
        return self.book.filler.fullmatch(self.text, start, end) is not None

    def scope(self, number: int) -> Scope:
        """Give the clause of the figure of that number."""
        figure = self.figures[number]
        before = self.figures[number - 1].end if number else self.start
        pause = self.pause_before(figure.start)
        start, at = max(before, pause), figure.start
        if self.text[at - 1] == "、" and before < at:
            before = start = at  # in 3件公开、2件不予公开 the figures come first
        left, stepped = self.between(start, at), False
        said = [phrase for phrase in left if phrase.name not in SILENT]
        if not said and pause > before and self.is_filler(start, at):
            back, at = self._step_back(pause - 1)
            if not self.figures_between(back, at):
                start, stepped = back, True
                left = self.between(start, at) + left
                said = [phrase for phrase in left if phrase.name not in SILENT]
        last = said[-1].name if said and self.is_filler(said[-1].end, at) else ""
        end, right, behind = self._look_right(number)
        return Scope(figure, start, end, left, last, right, behind, stepped)

    def _step_back(self, pause: int) -> tuple[int, int]:
        """The clause before a pause, or before the bracket that ends there."""
        if self.text[pause] == ")":
            pause = max(self.text.rfind("(", self.start, pause), self.start)
        return self.pause_before(pause), pause

    def _look_right(self, number: int) -> tuple[int, str, list[Phrase]]:
        figure = self.figures[number]
        following = self.figures[number + 1 :][:1]
        found = _STOP.search(self.text, figure.end, self.end)
        end = found.start() if found else self.end
        if following and following[0].start <= end:
            # What runs on into the next figure says what that one counts.
            return following[0].start, "?", []
        behind = self.between(figure.end, end)
        if behind and behind[0].name not in STEERING:
            return end, behind[0].name, behind
        empty = behind or self.is_filler(figure.end, end)
        return end, "" if empty else "?", behind


def find_figures(book: Phrasebook, text: str, start: int, end: int) -> list[Figure]:
    """List what can be a count: a number with a unit, or alone before a pause."""
    figures, done = [], start
    for sign in _BEGINS.finditer(text, start, end):
        if sign.start() < done:
            continue
        found = book.figure.match(text, sign.start(), end)
        if not found:
            continue
        done = found.end()
        # In the order of the pattern: about, digits, signs of more, unit; spelt; nil.
        about, digits, *more, unit, more3, spelt, more4, unit2, nil = found.groups()
        if not (digits or spelt or nil):
            continue
        unit, (first, last) = unit or unit2 or "", found.span()
        if not unit and last < end and text[last] not in _ALONE:
            continue
        rough = bool(about or more[0] or more[2] or more3 or more4)
        value = _to_value(digits, more[1]) if digits else 0
        value = hanzi_to_number(spelt) if spelt else value
        figures.append(Figure(first, last, value, unit, rough, bool(spelt)))
    return figures


def _to_value(digits: str, scale: str | None) -> int | float | None:
    if "_" in digits:
        return None
    value = to_number(digits)
    if scale:
        value = to_number(str(Decimal(str(value)) * _SCALE[scale]))
    return value

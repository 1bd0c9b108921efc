"""A sentence to its figures, each with the phrases of its clause."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from decimal import Decimal

from gi_tools.openings import Phrase
from gi_tools.phrases import SPELT, UNKNOWN, Meaning, Phrasebook
from gi_tools.text import hanzi_to_number, to_number

STEERING = frozenset(("part", "none", "besides", "respectively"))
TIMES = frozenset(("year", "running", "this_year", "last_year"))
SILENT = TIMES | {"until", "so_far", "besides", "part"}
LONGEST_FILLER = 90  # a bracketed note, and some words
_PAUSE = re.compile(r"[,;:()。]")
_STOP = re.compile(r"[,;:()。、]")
_STOPS = frozenset(",;:()。、")
_DENIAL = re.compile("[未没无免零不]")
_ALONE = frozenset(",;。、:)\n")
_SCALE = {"百": 100, "千": 1000, "万": 10_000, "亿": 100_000_000}


@dataclass(slots=True, eq=False)
class Draft:
    """
    A figure in the text, its clause, and the claim that is made of it.

    ``value`` is None where its digits are parted, ``quote`` bounds the clause. ``left``
    are the phrases before it there, ``names`` what they are; ``last`` is the name of
    the one that stands right at the figure, ``right`` of the first ``behind`` it: empty
    without any words there, "?" when they say nothing known. ``stepped``: its own
    clause says nothing and the one before it speaks. ``soft``: it says 累计 and not
    since when. ``of`` are the words a share is of.
    """

    start: int
    end: int
    value: int | float | None
    unit: str
    about: bool = False
    spelt: bool = False
    quote: tuple[int, int] = (0, 0)
    left: Sequence[Phrase] = ()
    names: Collection[str] = ()
    last: str = ""
    right: str = ""
    behind: Sequence[Phrase] = ()
    stepped: bool = False
    meaning: Meaning = UNKNOWN
    kind: str = "count"
    soft: bool = False
    of: str | None = None
    parent: Draft | None = None


class Line:
    """One sentence with its phrases, figures and pauses, ready to be asked."""

    def __init__(self, text: str, start: int, end: int, book: Phrasebook) -> None:
        self.text, self.start, self.end, self.book = text, start, end, book
        self.figures = find_figures(book, text, start, end)
        self.pauses = [m.end() for m in _PAUSE.finditer(text, start, end)]
        last = self.pause_after(self.figures[-1].end) if self.figures else start
        # Behind the last figure only words of none can say anything.
        stop = end if last < end and _DENIAL.search(text, last, end) else last
        self.phrases = book.openings.find(text, start, stop)
        self._starts = [phrase[0] for phrase in self.phrases]
        self.times = [phrase for phrase in self.phrases if phrase[2] in TIMES]

    def figures_between(self, start: int, end: int) -> list[Draft]:
        """List the figures that begin within two offsets."""
        return [figure for figure in self.figures if start <= figure.start < end]

    def between(self, start: int, end: int) -> list[Phrase]:
        """List the phrases that lie within two offsets."""
        first = bisect_left(self._starts, start)
        last = bisect_left(self._starts, end, first) if start < end else first
        found = self.phrases[first:last]
        if found and found[-1][1] > end:
            found.pop()
        return found

    def pause_before(self, offset: int) -> int:
        """Give the start of the clause that holds or ends at an offset."""
        number = bisect_right(self.pauses, offset)
        return self.pauses[number - 1] if number else self.start

    def pause_after(self, offset: int) -> int:
        """Give the end of the clause that holds an offset, its sign left out."""
        number = bisect_right(self.pauses, offset)
        return self.pauses[number] - 1 if number < len(self.pauses) else self.end

    def is_filler(self, start: int, end: int) -> bool:
        """Whether nothing between two offsets changes what is counted."""
        return start >= end or (
            end - start <= LONGEST_FILLER
            and self.book.filler.fullmatch(self.text, start, end) is not None
        )

    def read_clause(
        self, number: int, before: int, left: list[Phrase], names: set[str]
    ) -> Draft:
        """
        Read the clause of the figure of that number.

        ``left`` are the phrases between it and ``before``, where the one before ends.
        """
        draft, whole = self.figures[number], left
        start = at = draft.start
        pause = self.pause_before(at)
        if self.text[at - 1] == "、" and before < at:
            left = []  # in 3件公开、2件不予公开 the figures come first
        elif pause > before:
            start = pause
            if left and left[0].start < pause:
                left = [phrase for phrase in left if phrase.start >= pause]
        else:
            start = before
        said = _find_said(left)
        if not said and before < pause == start and self.is_filler(start, at):
            back, at = self._step_back(pause - 1)
            if not self.figures_between(back, at):
                start, draft.stepped = back, True
                left = self.between(start, at) + left
                said = _find_said(left)
        if said and self.is_filler(said.end, at):
            draft.last = said.name
        draft.left = left
        draft.names = names if left is whole else {phrase[2] for phrase in left}
        end = draft.end
        if end < self.end and self.text[end] not in _STOPS:
            end = self._look_right(number, draft)
        draft.quote = start, end
        return draft

    def _step_back(self, pause: int) -> tuple[int, int]:
        """The clause before a pause, or before the bracket that ends there."""
        if self.text[pause] == ")":
            pause = max(self.text.rfind("(", self.start, pause), self.start)
        return self.pause_before(pause), pause

    def _look_right(self, number: int, draft: Draft) -> int:
        """Read what stands behind a figure; give where its clause ends."""
        found = _STOP.search(self.text, draft.end, self.end)
        end = found.start() if found else self.end
        if number + 1 < len(self.figures) and self.figures[number + 1].start <= end:
            # What runs on into the next figure says what that one counts.
            draft.right = "?"
            return self.figures[number + 1].start
        draft.behind = behind = self.between(draft.end, end)
        if behind and behind[0].name not in STEERING:
            draft.right = behind[0].name
        elif not behind and not self.is_filler(draft.end, end):
            draft.right = "?"
        return end


def _find_said(phrases: list[Phrase]) -> Phrase | None:
    """The last of some phrases that says what is counted."""
    for phrase in reversed(phrases):
        if phrase[2] not in SILENT:
            return phrase
    return None


def find_figures(book: Phrasebook, text: str, start: int, end: int) -> list[Draft]:
    """List what can be a count: a number with a unit, or alone before a pause."""
    figures = []
    for found in book.figure.finditer(text, start, end):
        if (kind := found.lastindex) is None:
            continue
        first, last = found.span()
        unit = found[5] or found[SPELT] or ""
        if not unit and last < end and text[last] not in _ALONE:
            continue
        value, rough = 0, False
        if kind == SPELT:
            value, rough = hanzi_to_number(text[first : found.end(7)]), bool(found[8])
        elif kind < SPELT:
            at, stop = found.start(1) - 1, found.end(1)
            scale = None
            if last - first > stop - at + len(unit):
                more, scale, *rest = found.group(2, 3, 4, 6)
                rough = at > first or bool(more or any(rest))
            value = _to_value(text[at:stop], scale)
        figures.append(Draft(first, last, value, unit, rough, kind == SPELT))
    return figures


def _to_value(digits: str, scale: str | None) -> int | float | None:
    if "_" in digits:
        return None
    value = to_number(digits)
    if scale:
        value = to_number(str(Decimal(str(value)) * _SCALE[scale]))
    return value

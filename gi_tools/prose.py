"""A document to the running text of a report: folded, in sentences, with places."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Collection, Iterator
from functools import cached_property
from itertools import accumulate, pairwise, zip_longest
from typing import NamedTuple

from gi_tools.documents import (
    Block,
    Document,
    Grid,
    Paragraph,
    Place,
    Span,
    Spot,
    to_span,
)
from gi_tools.text import LETTER, READING, may_change, simplify_script, widen

LONGEST_SENTENCE = 800  # the longest lists of a report have half of it
SHORTEST = 4  # characters of a line that can state a figure, words of none apart
WRAPPED = 14  # characters of a line that may go on in the next one
SLACK = 1.25  # by which the next line of a wrapped paragraph may be longer
LAYOUT_CELL = 40  # characters of a grid cell that can be prose

_SIGNS = [*zip("：，（）；．％！？＋﹝﹞〔〕［］", ":,();.%!?+()()()", strict=True)]
_WIDE = re.compile("[０-９Ａ-Ｚａ-ｚ]")
_NOISE = (
    r" \t\r\v\f\u3000\xa0\xad\u2000-\u200f\u2028-\u202f\u2060\ufeff“”\"‘’'「」『』*"
)
_DROPPED = re.compile(rf"([{_NOISE}(](?:(?<!\()[{_NOISE}]{{0,98}}|(?<=\(){READING}\)))")
_HIDDEN = re.compile(
    r"《[^《》\n]{1,80}》|\((?:[^()\d\n无没未零]{0,60}|不同[^()\n]{1,40})\)"
)
_ENDS = "。!?\n"
_END = re.compile(rf"[{_ENDS}]")
_PAUSE = re.compile(r"[,;、:]")
_HAN = "一二三四五六七八九十"
_HEADING = re.compile(
    rf"(?:#{{1,4}})?(?:(?:[{_HAN}]{{1,3}}[、.,]|\([{_HAN}\d]{{1,2}}\)[、.]?|\d{{1,2}}[、.])"
    r"[^,;:。\d\n]{1,42}+(?=[:。\n]|\Z)"
    r"|[^,;:。\d\n]{4,30}+(?=\n|\Z)(?<=情况|方面|概述|概况|事项))"
)
_STARTS = re.compile(
    rf"\s{{0,9}}(?:[{_HAN}]{{1,3}}[、.．，,]|[(（][{_HAN}\d]{{1,2}}[)）]"
    r"|\d{1,2}[、．]|\d{1,2}\.(?!\d)|[#•·①-⒛])|[ \xa0\t]{2}|\u3000"
)
_TITLED = re.compile(
    rf"\s{{0,9}}(?:[{_HAN}]{{1,3}}[、.．]|[(（][{_HAN}]{{1,2}}[)）])[^，。；,;]{{0,26}}"
)
_CELL = re.compile(rf"[\d.,%\s\-—/]{{0,40}}{LETTER}{{0,2}}")
_NOTE = re.compile(r"\s{0,40}[(（][^()（）。]{0,200}[)）]\s{0,9}")
_STOPS = "。；;！!？?：:|｜"
_SHORT_ENDS = frozenset(_STOPS + "无没無沒")


class Sentence(NamedTuple):
    """
    A stretch of ``Prose.text`` and the heading it stands under.

    ``first``: it follows right behind the heading, ``next``: right behind another.
    """

    start: int
    end: int
    heading: str
    first: bool


class Prose:
    """
    The running text of a report, folded for matching.

    ``text`` has a paragraph a line; ``hidden`` is the same with names in 《》 and
    bracketed notes blotted out. ``words`` are spellings and the usual ones, of the
    same length. ``locate`` leads back to the document.
    """

    def __init__(
        self,
        document: Document,
        taken: Collection[Place] = (),
        words: dict[str, str] | None = None,
    ) -> None:
        self._document = document
        self._pieces = _read_pieces(document, taken)
        raw, self._starts = _join(self._pieces)
        text, self._cuts, self._lost = _drop(_fold(raw))
        for word, usual in (words or {}).items():
            if word[1] in text:  # one sign is found faster than two
                text = text.replace(word, usual)
        self.text = text

    @cached_property
    def hidden(self) -> str:
        """The text with names in 《》 and notes in brackets blotted out."""
        return _HIDDEN.sub(lambda found: "□" * len(found[0]), self.text)

    def sentences_with(self, anchor: re.Pattern) -> Iterator[Sentence]:
        """Yield the sentences that hold a match of a pattern in ``hidden``."""
        text, hidden, done = self.text, self.hidden, 0
        heading, line = (0, 0), 0  # the last one seen, and the line reached
        while match := anchor.search(hidden, done):
            offset = match.start()
            start = max(done, offset - LONGEST_SENTENCE // 2)
            for sign in _ENDS:
                start = text.rfind(sign, start, offset) + 1 or start
            done = self._find_end(start, offset)
            while line <= start:
                if found := _HEADING.match(text, line):
                    if found.end() > start:
                        break
                    heading = found.span()
                line = text.find("\n", line) + 1 or len(text) + 1
            first = 0 < start - heading[1] <= 1
            yield Sentence(start, done, text[slice(*heading)], first)

    def _find_end(self, start: int, offset: int) -> int:
        """Where the sentence around an offset ends."""
        text, stop = self.text, start + LONGEST_SENTENCE
        if end := _END.search(text, offset, stop):
            return end.start()
        if stop >= len(text):
            return len(text)
        # An endless sentence is cut at a pause, and no number in two.
        pauses = (pause.end() for pause in _PAUSE.finditer(text, offset, stop))
        stop = max(pauses, default=stop)
        while stop > offset + 1 and text[stop - 1].isdigit():
            stop -= 1
        return stop

    def locate(self, start: int, end: int) -> tuple[Place, str]:
        """Give the place of a stretch in the document, and its text as it stands."""
        cuts, lost, starts = self._cuts, self._lost, self._starts
        begin = start + lost[bisect_right(cuts, start) - 1]
        stop = end + lost[bisect_right(cuts, end - 1) - 1]
        first = bisect_right(starts, begin) - 1
        last = bisect_right(starts, stop - 1, first) - 1
        (text, place), begin = self._pieces[first], begin - starts[first]
        tail, stop = self._pieces[last], stop - starts[last]
        if isinstance(place, Span) and isinstance(tail.place, Span):
            begin, stop = place.start + begin, tail.place.start + stop
            return to_span((begin, stop)), self._document.text[begin:stop]
        if first == last:
            return place, text[begin:stop]
        return place, text[begin:] + tail.text[:stop]


def _read_pieces(document: Document, taken: Collection[Place]) -> list[Paragraph]:
    """List what can be prose: paragraphs that are no table cell, long grid cells."""
    lines = [place for place in taken if type(place) is not Spot]
    spans = sorted([place.start for place in lines if isinstance(place, Span)])
    others = {place for place in lines if isinstance(place, Block)}
    pieces: list[Paragraph] = []
    for block in document.blocks:
        if isinstance(block, Grid):
            # Layout tables hold prose: cells that are long and have a full stop.
            long = [c for row in block.rows for c in row if len(c[0]) > LAYOUT_CELL]
            spots = [(c.text, (block.number, c.row, c.column)) for c in long]
            pieces += [Paragraph(t, Spot(*place)) for t, place in spots if "。" in t]
            continue
        if len(block[0]) < SHORTEST and _SHORT_ENDS.isdisjoint(block[0]):
            continue  # as most cells of a flattened table are
        piped = "|" in block.text or "｜" in block.text
        for piece in _split(block) if piped else (block,):
            text, place = piece
            if len(text) < SHORTEST and text[-1:] not in _SHORT_ENDS:
                continue
            if isinstance(place, Span):
                number = bisect_left(spans, place.start)
                held = number < len(spans) and spans[number] < place.end
            else:
                held = place in others
            if not (held or text.isspace() or _NOTE.fullmatch(text)):
                pieces.append(piece)
    return pieces


def _split(block: Paragraph) -> Iterator[Paragraph]:
    """Cut a line at pipes; of several cells those with a full stop can be prose."""
    (text, place), start = block, 0
    parts = text.replace("｜", "|").split("|")
    alone = len([part for part in parts if part and not part.isspace()]) == 1
    for part in parts if alone or "。" in text else ():
        if alone or "。" in part:
            begin = place.start + start if isinstance(place, Span) else 0
            span = to_span((begin, begin + len(part)))
            yield Paragraph(part, span if isinstance(place, Span) else place)
        start += len(part) + 1


def _join(pieces: list[Paragraph]) -> tuple[str, list[int]]:
    """Join pieces; a blank where a line was broken, a line end elsewhere."""
    parts, starts, at = [], [], 0
    for piece, after in zip_longest(pieces, pieces[1:]):
        starts.append(at)
        text = piece.text.replace("\n", " ")
        parts.append(text + (" " if after and _goes_on(piece, after) else "\n"))
        at += len(text) + 1
    return "".join(parts), starts


def _goes_on(piece: Paragraph, after: Paragraph) -> bool:
    """Whether a line was broken by a fixed width, without a sign between."""
    text = piece.text.rstrip()
    if len(text) < WRAPPED or text[-1] in _STOPS:
        return False
    here, there = piece.place, after.place
    if isinstance(here, Span) and isinstance(there, Span):
        near = there.start - here.end <= 1
    else:
        near = isinstance(here, Block) and isinstance(there, Block)
        near = near and there.number - here.number == 1
    if not near or _STARTS.match(after.text):
        return False
    more = after.text.strip()
    wide = len(more.encode()) > SLACK * len(text.encode())
    return not (wide or _CELL.fullmatch(more) or _TITLED.fullmatch(text))


def _fold(text: str) -> str:
    """Fold sign by sign, the length kept: half width, simplified script."""
    for wide, half in _SIGNS:
        text = text.replace(wide, half)
    if not may_change(text):
        return text
    text = _WIDE.sub(lambda found: widen(found[0]), text)
    simple = simplify_script(text)
    if len(simple) == len(text):
        return simple
    table = {c: simplify_script(c) for c in set(text) if not c.isascii()}
    return text.translate({ord(c): s for c, s in table.items() if len(s) == 1})


def _drop(text: str) -> tuple[str, list[int], list[int]]:
    """
    Drop blanks, quotation marks and pinyin.

    Gives the text, where it was cut, and how many signs were lost up to each cut.
    Between two numbers one sign stays: what was parted on paper is not joined.
    """
    pieces = _DROPPED.split(text)
    parts, lost = pieces[::2], [len(sign) for sign in pieces[1::2]]
    for number, (part, after) in enumerate(pairwise(parts)):
        if after[:1].isdigit() and part[-1:].isdigit():
            parts[number] += "_"
            lost[number] -= 1
    cuts = accumulate(map(len, parts[:-1]), initial=0)
    return "".join(parts), [*cuts], [*accumulate(lost, initial=0)]

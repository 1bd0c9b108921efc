"""Sentences in; a draft of each figure they state, and of each word of none, out."""

from __future__ import annotations

import re
from dataclasses import replace
from itertools import pairwise, zip_longest

from gi_tools.clauses import SILENT, Draft, Line
from gi_tools.meanings import STRONG, find_denied, find_meanings, name_to_concept
from gi_tools.openings import Phrase
from gi_tools.phrases import DIRECT, Meaning, Phrasebook, read_heading
from gi_tools.prose import Sentence

FAR = 2  # signs between a figure and the next one of a list
CARRIED = frozenset(("carried_in", "carried_out"))
_SHARE = re.compile(
    r"占(?:了)?(?P<of>[^,;:。%]{0,40}?)的?(?:比例|比重)?[为达约近]{0,2}$"
)


class _List:
    """The parts of a total that are being told off, and the sign between them."""

    def __init__(self, total: Draft, bracket: bool = False) -> None:
        self.total, self.bracket = total, bracket
        self.sign, self.sum = "", 0

    def goes_on(self, gap: str) -> bool:
        """Whether what stands before the next figure leaves the list open."""
        if self.bracket:
            return ")" not in gap
        if "占" in gap:  # a share goes with the part before it
            return True
        sign = next((c for c in gap if c in ";,、"), "")
        ended = sign == ";" and self.sign not in ("", ";")
        self.sign = self.sign or sign
        return not ended

    def takes(self, draft: Draft, main: bool) -> bool:
        """Whether a figure can be a part of the total."""
        if draft.kind != "count" or draft.value is None:
            return draft.kind != "count"
        full = draft.value and self.sum and self.sum == self.total.value
        if not self.bracket and (main or full):
            return False
        self.sum += draft.value
        return self.total.value is None or draft.value <= self.total.value


class Reader:
    """Walks the sentences of a report and drafts the claims they hold."""

    def __init__(self, text: str, book: Phrasebook, year: int | None) -> None:
        self.text, self.book, self.year = text, book, year
        self.drafts: list[Draft] = []
        self.seen = 0  # figures and words of none, claims or not
        self._head: Draft | None = None  # the last figure that is part of no other
        self._head_end = -9
        self._last: Draft | None  # the figure before in the sentence
        self._parts: _List | None

    def read(self, sentence: Sentence) -> None:
        """Draft the claims of one sentence."""
        line = Line(self.text, sentence.start, sentence.end, self.book)
        denials = [p for p in line.phrases if p.name in ("none", "free")]
        self.seen += len(line.figures) + len(denials)
        for phrase, after in zip_longest(denials, denials[1:]):
            end = min(line.pause_after(phrase.end), after.start if after else line.end)
            nil = self._read_none(line, phrase, end, sentence)
            line.figures = [f for f in line.figures if f not in nil]
        if line.figures:
            heading = read_heading(sentence.heading)
            self._read_figures(line, {phrase.name for phrase in heading})

    def _read_none(
        self, line: Line, phrase: Phrase, end: int, sentence: Sentence
    ) -> list[Draft]:
        """Draft zeros for what words of none deny; give the figures they swallow."""
        inside = line.figures_between(phrase.end, end)
        if any(f.value not in (0, 1) for f in inside):
            return []
        found = line.between(phrase.end, end)
        rank, names = DIRECT, find_denied(self.book, self.text, found)
        if phrase.name == "free":
            rank, end, names = STRONG, phrase.end, ["fee"]
        elif names:
            end = found[-1].end
        elif self.book.nothing.fullmatch(self.text, phrase.end, end):
            rank, names = STRONG, self._look_back(line, phrase, sentence)
        for name in names:
            unit = "万元" if "万元" in self.book.concepts[name].units else "件"
            span, meaning = (phrase.start, end), Meaning(name, rank)
            draft = Draft(*span, 0, unit, quote=span, meaning=meaning, kind="none")
            self.drafts.append(draft)
        return inside if names else []

    def _look_back(self, line: Line, phrase: Phrase, sentence: Sentence) -> list[str]:
        """What bare words of none are about: the words before, or the heading."""
        start, stop = line.pause_before(phrase.start), phrase.start
        while True:
            found = line.between(start, stop)
            if names := find_denied(self.book, self.text, found):
                return names
            if any(p.name not in SILENT for p in found):
                return []
            if start == line.start:
                break
            stop = start - 1
            start = line.pause_before(stop)
        heading = sentence.heading if sentence.first else ""
        return find_denied(self.book, heading, read_heading(heading))

    def _read_figures(self, line: Line, around: set[str]) -> None:
        """Draft the figures; ``around``: the phrases of the heading and before."""
        self._last = self._parts = None
        before, labels = line.start, []
        for number, figure in enumerate(line.figures):
            left = line.between(before, figure.start)
            steer = {phrase[2] for phrase in left}
            draft = line.read_clause(number, before, left, steer)
            around |= steer
            self._find_list(line, draft, self.text[before : figure.start], steer)
            if not labels and draft.last and "respectively" in draft.names:
                labels = self._share_out(line, number, draft.left)
            label = labels.pop(0) if labels else ""
            before = figure.end
            if not (drafts := self._draft(line, draft, label, around)):
                continue
            self.drafts += drafts
            main = draft.meaning.concept in self.book.main
            if self._parts and not self._parts.takes(draft, main):
                self._parts = None
                for part in drafts:
                    part.parent = None
            if draft.kind not in ("share", "comparison"):
                self._last = draft
                if self._parts is None:
                    self._head, self._head_end = draft, line.end

    def _find_list(self, line: Line, draft: Draft, gap: str, steer: set[str]) -> None:
        """Find the list that a figure may belong to, by the words before it."""
        last = self._last
        if self._parts and not self._parts.goes_on(gap):
            self._parts = None
        if "part" in steer:
            follows = line.start - self._head_end <= FAR
            total = last or (self._head if follows else None)
            self._parts = _List(total) if total else None
        elif last and gap[:1] in (":", "("):
            self._parts = _List(last, gap[0] == "(")
        elif self._parts and "besides" in steer and not self._parts.bracket:
            self._parts = None
        if not self._parts and last and draft.last in self.book.parts:
            # 行政复议3件,维持2件: no word says that these are parts.
            known = f"{last.meaning.concept}.{draft.last}" in self.book.concepts
            self._parts = _List(last) if known else None

    def _share_out(self, line: Line, number: int, left: list[Phrase]) -> list[str]:
        """What "A、B分别为1件、2件" counts, figure by figure; empty when unclear."""
        at = max(phrase.start for phrase in left if phrase.name == "respectively")
        start = line.figures[number - 1].end if number else line.start
        found = line.between(start, at)
        names = [name_to_concept(self.book, p.name) for p in found]
        names = list(dict.fromkeys(filter(None, names)))
        run = line.figures[number : number + len(names)]
        near = all(b.start - a.end <= FAR for a, b in pairwise(run))
        return names if near and len(run) == len(names) else []

    def _draft(
        self, line: Line, draft: Draft, label: str, around: set[str]
    ) -> list[Draft]:
        """
        Draft the claim of a figure; several where it stands for each of a list.

        ``label`` is what it counts where a list before it says so.
        """
        unit, total = draft.unit, self._parts.total if self._parts else None
        draft.parent = total
        if draft.last == "compare" or (unit == "%" and "compare" in draft.names):
            draft.kind = "comparison"
            return [draft]
        if unit == "%":
            found = _SHARE.search(self.text, draft.quote[0], draft.start)
            draft.kind, draft.of = "share", (found["of"] or None) if found else None
            return [draft]
        if label:
            meanings = [Meaning(label)] if self.book.fits(label, unit) else []
        else:
            whole = total.meaning if total and not total.soft else None
            beside = self._last.meaning.concept if self._last else ""
            meanings = find_meanings(line, draft, whole, beside, around)
        if not meanings:
            alone = draft.quote == (draft.start, draft.end)
            return [draft] if unit and not (draft.spelt or alone) else []
        draft.kind, draft.soft = self._find_time(line, draft)
        if draft.kind == "running_total":
            return [draft]
        draft.meaning, *others = meanings
        return [draft, *(replace(draft, meaning=other) for other in others)]

    def _find_time(self, line: Line, draft: Draft) -> tuple[str, bool]:
        """Whether a figure is of this year, of another, or a running total."""
        kind, this_year = "count", False
        for start, end, name in line.times:
            if end > draft.start:
                break
            if name == "this_year":
                kind, this_year = "count", True
            elif name == "running":
                kind = "running_total"
            elif name == "last_year":
                kind = "other_year" if start >= draft.quote[0] else kind
            elif self.year:
                words = self.text[start:end]
                since = words.endswith(("以来", "起"))
                this_year = int(words[:4]) >= self.year
                kind = "running_total" if since else "other_year"
                kind = "count" if this_year else kind
        if draft.last in CARRIED or any([p.name in CARRIED for p in draft.behind]):
            kind = "count"
        return kind, "so_far" in draft.names and not this_year

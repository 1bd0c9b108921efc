"""Blocks to table tokens: cells in reading order, whatever dress the table wears."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import regex

from gi_tools.codebook import label_key
from gi_tools.documents import Document, Grid, Paragraph, Place, Span, Spot
from gi_tools.text import Reading, read_cell

LONGEST_LABEL = 160  # the longest official label has 60 characters, notes included
LONGEST_ROW = 600  # a longer line is prose
UNITS = frozenset("条 件 次 篇 个 人 人次 万元 元 项 份 家 单位 件次".split())
_RULE = regex.compile(r"[\s|+]*(?:(?::?-{3,}:?|:-+:?|-+:)[\s|+]*)+")
_PIPE = regex.compile("[|｜]")
_TAB = regex.compile("\t")
_BLANKS = regex.compile(r"[ \u3000\xa0]+")
_RUN = regex.compile(r"[ \u3000\xa0]{2,}")
_HAN = regex.compile(r"\p{Han}")
_NOTE = regex.compile(r"[(（][^()（）]{4,150}[)）]")
_BREAK = regex.compile(r"<br\s{0,3}/?>", regex.I)
_FIGURED = regex.compile(r"[^\d\s].*\d|\d\s+\S|\S\s{2}")
_SPACED = regex.compile(
    r"(?P<label>[^\d\s][^\n]{0,150}?)"
    r"(?P<values>(?:[ \u3000\xa0][-+]?[\d.,]{1,15}){1,20})"
)
_GLUED = regex.compile(r"(?P<label>[^|\n]{0,120}[\p{Han})）”\"])(?P<digits>\d{1,20})")


class Token(NamedTuple):
    """
    One cell: its text, row, place, what it reads as, and its label key.

    Tokens of one row share ``row``. ``key`` is empty unless the text can be a label.
    ``dress`` is how the table was written: grid, pipe, tab, run or line.
    """

    text: str
    row: int
    place: Place
    reading: Reading
    key: str
    dress: str

    @property
    def is_slot(self) -> bool:
        """Whether the cell can stand in a value column: a figure or a sign of none."""
        return self.reading.state != "unreadable" or not self.key

    @property
    def is_blank(self) -> bool:
        """Whether the cell is there and empty."""
        return self.reading.state == "blank"

    @property
    def is_note(self) -> bool:
        """Whether the cell is a bracketed note, a unit or a rule, to be skipped."""
        return self.text in UNITS or _NOTE.fullmatch(self.text) is not None


def to_tokens(document: Document) -> list[Token]:
    """Turn every block into tokens; ``row`` numbers grow through the document."""
    tokens: list[Token] = []
    row, open_pipe, leads = 0, False, False
    for block in document.blocks:
        if isinstance(block, Grid):
            open_pipe = False
            for cells in block.rows:
                row += 1
                for cell in cells:
                    place = Spot(block.number, cell.row, cell.column)
                    tokens.append(_to_token(cell.text, row, place, "grid"))
            continue
        row = _row_of(block, row, document)
        text = block.text
        if "|" in text or "｜" in text:
            leads = _is_led(text, leads)
            found, open_pipe = _split_pipes(block, row, open_pipe, leads)
            tokens += found
        elif text.strip():
            open_pipe = False
            tokens += _split_line(block, row)
        elif "\t" in text and not open_pipe:
            tokens.append(_part(block, row, 0, len(text), "tab"))
    return tokens


def _row_of(block: Paragraph, last: int, document: Document) -> int:
    """Keep line numbers for text, as empty lines between tokens are evidence."""
    if isinstance(block.place, Span):
        return document.line_at(block.place.start)
    return last + 1


def _to_token(text: str, row: int, place: Place, dress: str) -> Token:
    reading = read_cell(text)
    key = ""
    if reading.state == "unreadable" and len(text) <= LONGEST_LABEL:
        key = label_key(text) if _HAN.search(text) else ""
    return Token(text, row, place, reading, key, dress)


def _part(block: Paragraph, row: int, start: int, end: int, dress: str) -> Token:
    """The token of a stretch of a paragraph, its place narrowed to the text."""
    raw = block.text[start:end]
    text = raw.strip()
    place = block.place
    if isinstance(place, Span):
        begin = place.start + start + (len(raw) - len(raw.lstrip()) if text else 0)
        place = Span(begin, begin + len(text))
    return _to_token(_BREAK.sub("", text), row, place, dress)


def _is_led(text: str, leads: bool) -> bool:
    """Whether rows begin with a pipe here; an empty first cell changes nothing."""
    if text.count("|") + text.count("｜") < 2:
        return leads
    first, second, *_ = _PIPE.split(text, 2)
    return not first.strip() and (leads or read_cell(second).state == "unreadable")


def _split_pipes(
    block: Paragraph, row: int, open_pipe: bool, leads: bool
) -> tuple[list[Token], bool]:
    """Split at pipes; two pipes with nothing between, on two lines too, are a blank."""
    if _RULE.fullmatch(block.text):
        return [], True
    found, start = [], 0
    pipes = list(_PIPE.finditer(block.text))
    # A pipe that begins a row of several closes nothing that the row above opened.
    open_pipe = open_pipe and not (leads and len(pipes) > 1)
    for pipe in pipes:
        if block.text[start : pipe.start()].strip() or open_pipe:
            found.append(_part(block, row, start, pipe.start(), "pipe"))
        open_pipe, start = True, pipe.end()
    if block.text[start:].strip():
        found.append(_part(block, row, start, len(block.text), "pipe"))
        open_pipe = False
    return found, open_pipe


def _split_line(block: Paragraph, row: int) -> list[Token]:
    """Split a line at tabs, at runs of blanks, before figures, or not at all."""
    text = block.text.rstrip("\n \u3000\xa0")
    lead = len(text) - len(text.lstrip(" \u3000\xa0"))
    if len(text) <= LONGEST_ROW:
        if "\t" in text[lead:].lstrip("\t"):
            return [_part(block, row, *cut, "tab") for cut in _cuts(_TAB, text, lead)]
        lead = len(text) - len(text.lstrip())
        if not _FIGURED.search(text, lead) or read_cell(text).value is not None:
            return [_part(block, row, lead, len(text), "line")]
        if _is_run(text[lead:]):
            return [_part(block, row, *cut, "run") for cut in _cuts(_RUN, text, lead)]
        if spaced := _SPACED.fullmatch(text, lead):
            parts = _cuts(_BLANKS, text, spaced.start("values") + 1)
            cuts = [spaced.span("label"), *parts]
            return [_part(block, row, *cut, "run") for cut in cuts]
        if glued := _GLUED.fullmatch(text, lead):
            cuts = [glued.span("label"), glued.span("digits")]
            return [_part(block, row, *cut, "glued") for cut in cuts]
    return [_part(block, row, 0, len(text), "line")]


def _cuts(separator: regex.Pattern, text: str, start: int) -> Iterator[tuple[int, int]]:
    for found in separator.finditer(text, start):
        yield start, found.start()
        start = found.end()
    yield start, len(text)


def _is_run(text: str) -> bool:
    pieces = _RUN.split(text) if len(text) <= LONGEST_ROW else []
    return len(pieces) > 1 and any(read_cell(p).state == "reported" for p in pieces[1:])

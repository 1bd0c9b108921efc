"""Blocks to table tokens: cells in reading order, whatever dress the table wears."""

from __future__ import annotations

import re
from functools import cache, lru_cache
from typing import NamedTuple

from gi_tools.codebook import forms, label_key
from gi_tools.crowds import Cut, find_crowd, is_glued
from gi_tools.documents import (
    Document,
    Grid,
    Paragraph,
    Place,
    Span,
    Spot,
)
from gi_tools.text import LABEL, LETTER, UNREADABLE, Reading, fold, read_cell

PROSE = "\0"  # the key of a text too long for a label; no label has it
LONGEST_UNIT = 8  # with its brackets and blanks
LONGEST_ROW = 600  # a longer line is prose
UNITS = frozenset("条 件 次 篇 个 人 人次 万元 元 项 份 家 单位 件次".split())
# Possessive: a line of dashes that ends otherwise would take years to give back.
_RULE = re.compile(r"[\s|+]*+(?:(?::?-{3,}+:?|:-++:?|-++:)[\s|+]*+)++")
_PIPE = re.compile("[|｜]")
_TAB = re.compile("\t")
_BLANKS = re.compile(r"[ \u3000\xa0][ \u3000\xa0]*")
_RUN = re.compile(r"[ \u3000\xa0][ \u3000\xa0]+")
_LETTER = re.compile(LETTER)
_NOTE = re.compile(r"[(（][^()（）]{4,150}[)）]")
_SIGN = re.compile(
    r"[一二三四五六七八九十]|"
    r"[一二三四五六七八九十]{0,3}[、，。；：（）()“”《》][（）()、”一二三四五六七八九十]{0,4}"
)
_HEAD = re.compile(r"[\u4e00-\u9fff/]{2,12}")
_BREAK = re.compile(r"<br\s{0,3}/?>", re.I)
_SPACED = re.compile(
    r"(?P<label>(?:\d{1,2}[.、．)）] ?)?[^\d\s][^\n]{0,150}?)"
    r"(?P<values>(?:[ \u3000\xa0][-+]?[\d.,]{1,15}){1,20})"
)
_UNIT = re.compile(f"(?:{'|'.join(sorted(UNITS, key=len, reverse=True))})$")
_GLUED = re.compile(
    rf"(?P<label>[^|\n]{{0,120}}(?:{LETTER}|[)）”\"]))(?P<digits>\d{{1,20}})"
)


class Token(NamedTuple):
    """
    One cell: its text, row and place, what it reads as, and its label key.

    Tokens of one row share ``row``; ``column`` is that of the grid, or the number of
    the cell in its line. ``key`` is empty unless the text can be a label.
    ``dress`` is how the table was written: grid, pipe, tab, run, glued or line. A slot
    can stand in a value column; a note is a bracketed remark or a unit, to be skipped.
    """

    text: str
    row: int
    place: Place
    column: int
    dress: str
    reading: Reading
    key: str
    is_slot: bool
    is_note: bool

    @property
    def is_blank(self) -> bool:
        """Whether the cell is there and empty."""
        return self.reading.state == "blank"


_new = (
    tuple.__new__
)  # makes a token of a tuple of its fields without a call into Python
_LONG = (UNREADABLE, PROSE, False, False)  # what a text too long for a cell reads as


def to_tokens(document: Document) -> list[Token]:
    """Turn every block into tokens; ``row`` numbers grow through the document."""
    tokens: list[Token] = []
    row, more, open_pipe, leads = 0, 0, False, False
    line_at = document.line_at
    for block in document.blocks:
        if isinstance(block, Grid):
            open_pipe = False
            grid = block.number
            tokens += [
                _new(
                    Token,
                    (text, number, _new(Spot, (grid, line, column)), column, "grid")
                    + (_read_text(text) if len(text) <= LABEL else _LONG),
                )
                for number, cells in enumerate(block.rows, row + 1)
                for text, line, column, _, _, _ in cells
            ]
            row += len(block.rows)
            continue
        text, place = block
        # Lines of a text keep their numbers: empty ones between cells are evidence.
        row = line_at(place.start) + more if isinstance(place, Span) else row + 1
        if "|" in text or "｜" in text:
            leads = _is_led(text, leads)
            found, open_pipe = _split_pipes(block, row, open_pipe, leads)
            tokens += found
        elif text.strip():
            open_pipe = False
            if crowd := find_crowd(text):
                tokens += _split_crowd(block, row, crowd)
                more += len(crowd)
                row += len(crowd)
                continue
            dress, cuts = _cut_line(text) if len(text) <= LABEL else _cut(text)
            tokens += [
                _part(block, row, *cut, number, dress)
                for number, cut in enumerate(cuts, start=1)
            ]
        elif "\t" in text and not open_pipe:
            tokens.append(_part(block, row, len(text), len(text), 1, "tab"))
    return tokens


def _split_crowd(
    block: Paragraph, row: int, crowd: tuple[tuple[Cut, ...], ...]
) -> list[Token]:
    """
    The tokens of rows that ran together in one line, each in a row of its own.

    Glued cells stay one token that is no label and no figure: nobody can tell where
    a row has no figure, or which digits are the number of the next.
    """
    if is_glued(crowd):
        return [_part(block, row, 0, len(block.text), 1, "crowd")]
    return [
        _part(block, number, *cut, column, "run")
        for number, cuts in enumerate(crowd, row)
        for column, cut in enumerate(cuts, 1)
    ]


def _part(
    block: Paragraph, row: int, start: int, end: int, column: int, dress: str
) -> Token:
    """The token of a stretch of a paragraph, its place in the source kept exact."""
    text, place = block
    if isinstance(place, Span):
        place = _new(Span, (place[0] + start, place[0] + end))
    text = text[start:end]
    if len(text) > LABEL or dress == "crowd":
        read = _LONG
    elif dress in ("line", "run"):
        read = _read_loose(text, dress)
    else:
        read = _read_text(text)
    head = text, row, place, column, dress
    return _new(Token, head + read)


@lru_cache(maxsize=32768)
def _read_loose(text: str, dress: str) -> tuple[Reading, str, bool, bool]:
    """What a cell without a line around it says, as ``_read_text``."""
    if _SIGN.fullmatch(text):
        # A dash, a piece of a heading or of a label cut in two, as well as a figure.
        key = text * (dress == "run")
        return UNREADABLE, key, not key, False
    return _read_text(text)


@lru_cache(maxsize=32768)
def _read_text(text: str) -> tuple[Reading, str, bool, bool]:
    """What a cell says: its reading, label key, and whether it is a slot or a note."""
    text = _BREAK.sub("", text)
    reading = read_cell(text)
    key = ""
    if reading.state == "unreadable" and _LETTER.search(text):
        key = label_key(text)
    is_note = is_unit(text) or _NOTE.fullmatch(text) is not None
    return reading, key, not key, is_note


def is_unit(text: str) -> bool:
    """Whether a cell holds a unit of measurement alone, in either script."""
    return len(text) <= LONGEST_UNIT and fold(text).strip("()") in UNITS


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
    text = block.text
    if _RULE.fullmatch(text):
        return [], True
    found, start = [], 0
    pipes = list(_PIPE.finditer(text))
    # A pipe that begins a row of several closes nothing that the row above opened.
    open_pipe = open_pipe and not (leads and len(pipes) > 1)
    # A leading pipe opens the first cell; without one the text before it is the first.
    column = 0 if text[: pipes[0].start()].strip() or not leads else -1
    for pipe in pipes:
        column += 1
        if open_pipe or text[start : pipe.start()].strip():
            cut = _narrow(text, start, pipe.start())
            found.append(_part(block, row, *cut, column, "pipe"))
        open_pipe, start = True, pipe.end()
    if text[start:].strip():
        cut = _narrow(text, start, len(text))
        found.append(_part(block, row, *cut, column + 1, "pipe"))
        open_pipe = False
    return found, open_pipe


@lru_cache(maxsize=32768)
def _cut_line(text: str) -> tuple[str, tuple[tuple[int, int], ...]]:
    # Lines of tables recur in every report.
    return _cut(text)


def _cut(text: str) -> tuple[str, tuple[tuple[int, int], ...]]:
    """Cut a line at tabs, at runs of blanks, before figures, or not at all."""
    is_row = len(text) <= LONGEST_ROW or "\t" in text.strip()
    dress, cuts = _find_cuts(text) if is_row else ("line", None)
    cuts = cuts or [(0, len(text))]
    return dress, tuple(_narrow(text, *cut) for cut in cuts)


def _find_cuts(text: str) -> tuple[str, list[tuple[int, int]] | None]:
    end = len(text.rstrip("\n \u3000\xa0"))
    lead = end - len(text[:end].lstrip(" \u3000\xa0"))
    if "\t" in text[lead:end].lstrip("\t"):
        return "tab", _parts(_TAB, text, lead, end)
    lead = len(text) - len(text.lstrip())
    if read_cell(text[lead:end]).value is not None:
        return "line", None
    if _is_run(text[lead:end]):
        return "run", _parts(_RUN, text, lead, end)
    if not text[end - 1].isdigit():
        return "line", None
    if spaced := _SPACED.fullmatch(text, lead, end):
        parts = _parts(_BLANKS, text, spaced.start("values") + 1, end)
        start, stop = spaced.span("label")
        unit = text[start:stop].rpartition(" ")[2]
        if is_unit(unit):
            parts = [(stop - len(unit), stop), *parts]
            stop -= len(unit) + 1
        return "run", [*_part_unit(text, start, stop), *parts]
    glued = _GLUED.fullmatch(text, lead, end)
    if glued and _is_closed(glued["label"]):
        return "glued", [*_part_unit(text, *glued.span("label")), glued.span("digits")]
    return "line", None


def _part_unit(text: str, start: int, stop: int) -> list[tuple[int, int]]:
    """Part the unit off a label that lost its blank: 主动公开政府信息数条."""
    found = _UNIT.search(text, start, stop)
    whole = label_key(text[start:stop]) in _row_keys()
    if whole or not found or label_key(text[start : found.start()]) not in _row_keys():
        return [(start, stop)]
    return [(start, found.start()), (found.start(), stop)]


@cache
def _row_keys() -> frozenset[str]:
    """The labels of all rows of all forms."""
    rows = (r for form in forms().values() for t in form.tables for r in t.rows)
    return frozenset(label_key(x) for row in rows for x in (row.label, *row.variants))


def _is_closed(text: str) -> bool:
    """Whether each bracket of a label is closed; a figure inside is no value."""
    folded = fold(text)
    return folded.count("(") == folded.count(")")


def _parts(
    separator: re.Pattern, text: str, start: int, end: int
) -> list[tuple[int, int]]:
    cuts = []
    for found in separator.finditer(text, start, end):
        cuts.append((start, found.start()))
        start = found.end()
    return [*cuts, (start, end)]


def _narrow(text: str, start: int, end: int) -> tuple[int, int]:
    """Narrow a stretch to its text; an empty one to the point where it begins."""
    part = text[start:end]
    inner = part.strip()
    start += len(part) - len(part.lstrip()) if inner else 0
    return start, start + len(inner)


def _is_run(text: str) -> bool:
    """Whether runs of blanks part figures, a unit, or heads from what is before."""
    pieces = _RUN.split(text) if _RUN.search(text) else [""]
    if len(pieces) > 1 and any(map(is_unit, pieces[1:])):
        return True
    is_head = len(pieces) > 2 and all(map(_HEAD.fullmatch, pieces))
    return is_head or any(read_cell(n).state == "reported" for n in pieces[1:])

"""A line into which rows of a table ran together, in; the rows and cells of it, out."""

from __future__ import annotations

import re
from functools import cache
from itertools import pairwise

from gi_tools.codebook import forms, label_key
from gi_tools.text import read_cell

SHORTEST = 16  # characters; a shorter line is one row
LONGEST = 20_000
FEWEST_WORDS = 3  # words of the forms' tables that make a line several rows
LONGEST_LABEL = 80
SHORTEST_MARK = 4
SHORT = 2
_DIGIT = re.compile(r"\d")
_CHUNK = re.compile(r"(?:\d{1,2}[.、．] ?)?[^ \u3000\xa0]+")
_PIECE = re.compile(
    r"\d+?(?=\d[.、．][^\d\s])|\d{1,2}[.、．](?:[(（][^（）()]{0,150}[)）]|[^\d\s])+"
    r"|\d+(?:\.\d+)?|(?:[(（][^（）()]{0,150}[)）]|[^\d\s])+"
)

_NOTES = "*＊※①②③④⑤⑥⑦⑧⑨"

# Sentences, or figures as they have them; 1、 numbers a label.
_STATED = re.compile(r"。|\d(?:[年月日]|[件条个次项人份篇元]{0,2})[，。；,;%％]")
# What follows a figure in a sentence.
_CLAUSE = re.compile("[件条个次项人份篇元]{0,2}[，。；、,;%％]")

Cut = tuple[int, int]


@cache
def _words() -> tuple[frozenset[str], frozenset[str]]:
    """The keys of all row labels, and those of all words of the forms' tables."""
    labels, others = set(), set()
    for form in forms().values():
        for table in form.tables:
            others |= {label_key(word) for word in table.furniture}
            for row in table.rows:
                names = (row.label, *row.variants) if row.targets else ()
                labels |= {label_key(name) for name in names}
                others |= {label_key(row.group), label_key(row.label)}
            for columns in table.columns.values():
                for c in columns:
                    names = (c.label, *c.variants, *c.path)
                    others |= {label_key(name) for name in names}
    return frozenset(labels - {""}), frozenset(labels | others - {""})


@cache
def _marks() -> re.Pattern:
    """The words above the rows of the tables, one of which a crowded line has."""
    tables = [table for form in forms().values() for table in form.tables]
    words = {word for table in tables for word in table.furniture}
    words |= {row.label[:6] for table in tables for row in table.rows[:1]}
    long = sorted(word for word in words if len(word) >= SHORTEST_MARK)
    return re.compile("|".join(map(re.escape, long)))


def find_crowd(text: str) -> tuple[tuple[Cut, ...], ...]:
    """
    Cut a line at every label and figure, a row for each label.

    Empty unless the line holds several words of the forms' tables, one of them the
    label of a row with figures behind it.
    """
    if not SHORTEST <= len(text) <= LONGEST or not _DIGIT.search(text):
        return ()
    if _STATED.search(text) or not _marks().search(text):
        return ()
    return _cut(text)


def is_glued(crowd: tuple[tuple[Cut, ...], ...]) -> bool:
    """Whether no blank parts some of the cells of a crowded line."""
    cuts = [cut for row in crowd for cut in row]
    return any(one[1] == other[0] for one, other in pairwise(cuts))


def _cut(text: str) -> tuple[tuple[Cut, ...], ...]:
    labels, words = _words()
    rows: list[list[Cut]] = []
    found, full, was, last = 0, False, False, ""
    pieces = (p for chunk in _CHUNK.finditer(text) for p in _split(text, *chunk.span()))
    for start, end in pieces:
        figure = _is_figure(text[start:end])
        if was and not figure and last in labels and _CLAUSE.match(text, start):
            return ()
        beside = end - start <= SHORT or text[start] in "(（"  # a unit or a note
        if not rows or not (figure or (beside and not was)):
            rows.append([])
        rows[-1].append((start, end))
        if not figure and not beside:
            last = label_key(text[start:end])
            found += last in words
        full |= figure and last in labels
        was = figure
    return tuple(map(tuple, rows)) if full and found >= FEWEST_WORDS else ()


def _is_figure(text: str) -> bool:
    return read_cell(text).state != "unreadable"


def _is_known(text: str) -> bool:
    """Whether a text is a word of the forms' tables, with or without a footnote."""
    words = _words()[1]
    if len(text) > LONGEST_LABEL or _CLAUSE.match(text):
        return False  # as "；不予公开" in a sentence
    return label_key(text) in words or label_key(text.rstrip(_NOTES)) in words


def _split(text: str, start: int, end: int) -> list[Cut]:
    """Cut a stretch without blanks into figures and known words, if it has several."""
    whole = text[start:end]
    if _is_figure(whole) or _is_known(whole):
        return [(start, end)]
    pieces = [found.span() for found in _PIECE.finditer(text, start, end)]
    cuts = [cut for piece in pieces for cut in _peel(text, *piece)]
    if not any(_is_known(text[first:last]) for first, last in cuts):
        return [(start, end)]  # as 2020年1月20日
    return cuts


def _peel(text: str, start: int, end: int) -> list[Cut]:
    """Take known words off the end of a stretch, two at least or all of it."""
    cuts: list[Cut] = []
    stop = end
    while start < stop:
        lows = range(max(start, stop - LONGEST_LABEL), stop - 1)
        low = next((n for n in lows if _is_known(text[n:stop])), None)
        if low is None:
            break
        cuts.insert(0, (low, stop))
        stop = low
    if stop > start and len(cuts) < 2:
        return [(start, end)]
    return [(start, stop), *cuts] if stop > start else cuts

"""Match a document's labels to a form's rows by wording and order together."""

from __future__ import annotations

import re
from functools import cache, lru_cache
from typing import NamedTuple

from gi_tools.codebook import Row, Table, forms, label_key
from gi_tools.documents import Span
from gi_tools.text import LETTER, fold
from gi_tools.tokens import PROSE, Token

NEARLY = 74  # rapidfuzz ratio from which a label is the same with a slip in it
NEXT_ROW = 0.15  # worth of following directly on the row above
SAME_NUMBER = 0.2  # worth of carrying the printed enumerator
WITH_VALUE = 0.3  # worth of standing before a figure or an empty cell
LONGEST_WRAP = 16  # a label broken over more lines is not joined

_NUMBER = re.compile(r"\(?([一二三四五六七八九十]{1,3}|\d{1,2})[、.,)]")
_FIGURE = re.compile(rf"\d(?<={LETTER}\d)")  # a figure run onto a label is no slip


class Line(NamedTuple):
    """One printed row of a form, with its table."""

    table: Table
    row: Row


class Template(NamedTuple):
    """
    A form laid out for matching: its rows in order and its words.

    ``keys`` give, last first, the lines of a label, each with its enumerator.
    """

    lines: tuple[Line, ...]
    keys: dict[str, tuple[tuple[int, str], ...]]
    columns: frozenset[str]
    words: frozenset[str]
    starts: frozenset[str]


class Match(NamedTuple):
    """A row found: its line in the template, its tokens, and how sure (1 is exact)."""

    line: int
    token: int
    end: int
    score: float


@cache
def template(form_key: str) -> Template:
    """Lay out one form for matching."""
    form = forms()[form_key]
    lines = tuple(
        Line(table, row)
        for table in form.tables
        if table.layout == "rows"
        for row in table.rows
    )
    keys: dict[str, tuple[tuple[int, str], ...]] = {}
    for number, line in enumerate(lines):
        printed = (number, enumerator(line.row.number))
        for label in (line.row.label, *line.row.variants, _with_group(line)):
            key = label_key(label)
            keys[key] = tuple(dict.fromkeys((printed, *keys.get(key, ()))))
    columns = {
        label_key(label)
        for table in form.tables
        for columns in table.columns.values()
        for column in columns
        for label in (column.label, *column.variants, *column.path)
    }
    words = {label_key(word) for table in form.tables for word in table.furniture}
    starts = frozenset(key[:end] for key in keys for end in range(len(key)))
    columns, words = frozenset(columns - {""}), frozenset(words - {""})
    return Template(lines, keys, columns, words, starts)


def _with_group(line: Line) -> str:
    """The label run together with the heading above it, as flattened text has it."""
    row = line.row
    heads = (r for r in line.table.rows if r.label == row.group and not r.targets)
    return "".join((*(r.number + r.label for r in heads), row.number, row.label))


@cache
def find_pads(form_key: str, table: str) -> dict[int, int]:
    """
    The empty cells that a label spanning several label columns leaves behind it.

    A row of the outermost level spans as many columns as the table has levels.
    """
    lines = {
        n: ln for n, ln in enumerate(template(form_key).lines) if ln.table.name == table
    }
    parents = {
        ln.row.label: ln.row.group for ln in lines.values() if not ln.row.targets
    }

    def depth(label: str) -> int:
        return 1 + depth(parents[label]) if label in parents else 0

    depths = {n: depth(line.row.group) for n, line in lines.items()}
    return {n: max(depths.values()) - d for n, d in depths.items()}


def find_rows(tokens: list[Token], book: Template) -> list[Match]:
    """
    Find the heaviest chain of labels that keeps the form's order.

    One pass: for each template row the best chain that ends there, so that a row
    which stands under two parents is told by what stands around it.
    """
    best = [0.0] * len(book.lines)
    chains: list[tuple | None] = [None] * len(book.lines)
    top = 0  # the first line at which a heaviest chain ends
    for number, token in enumerate(tokens):
        # Falling order, so that one token never serves two rows of one chain.
        for match in _candidates(tokens, number, book) if token.key else ():
            line = match.line
            before = best[top] if top < line else max(best[:line], default=0.0)
            parent = best.index(before) if before else -1
            if line and best[line - 1] and best[line - 1] + NEXT_ROW > before:
                before, parent = best[line - 1] + NEXT_ROW, line - 1
            chain = chains[parent] if parent >= 0 else None
            if chain and chain[0].end > number:
                continue  # the label above was joined from this very token
            if before + match.score > best[line]:
                best[line] = before + match.score
                chains[line] = (match, chain)
                if (best[line], -line) > (best[top], -top):
                    top = line
    matches, chain = [], chains[top]
    while chain:
        matches.append(chain[0])
        chain = chain[1]
    found = matches[::-1]
    return sorted(found + _strays(tokens, book, found), key=lambda m: m.token)


def _strays(tokens: list[Token], book: Template, found: list[Match]) -> list[Match]:
    """Rows that stand out of order but whole: a page break or a PDF moved the block."""
    if not found:
        return []
    lines = {match.line for match in found}
    strays = []
    for number, token in enumerate(tokens[:-1]):
        if not token.key or len(rows := book.keys.get(token.key, ())) != 1:
            continue
        (line, _), following = rows[0], tokens[number + 1]
        if line in lines or token.key in book.columns:
            continue
        if following.row == token.row and following.reading.value is not None:
            strays.append(Match(line, number, number + 1, 0.8))
            lines.add(line)
    return strays


def _candidates(tokens: list[Token], number: int, book: Template) -> list[Match]:
    token = tokens[number]
    end, key, score = number + 1, token.key, 1.0
    if key not in book.keys:
        end, key = _join(tokens, number, book)
        score = 0.9
        if not key:
            key, score = _nearly(tokens, number, book)
            end = number + 1
    if not key:
        return []
    worth = score + WITH_VALUE * _has_value(tokens, end)
    printed = enumerator(token.text)
    if key in book.columns and not printed:
        # A header word; the row of that name stands before its figures.
        beside = number and tokens[number - 1].key in book.columns
        if beside or worth == score:
            return []
    return [
        Match(line, number, end, worth + SAME_NUMBER * (printed == own != ""))
        for line, own in book.keys[key]
    ]


@lru_cache(maxsize=8192)
def enumerator(text: str) -> str:
    """The printed number of a label: 三 of （三）, 5 of 5., empty without one."""
    found = _NUMBER.match(fold(text[:12]))
    return found[1] if found else ""


def _has_value(tokens: list[Token], end: int) -> bool:
    row = tokens[end - 1].row
    for token in tokens[end : end + 3]:
        if token.is_slot and not token.is_note:
            return True
        if not token.is_note and (token.row != row or token.dress != "grid"):
            return False
    return False


def _join(tokens: list[Token], number: int, book: Template) -> tuple[int, str]:
    """Put a label together that was wrapped over lines; exact wording only."""
    text = tokens[number].text
    if not isinstance(tokens[number].place, Span) or tokens[number].key == PROSE:
        return number, ""
    for end in range(number + 1, min(number + LONGEST_WRAP, len(tokens))):
        if label_key(text) not in book.starts:
            break
        if not tokens[end].key or tokens[end].row - tokens[end - 1].row > 3:
            break
        text += tokens[end].text
        if (key := label_key(text)) in book.keys:
            return end + 1, key
    return number, ""


def _nearly(tokens: list[Token], number: int, book: Template) -> tuple[str, float]:
    """Find the row a damaged label means, where figures follow it."""
    key = tokens[number].key
    if not 3 <= len(key) <= 60 or not _has_value(tokens, number + 1):
        return "", 0.0
    if key in book.columns or key in book.words or _FIGURE.search(key):
        return "", 0.0
    found = _closest(key, tuple(book.keys))
    return (found[0], found[1] / 110) if found else ("", 0.0)


@lru_cache(maxsize=16384)
def _closest(key: str, choices: tuple[str, ...]) -> tuple[str, float] | None:
    from rapidfuzz import fuzz, process

    found = process.extractOne(key, choices, scorer=fuzz.ratio, score_cutoff=NEARLY)
    return found[:2] if found else None

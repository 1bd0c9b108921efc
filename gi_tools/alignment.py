"""Match a document's labels to a form's rows by wording and order together."""

from __future__ import annotations

import re
from functools import cache, lru_cache, partial
from typing import NamedTuple

from gi_tools.codebook import Row, Table, forms, label_key
from gi_tools.documents import Span
from gi_tools.text import LETTER, fold
from gi_tools.tokens import PROSE, Token

NEARLY = 74  # rapidfuzz ratio from which a label is the same with a slip in it
NEXT_ROW = 0.15  # worth of following directly on the row above
SAME_NUMBER = 0.2  # worth of carrying the printed enumerator
WITH_VALUE = 0.3  # worth of standing before a figure or an empty cell
SHORTEST = 3  # characters of a label that can be known with a slip in it
LONGEST_WRAP = 16  # a label broken over more lines is not joined

_NUMBER = re.compile(r"\(?([一二三四五六七八九十]{1,3}|\d{1,2})[、.,)]")
_MARK = re.compile(r"[※*＊①-⑳\[\]［］()（）注]{1,4}")
_FIGURE = re.compile(rf"\d(?<={LETTER}\d)")  # a figure run onto a label is no slip


class Line(NamedTuple):
    """One printed row of a form, with its table."""

    table: Table
    row: Row


class Template(NamedTuple):
    """
    A form laid out for matching: its rows in order and its words.

    ``keys`` give, last first, the lines of a label, each with its enumerator;
    ``single`` the line of a label that names one row and no column; ``words`` are
    those of ``columns`` and of banners.
    """

    lines: tuple[Line, ...]
    keys: dict[str, tuple[tuple[int, str], ...]]
    single: dict[str, int]
    columns: frozenset[str]
    words: frozenset[str]
    starts: frozenset[str]


class Match(NamedTuple):
    """A row found: its line in the template, its tokens, and how sure (1 is exact)."""

    line: int
    token: int
    end: int
    score: float


_make_match = partial(tuple.__new__, Match)  # as ``to_cell``


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
    words = frozenset((columns | words) - {""})
    columns = frozenset(columns - {""})
    single = {
        key: rows[0][0]
        for key, rows in keys.items()
        if len(rows) == 1 and key not in columns
    }
    return Template(lines, keys, single, columns, words, starts)


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
    keys, columns, words = book.keys, book.columns, book.words
    for number, token in enumerate(tokens):
        key = token.key
        if not key or key == PROSE:
            continue
        in_grid, rows = token.dress == "grid", keys.get(key)
        if in_grid and rows and key not in columns:
            # A label whole in its cell, as nearly all are.
            end = number + 1
            worth = 1.0 + WITH_VALUE * _has_value(tokens, end)
        elif in_grid and not rows and (len(key) < SHORTEST or key in words):
            continue  # a unit or a head is no label with a slip in it
        else:
            key, end, worth = _find_label(tokens, number, book)
            rows = keys.get(key, ())
        # Falling order, so that one token never serves two rows of one chain.
        for line, own in rows:
            score = worth
            if own and own == enumerator(token.text):
                score += SAME_NUMBER
            before = best[top] if top < line else max(best[:line], default=0.0)
            above = best[line - 1] if line else 0.0
            if above and above + NEXT_ROW > before:
                before, chain = above + NEXT_ROW, chains[line - 1]
            else:
                chain = chains[best.index(before)] if before else None
            if chain and chain[0].end > number:
                continue  # the label above was joined from this very token
            total = before + score
            if total > best[line]:
                best[line] = total
                chains[line] = (_make_match((line, number, end, score)), chain)
                if total > best[top] or (total == best[top] and line < top):
                    top = line
    matches, chain = [], chains[top]
    while chain:
        matches.append(chain[0])
        chain = chain[1]
    found = matches[::-1]
    if strays := _strays(tokens, book, found):
        return sorted(found + strays, key=lambda match: match.token)
    return found


def _strays(tokens: list[Token], book: Template, found: list[Match]) -> list[Match]:
    """Rows that stand out of order but whole: a page break or a PDF moved the block."""
    if len(found) in (0, len(book.lines)):
        return []
    seen = {match.line for match in found}
    missing = {key: n for key, n in book.single.items() if n not in seen}
    strays: dict[int, Match] = {}
    for number in [n for n, t in enumerate(tokens[:-1]) if t.key in missing]:
        token, following = tokens[number], tokens[number + 1]
        if following.row == token.row and following.reading.value is not None:
            line = missing[token.key]
            strays.setdefault(line, Match(line, number, number + 1, 0.8))
    return list(strays.values())


def _find_label(
    tokens: list[Token], number: int, book: Template
) -> tuple[str, int, float]:
    """The key of the label that begins at a token (or ""), its end and its worth."""
    token = tokens[number]
    end, key, score = number + 1, token.key, 1.0
    in_text = isinstance(token.place, Span)
    if key not in book.keys:
        key, score = "", 0.9
        if in_text:
            end, key = _join(tokens, number, book)
        if not key:
            key, score = _nearly(tokens, number, book)
            end = number + 1
            if not key:
                return "", 0, 0.0
    valued = _has_value(tokens, end)
    if in_text and not (
        valued and _is_closed(tokens[end - 1]) and not _is_mark(tokens, end)
    ):
        longer = _extend(tokens, number, end, key, book)
        if longer > end:
            end, valued = longer, _has_value(tokens, longer)
    if key in book.columns:
        beside = number > 0 and tokens[number - 1].key in book.columns
        if (beside or not valued) and not enumerator(token.text):
            return "", 0, 0.0  # a word of the head; its row stands before figures
    return key, end, score + WITH_VALUE * valued


@lru_cache(maxsize=8192)
def enumerator(text: str) -> str:
    """The printed number of a label: 三 of （三）, 5 of 5., empty without one."""
    found = _NUMBER.match(fold(text[:12]))
    return found[1] if found else ""


def _has_value(tokens: list[Token], end: int) -> bool:
    for token in tokens[end : end + 3]:
        if token.is_note:
            continue
        if token.is_slot:
            return True
        if token.row != tokens[end - 1].row or token.dress != "grid":
            return False
    return False


def _join(tokens: list[Token], number: int, book: Template) -> tuple[int, str]:
    """Put a label together that was wrapped over lines; exact wording only."""
    text = tokens[number].text
    for end in range(number + 1, min(number + LONGEST_WRAP, len(tokens))):
        if label_key(text) not in book.starts:
            break
        if not tokens[end].key or tokens[end].row - tokens[end - 1].row > 3:
            break
        text += tokens[end].text
        if (key := label_key(text)) in book.keys:
            return end + 1, key
    return number, ""


def _is_closed(token: Token) -> bool:
    """Whether no bracket that a token opens goes on below it."""
    return not ("(" in token.text or "（" in token.text) or not _is_open(token.text)


def _is_mark(tokens: list[Token], number: int) -> bool:
    """Whether a token is the sign of a footnote, or a bracket closed, wrapped off."""
    if number >= len(tokens) or not _MARK.fullmatch(tokens[number].text):
        return False
    row, beside = tokens[number].row, tokens[number + 1 : number + 2]
    # Alone in its line a * can be a cell without a figure.
    begins = row != tokens[number - 1].row and any(t.row == row for t in beside)
    return begins or tokens[number].reading.state == "unreadable"


def _is_open(text: str) -> bool:
    """Whether a bracket is not closed yet."""
    folded = fold(text)
    return folded.count("(") > folded.count(")")


def _extend(
    tokens: list[Token], number: int, end: int, key: str, book: Template
) -> int:
    """The end of a label whose last lines were wrapped off, itself a label without."""
    text = "".join([token.text for token in tokens[number:end]])
    for stop in range(end, min(number + LONGEST_WRAP, len(tokens))):
        token = tokens[stop]
        if token.key == PROSE or token.row - tokens[stop - 1].row > 3:
            break
        inside = token.text.endswith((")", "）")) or token.dress == "glued"
        if stop == end and _is_mark(tokens, stop):
            text, end = text + token.text, stop + 1
            continue
        if not token.key and not (inside and _is_open(text)):
            break  # but a figure in a note is one of the label
        text += token.text
        joined = label_key(text)
        if book.keys.get(joined) == book.keys[key]:
            end = stop + 1
        elif joined not in book.starts and not _is_open(text):
            break
    return end


def _nearly(tokens: list[Token], number: int, book: Template) -> tuple[str, float]:
    """Find the row a damaged label means, where figures follow it."""
    key = tokens[number].key
    if not SHORTEST <= len(key) <= 60 or key in book.words:
        return "", 0.0
    if not _has_value(tokens, number + 1) or _FIGURE.search(key):
        return "", 0.0
    found = _closest(key, tuple(book.keys))
    return (found[0], found[1] / 110) if found else ("", 0.0)


@lru_cache(maxsize=16384)
def _closest(key: str, choices: tuple[str, ...]) -> tuple[str, float] | None:
    from rapidfuzz import fuzz, process

    found = process.extractOne(key, choices, scorer=fuzz.ratio, score_cutoff=NEARLY)
    return found[:2] if found else None

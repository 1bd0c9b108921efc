"""Many named patterns in; those that may match at a place, by its two signs, out."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial
from typing import NamedTuple

ANY = "\uffff"  # stands for every sign
REACH = 2  # signs by which patterns are sorted


class Phrase(NamedTuple):
    """A pattern that matched, by its name, and where."""

    start: int
    end: int
    name: str


_make_phrase = partial(tuple.__new__, Phrase)  # there are many


class Openings(dict):
    """
    Patterns sorted by the signs they begin with; one of all of them would be slow.

    Those that share their first signs are compiled together when first met: for two
    signs the match of a pattern and its names by group, or None.
    """

    def __init__(self, words: list[tuple[str, str]]) -> None:
        self._words = words
        self._numbers: dict[str, set[int]] = {}
        for number, (_, word) in enumerate(words):
            for head in find_heads(word):
                self._numbers.setdefault((head + ANY)[:REACH], set()).add(number)
        pairs = self._numbers
        alone = re.escape("".join({ANY, *(p[0] for p in pairs if p[1] == ANY)}))
        firsts, seconds = (re.escape("".join({p[n] for p in pairs})) for n in (0, 1))
        self._signs = re.compile(f"[{firsts}](?:(?=[{seconds}])|(?<=[{alone}]))")

    def __missing__(self, pair: str) -> tuple[Callable, list[str]] | None:
        numbers = [self._numbers.get(key, ()) for key in (pair, pair[0] + ANY)]
        words = [self._words[number] for number in sorted({*numbers[0], *numbers[1]})]
        pattern = re.compile("|".join(f"({word})" for _, word in words))
        names = ["", *(name for name, _ in words)]
        self[pair] = (pattern.match, names) if words else None
        return self[pair]

    def find(self, text: str, start: int, end: int) -> list[Phrase]:
        """List what matches in a stretch; at one place the first pattern given wins."""
        phrases, done = [], start
        for sign in self._signs.finditer(text, start, end):
            at = sign.start()
            if at >= done and (opening := self[text[at : at + REACH]]):
                match, names = opening
                if found := match(text, at, end):
                    done = found.end()
                    phrases.append(_make_phrase((at, done, names[found.lastindex])))
        return phrases


def find_heads(word: str) -> set[str]:
    """
    Find the first two signs of whatever a pattern matches, or one if it has one.

    Understands literals, groups, sets, lookarounds, ``\\d`` and counts.
    """
    return _read_choice(word, 0)[0]


def _read_choice(word: str, at: int) -> tuple[set[str], int]:
    heads, at = _read_row(word, at)
    while at < len(word) and word[at] == "|":
        more, at = _read_row(word, at + 1)
        heads |= more
    return heads, at


def _read_row(word: str, at: int) -> tuple[set[str], int]:
    heads = {""}
    while at < len(word) and word[at] not in "|)":
        signs, at = _read_atom(word, at)
        low, high, at = _read_count(word, at)
        if high > 1:
            signs = signs | {(a + b)[:REACH] for a in signs for b in signs}
        if low == 0:
            signs = signs | {""}
        heads = {(head + sign)[:REACH] for head in heads for sign in signs}
    return heads, at


def _read_count(word: str, at: int) -> tuple[int, int, int]:
    """The lowest and highest count of what stands before, and where it ends."""
    low, high = 1, 1
    if word[at : at + 1] == "?":
        low, at = 0, at + 1
    elif word[at : at + 1] == "{":
        end = word.index("}", at)
        low, high = (int(n) for n in word[at + 1 : end].split(","))
        at = end + 1 + (word[end + 1 : end + 2] in ("?", "+"))
    return low, high, at


def _read_atom(word: str, at: int) -> tuple[set[str], int]:
    if word[at] == "(":
        looks = word[at + 2] != ":"
        start = word.index(next(c for c in word[at + 2 :] if c in ":=!"), at) + 1
        heads, end = _read_choice(word, start)
        return ({""} if looks else heads), end + 1
    if word[at] == "[":
        end = word.index("]", at)
        known = not any(sign in word[at:end] for sign in "^-\\")
        return (set(word[at + 1 : end]) if known else {ANY}), end + 1
    if word.startswith("\\d", at):
        return set("0123456789"), at + 2
    return {word[at]}, at + 1

"""Many named patterns in; those that may match at a place, by its two signs, out."""

from __future__ import annotations

from typing import NamedTuple

import regex

ANY = "\uffff"  # stands for every sign
REACH = 2  # signs by which patterns are sorted


class Found(NamedTuple):
    """The name of the pattern that matches, and where the match ends."""

    name: str
    end: int


class Openings:
    """
    Patterns sorted by the signs they begin with; one of all of them would be slow.

    Each is compiled when it is first tried. ``signs`` finds where one may begin.
    """

    def __init__(self, words: list[tuple[str, str]]) -> None:
        self._words = words
        self._patterns: list[regex.Pattern | None] = [None] * len(words)
        numbers: dict[str, list[int]] = {}
        for number, (_, word) in enumerate(words):
            for head in find_heads(word):
                numbers.setdefault((head + ANY)[:REACH], []).append(number)
        self._numbers = {
            pair: sorted({*found, *numbers.get(pair[0] + ANY, ())})
            for pair, found in numbers.items()
        }
        self.signs = regex.compile(f"[{''.join(sorted({p[0] for p in numbers}))}]")

    def match(self, text: str, start: int, end: int) -> Found | None:
        """Match at ``start``; of several patterns the first given wins."""
        find = self._numbers.get
        numbers = find(text[start : start + REACH]) or find(text[start] + ANY)
        for number in numbers or ():
            pattern = self._patterns[number] or self._compile(number)
            if found := pattern.match(text, start, end):
                return Found(self._words[number][0], found.end())
        return None

    def _compile(self, number: int) -> regex.Pattern:
        pattern = self._patterns[number] = regex.compile(self._words[number][1])
        return pattern


def find_heads(word: str) -> set[str]:
    """
    Find the first two signs of whatever a pattern matches, or one if it has one.

    Understands literals, groups, sets, lookarounds, ``\\d``, ``\\p{}`` and counts.
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
        known = word[at + 1] != "^" and "\\" not in word[at:end]
        return (set(word[at + 1 : end]) if known else {ANY}), end + 1
    if word.startswith("\\d", at):
        return set("0123456789"), at + 2
    if word[at] == "\\":
        return {ANY}, word.index("}", at) + 1
    return {word[at]}, at + 1

"""Many named patterns in; those that may match at a place, by its two signs, out."""

from __future__ import annotations

import re
from typing import NamedTuple

ANY = "\uffff"  # stands for every sign
REACH = 2  # signs by which patterns are sorted


class Phrase(NamedTuple):
    """A pattern that matched, by its name, and where."""

    start: int
    end: int
    name: str


class Openings:
    """
    Patterns sorted by the signs they begin with; one of all of them would be slow.

    Those that share their first signs are compiled together when first met.
    """

    def __init__(self, words: list[tuple[str, str]]) -> None:
        self._words = words
        numbers: dict[str, list[int]] = {}
        for number, (_, word) in enumerate(words):
            for head in find_heads(word):
                numbers.setdefault((head + ANY)[:REACH], []).append(number)
        self._numbers = {
            pair: tuple(sorted({*found, *numbers.get(pair[0] + ANY, ())}))
            for pair, found in numbers.items()
        }
        self._compiled: dict[tuple[int, ...], re.Pattern] = {}
        self._signs = re.compile(f"[{''.join(sorted({p[0] for p in numbers}))}]")

    def find(self, text: str, start: int, end: int) -> list[Phrase]:
        """List what matches in a stretch; at one place the first pattern given wins."""
        phrases, done, get = [], start, self._numbers.get
        for sign in self._signs.finditer(text, start, end):
            at = sign.start()
            if at < done:
                continue
            numbers = get(text[at : at + REACH]) or get(text[at] + ANY)
            if numbers and (found := self._compile(numbers).match(text, at, end)):
                done = found.end()
                name, _ = self._words[numbers[found.lastindex - 1]]
                phrases.append(Phrase(at, done, name))
        return phrases

    def _compile(self, numbers: tuple[int, ...]) -> re.Pattern:
        if numbers not in self._compiled:
            pattern = "|".join(f"({self._words[number][1]})" for number in numbers)
            self._compiled[numbers] = re.compile(pattern)
        return self._compiled[numbers]


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

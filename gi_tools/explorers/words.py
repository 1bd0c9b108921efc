"""The words and signs of the explorers, in Chinese and English."""

from __future__ import annotations

import re
from functools import cache
from html import escape
from typing import Any

from gi_tools.errors import DataError
from gi_tools.knowledge import CODEBOOKS, read_toml

LANGUAGES = ("zh", "en")
_NUMBERS = re.compile(r"\d{1,12}")


@cache
def _book(name: str = "interface.toml") -> dict[str, Any]:
    return read_toml(CODEBOOKS / name)


def say(lang: str, word: str, **parts: object) -> str:
    """Give a word of the interface; DataError for a language that is not there."""
    if lang not in LANGUAGES:
        raise DataError(f"lang={lang!r}: the explorers speak {' and '.join(LANGUAGES)}")
    return _book()[lang][word].format(**parts)


def translate(lang: str, word: str) -> str:
    """Give a word of the interface, or the word itself where it has none."""
    try:
        return say(lang, word)
    except KeyError:
        return word


def say_place(lang: str, where: str) -> str:
    """Give a place as ``Document.locate`` writes it in a language."""
    if not where:
        return ""
    numbers = _NUMBERS.findall(where)
    kind = where.partition(" ")[0] + "s" * (len(numbers) > 3)  # over several lines
    return _book()[lang][f"at_{kind}"].format(*numbers)


def word_failure(kind: str, reason: str) -> str:
    """
    Word in Chinese why a file gave no report; the reason itself for an unknown kind.

    ``kind`` and ``reason`` are those of the dataset ``failures``, the reason without
    the name of the file, which may say anything.
    """
    book = _book("failures.toml")
    for one in book["reasons"] if kind in book["worded"] else ():
        if any(words in reason for words in one["says"]):
            return one["zh"]
    return book["kinds"].get(kind, reason)


def sign(lang: str, word: str, **parts: object) -> str:
    """Give a state or verdict as escaped HTML: sign, colour class and word."""
    shown = escape(f"{_book()['signs'][word]} {say(lang, word, **parts)}")
    return f'<span class="gi-{word}">{shown}</span>'

"""Which form a report follows, told by its own words, with the words as evidence."""

from __future__ import annotations

from collections import Counter
from collections.abc import Container
from functools import cache
from typing import NamedTuple

from gi_tools.codebook import Form, forms, label_key
from gi_tools.documents import Place
from gi_tools.tokens import Token

FEWEST = 3  # labels of a form that make evidence
FIRST_NATIONAL = 2014
SHOWN = 4  # evidence lines kept for each decision


class FormGuess(NamedTuple):
    """The form (a key of ``codebook.forms``), its version, and why."""

    key: str | None
    version: str | None
    evidence: tuple[tuple[str, Place | None], ...]


def _form_labels(form: Form) -> set[str]:
    found = set()
    for table in form.tables:
        for row in table.rows:
            found.update(map(label_key, (row.label, *row.variants)))
        for columns in table.columns.values():
            for column in columns:
                found.update(map(label_key, (column.label, *column.variants)))
        found.update(map(label_key, table.furniture))
    return {key for key in found if len(key) > 1}


@cache
def _owners() -> dict[str, tuple[str, ...]]:
    """The forms that print each label."""
    owners: dict[str, tuple[str, ...]] = {}
    for key, form in forms().items():
        for label in _form_labels(form):
            owners[label] = (*owners.get(label, ()), key)
    return owners


@cache
def _distinct() -> dict[str, frozenset[str]]:
    """The labels that one form alone prints."""
    owners = _owners().items()
    return {
        key: frozenset(label for label, keys in owners if keys == (key,))
        for key in forms()
    }


@cache
def _headings() -> dict[str, str]:
    """Headings of the statutory parts since 2019, most of which no older form has."""
    return {
        label_key(heading): heading
        for form in forms().values()
        if form.first_year >= 2019
        for heading in form.headings
    }


def find_form(tokens: list[Token], year: int | None) -> FormGuess:
    """
    Tell the form by the labels that it alone prints; else by headings and year.

    Returns key None, with what was seen, when nothing speaks for one form.
    """
    found = {token.key for token in tokens}
    count = Counter(map(_owners().get, found))
    count.pop(None, None)
    ranked = sorted(
        [
            (count[key,], sum([n for keys, n in count.items() if key in keys]), key)
            for key in forms()
        ],
        reverse=True,
    )
    spoken = [key for own, seen, key in ranked if own and seen >= FEWEST]
    if spoken:
        # Offices mix the heads of two forms; then the one in force that year is meant.
        key = next((key for key in spoken if _in_force(key, year)), spoken[0])
        places = _find_places(tokens, _distinct()[key])
        lines = tuple((f"form {key}: label {name}", at) for name, at in places)
        return FormGuess(key, forms()[key].version, lines)
    return _by_year(tokens, ranked, year)


def _find_places(
    tokens: list[Token], labels: Container[str]
) -> list[tuple[str, Place]]:
    """Where the first of some labels stand, each once."""
    places: dict[str, Place] = {}
    for token in tokens:
        if token.key in labels:
            places.setdefault(token.key, token.place)
            if len(places) == SHOWN:
                break
    return list(places.items())


def _in_force(key: str, year: int | None) -> bool:
    form = forms()[key]
    if year is None or form.family != "national":
        return False
    return form.first_year <= year <= (form.last_year or year)


def _by_year(
    tokens: list[Token], ranked: list[tuple[int, int, str]], year: int | None
) -> FormGuess:
    """Labels or headings that two forms share are told apart by the year alone."""
    if year is None:
        return FormGuess(
            None, None, (("form unknown: no label of one form, no year", None),)
        )
    if year < FIRST_NATIONAL:
        line = f"form pre2014: {year} is before the first national form"
        return FormGuess(None, "pre2014", ((line, None),))
    heads = _find_places(tokens, _headings())
    most = max(seen for _, seen, _ in ranked)
    for key, form in forms().items():
        shared = next(seen for _, seen, name in ranked if name == key)
        if not _in_force(key, year):
            continue
        if shared >= FEWEST and shared == most:
            line = (
                f"form {key}: {shared} labels, told from other forms by the year {year}"
            )
            return FormGuess(key, form.version, ((line, None),))
        if form.first_year >= 2019 and heads:
            lines = tuple(
                (f"form {key}: heading {_headings()[name]}, year {year}", at)
                for name, at in heads
            )
            return FormGuess(key, form.version, lines)
    return FormGuess(None, None, ((f"form unknown: year {year}, no label seen", None),))

"""A seed in, invented public bodies out: names, kinds, and how each tends to act."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from itertools import islice
from typing import Any, NamedTuple

import numpy as np
from numpy import ndarray
from numpy.random import Generator

from gi_tools.errors import DataError
from gi_tools.knowledge import CODEBOOKS, read_toml
from gi_tools.regions import find_mentions, find_stem

# 99 is the prefix of no province, so that no code can be taken for a real one.
PROVINCE = "99"


class Body(NamedTuple):
    """An invented public body; ``code`` begins with 99 and is nobody's."""

    agency: str
    place: str
    kind: str
    code: str


class Nature(NamedTuple):
    """
    How bodies tend to act, an array entry a body: the truth behind the counts.

    ``requests`` and ``items`` are yearly means; ``applicants`` has six shares a row;
    the others are probabilities.
    """

    requests: ndarray
    items: ndarray
    applicants: ndarray
    decided_on_merits: ndarray
    release_on_merits: ndarray
    carried_out: ndarray
    disputed: ndarray
    corrected_on_review: ndarray

    def take(self, index: ndarray) -> Nature:
        """The nature of some of the bodies."""
        return Nature(*(column[index] for column in self))


@cache
def stock() -> dict[str, Any]:
    """Give what invented reports are made of: codebooks/simulation.toml."""
    return read_toml(CODEBOOKS / "simulation.toml")


def make_bodies(number: int, kind: str = "mixed", first: int = 0) -> list[Body]:
    """
    Invent bodies: ``kind`` is mixed, city, county, department or town.

    ``first`` is the number of the first city name to take. DataError for another kind.
    """
    kinds = stock()["kinds"]
    if kind != "mixed" and kind not in kinds:
        known = ", ".join(["mixed", *kinds])
        raise DataError(f"unknown kind of body {kind!r}; use one of {known}")
    bodies: list[Body] = []
    counties, towns = (
        _invent_places(first + n, e) for n, e in ((1000, "县区"), (0, "镇"))
    )
    for city, name in enumerate(_invent_places(first, "市")):
        if len(bodies) >= number:
            break
        code = f"{PROVINCE}{city % 99 + 1:02}00"
        one = _make_city(name, code, first + city, counties, towns)
        bodies += [body for body in one if kind in ("mixed", body.kind)]
    return bodies[:number]


def _make_city(
    name: str, code: str, number: int, counties: Iterator[str], towns: Iterator[str]
) -> Iterator[Body]:
    """One city government, eight departments, four counties with seven bodies each."""
    offices = stock()["places"]["departments"].split()
    yield Body(f"{name}人民政府", name, "city", code)
    for n in range(8):
        yield Body(name + offices[(number + 3 * n) % 24], name, "department", code)
    for order, county in enumerate(islice(counties, 4), 1):
        inner = f"{code[:4]}{order:02}"
        yield Body(f"{county}人民政府", county, "county", inner)
        for n in range(4):
            office = offices[(number + order + 5 * n) % 24]
            yield Body(county + office, county, "department", inner)
        for town in islice(towns, 2):
            yield Body(f"{county}{town}人民政府", county, "town", inner)


def _invent_places(first: int, ends: str) -> Iterator[str]:
    """Invent names from a number on, none of a real place; they never run out."""
    places = stock()["places"]
    ones, twos = places["first"].split(), places["second"].split()
    number, pairs = first, len(ones) * len(twos)
    while True:
        # 1009 has no factor in common with the number of pairs: all come, well mixed.
        mixed = number * 1009 % pairs
        stem = ones[mixed // len(twos)] + twos[mixed % len(twos)]
        if number >= pairs:
            stem = ones[number // pairs % len(ones)] + stem
        name = stem + ends[number % len(ends)]
        if _is_invented(stem, name):
            yield name
        number += 1


@cache
def _is_invented(stem: str, name: str) -> bool:
    return not find_mentions(name) and find_stem(stem) is None


def draw_nature(bodies: list[Body], chance: Generator) -> Nature:
    """Draw how each body tends to act: few have many requests, many have few."""
    kinds, size = stock()["kinds"], len(bodies)
    median, spread, items = (
        np.array([kinds[body.kind][name] for body in bodies], dtype=float)
        for name in ("requests", "spread", "items")
    )
    weights = np.array(stock()["weights"]["applicants"])
    return Nature(
        requests=median * np.exp(spread * chance.standard_normal(size)),
        items=items * chance.lognormal(0, 0.7, size),
        applicants=chance.dirichlet(weights / 4, size),
        decided_on_merits=chance.beta(12, 8, size),
        release_on_merits=chance.beta(22, 8, size),
        carried_out=chance.beta(2, 40, size),
        disputed=chance.beta(2, 30, size),
        corrected_on_review=chance.beta(4, 24, size),
    )

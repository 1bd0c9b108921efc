"""Totals in, random parts out: what the years of every form are drawn with."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy import ndarray
from numpy.random import Generator

from gi_tools.codebook import applicants
from gi_tools.simulation.bodies import Nature, stock

Key = tuple[str, str | None]
Counts = dict[Key, ndarray]  # an entry a body; whole numbers but for money


def share(name: str) -> ndarray:
    """Give weights of the stock as shares of one."""
    weights = np.array(stock()["weights"][name], dtype=float)
    return weights / weights.sum()


def put(cells: Counts, names: Sequence[str], parts: ndarray, prefix: str = "") -> None:
    """Name the last axis of an array; one more axis before it are the applicants."""
    for number, name in enumerate(names):
        part = parts[..., number]
        if part.ndim == 1:
            cells[prefix + name, None] = part
            continue
        for column, who in enumerate(applicants()):
            cells[name, who] = part.sum(1) if who == "total" else part[:, column]


def draw_requests(nature: Nature, chance: Generator) -> ndarray:
    """Draw how many requests each body gets in a year."""
    wave = chance.gamma(8, 1 / 8, len(nature.requests))
    return chance.poisson(nature.requests * wave)


def decide(nature: Nature, closed: ndarray, chance: Generator) -> list[ndarray]:
    """Part closed requests: granted, partly, refused on the merits, anything else."""
    shape = (-1,) + (1,) * (closed.ndim - 1)
    merits = chance.binomial(closed, nature.decided_on_merits.reshape(shape))
    released = chance.binomial(merits, nature.release_on_merits.reshape(shape))
    partly = chance.binomial(released, stock()["weights"]["partial"])
    return [released - partly, partly, merits - released, closed - merits]


def draw_money(times: ndarray, mean: float, chance: Generator) -> ndarray:
    """An amount for each count, zero where there is nothing; two decimals."""
    amounts = times * chance.lognormal(mean, 1, len(times))
    return amounts.round(2)

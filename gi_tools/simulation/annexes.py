"""The nature of bodies in, one year's sheet of a pre-2014 family out."""

from __future__ import annotations

import numpy as np
from numpy import ndarray
from numpy.random import Generator

from gi_tools.codebook import CUMULATIVE
from gi_tools.simulation.bodies import Nature
from gi_tools.simulation.parts import (
    Counts,
    decide,
    draw_money,
    draw_requests,
    put,
    share,
)


def _draw_annex(
    family: str, sums: dict[int, ndarray], parts: dict[int, ndarray]
) -> Counts:
    """Name the rows of a pre-2014 sheet: single rows, and runs of parts."""
    cells: Counts = {}
    for first, array in parts.items():
        numbers = [f"{n:02}" for n in range(first, first + array.shape[1])]
        put(cells, numbers, array, f"{family}.")
    return cells | {(f"{family}.{n:02}", None): value for n, value in sums.items()}


def _draw_old_half(nature: Nature, chance: Generator) -> dict:
    """What both families share: items, inquiries, requests, decisions."""
    items = chance.poisson(nature.items / 4)
    papers = chance.binomial(items, 0.3)
    services = chance.poisson(
        nature.items[:, None] * np.array([0.05, 40, 0.3, 0.05, 0.6])
    )
    received = chance.multinomial(draw_requests(nature, chance), share("channels6"))
    total = received.sum(1)
    closed = total - chance.binomial(total, nature.carried_out)
    return {
        "items": items,
        "papers": papers,
        "services": services,
        "received": received,
        "closed": closed,
        "decided": decide(nature, closed, chance),
    }


def _draw_shanghai_period(nature: Nature, chance: Generator) -> Counts:
    size, drawn = len(nature.items), _draw_old_half(nature, chance)
    granted, partly, refused, rest = drawn["decided"]
    catalogue = chance.poisson(nature.items / 9)
    own = chance.poisson(drawn["closed"][:, None] / 8.0, (size, 4))
    asked = chance.poisson(drawn["closed"][:, None] / 3.0, (size, 5))
    staff = chance.poisson([1.0, 3.0], (size, 2))
    budget = draw_money(chance.binomial(1, 0.4, size), 2, chance)
    disputes = chance.binomial(
        drawn["closed"][:, None], nature.disputed[:, None] * [1, 0.4, 0.2]
    )
    sums = {
        1: drawn["items"],
        2: chance.binomial(drawn["items"] - drawn["papers"], 0.8),
        3: drawn["papers"],
        4: chance.binomial(drawn["papers"], 0.05),
        10: catalogue,
        11: chance.binomial(catalogue, 0.04),
        12: drawn["received"].sum(1),
        19: drawn["closed"],
        20: granted,
        21: partly,
        27: refused,
        37: own.sum(1) + asked.sum(1),
        38: own.sum(1),
        43: asked.sum(1),
        49: staff.sum(1),
        52: budget,
        53: (0.8 * budget).round(2),
        54: 0 * refused,
    }
    parts = {
        5: drawn["services"],
        13: drawn["received"],
        22: chance.multinomial(rest, share("others5")),
        28: chance.multinomial(refused, share("grounds6")),
        34: disputes,
        39: own,
        44: asked,
        50: staff,
    }
    return _draw_annex("shanghai", sums, parts)


def _draw_dingxi_period(nature: Nature, chance: Generator) -> Counts:
    drawn = _draw_old_half(nature, chance)
    granted, partly, refused, rest = drawn["decided"]
    complaints = chance.binomial(drawn["closed"], nature.disputed / 4)
    disputes = chance.binomial(
        drawn["closed"][:, None], nature.disputed[:, None] * [1, 0.4]
    )
    sums = {
        1: drawn["items"],
        2: chance.binomial(drawn["items"], 0.6),
        3: chance.binomial(drawn["papers"], 0.05),
        9: chance.poisson(nature.items / 9),
        10: drawn["received"].sum(1),
        17: drawn["closed"],
        18: granted,
        19: partly,
        20: refused + rest,
        34: complaints,
        35: chance.binomial(complaints, 0.3),
    }
    parts = {
        4: drawn["services"],
        11: drawn["received"],
        21: chance.multinomial(rest, share("others5")[:4] / share("others5")[:4].sum()),
        25: chance.multinomial(refused, [1 / 7] * 7),
        32: disputes,
    }
    return _draw_annex("dingxi", sums, parts)


def draw_shanghai(nature: Nature, before: Counts | None, chance: Generator) -> Counts:
    """The second column is 历年累计: all years so far."""
    now = _draw_shanghai_period(nature, chance)
    past = before or _add_suffix(_draw_shanghai_period(nature, chance))
    return now | {
        (name + CUMULATIVE, None): (past[name + CUMULATIVE, None] + value).round(2)
        for (name, _), value in now.items()
    }


def draw_dingxi(nature: Nature, before: Counts | None, chance: Generator) -> Counts:
    """The first column is the second half-year, the second the whole year."""
    now, past = (_draw_dingxi_period(nature, chance) for _ in range(2))
    total = {key: now[key] + past[key] for key in now}
    return now | _add_suffix(total)


def _add_suffix(cells: Counts) -> Counts:
    return {(name + CUMULATIVE, None): value for (name, _), value in cells.items()}

"""The nature of bodies in, one year's cells of a form out: every identity holds."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import numpy as np
from numpy import ndarray
from numpy.random import Generator

from gi_tools.codebook import applicants, forms
from gi_tools.simulation.annexes import draw_dingxi, draw_shanghai
from gi_tools.simulation.bodies import Nature, stock
from gi_tools.simulation.parts import (
    Counts,
    decide,
    draw_money,
    draw_requests,
    put,
    share,
)


def draw_counts(
    form_key: str, nature: Nature, before: Counts | None, chance: Generator
) -> Counts:
    """
    Draw the cells of one form for one year, an array entry a body.

    ``before`` are the cells of the same bodies a year ago, when the form was the same
    or had the same rows: what they carry out is carried in.
    """
    cells = DRAWS[form_key](nature, before, chance)
    return {target[:2]: cells[target[:2]] for target in forms()[form_key].targets}


@cache
def _list_outcomes(form_key: str) -> tuple[list[str], list[str]]:
    """The grounds of refusal on the merits, and every other way a request can end."""
    codes = dict.fromkeys(t.indicator for t in forms()[form_key].targets)
    leaves = [c for c in codes if c.startswith("outcomes.") and c != "outcomes.total"]
    grounds = [c for c in leaves if ".refused." in c and "query" not in c]
    released = {"outcomes.granted", "outcomes.partial"}
    return grounds, [c for c in leaves if c not in {*grounds, *released}]


def _draw_table3(
    form_key: str, nature: Nature, before: Counts | None, chance: Generator
) -> Counts:
    cells: Counts = {}
    new = chance.multinomial(draw_requests(nature, chance), nature.applicants)
    people = [who for who in applicants() if who != "total"]
    if before and ("requests.carried_out", "total") in before:
        come = np.stack([before["requests.carried_out", p] for p in people], 1)
    else:
        come = chance.binomial(new, 0.03)
    out = chance.binomial(new + come, nature.carried_out[:, None])
    closed = new + come - out
    granted, partly, refused, rest = decide(nature, closed, chance)
    grounds, others = _list_outcomes(form_key)
    weights = share("others2019")
    if len(others) > len(weights):  # 2021 parts the last row, other handling, in three
        weights = np.append(weights[:-1], weights[-1] * np.array([0.5, 0.1, 0.4]))
    put(cells, grounds, chance.multinomial(refused, share("grounds2019")))
    put(cells, others, chance.multinomial(rest, weights))
    for name, part in (
        ("requests.new", new),
        ("requests.carried_in", come),
        ("outcomes.granted", granted),
        ("outcomes.partial", partly),
        ("outcomes.total", closed),
        ("requests.carried_out", out),
    ):
        put(cells, [name], part[..., None])
    return cells | _draw_table4(nature, cells["outcomes.total", "total"], chance)


def _draw_table4(nature: Nature, closed: ndarray, chance: Generator) -> Counts:
    cells: Counts = {}
    ends = ("upheld", "corrected", "other", "pending")
    for name, rate in (
        ("review", 1.0),
        ("litigation.direct", 0.15),
        ("litigation.after_review", 0.3),
    ):
        total = chance.binomial(closed, np.minimum(rate * nature.disputed, 1))
        righted = chance.binomial(total, nature.corrected_on_review)
        weights = share("disputes")[[0, 2, 3]]
        rest = chance.multinomial(total - righted, weights / weights.sum())
        parts = np.insert(rest, 1, righted, axis=1)
        put(cells, ends, parts, f"{name}.")
        cells[f"{name}.total", None] = total
    return cells


def _draw_2019(nature: Nature, before: Counts | None, chance: Generator) -> Counts:
    size, cells = len(nature.items), _draw_table3("2019", nature, before, chance)
    scale = np.sqrt(nature.items)
    for name, mean in (("rules", scale / 90), ("normative", scale / 7)):
        made = chance.poisson(mean)
        cells[f"{name}.made", None] = made
        cells[f"{name}.newly_disclosed", None] = chance.binomial(made, 0.9)
        stock_ = made + chance.poisson(6 * mean)
        cells[f"{name}.disclosed_total", None] = stock_
    for name, mean in (
        ("permits", scale),
        ("services", scale / 2),
        ("penalties", 2 * scale),
        ("coercion", scale / 4),
        ("charges", scale / 30),
    ):
        last = chance.poisson(mean)
        if before and (f"{name}.items_prev", None) in before:
            last = sum(before[f"{name}.items_{n}", None] for n in ("prev", "change"))
        gone = chance.binomial(last, 0.08)
        cells[f"{name}.items_prev", None] = last
        cells[f"{name}.items_change", None] = chance.poisson(mean / 14) - gone
        decisions = chance.poisson(last * chance.lognormal(1.5, 1.5, size))
        cells[f"{name}.decisions", None] = decisions
    projects = chance.poisson(scale / 5)
    cells["procurement.projects", None] = projects
    cells["procurement.amount", None] = draw_money(projects, 3.5, chance)
    return cells


def _draw_2021(nature: Nature, before: Counts | None, chance: Generator) -> Counts:
    size, cells = len(nature.items), _draw_table3("2021", nature, before, chance)
    scale = np.sqrt(nature.items)
    for name, mean in (("rules", scale / 90), ("normative", scale / 7)):
        made, last = chance.poisson(mean), chance.poisson(7 * mean)
        if before and (f"{name}.in_force", None) in before:
            last = before[f"{name}.in_force", None]
        gone = chance.binomial(last, 0.07)
        parts = np.stack([made, gone, last + made - gone], 1)
        put(cells, ("made", "repealed", "in_force"), parts, f"{name}.")
    for name, mean in (("permits", 40), ("penalties", 12), ("coercion", 1)):
        decisions = chance.poisson(mean * scale * chance.lognormal(-2, 1.5, size))
        cells[f"{name}.decisions", None] = decisions
    paying = chance.poisson(scale / 30)
    cells["charges.amount", None] = draw_money(paying, 4, chance)
    return cells


def _draw_2014(nature: Nature, before: Counts | None, chance: Generator) -> Counts:
    size, cells = len(nature.items), {}
    received = chance.multinomial(draw_requests(nature, chance), share("channels2014"))
    put(cells, ("in_person", "fax", "online", "mail"), received, "requests.")
    total = received.sum(1)
    closed = total - chance.binomial(total, nature.carried_out)
    on_time = chance.binomial(closed, stock()["weights"]["on_time"])
    granted, partly, refused, rest = decide(nature, closed, chance)
    public = chance.binomial(granted, 0.45)
    grounds = chance.multinomial(refused, share("grounds2014"))
    names = ("state_secret", "trade_secret", "privacy", "security", "other_law")
    put(cells, names, grounds, "replies.refused.")
    rest = chance.multinomial(rest, share("others2014"))
    names = ("not_this_agency", "not_existing", "to_be_amended", "other_channel")
    put(cells, ("refused.not_government_information", *names), rest, "replies.")
    plain = {
        "requests.received": total,
        "requests.completed": closed,
        "requests.on_time": on_time,
        "requests.extended": closed - on_time,
        "replies.total": closed,
        "replies.already_public": public,
        "replies.granted": granted - public,
        "replies.partial": partly,
        "replies.refused": refused + rest[:, 0],
        "complaints.total": chance.binomial(closed, 0.01),
        "fees.charged": chance.binomial(closed, 0.02) / 100,
    }
    cells |= {(name, None): value for name, value in plain.items()}
    for name in ("review", "litigation"):
        parts = chance.multinomial(
            chance.binomial(closed, nature.disputed), [0.7, 0.1, 0.2]
        )
        put(cells, ("upheld", "corrected", "other"), parts, f"{name}.")
        cells[f"{name}.total", None] = parts.sum(1)
    return cells | _draw_channels(nature, size, chance) | _draw_capacity(size, chance)


def _draw_channels(nature: Nature, size: int, chance: Generator) -> Counts:
    """Own-initiative items: channels overlap, so the total lies between them."""
    cells: Counts = {}
    rates = np.array([0.02, 0.8, 0.25, 0.3, 0.05]) * chance.lognormal(0, 0.3, (size, 5))
    parts = chance.poisson(nature.items[:, None] * rates)
    put(
        cells,
        ("gazette", "website", "weibo", "wechat", "other_channel"),
        parts,
        "disclosure.",
    )
    top = parts.max(1)
    total = top + chance.binomial(parts.sum(1) - top, 0.3)
    cells["disclosure.total", None] = total
    cells["disclosure.normative", None] = chance.binomial(total, 0.01)
    cells["normative.issued", None] = chance.binomial(total, 0.012)
    means = np.sqrt(nature.items)[:, None] * np.array([0.04, 0.03, 0.4, 0.3, 0.1])
    parts = chance.poisson(means)
    names = ("press_conferences", "online_interviews", "interpretations")
    put(cells, (*names, "social_media", "other"), parts, "response.")
    for number, name in enumerate(names[:2]):
        by_head = chance.binomial(parts[:, number], 0.4)
        cells[f"response.{name}_by_head", None] = by_head
    cells["response.events", None] = chance.binomial(parts.sum(1), 0.3)
    return cells


def _draw_capacity(size: int, chance: Generator) -> Counts:
    full, part = chance.poisson(1.2, size), chance.poisson(3, size)
    training = chance.poisson(1.5, size)
    money = chance.binomial(1, 0.3, size) * chance.lognormal(2, 1, size)
    plain = {
        "capacity.units": chance.poisson(1, size),
        "capacity.reading_points": chance.poisson(2, size),
        "capacity.staff": full + part,
        "capacity.staff_full_time": full,
        "capacity.staff_part_time": part,
        "capacity.budget": money.round(1),
        "training.meetings": chance.poisson(2, size),
        "training.sessions": training,
        "training.participants": chance.poisson(30 * training),
    }
    return {(name, None): value for name, value in plain.items()}


Draw = Callable[[Nature, Counts | None, Generator], Counts]
DRAWS: dict[str, Draw] = {
    "shanghai": draw_shanghai,
    "dingxi": draw_dingxi,
    "2014": _draw_2014,
    "2019": _draw_2019,
    "2021": _draw_2021,
}

"""Two years of one body: exchanges and units that last year's figures speak for."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import combinations
from typing import NamedTuple

import numpy as np
from numpy import ndarray

from gi_tools.blindspots import find_blind_spots
from gi_tools.equations import System
from gi_tools.slips import UNIT_SLIP
from gi_tools.suspects import Change

LEAST_GAIN = 10.0  # in square roots of counts, which vary by about 0.5 from chance
LEAST_SHARE = 0.25  # of the lines themselves: two of like size often change places
CLOSER = 0.25  # of the distance to last year may be left once exchanged
UNIT_LEEWAY = 3.0  # how far from 10,000 times last year's figure a unit slip may be
MOVES = {"rows": "swapped_rows", "columns": "swapped_columns", "cells": "swapped_cells"}


class Pattern(NamedTuple):
    """A change that no rule asks for, with the distances to last year before it."""

    change: Change
    before: float
    after: float

    @property
    def cells(self) -> frozenset[int]:
        """The cells that change."""
        return frozenset(cell for cell, _ in self.change.values)


def find_patterns(
    system: System, this: Sequence[float | None], last: Sequence[float | None]
) -> list[Pattern]:
    """
    Find exchanges in the blind spots after which a report is far closer to last year's.

    Both are figures by cell number of one form. Distances are sums of differences of
    square roots, under which counts of any size vary alike by chance. A money figure
    about 10,000 times last year's, or the other way round, is listed as a unit slip.
    """
    found = [
        *_find_exchanges(system, this, last),
        *_find_unit_slips(system, this, last),
    ]
    return sorted(found, key=lambda one: one.after - one.before)


def _find_exchanges(
    system: System, this: Sequence[float | None], last: Sequence[float | None]
) -> Iterator[Pattern]:
    for spot in find_blind_spots(system.form):
        if spot.kind == "unseen":
            continue
        members = [tuple(system.index[k] for k in member) for member in spot.members]
        now, then = (_take_roots(values, members) for values in (this, last))
        if now is None or then is None:
            continue
        apart = abs(now[:, None, :] - then[None, :, :]).sum(axis=2)
        used: set[int] = set()
        for gain, i, j in _rank_pairs(apart, now.sum(axis=1)):
            if not {i, j} & used:
                used |= {i, j}
                pairs = [*zip(members[i], members[j], strict=True)]
                pairs += [(b, a) for a, b in pairs]
                values = tuple(
                    sorted((a, this[b]) for a, b in pairs if this[a] != this[b])
                )
                before = float(apart[i, i] + apart[j, j])
                move = MOVES.get(spot.kind, "swapped_rows")
                yield Pattern(Change(values, move), before, before - gain)


def _take_roots(
    values: Sequence[float | None], members: Sequence[tuple[int, ...]]
) -> ndarray | None:
    """Take square roots of all figures of some members; None where one is lacking."""
    table = [[values[cell] for cell in member] for member in members]
    if any(value is None or value < 0 for row in table for value in row):
        return None
    return np.sqrt(np.array(table, dtype=float))


def _rank_pairs(apart: ndarray, sizes: ndarray) -> list[tuple[float, int, int]]:
    """List the pairs whose exchange brings both far closer, the best first."""
    found = []
    for i, j in combinations(range(len(apart)), 2):
        before, after = apart[i, i] + apart[j, j], apart[i, j] + apart[j, i]
        least = max(LEAST_GAIN, LEAST_SHARE * (sizes[i] + sizes[j]))
        if before - after >= least and after <= CLOSER * before:
            found.append((float(before - after), i, j))
    return sorted(found, reverse=True)


def _find_unit_slips(
    system: System, this: Sequence[float | None], last: Sequence[float | None]
) -> Iterator[Pattern]:
    for cell, is_count in enumerate(system.is_count):
        now, then = this[cell], last[cell]
        if is_count or not now or not then or min(now, then) < 0:
            continue
        for factor in (UNIT_SLIP, 1 / UNIT_SLIP):
            if factor / UNIT_LEEWAY <= now / then <= factor * UNIT_LEEWAY:
                change = Change(((cell, round(now / factor, 6)),), "unit_slip")
                yield Pattern(change, abs(now - then), abs(now / factor - then))

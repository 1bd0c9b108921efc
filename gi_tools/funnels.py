"""Counts of many bodies to a funnel: a target, limits by n, and who lies outside."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy import ndarray
from numpy.typing import ArrayLike
from pandas import DataFrame
from scipy.special import ndtr, ndtri

from gi_tools.errors import DataError
from gi_tools.statistics import pair_known, to_floats, to_tail


class Funnel(NamedTuple):
    """Where bodies of one true level would lie: the target and how far they scatter."""

    target: float
    kind: str
    phi: float
    tau2: float
    inflated: bool

    def limits(self, n: ArrayLike, level: float = 0.95) -> tuple[ndarray, ndarray]:
        """
        Give the limits at each n: exact, or widened where bodies differ beyond chance.

        n is trials of a proportion, exposure of a rate.
        """
        n, tail = np.asarray(n, dtype=float), to_tail(level)
        if not self.inflated:
            law = self.find_law(n)
            return law.ppf(tail) / n, law.ppf(1 - tail) / n
        half = -ndtri(tail) * self.spread(n)
        middle = _steady(np.asarray(self.target), self.kind)
        top = np.pi / 2 if self.kind == "proportion" else np.inf
        sides = np.clip(middle - half, 0, top), np.clip(middle + half, 0, top)
        low, high = (np.sin(s) if self.kind == "proportion" else s for s in sides)
        return low**2, high**2

    def find_law(self, n: ndarray) -> Any:
        """Give the distribution of events at each n where no body differs."""
        from scipy import stats

        if self.kind == "proportion":
            return stats.binom(n, self.target)
        return stats.poisson(n * self.target)

    def spread(self, n: ArrayLike) -> ndarray:
        """Give the standard deviation at each n on the steady scale, tau included."""
        return np.sqrt(1 / (4 * np.asarray(n, dtype=float)) + self.tau2)


def fit_funnel(
    events: ArrayLike,
    n: ArrayLike,
    *,
    kind: str = "proportion",
    target: float | None = None,
    winsor: float = 0.1,
) -> Funnel:
    """
    Fit a funnel: target (the pooled value), overdispersion and its additive form.

    ``phi`` is the mean of squared z-scores, a tenth winsorised at each end, ``tau2``
    the variance between bodies of Spiegelhalter (2005, 10.1002/sim.1970); limits are
    widened where phi exceeds 1 + 2 sqrt(2 / bodies). Bodies without n are left out.
    """
    if kind not in ("proportion", "rate"):
        raise DataError(f"funnel: unknown kind {kind!r}; use 'proportion' or 'rate'")
    x, n = pair_known(events, n, kind)
    if not len(x):
        raise DataError("funnel: no body has both a figure and a denominator")
    target = x.sum() / n.sum() if target is None else target
    weights = 4 * n
    gap = _steady(x / n, kind) - _steady(np.asarray(target), kind)
    z = gap * np.sqrt(weights)
    z = np.clip(z, *np.quantile(z, [winsor, 1 - winsor]))
    count, phi = len(z), float(np.mean(z * z))
    inflated = phi > 1 + 2 * np.sqrt(2 / count)
    spare = weights.sum() - (weights**2).sum() / weights.sum()
    tau2 = (count * phi - (count - 1)) / spare if inflated and spare > 0 else 0.0
    return Funnel(float(target), kind, phi, max(0.0, float(tau2)), bool(inflated))


def place_in_funnel(
    events: ArrayLike, n: ArrayLike, funnel: Funnel, levels: Sequence[float]
) -> DataFrame:
    """
    Place bodies in a funnel: value, n, two-sided p, and ``outside``, the widest level.

    ``attrs["tests"]`` says how many were looked at; use ``adjust`` on p in a scan.
    """
    x, n = to_floats(events), to_floats(n)
    n = np.where(n > 0, n, np.nan)
    value, outside = x / n, np.full(len(x), np.nan)
    for level in sorted(levels):
        low, high = funnel.limits(n, level)
        outside[(value < low) | (value > high)] = level
    if funnel.inflated:
        middle = _steady(np.asarray(funnel.target), funnel.kind)
        z = (_steady(value, funnel.kind) - middle) / funnel.spread(n)
        p = 2 * ndtr(-np.abs(z))
    else:
        law = funnel.find_law(n)
        p = np.minimum(1, 2 * np.minimum(law.cdf(x), law.sf(x - 1)))
    frame = pd.DataFrame({"value": value, "n": n, "p": p, "outside": outside})
    frame.attrs["tests"] = int(np.isfinite(value).sum())
    return frame


def _steady(value: ndarray, kind: str) -> ndarray:
    """The scale on which the variance hangs on n alone: 1 / (4 n)."""
    return np.arcsin(np.sqrt(value)) if kind == "proportion" else np.sqrt(value)

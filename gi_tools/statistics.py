"""Counts to what may be said of them: intervals, shrinkage, ranks, many tests."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy import ndarray
from numpy.typing import ArrayLike
from pandas import DataFrame, Series
from scipy.special import betaincinv, betaln, expit, gammaincinv, logit, ndtri

from gi_tools.errors import DataError


def to_tail(level: float) -> float:
    """Give what a two-sided interval leaves out on each side; DataError for 95."""
    if not 0 < level < 1:
        raise DataError(f"level {level!r} is no share; give one such as 0.95")
    return (1 - level) / 2


def wilson(
    successes: ArrayLike, trials: ArrayLike, level: float = 0.95
) -> tuple[ndarray, ndarray]:
    """Wilson's score interval of proportions (Brown, Cai, DasGupta 2001)."""
    x, n = np.asarray(successes, dtype=float), np.asarray(trials, dtype=float)
    z = -ndtri(to_tail(level))
    with np.errstate(divide="ignore", invalid="ignore"):
        share = x / n
        centre = (share + z * z / (2 * n)) / (1 + z * z / n)
        half = z * np.sqrt(share * (1 - share) / n + z * z / (4 * n * n))
        half = half / (1 + z * z / n)
    low, high = np.where(x == 0, 0, centre - half), np.where(x == n, 1, centre + half)
    known = (n > 0) & (x >= 0) & (x <= n)
    return np.where(known, low, np.nan), np.where(known, high, np.nan)


def clopper_pearson(
    successes: ArrayLike, trials: ArrayLike, level: float = 0.95
) -> tuple[ndarray, ndarray]:
    """Exact interval of proportions, of the beta distribution (Clopper-Pearson)."""
    x, n = np.asarray(successes, dtype=float), np.asarray(trials, dtype=float)
    tail = to_tail(level)
    low = np.where(x == 0, 0.0, betaincinv(np.maximum(x, 1), n - x + 1, tail))
    high = np.where(x == n, 1.0, betaincinv(x + 1, np.maximum(n - x, 1), 1 - tail))
    known = (n > 0) & (x >= 0) & (x <= n)
    return np.where(known, low, np.nan), np.where(known, high, np.nan)


def garwood(
    events: ArrayLike, exposure: ArrayLike = 1.0, level: float = 0.95
) -> tuple[ndarray, ndarray]:
    """Exact Poisson interval of rates by the gamma distribution (Garwood 1936)."""
    x, t = np.asarray(events, dtype=float), np.asarray(exposure, dtype=float)
    tail = to_tail(level)
    with np.errstate(divide="ignore", invalid="ignore"):
        low = np.where(x == 0, 0.0, gammaincinv(np.maximum(x, 1e-300), tail)) / t
        high = gammaincinv(x + 1, 1 - tail) / t
    known = (t > 0) & (x >= 0)
    return np.where(known, low, np.nan), np.where(known, high, np.nan)


def to_floats(column: ArrayLike) -> ndarray:
    """Give a column that may hold <NA> or None as floats, NaN where it is missing."""
    return pd.array(column, dtype="Float64").to_numpy(float, na_value=np.nan)


def pair_known(
    events: ArrayLike, n: ArrayLike, kind: str = "proportion"
) -> tuple[ndarray, ndarray]:
    """
    Give two arrays of the rows in which both are known and n is above zero.

    DataError where events are fewer than none or, of a proportion, more than n.
    """
    x, n = to_floats(events), to_floats(n)
    good = np.isfinite(x) & np.isfinite(n) & (n > 0)
    x, n = x[good], n[good]
    wrong = (x < 0) | ((x > n) & (kind == "proportion"))
    if wrong.any():
        pair = f"{x[wrong][0]:.10g} of {n[wrong][0]:.10g}"
        raise DataError(f"{pair} is no {kind}; leave that body out")
    return x, n


def fit_prior(successes: ArrayLike, trials: ArrayLike) -> tuple[float, float]:
    """
    Fit the beta distribution of true proportions by maximum likelihood, from moments.

    Beta-binomial empirical Bayes; where bodies differ no more than by chance the
    prior is as narrow as alpha + beta = 1e6 and shrinkage is all but complete.
    """
    from scipy.optimize import minimize

    x, n = pair_known(successes, trials)
    if len(x) < 3:
        raise DataError(f"shrink: {len(x)} bodies have a denominator; 3 are needed")
    mean = np.clip(x.sum() / n.sum(), 1e-6, 1 - 1e-6)

    def lose(theta: ndarray) -> float:
        a, b = expit(theta[0]) * np.exp(theta[1]), expit(-theta[0]) * np.exp(theta[1])
        return float(len(x) * betaln(a, b) - betaln(x + a, n - x + b).sum())

    start = [logit(mean), np.log(_guess_precision(x, n, mean))]
    best = minimize(lose, start, bounds=[(-14, 14), (-4, np.log(1e6))])
    share, total = expit(best.x[0]), np.exp(best.x[1])
    return float(share * total), float((1 - share) * total)


def _guess_precision(x: ndarray, n: ndarray, mean: float) -> float:
    """Moments: what the shares vary beyond the binomial says how wide the prior is."""
    spread = np.average((x / n - mean) ** 2, weights=n)
    chance = mean * (1 - mean) * len(x) / n.sum()
    extra = (spread - chance) / (mean * (1 - mean))
    return float(np.clip(1 / extra - 1, 0.1, 1e5)) if extra > 1e-5 else 1e5


def shrink(successes: ArrayLike, trials: ArrayLike, level: float = 0.95) -> DataFrame:
    """
    Draw raw proportions towards what all bodies share, the more the smaller n.

    Columns raw, shrunk, low, high (of the posterior) and weight (of the body's own
    figure). A body without trials takes the common value. ``attrs`` has alpha, beta.
    """
    a, b = fit_prior(successes, trials)
    x, n = _fill_zero(successes, trials)
    tail = to_tail(level)
    frame = pd.DataFrame({"raw": x / n.where(n > 0), "shrunk": (x + a) / (n + a + b)})
    frame["low"] = betaincinv(x + a, n - x + b, tail)
    frame["high"] = betaincinv(x + a, n - x + b, 1 - tail)
    frame["weight"] = n / (n + a + b)
    frame.attrs = {"alpha": a, "beta": b, "level": level}
    return frame


def _fill_zero(events: ArrayLike, n: ArrayLike) -> tuple[Series, Series]:
    """Both as series; a body that shows no pair has no evidence: 0 of 0."""
    x, n = pd.Series(to_floats(events)), pd.Series(to_floats(n))
    known = x.notna() & n.notna()
    return x.where(known, 0.0), n.where(known, 0.0)


def rank_bodies(
    successes: ArrayLike,
    trials: ArrayLike,
    *,
    level: float = 0.95,
    draws: int = 4000,
    seed: int = 0,
) -> DataFrame:
    """
    Rank bodies by their true proportions as far as the counts tell (Laird, Louis 1989).

    Columns rank (expected; 1 is highest), low, high, and ``p_bottom_fifth``. Ranks are
    those of draws from the posterior of ``shrink``, equal draws in random order; equal
    seeds give equal ranks.
    """
    tail = to_tail(level)
    a, b = fit_prior(successes, trials)
    x, n = _fill_zero(successes, trials)
    if draws * len(x) > 8e7:
        raise DataError(f"rank: {len(x)} bodies are too many; rank within a year")
    rng = np.random.default_rng(seed)
    sample = rng.beta(x + a, n - x + b, size=(draws, len(x)))
    # Draws next to 0 and 1 are equal as floats: in order of place they would rank rows.
    order = np.lexsort((rng.random(sample.shape), -sample))
    ranks = np.empty(order.shape, dtype=np.int32)
    np.put_along_axis(ranks, order, np.arange(1, len(x) + 1, dtype=np.int32), axis=1)
    low, high = np.quantile(ranks, [tail, 1 - tail], axis=0)
    bottom = (ranks > 0.8 * len(x)).mean(axis=0)
    frame = pd.DataFrame({"rank": ranks.mean(axis=0), "low": np.floor(low)})
    return frame.assign(high=np.ceil(high), p_bottom_fifth=bottom)


def adjust(p: ArrayLike, level: float = 0.05) -> DataFrame:
    """
    Judge many tests at once (Benjamini, Hochberg 1995): p, q, and found.

    ``attrs["tests"]`` is how many tests there were, to be printed beside any finding.
    """
    from scipy.stats import false_discovery_control

    p = to_floats(p)
    q, known = np.full(len(p), np.nan), np.isfinite(p)
    if known.any():
        q[known] = false_discovery_control(p[known])
    frame = pd.DataFrame({"p": p, "q": q, "found": q <= level})
    frame.attrs = {"tests": int(known.sum()), "level": level}
    return frame


def bound_mean(
    least: ArrayLike, most: ArrayLike, support: tuple[float, float] = (0.0, 1.0)
) -> dict[str, float]:
    """
    Bound a mean of which some values are missing, without a guess (Manski 1989).

    ``least`` and ``most`` are those of the scores; where even these are unknown the
    value may be anything in ``support``.
    """
    low, high = to_floats(least), to_floats(most)
    if not len(low):
        raise DataError("bound_mean: there is no value to bound")
    known = low == high
    low = np.where(np.isnan(low), support[0], low)
    high = np.where(np.isnan(high), support[1], high)
    mean = float(low[known].mean()) if known.any() else float("nan")
    return {"low": float(low.mean()), "high": float(high.mean()), "known_mean": mean,
            "n": len(low), "missing": int((~known).sum())}  # fmt: skip

"""Counts to what may be said of them: intervals, limits, shrinkage, ranks, bounds."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from numpy import ndarray
    from numpy.typing import ArrayLike


def wilson(
    successes: ArrayLike, trials: ArrayLike, level: float = 0.95
) -> tuple[ndarray, ndarray]:
    """Wilson's score interval of proportions (Brown, Cai, DasGupta 2001)."""
    import numpy as np
    from scipy.special import ndtri

    x, n = np.asarray(successes, dtype=float), np.asarray(trials, dtype=float)
    z = ndtri((1 + level) / 2)
    with np.errstate(divide="ignore", invalid="ignore"):
        share = x / n
        centre = (share + z * z / (2 * n)) / (1 + z * z / n)
        half = z * np.sqrt(share * (1 - share) / n + z * z / (4 * n * n))
        half = half / (1 + z * z / n)
    low = np.where(x == 0, np.where(n > 0, 0.0, np.nan), centre - half)
    return low, np.where((x == n) & (n > 0), 1.0, centre + half)


def clopper_pearson(
    successes: ArrayLike, trials: ArrayLike, level: float = 0.95
) -> tuple[ndarray, ndarray]:
    """Exact interval of proportions, of the beta distribution (Clopper-Pearson)."""
    import numpy as np
    from scipy.special import betaincinv

    x, n = np.asarray(successes, dtype=float), np.asarray(trials, dtype=float)
    tail = (1 - level) / 2
    low = np.where(x == 0, 0.0, betaincinv(np.maximum(x, 1), n - x + 1, tail))
    high = np.where(x == n, 1.0, betaincinv(x + 1, np.maximum(n - x, 1), 1 - tail))
    known = (n > 0) & (x >= 0) & (x <= n)
    return np.where(known, low, np.nan), np.where(known, high, np.nan)


def garwood(
    events: ArrayLike, exposure: ArrayLike = 1.0, level: float = 0.95
) -> tuple[ndarray, ndarray]:
    """Exact Poisson interval of rates by the gamma distribution (Garwood 1936)."""
    import numpy as np
    from scipy.special import gammaincinv

    x, t = np.asarray(events, dtype=float), np.asarray(exposure, dtype=float)
    tail = (1 - level) / 2
    with np.errstate(divide="ignore", invalid="ignore"):
        low = np.where(x == 0, 0.0, gammaincinv(np.maximum(x, 1e-300), tail)) / t
        high = gammaincinv(x + 1, 1 - tail) / t
    known = (t > 0) & (x >= 0)
    return np.where(known, low, np.nan), np.where(known, high, np.nan)

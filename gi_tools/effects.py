"""A frame of units by years to two-way fixed effects, for teaching."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy import ndarray
from pandas import DataFrame

from gi_tools.errors import DataError


def fit_fixed_effects(
    frame: DataFrame,
    outcome: str,
    regressors: Sequence[str],
    *,
    unit: str = "agency",
    time: str = "year",
    cluster: str | None = None,
) -> DataFrame:
    """
    Fit two-way fixed effects by the within estimator, for teaching; clustered errors.

    A row a regressor: estimate, se, t, p, low, high (95 %, t of clusters - 1 degrees).
    ``attrs`` has n, dropped (rows with a missing value), units, times, clusters. For
    work that is published use linearmodels (extra ``stats``) or R.
    """
    names, groups = list(regressors), cluster or unit
    columns = list(dict.fromkeys([outcome, *names, unit, time, groups]))
    if lacking := [name for name in columns if name not in frame]:
        raise DataError(f"fixed effects: the frame lacks {lacking[0]!r}")
    data = frame[columns].dropna()
    numbers = data[[outcome, *names]].astype(float)
    times = pd.Series(pd.factorize(data[time])[0], data.index)  # no empty categories
    years = pd.get_dummies(times, drop_first=True, dtype=float)
    both = pd.concat([numbers, years], axis=1)
    codes = pd.factorize(data[unit])[0]
    within = (both - both.groupby(codes).transform("mean")).to_numpy()
    y, x, dummies = np.split(within, [1, 1 + len(names)], axis=1)
    raw = numbers[names].to_numpy()
    y, x = (side - dummies @ np.linalg.lstsq(dummies, side)[0] for side in (y, x))
    # What is left of a regressor that the effects explain is noise of rounding.
    noise = 1e-9 * np.linalg.norm(raw, 2) if len(data) else 0.0
    if not len(data) or np.linalg.matrix_rank(x, tol=noise) < len(names):
        raise DataError(
            "fixed effects: a regressor does not vary within units beyond the years"
        )
    beta = np.linalg.lstsq(x, y)[0]
    ids = pd.factorize(data[groups])[0]
    lost = len(names) + dummies.shape[1]
    se = _cluster_errors(x, (y - x @ beta)[:, 0], ids, lost)
    result = _test_estimates(names, beta[:, 0], se, ids.max())
    result.attrs = {"n": len(data), "dropped": len(frame) - len(data),
                    "units": int(codes.max()) + 1, "times": data[time].nunique(),
                    "clusters": int(ids.max()) + 1}  # fmt: skip
    return result


def _cluster_errors(x: ndarray, rest: ndarray, ids: ndarray, lost: int) -> ndarray:
    """The sandwich over clusters, with the usual correction for few of them (CR1)."""
    bread = np.linalg.inv(x.T @ x)
    scores = np.zeros((ids.max() + 1, x.shape[1]))
    np.add.at(scores, ids, x * rest[:, None])
    count, rows = len(scores), len(x)
    if count < 2:
        raise DataError("fixed effects: one cluster only; errors need at least two")
    factor = count / (count - 1) * (rows - 1) / (rows - lost)
    return np.sqrt(np.diag(bread @ (scores.T @ scores) @ bread) * factor)


def _test_estimates(
    names: Sequence[str], beta: ndarray, se: ndarray, degrees: int
) -> DataFrame:
    from scipy import stats

    t, half = beta / se, stats.t.isf(0.025, degrees) * se
    columns = {"estimate": beta, "se": se, "t": t}
    columns |= {"p": 2 * stats.t.sf(np.abs(t), degrees)}
    columns |= {"low": beta - half, "high": beta + half}
    return pd.DataFrame(columns, index=list(names))

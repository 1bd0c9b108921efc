"""Funnels: few false alarms where bodies are equal, wider limits where they are not."""

import numpy as np
import pytest
from scipy import stats

import gi_tools as gi
from gi_tools.funnels import Funnel, fit_funnel, place_in_funnel

LEVELS = (0.95, 0.998)


def alarm(kind, seed, spread=0.0):
    """The share of 200 bodies outside either limit, and the funnel."""
    rng = np.random.default_rng(seed)
    n = rng.integers(10, 400, 200)
    true = np.clip(0.4 + spread * rng.normal(size=200), 0.02, 0.98)
    draw = rng.binomial(n, true) if kind == "proportion" else rng.poisson(n * true)
    funnel = fit_funnel(draw, n, kind=kind)
    placed = place_in_funnel(draw, n, funnel, LEVELS)
    wide = (placed["outside"] == 0.998).mean()
    return placed["outside"].notna().mean(), wide, funnel


@pytest.mark.parametrize("kind", ["proportion", "rate"])
def test_false_alarms_stay_within_the_nominal_bounds(kind):
    runs = [alarm(kind, seed) for seed in range(30)]
    assert np.mean([run[0] for run in runs]) <= 0.05
    assert np.mean([run[1] for run in runs]) <= 0.002 * 1.5
    assert np.mean([run[2].inflated for run in runs]) <= 0.05


@pytest.mark.parametrize("kind", ["proportion", "rate"])
def test_overdispersion_widens_the_limits(kind):
    outside, wide, funnel = alarm(kind, 1, spread=0.1)
    assert funnel.inflated and funnel.phi > 2
    assert outside < 0.15 and wide < 0.05
    plain = funnel._replace(inflated=False)
    for level in LEVELS:
        (low, high), (first, last) = funnel.limits(200, level), plain.limits(200, level)
        assert low < first and high > last


def test_the_additive_variance_is_that_of_the_formula():
    rng = np.random.default_rng(5)
    n = rng.integers(50, 500, 60)
    x = rng.binomial(n, rng.beta(6, 6, 60))
    found, target = fit_funnel(x, n), x.sum() / n.sum()
    z = 2 * np.sqrt(n) * (np.arcsin(np.sqrt(x / n)) - np.arcsin(np.sqrt(target)))
    z = np.clip(z, *np.quantile(z, [0.1, 0.9]))
    w = 4 * n
    tau2 = ((z**2).sum() - 59) / (w.sum() - (w**2).sum() / w.sum())
    assert (found.phi, found.tau2) == pytest.approx(((z**2).mean(), tau2), rel=1e-12)


def test_exact_limits_are_those_of_the_binomial_and_the_poisson():
    funnel = Funnel(0.3, "proportion", 1.0, 0.0, False)
    low, high = funnel.limits([20, 100])
    assert low.tolist() == [stats.binom.ppf(0.025, n, 0.3) / n for n in (20, 100)]
    assert high.tolist() == [stats.binom.ppf(0.975, n, 0.3) / n for n in (20, 100)]
    low, high = funnel._replace(kind="rate").limits(50.0, 0.998)
    assert low == stats.poisson.ppf(0.001, 15) / 50


def test_gaps_have_no_place_and_tests_are_counted():
    funnel = fit_funnel([5, 5, None, 1], [10, 10, 10, 0])
    placed = place_in_funnel([5, 10, None, 1], [10, 10, 10, 0], funnel, LEVELS)
    assert placed.attrs["tests"] == 2
    assert placed["outside"][1] == 0.998 and np.isnan(placed["outside"][0])
    assert placed["value"].isna().tolist() == [False, False, True, True]
    assert placed["p"].isna().tolist() == [False, False, True, True]
    with pytest.raises(gi.DataError, match="no body has both"):
        fit_funnel([None], [3])
    with pytest.raises(gi.DataError, match="unknown kind 'mean'"):
        fit_funnel([1], [3], kind="mean")

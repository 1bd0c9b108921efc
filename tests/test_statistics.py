"""Intervals against reference constants; shrinkage and ranks against known truth."""

import numpy as np
import pytest
from scipy import stats

import gi_tools as gi
from gi_tools.errors import DataError
from gi_tools.funnels import fit_funnel
from gi_tools.statistics import (
    adjust,
    bound_mean,
    clopper_pearson,
    fit_prior,
    garwood,
    rank_bodies,
    shrink,
    wilson,
)

# Newcombe 1998 (Statistics in Medicine 17), table I: Wilson, then Clopper-Pearson.
BINOMIAL = [
    (81, 263, 0.2553, 0.3662, 0.2527, 0.3676),
    (15, 148, 0.0624, 0.1605, 0.0578, 0.1617),
    (0, 20, 0.0, 0.1611, 0.0, 0.1684),
    (1, 29, 0.0061, 0.1718, 0.0009, 0.1776),
]
# The usual table of exact Poisson limits (Garwood 1936), 95 %.
POISSON = [(0, 0.0, 3.6889), (1, 0.0253, 5.5716), (10, 4.7954, 18.3904)]


@pytest.mark.parametrize(("x", "n", "low", "high", "exact_low", "exact_high"), BINOMIAL)
def test_proportions_agree_with_published_tables(
    x, n, low, high, exact_low, exact_high
):
    assert np.ravel(wilson(x, n)).round(4).tolist() == [low, high]
    exact = np.ravel(clopper_pearson(x, n)).round(4).tolist()
    assert exact == [exact_low, exact_high]


@pytest.mark.parametrize(("x", "low", "high"), POISSON)
def test_rates_agree_with_published_tables(x, low, high):
    assert np.ravel(garwood(x)).round(4).tolist() == [low, high]
    assert np.ravel(garwood(x, 4)) == pytest.approx([low / 4, high / 4], abs=2e-5)


@pytest.mark.parametrize("level", [0.9, 0.95, 0.998])
def test_intervals_agree_with_statsmodels_and_scipy(level):
    proportion = pytest.importorskip("statsmodels.stats.proportion")
    x, n = np.array([0, 1, 7, 50, 499, 24]), np.array([1, 3, 24, 100, 1000, 24])
    for ours, name in ((wilson, "wilson"), (clopper_pearson, "beta")):
        theirs = proportion.proportion_confint(x, n, 1 - level, method=name)
        assert np.abs(np.array(ours(x, n, level)) - np.array(theirs)).max() < 1e-6
    tail = (1 - level) / 2
    theirs = (
        stats.chi2.ppf(tail, 2 * x[1:]) / 2,
        stats.chi2.isf(tail, 2 * x[1:] + 2) / 2,
    )
    assert np.abs(np.array(garwood(x[1:], 1, level)) - np.array(theirs)).max() < 1e-6


def test_what_has_no_trials_has_no_interval():
    for call in (wilson, clopper_pearson, garwood):
        assert np.isnan(np.ravel(call(0, 0))).all()
        assert np.isnan(np.ravel(call([np.nan, 1], [3, np.nan]))).all()


def simulate(seed, bodies=400, alpha=6.0, beta=4.0):
    rng = np.random.default_rng(seed)
    n = rng.integers(5, 300, bodies)
    true = rng.beta(alpha, beta, bodies)
    return rng.binomial(n, true), n, true


def test_shrinkage_recovers_what_was_simulated():
    fits = np.array([fit_prior(*simulate(seed)[:2]) for seed in range(8)])
    assert fits.mean(axis=0) == pytest.approx([6, 4], rel=0.06)
    assert (np.abs(fits / [6, 4] - 1) < 0.35).all()
    x, n, true = simulate(3)
    table = shrink(x, n)
    raw_error = ((table["raw"] - true) ** 2).mean()
    assert ((table["shrunk"] - true) ** 2).mean() < 0.9 * raw_error
    covered = ((table["low"] <= true) & (true <= table["high"])).mean()
    assert 0.93 <= covered <= 0.98


def test_shrinkage_of_nothing_and_of_equals():
    x, n, _ = simulate(1, bodies=50)
    table = shrink([*x, 0, None], [*n, 0, 5])
    a, b = table.attrs["alpha"], table.attrs["beta"]
    assert table["shrunk"].iloc[-2:].tolist() == pytest.approx([a / (a + b)] * 2)
    assert table["raw"].iloc[-2:].isna().all() and table["weight"].iloc[-1] == 0
    equal = shrink([50, 100, 150, 25], [100, 200, 300, 50])
    assert equal["shrunk"].std() < 1e-3 and equal["weight"].max() < 0.01
    with pytest.raises(gi.DataError, match="2 bodies have a denominator"):
        shrink([1, 2], [3, 4])


def test_rank_intervals_cover_the_true_ranks():
    covered, bottom = [], []
    for seed in range(6):
        x, n, true = simulate(seed, bodies=100)
        table = rank_bodies(x, n, draws=1000, seed=seed)
        ranks = stats.rankdata(-true)
        covered.append(table["low"].le(ranks).mul(table["high"].ge(ranks)).mean())
        bottom.append((table["p_bottom_fifth"], ranks > 80))
    assert np.mean(covered) >= 0.93
    told = np.concatenate([p for p, _ in bottom])
    truth = np.concatenate([t for _, t in bottom])
    assert told.mean() == pytest.approx(0.2, abs=1e-9)
    assert truth[told > 0.8].mean() > 0.8 and truth[told < 0.05].mean() < 0.05
    again = rank_bodies(x, n, draws=1000, seed=5)
    assert again.equals(table)
    with pytest.raises(gi.DataError, match="too many"):
        rank_bodies(np.ones(30_000), np.full(30_000, 2))


def test_many_tests_are_judged_together():
    # the worked example of Benjamini and Hochberg 1995, table 1: four are found
    p = [0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344, 0.0459,
         0.3240, 0.4262, 0.5719, 0.6528, 0.7590, 1.0000]  # fmt: skip
    table = adjust([*p, None])
    assert table["found"].sum() == 4 and table.attrs["tests"] == 15
    assert table["q"].iloc[:2].tolist() == pytest.approx([0.0015, 0.003])
    assert np.isnan(table["q"].iloc[-1]) and not table["found"].iloc[-1]


def test_a_mean_with_gaps_is_bounded_and_not_guessed():
    found = bound_mean([0.5, 0.7, 0.2, None], [0.5, 0.7, 0.6, None])
    assert found == {
        "low": pytest.approx(0.35), "high": pytest.approx(0.7),
        "known_mean": pytest.approx(0.6), "n": 4, "missing": 2,
    }  # fmt: skip
    assert np.isnan(bound_mean([None], [None])["known_mean"])
    with pytest.raises(gi.DataError, match="no value"):
        bound_mean([], [])


def test_bodies_with_equal_counts_have_equal_ranks():
    ranks = rank_bodies([300] * 20 + [0], [300] * 21)
    equal = ranks.iloc[:20]
    assert equal["rank"].between(9.5, 11.5).all()
    assert (equal["low"] <= 2).all() and (equal["high"] >= 19).all()
    assert ranks["rank"].iloc[20] == 21


@pytest.mark.parametrize("level", [0, 1, 95])
@pytest.mark.parametrize("interval", [wilson, clopper_pearson, garwood])
def test_a_level_in_per_cent_is_refused(interval, level):
    with pytest.raises(DataError, match="is no share"):
        interval(3, 10, level=level)


@pytest.mark.parametrize("fit", [shrink, rank_bodies, fit_funnel])
def test_more_events_than_trials_are_refused(fit):
    with pytest.raises(DataError, match="12 of 10 is no proportion"):
        fit([5, 12, 3, 4], [10] * 4)
    with pytest.raises(DataError, match="-1 of 10 is no proportion"):
        fit([5, -1, 3, 4], [10] * 4)


@pytest.mark.parametrize("interval", [wilson, clopper_pearson])
def test_what_is_no_proportion_has_no_interval(interval):
    assert np.isnan(interval([11, -1, 3], [10, 10, np.nan], 0.998)).all()

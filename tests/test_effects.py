"""Two-way fixed effects against a closed form, dummies and linearmodels."""

import numpy as np
import pandas as pd
import pytest

import gi_tools as gi
from gi_tools.effects import fit_fixed_effects
from gi_tools.simulation import simulate_facts


def make_frame(seed=1, units=40, years=8, keep=0.9):
    rng = np.random.default_rng(seed)
    grid = [(u, y) for u in range(units) for y in range(years) if rng.random() < keep]
    frame = pd.DataFrame(grid, columns=["agency", "year"])
    own, year = rng.normal(size=units), rng.normal(size=years)
    frame["x"] = rng.normal(size=len(frame)) + own[frame["agency"]]
    frame["z"] = rng.normal(size=len(frame))
    noise = own[frame["agency"]] + year[frame["year"]] + rng.normal(size=len(frame))
    return frame.assign(y=2 * frame["x"] - frame["z"] + noise)


def test_two_units_and_two_years_give_the_difference_of_differences():
    frame = pd.DataFrame({
        "agency": ["a", "a", "b", "b", "c", "c"], "year": [1, 2] * 3,
        "reform": [0, 1, 0, 0, 0, 0], "y": [10.0, 17.0, 4.0, 6.0, 5.0, 7.0],
    })  # fmt: skip
    found = fit_fixed_effects(frame, "y", ["reform"])
    assert found.loc["reform", "estimate"] == pytest.approx(7 - 2)


@pytest.mark.long
def test_an_unbalanced_panel_agrees_with_linearmodels():
    panel = pytest.importorskip("linearmodels.panel")
    frame = make_frame()
    ours = fit_fixed_effects(frame, "y", ["x", "z"])
    data = frame.set_index(["agency", "year"])
    model = panel.PanelOLS(
        data["y"], data[["x", "z"]], entity_effects=True, time_effects=True
    )
    theirs = model.fit(
        cov_type="clustered",
        cluster_entity=True,
        debiased=False,
        auto_df=False,
        count_effects=False,
    )
    n, lost = len(frame), 2 + 7  # regressors and years; units lie within clusters
    factor = 40 / 39 * (n - 1) / (n - lost)
    plain = theirs.std_errors.to_numpy() * np.sqrt(factor)
    assert ours["estimate"].to_numpy() == pytest.approx(
        theirs.params.to_numpy(), abs=1e-6
    )
    assert ours["se"].to_numpy() == pytest.approx(plain, abs=1e-6)
    assert (ours["low"] < [2, -1]).all() and (ours["high"] > [2, -1]).all()
    assert ours.attrs == {"n": n, "dropped": 0, "units": 40, "times": 8, "clusters": 40}


def test_clusters_may_be_wider_than_units_and_gaps_are_counted():
    frame = make_frame().assign(province=lambda f: f["agency"] // 8)
    frame.loc[[0, 5], "x"] = None
    found = fit_fixed_effects(frame, "y", ["x"], cluster="province")
    assert (found.attrs["clusters"], found.attrs["dropped"]) == (5, 2)


def test_a_known_effect_of_2019_is_recovered_over_the_bridge():
    facts = simulate_facts(
        60, effect={"release_on_merits": 0.1}, treated=0.5, kind="city", seed=3
    )
    bodies = facts["agency"].unique()
    scores = gi.measure(gi.build_panel(facts), ["release_bridge", "release_on_merits"])
    data = gi.compare(scores, "release_bridge").astype({"value": float})
    treated = data["agency"].isin(bodies[:30]) & (data["year"] >= 2019)
    found = fit_fixed_effects(data.assign(reform=treated), "value", ["reform"])
    low, high = found.loc["reform", ["low", "high"]]
    assert low < 0.1 < high and low > 0.05 and high < 0.15


def test_what_cannot_be_fitted_says_so():
    frame = make_frame().assign(fixed=lambda f: f["agency"], one=1)
    with pytest.raises(gi.DataError, match="does not vary within units"):
        fit_fixed_effects(frame, "y", ["fixed"])
    with pytest.raises(gi.DataError, match="one cluster only"):
        fit_fixed_effects(frame, "y", ["x"], cluster="one")
    with pytest.raises(gi.DataError, match="does not vary"):
        fit_fixed_effects(frame.head(0), "y", ["x"])
    with pytest.raises(gi.DataError, match="lacks 'nothing'"):
        fit_fixed_effects(frame, "y", ["nothing"])


def test_years_that_nobody_reports_on_cost_no_degrees_of_freedom():
    frame = make_frame(units=8, years=4)
    wide = frame.assign(year=pd.Categorical(frame["year"], range(-20, 9)))
    plain, other = (fit_fixed_effects(f, "y", ["x"]) for f in (frame, wide))
    pd.testing.assert_frame_equal(plain, other)

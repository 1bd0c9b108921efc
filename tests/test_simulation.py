"""Invented bodies, panels and reports: the same from the same seed, and form-true."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import gi_tools as gi
from gi_tools import simulation
from gi_tools.codebook import forms
from gi_tools.errors import DataError
from gi_tools.facts import COLUMNS
from gi_tools.regions import find_mentions
from gi_tools.simulation.bodies import make_bodies

YEARS = range(2006, 2025)


def measure_release(facts, bodies):
    """Released over released and refused on the merits, of some bodies from 2019."""
    own = facts[(facts.applicant == "total") & (facts.year >= 2019)]
    own = own[own.agency.isin(bodies)]
    released = own.indicator.isin(["outcomes.granted", "outcomes.partial"])
    refused = own.indicator.str.contains(".refused.", regex=False)
    refused &= ~own.indicator.str.endswith("administrative_query")
    return own.value[released].sum() / own.value[released | refused].sum()


# --- panels ---


@settings(max_examples=6, deadline=None)
@given(seed=st.integers(0, 10**6), kind=st.sampled_from(["mixed", "city", "town"]))
def test_every_rule_holds_in_every_year_of_a_panel(seed, kind):
    facts = simulation.simulate_facts(6, YEARS, kind=kind, seed=seed)
    found = gi.check(facts).frame
    assert not (found.verdict == "fail").any()
    open_ = set(
        found.rule[found.verdict == "unknown"].str.split(".").str[:2].str.join(".")
    )
    assert open_ == {"2019.E", "2021.F"}  # last year's form has no such cells


def test_a_panel_has_the_cells_of_its_forms_and_the_columns_of_facts():
    facts = simulation.simulate_facts(4, YEARS, seed=1)
    assert list(facts.columns) == COLUMNS
    assert (str(facts.year.dtype), str(facts.value.dtype)) == ("Int64", "Float64")
    sizes = facts.groupby("report_id").size()
    assert len(sizes) == 4 * 19 - 2 * 2  # Dingxi's family begins in 2008
    for report, size in sizes.items():
        one = facts[facts.report_id == report]
        keys = {k for k, f in forms().items() if f.version == one.form.iloc[0]}
        assert size in {len(forms()[key].targets) for key in keys}
    blank = simulation.simulate_facts(4, YEARS, seed=1, blanks=1.0)
    assert blank.value.isna().tolist() == (facts.value == 0).tolist()
    assert set(blank.raw[blank.state == "blank"]) == {""}


def test_the_same_seed_gives_the_same_panel_and_another_seed_another():
    one, two, other = (
        simulation.simulate_facts(5, range(2014, 2022), seed=s) for s in (7, 7, 8)
    )
    assert one.equals(two)
    assert not one.value.equals(other.value)


def test_counts_have_a_heavy_tail():
    facts = simulation.simulate_facts(400, [2022], kind="mixed", seed=5)
    own = facts[(facts.indicator == "requests.new") & (facts.applicant == "total")]
    assert (own.value <= 3).mean() > 0.4
    assert own.value.max() > 1000


def test_the_effect_of_the_reform_is_the_one_asked_for():
    effect = {"release_on_merits": 0.1}
    facts = simulation.simulate_facts(
        60, [2019, 2020], effect=effect, treated=0.5, seed=2
    )
    plain = simulation.simulate_facts(60, [2019, 2020], seed=2)
    names = list(dict.fromkeys(facts.agency))
    gap = measure_release(facts, names[:30]) - measure_release(plain, names[:30])
    assert gap == pytest.approx(0.1, abs=0.02)
    assert (
        abs(measure_release(facts, names[30:]) - measure_release(plain, names[30:]))
        < 0.02
    )
    early = [
        simulation.simulate_facts(9, [2017, 2018], effect=one, seed=2)
        for one in (None, effect)
    ]
    assert early[0].equals(early[1])


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ({"years": [1999]}, "no form covers 1999; use years from 2004 on"),
        ({"kind": "ministry"}, "unknown kind of body 'ministry'; use one of mixed"),
        ({"effect": {"luck": 1}}, "no effect on 'luck' is known; use one of release"),
    ],
)
def test_what_cannot_be_drawn_is_refused(asked, message):
    with pytest.raises(DataError, match=message):
        simulation.simulate_facts(2, **asked)


def test_no_body_bears_the_name_of_a_real_place():
    bodies = make_bodies(2000)
    assert not [body for body in bodies if find_mentions(body.agency)]
    assert len({body.agency for body in bodies}) == 2000
    assert {body.code[:2] for body in bodies} == {"99"}

"""Scores: numerator, denominator, interval, or a typed reason; and what compares."""

import numpy as np
import pandas as pd
import pytest
from panels import join_facts, make_facts, make_specimen

import gi_tools as gi
from gi_tools.catalogue import (
    METRIC_KINDS,
    check_metric,
    find_breaks,
    list_variants,
    metrics,
    reasons,
)
from gi_tools.crosswalk import crosswalk
from gi_tools.metrics import COLUMNS, KINDS, NUMBERS, REASONS

NUMBERED = """requests_per_100k workload clearance carry_out_share backlog_growth
on_time_share full_release release_all_outcomes release_without_other release_on_merits
release_with_unavailable refusal_share absolute_exemption_share third_party_share
discretionary_share not_held_share unavailable_share not_processed_share repeat_share
residual_share procedural_end_share refusal_entropy organisation_share review_rate
correction_on_review correction_direct correction_after_review pending_share
normative_net days_late checks_passed_share empty_share text_reuse channel_cover
interpretations_per_document leader_share staff_per_100_requests""".split()


def measure(facts, *names, **options):
    """The scores of one report by metric."""
    scores = gi.measure(gi.build_panel(facts), list(names) or None, **options)
    return scores.set_index("metric")


def percent(scores, name):
    return round(100 * scores.loc[name, "value"], 1)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("full_release", 40.2),
        ("release_all_outcomes", 55.9),
        ("release_without_other", 62.6),
        ("release_with_unavailable", 65.0),
        ("release_without_not_held", 72.9),
        ("release_on_merits", 91.4),
        ("correction_on_review", 14.5),
        ("correction_with_pending", 12.3),
    ],
)
def test_one_real_table_gives_all_these_answers(name, value):
    assert percent(measure(make_specimen(), name), name) == value


def test_the_other_figures_of_that_table():
    scores = measure(make_specimen())
    assert scores.loc["workload", "value"] == 14069 + 560
    assert scores.loc["backlog_growth", "value"] == 819 - 560
    assert scores.loc["clearance", ["numerator", "denominator"]].tolist() == [
        13810,
        14629,
    ]
    assert scores.loc["clearance", "value"] == pytest.approx(
        1 - scores.loc["carry_out_share", "value"]
    )
    assert percent(scores, "refusal_share") == round(100 * 730 / 13810, 1)
    assert percent(scores, "pending_share") == round(100 * 199 / 1002, 1)
    assert percent(scores, "correction_direct") == round(100 / 29, 1)
    assert percent(scores, "correction_after_review") == round(100 / 105, 1)
    assert percent(scores, "procedural_end_share") == round(100 * 521 / 13810, 1)
    leaves = np.array([13, 30, 11, 51, 104, 85, 286, 150]) / 730
    entropy = -(leaves * np.log(leaves)).sum() / np.log(8)
    assert scores.loc["refusal_entropy", "value"] == pytest.approx(entropy)
    rate = scores.loc["review_rate"]
    assert (rate["interval"], rate["n"]) == ("garwood", 790)
    assert rate["value"] == pytest.approx(790 / 13810)


def test_two_of_three_is_no_scandal():
    facts = make_facts("2021", {
        "review.corrected": 2, "review.total": 3, "review.pending": 0,
    })  # fmt: skip
    score = measure(facts, "correction_on_review").iloc[0]
    assert (round(100 * score["low"], 1), round(100 * score["high"], 1)) == (20.8, 93.9)
    assert (score["value"], score["n"], score["small"]) == (
        pytest.approx(2 / 3),
        3,
        True,
    )
    zero = {"review.corrected": 0, "review.total": 2, "review.pending": 0}
    score = measure(make_facts("2021", zero), "correction_on_review").iloc[0]
    assert (score["value"], round(100 * score["high"], 1)) == (0, 65.8)


def test_every_metric_is_there_and_of_a_known_kind():
    assert set(NUMBERED) <= metrics().keys() and len(metrics()) == 43
    assert tuple(KINDS) == METRIC_KINDS and tuple(reasons()) == REASONS
    for one in metrics().values():
        assert all((one.zh, one.en, one.pitfalls_zh, one.pitfalls_en, one.citation))
        assert bool(one.denominator) == (one.kind in ("proportion", "rate", "ratio"))


@pytest.mark.parametrize(
    ("form", "values", "name", "reason"),
    [
        ("2014", {}, "full_release", "not_in_form"),
        ("2021", {}, "on_time_share", "not_in_form"),
        ("2019", {}, "procedural_end_share", "not_in_form"),
        ("2014", {"requests.completed": 0, "requests.on_time": 2}, "on_time_share",
         "zero_denominator"),
        ("2014", {"requests.completed": 1, "requests.on_time": 2}, "on_time_share",
         "numerator_exceeds_denominator"),
        ("2021", {"outcomes.granted": None}, "full_release", "blank"),
        ("2021", {"outcomes.granted": None, "outcomes.total": 0}, "full_release",
         "zero_denominator"),
        ("2021", {"outcomes.total": 2}, "release_without_other",
         "negative_denominator"),
        ("2021", {}, "requests_per_100k", "needs_covariate"),
        ("2021", {}, "days_late", "needs_covariate"),
        ("2014", {"replies.refused": 0}, "third_party_share", "zero_denominator"),
    ],
)  # fmt: skip
def test_what_is_undefined_says_why(form, values, name, reason):
    score = measure(make_facts(form, values), name).iloc[0]
    assert (
        pd.isna(score["value"]) and pd.isna(score["low"]) and score["reason"] == reason
    )
    assert reason in reasons() and all(reasons()[reason].values())


def test_a_refusal_of_nothing_has_no_entropy():
    none = {code: 0 for _, code in _refused()}
    assert measure(make_facts("2021", none), "refusal_entropy")["reason"].tolist() == [
        "zero_denominator"
    ]
    one = none | {"outcomes.refused.security": 4}
    score = measure(make_facts("2021", one), "refusal_entropy").iloc[0]
    assert (score["value"], score["n"], score["interval"]) == (0, 4, "none")


def _refused():
    from gi_tools.codebook import indicators

    return [key for key in indicators() if key[1].startswith("outcomes.refused.")]


def test_a_real_report_of_zeros_and_twos():
    (path,) = [p for p in gi.samples().paths if "wenzhou" in p.name]
    scores = measure(gi.tabulate(gi.parse(gi.read(path))))
    assert scores.loc["on_time_share", "reason"] == "zero_denominator"
    assert scores.loc["on_time_share", ["numerator", "denominator"]].tolist() == [2, 0]
    assert scores.loc["release_bridge", ["value", "n"]].tolist() == [1, 2]
    cover = scores.loc["channel_cover"]  # one channel is blank
    assert cover["reason"] == "blank" and pd.isna(cover["value"])
    assert cover["most"] == pytest.approx(947 / 2079)
    assert scores.loc["empty_share", ["numerator", "denominator"]].tolist() == [2, 58]


def test_no_infinity_and_no_silent_gap():
    parts = [
        make_facts(form, fill=fill, year=year + fill)
        for form, year in (("2014", 2014), ("2019", 2018), ("2021", 2022))
        for fill in (0, 1, 3)
    ]
    parts.append(
        make_facts("2021", year=1999, blanks=["outcomes.total", "review.total"])
    )
    scores = gi.measure(gi.build_panel(join_facts(*parts)))
    assert list(scores.columns) == COLUMNS
    for name in NUMBERS:
        assert np.isfinite(scores[name].dropna().to_numpy(float)).all()
    assert (scores["value"].isna() == scores["reason"].notna()).all()
    assert set(scores["reason"].dropna()) <= reasons().keys()
    shares = scores[scores["interval"] == "wilson"].dropna(subset="value")
    assert shares["value"].between(0, 1).all()
    assert (shares["low"] <= shares["value"]).all()
    assert (shares["value"] <= shares["high"]).all()
    known = scores.dropna(subset="value")
    assert (known["least"] == known["value"]).all() and (
        known["most"] == known["value"]
    ).all()


def test_a_blank_leaves_bounds_and_they_hold_whatever_it_was():
    blanks = ["outcomes.refused.security", "outcomes.granted"]
    values = {"outcomes.partial": 5, "outcomes.total": 40}
    names = [n for n in list_variants("full_release") if n != "release_bridge"]
    open_ = measure(make_facts("2021", values, blanks=blanks), *names)
    for granted, security in ((0, 0), (3, 9), (20, 1)):
        truth = values | {"outcomes.granted": granted, blanks[0]: security}
        true = measure(make_facts("2021", truth), *names)
        for name in names:
            assert open_.loc[name, "reason"] == "blank"
            assert open_.loc[name, "least"] <= true.loc[name, "value"] + 1e-12
            assert open_.loc[name, "most"] >= true.loc[name, "value"] - 1e-12
    only = measure(make_facts("2021", values, blanks=blanks[:1]), "release_on_merits")
    assert only[["least", "most"]].iloc[0].tolist() == [0, pytest.approx(6 / 13)]


def test_a_blank_that_is_taken_off_leaves_bounds_up_to_one():
    blanks = ["outcomes.other.rest", "outcomes.unavailable.not_held"]
    values = {"outcomes.granted": 30, "outcomes.partial": 0, "outcomes.total": 100}
    names = ["release_without_other", "release_without_not_held"]
    found = measure(make_facts("2021", values, fill=0, blanks=blanks), *names)
    assert found.loc[names, ["least", "most"]].to_numpy().tolist() == [[0.3, 1]] * 2


def test_level_and_small_n_are_chosen_and_recorded():
    panel = gi.build_panel(make_specimen())
    wide = gi.measure(panel, ["full_release"], level=0.99)
    narrow = gi.measure(panel, ["full_release"], small_n=20_000)
    assert wide["high"][0] > narrow["high"][0]
    assert (wide.attrs["level"], wide.attrs["small_n"]) == (0.99, 10)
    assert narrow["small"].tolist() == [True] and narrow["value"].notna().all()
    with pytest.raises(gi.DataError, match="no metric 'happiness'"):
        gi.measure(panel, ["happiness"])


def test_covariates_reach_the_metrics_that_need_them():
    panel = gi.build_panel(
        join_facts(make_specimen(), make_facts("2021", agency="另市"))
    )
    people = pd.DataFrame(
        {"region_code": ["330100"], "year": [2025], "population": [9e6]}
    )
    late = pd.DataFrame({"report_id": panel.frame["report_id"], "days": [-3, 12]})
    panel = panel.join(people).join(late, on="report_id")
    scores = gi.measure(panel, ["requests_per_100k", "days_late"])
    rate = scores.iloc[0]
    assert rate["value"] == pytest.approx(14069 / 9e6 * 1e5)
    assert rate["low"] == pytest.approx(153.7506, abs=1e-3)
    assert scores["reason"].tolist()[1] == "no_covariate"
    assert scores[scores["metric"] == "days_late"]["value"].tolist() == [-3, 12]


def test_what_is_known_of_quality_reaches_its_metrics():
    reports = [gi.parse(gi.read(path)) for path in gi.samples().paths[:3]]
    known = gi.assess(reports).reports[["report_id", "days", "pass", "fail", "own"]]
    panel = gi.build_panel(gi.tabulate(reports)).join(known, on="report_id")
    scores = gi.measure(panel, ["days_late", "checks_passed_share", "text_reuse"])
    first = scores[scores["agency"] == "温州市科学技术局"].set_index("metric")
    assert first.loc["days_late", "value"] == -88  # 2018-01-02 against 31 March
    checks = first.loc["checks_passed_share", ["numerator", "denominator"]]
    passed, failed = known.set_index("report_id").loc[
        first["report_id"].iloc[0], ["pass", "fail"]
    ]
    assert failed == 2 and checks.tolist() == [passed, passed + failed]
    assert first.loc["text_reuse", "reason"] == "no_covariate"  # no report on 2016


def test_comparing_over_forms_is_refused_where_a_figure_is():
    values = {"replies.refused": 9, "outcomes.total": 40}
    facts = join_facts(*(make_facts(f, values) for f in ("2014", "2019", "2021")))
    scores = gi.measure(gi.build_panel(facts))
    for name, forms in (("third_party_share", "2014 and 2019"),
                        ("residual_share", "2019 and 2021")):  # fmt: skip
        with pytest.raises(gi.ComparisonError, match=f"forms {forms}"):
            gi.compare(scores, name)
        told = gi.compare(scores, name, override="shown as a break")
        assert told.attrs["override"] == "shown as a break"
    bridge = gi.compare(scores, "release_bridge")
    assert len(bridge) == 3 and bridge["value"].notna().all()
    caveats = {
        join.indicator for join in bridge.attrs["joins"] if join.verdict == "caveat"
    }
    assert caveats == {"granted", "partial", "refused_on_merits"}
    assert [one.year for one in bridge.attrs["breaks"]] == [2019, 2020]
    # where only one form defines a metric there is nothing to refuse
    assert gi.compare(scores, "on_time_share")["value"].notna().sum() == 1
    assert [one.year for one in find_breaks("correction_on_review", 2014, 2024)] == [
        2019, 2024,
    ]  # fmt: skip
    assert find_breaks("days_late", 2014, 2024) == []


def test_scores_of_every_form_compare_or_refuse():
    facts = join_facts(*map(make_facts, ("shanghai", "dingxi", "2014", "2019", "2021")))
    scores = gi.measure(gi.build_panel(facts))
    keys = scores["form"].where(scores["form"] != "pre2014", scores["family"])
    assert set(keys) == {"shanghai", "dingxi", "2014", "2019", "2021"}
    refused = []
    for name in metrics():
        try:
            assert len(gi.compare(scores, name)) == 5
        except gi.ComparisonError as error:
            refused.append(name)
            assert "forms 2019 and 2021" in str(error)
    # where every figure is 1, third_party_share of 2014 is 2 of 1 and undefined
    assert refused == ["residual_share"]


def test_direct_suits_do_not_compare_over_2023_and_2024():
    facts = join_facts(*(make_facts("2021", {"litigation.direct.total": 9}, year=y)
                         for y in (2023, 2024)))  # fmt: skip
    scores = gi.measure(gi.build_panel(facts))
    with pytest.raises(gi.ComparisonError, match="years 2023 and 2024"):
        gi.compare(scores, "correction_direct")


def test_an_override_of_the_panel_goes_along():
    facts = join_facts(make_facts("2014", {"replies.refused": 9}), make_facts("2019"))
    panel = gi.build_panel(facts, override="for the lesson on breaks")
    scores = gi.measure(panel)
    assert scores.attrs["override"] == "for the lesson on breaks"
    told = gi.compare(scores, "third_party_share")
    assert told.attrs["override"] == "for the lesson on breaks"
    assert gi.compare(scores, "release_bridge").attrs["override"] is None  # no need


def test_sensitivity_sets_every_denominator_side_by_side():
    rest = {"outcomes.total": 30, "outcomes.unavailable.not_held": 1}
    one = make_facts("2021", rest | {"outcomes.granted": 12}, agency="甲")
    more = {"outcomes.granted": 10, "outcomes.partial": 9}
    two = make_facts("2021", rest | more, agency="乙")
    lost = make_facts("2021", blanks=["outcomes.total"], agency="丙")
    panel = gi.build_panel(join_facts(one, two, lost))
    table = gi.sensitivity(panel, "full_release").set_index("agency")
    assert table.attrs["left_out"] == 1 and len(table) == 2
    assert table.attrs["variants"] == list_variants("full_release")
    assert table["rank_full_release"].to_dict() == {"甲": 1, "乙": 2}
    assert table["rank_release_all_outcomes"].to_dict() == {"甲": 2, "乙": 1}
    assert table["rank_change"].to_dict() == {"甲": 1, "乙": 1}
    scores = gi.measure(panel)
    assert gi.sensitivity(scores, "full_release").equals(
        gi.sensitivity(panel, "full_release")
    )
    with pytest.raises(gi.DataError, match="has no variant"):
        gi.sensitivity(panel, "clearance")
    with pytest.raises(gi.DataError, match="the scores lack"):
        gi.sensitivity(gi.measure(panel, ["full_release"]), "full_release")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"kind": "guess"}, "kind 'guess'; use one of proportion"),
        ({"numerator": ("closed", "happiness")}, "'happiness' is no indicator"),
        ({"forms": ("2014",)}, "form 2014 has no"),
    ],
)
def test_a_faulty_metric_is_named_at_load(change, message):
    one = metrics()["carry_out_share"]
    with pytest.raises(gi.CodebookError, match=message):
        check_metric(one._replace(**change), {})


def test_terms_are_names_with_a_sign_and_never_an_expression():
    known = crosswalk().keys() | {
        "population", "days", "pass", "fail", "own", "cells", "cells_empty",
    }  # fmt: skip
    for one in metrics().values():
        assert {term.lstrip("-") for term in one.numerator + one.denominator} <= known

"""Facts to bodies by years: no blank becomes a zero, nothing is summed twice."""

import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from panels import join_facts, make_facts

import gi_tools as gi
from gi_tools.cells import USED, list_cells, sort_cells
from gi_tools.crosswalk import FORMS, crosswalk
from gi_tools.facts import STATES
from gi_tools.panel import KEYS


def register(facts, **columns):
    """The frame of list_reports, as far as a panel reads it."""
    frame = facts[["report_id"]].drop_duplicates().reset_index(drop=True)
    for name in ("title", "level", "published"):
        frame[name] = columns.get(name, [None] * len(frame))
    return frame


def test_the_frame_has_the_keys_and_a_column_for_each_indicator():
    panel = gi.build_panel(make_facts("2021"))
    assert list(panel.frame.columns) == [*KEYS, *crosswalk()]
    assert set(panel.frame.dtypes[len(KEYS) :].astype(str)) == {"Float64"}
    assert panel.frame.iloc[0][KEYS].tolist() == [
        "某市某局-2022-2021", "某市某局", "330100", "prefecture", "department", 2022,
        "2021", "national",
    ]  # fmt: skip
    assert panel.indicators == list(crosswalk())


def test_the_samples_make_a_panel():
    reports = [gi.parse(gi.read(path)) for path in gi.samples().paths]
    panel = gi.build_panel(gi.tabulate(reports), gi.list_reports(reports))
    frame = panel.frame.set_index("agency")
    assert len(frame) == 16
    assert frame.loc["温州市科学技术局", ["granted", "closed", "reviews"]].tolist() == [
        2,
        0,
        0,
    ]
    assert frame.loc["澄岚市", "scope"] == "unstated"
    assert frame.loc["岷屏县水务局", "requests_received"] == 9  # the cumulative column
    assert frame.loc["临砚区人民政府", "requests_received"] == 186  # the year's column
    office = frame.loc["望澜市人民政府办公室"]
    assert office.closed == 549 and pd.isna(office.granted)
    assert panel.coverage["status"].value_counts()["used"] == 16


@pytest.mark.parametrize("form", FORMS)
@settings(max_examples=3, deadline=None)
@given(data=st.data())
def test_a_sum_with_a_blank_part_is_missing_and_never_a_partial_sum(form, data):
    codes = sorted({code for code, who in list_cells(form) if who in (None, "total")})
    blanks = data.draw(st.sets(st.sampled_from(codes), max_size=6))
    row = gi.build_panel(make_facts(form, blanks=blanks)).frame.iloc[0]
    for name, one in crosswalk().items():
        parts = one.parts.get(form, ())
        lost = any(
            p.indicator in blanks and p.applicant in (None, "total") for p in parts
        )
        if lost or not parts:
            assert pd.isna(row[name])
        else:
            total = sum(part.sign for part in parts) * one.scales[form]
            assert row[name] == pytest.approx(total)


def test_a_missing_sum_keeps_how_low_and_how_high_it_can_be():
    facts = make_facts("2019", blanks=["outcomes.refused.security", "review.pending"])
    bounds = gi.build_panel(facts).bounds.set_index("indicator")
    assert bounds.loc["refused", ["low", "high"]].tolist() == [7, pd.NA]
    assert pd.isna(bounds.loc["reviews_decided", "low"])  # 1 - blank
    assert bounds.loc["reviews_decided", "high"] == 1
    known = pd.DataFrame({
        "report_id": facts["report_id"].iloc[:2],
        "indicator": ["outcomes.refused.security", "review.pending"],
        "applicant": ["total", None],
        "low": [0.0, 0.0],
        "high": [4.0, 1.0],
    })  # fmt: skip
    bounds = gi.build_panel(facts, bounds=known).bounds.set_index("indicator")
    assert bounds.loc["refused", ["low", "high"]].tolist() == [7, 11]
    assert bounds.loc["reviews_decided", ["low", "high"]].tolist() == [0, 1]
    change = gi.build_panel(make_facts("2019", blanks=["permits.items_change"])).bounds
    assert change["low"].isna().all()  # a change may be below zero


@pytest.mark.parametrize("state", ["derived", "corrected"])
def test_derived_and_corrected_figures_count(state):
    facts = make_facts("2021", blanks=["outcomes.granted"])
    at = facts["state"] == "blank"
    facts.loc[at, ["value", "state"]] = [7, state]
    panel = gi.build_panel(facts)
    assert panel.frame["granted"].tolist() == [7]
    assert panel.coverage.loc[0, [state, "blank"]].tolist() == [1, 0]


@pytest.mark.parametrize("state", [s for s in STATES if s not in USED])
def test_no_other_state_has_a_figure_whatever_stands_beside_it(state):
    facts = make_facts("2021")
    at = facts["indicator"] == "outcomes.granted"
    facts.loc[at, ["value", "state"]] = [0, state]
    assert gi.build_panel(facts).frame["granted"].isna().all()


def test_facts_from_a_csv_file_make_the_same_panel(tmp_path):
    facts = join_facts(make_facts("2014"), make_facts("2021", blanks=["review.total"]))
    facts.to_csv(tmp_path / "facts.csv", index=False)
    again = gi.build_panel(pd.read_csv(tmp_path / "facts.csv")).frame
    pd.testing.assert_frame_equal(again, gi.build_panel(facts).frame)


def test_coverage_tells_every_body_in_every_year():
    facts = join_facts(
        make_facts("2014", year=2017, blanks=["fees.charged", "capacity.budget"]),
        make_facts("2019", year=2020),
        make_facts("2019", year=2019, agency="另一局"),
        make_facts("2021", agency=None, name="nobody"),
        make_facts("2019", agency="另一局", year=2018).assign(form=None),
    )
    panel = gi.build_panel(facts)
    cover = panel.coverage.set_index(["agency", "year"])
    assert cover["status"].value_counts().to_dict() == {
        "missing": 4, "used": 3, "unplaced": 1, "no_table": 1,
    }  # fmt: skip
    assert cover.loc[("某市某局", 2018), "status"] == "missing"
    first = cover.loc[("某市某局", 2017)]
    assert (first.cells, first.blank, first.reported) == (58, 2, 56)
    assert list(panel.coverage.columns[-len(STATES) :]) == list(STATES)
    notes = panel.notes.set_index("kind")["en"]
    assert notes["unplaced"] == "1 reports of unknown body or year are left out: nobody"
    assert "without a table of a form are left out" in notes["no_table"]


def test_of_two_versions_the_newest_published_stands():
    old = make_facts("2021", {"requests.new": 5}, name="first")
    new = make_facts("2021", {"requests.new": 6}, name="second")
    both = join_facts(old, new)
    panel = gi.build_panel(both, register(both, published=["2023-01-30", "2023-05-02"]))
    assert panel.frame["report_id"].tolist() == ["second"]
    assert panel.frame["requests_received"].tolist() == [6]
    assert panel.coverage.set_index("report_id")["status"].to_dict() == {
        "first": "replaced", "second": "used",
    }  # fmt: skip
    assert (
        "second stands, not first"
        in panel.notes.set_index("kind").loc["revision", "en"]
    )
    for published in ([None, "2023-01-30"], ["2023-01-30"] * 2):
        with pytest.raises(gi.DataError, match="first and second differ"):
            gi.build_panel(both, register(both, published=published))
    with pytest.raises(gi.DataError, match="first and second differ"):
        gi.build_panel(both)


def test_a_body_without_a_region_code_is_one_body_still():
    parts = [make_facts("2021", region=None, year=year) for year in (2021, 2023)]
    panel = gi.build_panel(join_facts(*parts))
    cover = panel.coverage.set_index("year")["status"]
    assert cover.to_dict() == {2021: "used", 2022: "missing", 2023: "used"}
    again = make_facts("2021", {"requests.new": 4}, region=None, year=2021, name="b")
    with pytest.raises(gi.DataError, match="某市某局 2021: "):
        gi.build_panel(join_facts(*parts, again))


def test_two_copies_of_one_report_need_no_date():
    both = join_facts(make_facts("2021", name="a"), make_facts("2021", name="b"))
    panel = gi.build_panel(both)
    assert panel.frame["report_id"].tolist() == ["a"]
    assert panel.notes["kind"].tolist().count("revision") == 1


def test_a_cell_that_stands_twice_with_different_figures_is_not_used():
    facts = make_facts("2021")
    again = facts[facts["indicator"] == "review.total"].assign(value=9.0)
    panel = gi.build_panel(join_facts(facts, again))
    assert panel.frame["reviews"].isna().all()
    told = panel.notes.set_index("kind").loc["conflict", "en"]
    assert told.startswith("1 cells twice with different figures")
    assert told.endswith("某市某局-2022-2021 review.total")
    same = gi.build_panel(join_facts(facts, facts.tail(3)))
    assert same.frame["reviews"].tolist() == [1]
    assert "conflict" not in set(same.notes["kind"])


def test_prose_is_left_out_and_counted():
    facts = make_facts("2021")
    claim = facts[facts["indicator"] == "review.total"].assign(value=9, origin="prose")
    panel = gi.build_panel(join_facts(facts, claim))
    assert panel.frame["reviews"].tolist() == [1]
    assert panel.notes.set_index("kind").loc["prose", "en"].startswith("1 figures")


def test_an_unlike_unit_is_not_used_and_a_like_one_is_converted():
    facts = make_facts("2021", fill=3)
    money = facts["indicator"] == "charges.amount"
    assert gi.build_panel(facts.assign(unit=facts["unit"].mask(money, "元"))).frame[
        "charges_collected"
    ].tolist() == [pytest.approx(0.0003)]
    strange = gi.build_panel(facts.assign(unit=facts["unit"].mask(money, "件")))
    assert strange.frame["charges_collected"].isna().all()
    told = strange.notes.set_index("kind").loc["unit", "en"]
    assert told.startswith("1 cells") and told.endswith("charges.amount")
    counts = gi.build_panel(facts.assign(unit=facts["unit"].mask(~money, "宗")))
    assert counts.frame["requests_received"].tolist() == [3]


def test_levels_and_scopes_never_add_up():
    facts = join_facts(
        make_facts("2021", agency="某省", region="330000"),
        make_facts("2021", agency="某市", region="330100"),
        make_facts("2021", agency="某市某局", region="330100"),
        make_facts(
            "2021", agency="某市另一局", region="330100", blanks=["review.total"]
        ),
    )
    panel = gi.build_panel(facts)
    with pytest.raises(gi.DataError, match="level differs within a sum"):
        panel.total("requests_received")
    cities = panel.select(level="prefecture")
    with pytest.raises(gi.DataError, match=r"scope differs.*department, unstated"):
        cities.total("requests_received")
    bureaus = cities.select(scope="department")
    total = bureaus.total(["requests_received", "requests_carried_in"])
    assert total.to_dict("records") == [
        {"year": 2022, "value": 4.0, "low": 4.0, "high": 4.0, "n": 2, "missing": 0}
    ]
    partly = bureaus.total("reviews").iloc[0]
    assert pd.isna(partly["value"]) and (partly["low"], partly["high"]) == (
        1,
        float("inf"),
    )
    later = make_facts("2021", agency="某市某局", year=2023)
    with_gap = gi.build_panel(join_facts(facts, later)).select(scope="department")
    total = with_gap.total("requests_received")
    assert total[["year", "n", "missing"]].to_numpy().tolist() == [
        [2022, 2, 0],
        [2023, 1, 1],
    ]
    by = cities.total("requests_received", ["year", "scope"])
    assert dict(zip(by["scope"], by["value"], strict=True)) == {
        "department": 2, "unstated": 1,
    }  # fmt: skip


def test_unlike_units_do_not_add_up():
    panel = gi.build_panel(make_facts("2014"))
    with pytest.raises(gi.DataError, match="staff in 人, budget in 万元"):
        panel.total(["staff", "budget"])
    fees = ["fees_charged", "charge_items", "charges_collected"]
    three = gi.build_panel(join_facts(*map(make_facts, ("2014", "2019", "2021"))))
    with pytest.raises(gi.ComparisonError, match="four different things"):
        three.total(fees[::2])
    with pytest.raises(gi.DataError, match="charge_items in 项"):
        three.select(form="2019").total(fees)
    with pytest.raises(gi.ComparisonError, match="forms 2014 and 2019"):
        both = join_facts(make_facts("2014"), make_facts("2019"))
        gi.build_panel(both).total("refused")


def test_covariates_are_joined_by_key_and_the_match_is_told():
    facts = join_facts(make_facts("2021"), make_facts("2021", year=2023))
    panel = gi.build_panel(facts)
    people = pd.DataFrame(
        {"region_code": ["330100"], "year": [2022], "population": [9e6]}
    )
    joined = panel.join(people)
    assert joined.frame["population"].tolist() == [
        9e6,
        pytest.approx(float("nan"), nan_ok=True),
    ]
    note = joined.notes.set_index("kind").loc["covariates", "en"]
    assert note == "1 rows matched, 1 did not: 330100/2023"
    assert joined.covariates == ("population",) and panel.covariates == ()
    with pytest.raises(gi.DataError, match="is there twice"):
        panel.join(pd.concat([people, people]))
    with pytest.raises(gi.DataError, match="has a column 'level' already"):
        panel.join(people.rename(columns={"population": "level"}))
    with pytest.raises(gi.DataError, match="no key 'year' on both sides"):
        panel.join(people[["region_code", "population"]])


def test_covariates_of_another_type_or_without_a_key_match_nothing():
    panel = gi.build_panel(make_facts("2021", region=None))
    people = pd.DataFrame({"region_code": [None], "year": [2022], "population": [9]})
    assert panel.join(people).frame["population"].isna().all()
    codes = people.assign(region_code=330100)
    with pytest.raises(gi.DataError, match=r"'region_code'.*read codes .* as text"):
        panel.join(codes)


def test_a_selection_of_years_lacks_no_report_of_other_years():
    years = [make_facts("2021", year=year) for year in (2021, 2022, 2024)]
    panel = gi.build_panel(join_facts(*years))
    assert panel.total("closed", by="agency")["missing"].tolist() == [1]
    some = panel.select(year=(2021, 2022))
    assert some.total("closed", by="agency")["missing"].tolist() == [0]
    assert some.coverage["year"].tolist() == [2021, 2022]
    assert len(panel.select(form="2021").coverage) == 4


def test_a_change_without_a_lower_bound_may_be_below_zero():
    cell = "permits.items_change"
    bounds = {"report_id": ["x"], "indicator": [cell], "applicant": [None]}
    bounds |= {"low": pd.array([None], "Float64"), "high": pd.array([3], "Float64")}
    facts = make_facts("2019", name="x", blanks=[cell])
    cells = sort_cells(facts, pd.DataFrame(bounds))
    column = list_cells("2019").index((cell, None))
    assert cells.low["2019"][0, column] == float("-inf")
    assert cells.high["2019"][0, column] == 3


def test_an_override_goes_along_only_where_it_overrules():
    panel = gi.build_panel(make_facts("2021"), override="for a test")
    assert panel.total("closed").attrs["override"] is None
    with pytest.raises(gi.DataError, match="nothing to add up"):
        panel.total([])
    twice = gi.build_panel(make_facts("2021"), indicators=["closed", "closed"])
    assert twice.indicators == ["closed"]


def test_selections_and_faults_are_one_line():
    panel = gi.build_panel(join_facts(make_facts("2019"), make_facts("2021")))
    assert panel.select(year=range(2020, 2030)).frame["year"].tolist() == [2022]
    for call, message in (
        (lambda: panel.select(colour="red"), "no key 'colour'"),
        (lambda: panel.series("colour"), "no indicator 'colour'"),
        (lambda: gi.build_panel(make_facts("2019"), indicators=["colour"]), "'colour'"),
        (lambda: gi.build_panel(make_facts("2019").drop(columns="unit")), "lack unit"),
        (
            lambda: gi.build_panel(make_facts("2019").assign(report_id=None)),
            "its report",
        ),
    ):
        with pytest.raises(gi.DataError, match=message) as caught:
            call()
        assert "\n" not in str(caught.value)


def test_a_panel_of_nothing_is_empty():
    panel = gi.build_panel(make_facts("2021").head(0))
    assert len(panel.frame) == 0 and panel.breaks == []
    assert list(panel.frame.columns) == [*KEYS, *crosswalk()]
    assert len(gi.measure(panel)) == 0 and "Panel(reports: 0" in panel._repr_html_()


def test_the_view_escapes_what_reports_say():
    facts = make_facts("2021", agency="<script>alert(1)</script>局", name="<b>x")
    shown = gi.build_panel(facts)._repr_html_()
    assert "<script>" not in shown and "<b>x" not in shown


def test_categories_and_plain_text_give_the_same_panel():
    facts = join_facts(make_facts("2014"), make_facts("2021", blanks=["review.total"]))
    packed = facts.astype({n: "category" for n in facts if n not in ("year", "value")})
    packed = packed[packed["form"] != "2019"]
    plain, other = gi.build_panel(facts).frame, gi.build_panel(packed).frame
    pd.testing.assert_frame_equal(plain, other, check_dtype=False)


@pytest.mark.long
def test_fifty_thousand_agency_years_take_seconds_and_less_than_a_gigabyte():
    run = [sys.executable, str(Path(__file__).parent / "panel_bench.py"), "5000"]
    done = subprocess.run(run, capture_output=True, text=True, check=True, timeout=300)
    rows, seconds, gigabytes = (float(word) for word in done.stdout.split()[:3])
    assert rows == 50_000 and seconds < 10 and gigabytes < 1

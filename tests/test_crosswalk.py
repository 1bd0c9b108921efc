"""Every row of the crosswalk: what joins, what is refused, and that it is told."""

import csv
from importlib.resources import files

import pytest
from panels import join_facts, make_facts

import gi_tools as gi
from gi_tools.crosswalk import (
    FORMS,
    JOINS,
    breaks,
    crosswalk,
    judge_join,
    list_breaks,
    load_crosswalk,
)

PAIRS = [
    (name, *pair)
    for name, one in crosswalk().items()
    for pair in one.joins
    if one.joins[pair] == "refuse"
]
CAVEATS = [
    (name, *pair)
    for name, one in crosswalk().items()
    for pair in one.joins
    if one.joins[pair] == "caveat"
]
# The rows of the table of comparable indicators, by the names they have here.
ROWS = """requests_received requests_carried_in requests_carried_out closed granted
granted_on_request partial refused_on_merits refused refused_state_secret
refused_third_party refused_security refused_internal_affairs refused_deliberative
refused_enforcement_file not_government_information not_held unclear petition repeated
excessive other_handling other_residual requests_in_person requests_fax requests_online
requests_mail requests_from_persons requests_from_organisations closed_on_time reviews
reviews_corrected lawsuits proactive_items normative_made normative_disclosed
normative_stock permit_decisions penalty_decisions fees_charged charge_items
charges_collected staff training_sessions""".split()


@pytest.fixture(scope="module")
def panels():
    """A panel for each pair of neighbouring forms, every cell filled with 1."""
    return {
        (older, newer): gi.build_panel(join_facts(make_facts(older), make_facts(newer)))
        for older, newer in (name.split("_") for name in JOINS)
    }


@pytest.fixture(scope="module")
def views(panels):
    return {pair: panel._repr_html_() for pair, panel in panels.items()}


def test_no_row_of_the_table_is_lacking():
    assert set(ROWS) <= crosswalk().keys()
    assert (len(crosswalk()), len(PAIRS), len(CAVEATS)) == (95, 35, 65)


@pytest.mark.parametrize(("name", "older", "newer"), PAIRS)
def test_every_refused_join_raises_with_both_forms_and_the_reason(
    panels, name, older, newer
):
    panel, reason = panels[older, newer], crosswalk()[name].reason_en
    with pytest.raises(gi.ComparisonError) as caught:
        panel.series(name)
    message = str(caught.value)
    assert f"forms {older} and {newer}" in message and reason in message
    assert crosswalk()[name].reason_zh in message and "\n" not in message
    told = panel.series(name, override="we look at the break itself")
    assert told.attrs["override"] == "we look at the break itself"
    kinds = panel.notes[panel.notes["about"] == f"{name} {older}–{newer}"]
    assert kinds["kind"].tolist() == ["refusal"]
    assert len(panel.select(family=panel.frame["family"][1], form=newer).series(name))


@pytest.mark.parametrize(("name", "older", "newer"), CAVEATS)
def test_every_caveat_is_a_note_and_no_refusal(panels, views, name, older, newer):
    panel = panels[older, newer]
    notes = panel.notes[panel.notes["about"] == f"{name} {older}–{newer}"]
    assert notes["kind"].tolist() == ["caveat"]
    assert notes["en"].tolist() == [crosswalk()[name].reason_en]
    assert notes["zh"].iloc[0] in views[older, newer]
    assert panel.series(name)["value"].notna().all()


def test_indicators_asked_for_by_name_are_asked_for_as_series():
    facts = join_facts(make_facts("2014"), make_facts("2019"))
    assert len(gi.build_panel(facts).frame) == 2  # all of them: nothing is joined yet
    with pytest.raises(gi.ComparisonError, match="forms 2014 and 2019"):
        gi.build_panel(facts, indicators=["refused"])
    panel = gi.build_panel(facts, indicators=["refused"], override="a bridging year")
    told = panel.notes.set_index("kind")
    assert told.loc["override", "en"] == "a bridging year"
    assert "a bridging year" in panel._repr_html_()
    assert panel.series("refused").attrs["override"] == "a bridging year"
    with pytest.raises(gi.ComparisonError, match="write the reason"):
        gi.build_panel(facts, indicators=["refused"], override="  ")


def test_before_2014_families_and_provinces_are_refused():
    both = join_facts(make_facts("shanghai"), make_facts("dingxi"))
    with pytest.raises(gi.ComparisonError, match="forms shanghai and dingxi"):
        gi.build_panel(both).series("requests_received")
    two = join_facts(
        make_facts("shanghai", region="310000"),
        make_facts("shanghai", region="440100", agency="另市某局"),
    )
    with pytest.raises(gi.ComparisonError, match="provinces 31 and 44"):
        gi.build_panel(two).series("requests_received")
    later = join_facts(*(make_facts("2014", region=r, agency=r) for r in ("31", "44")))
    assert len(gi.build_panel(later).series("requests_received")) == 2


@pytest.mark.parametrize(
    ("name", "older", "newer", "verdict"),
    [
        ("requests_received", "2014", "2021", "caveat"),
        ("requests_received", "shanghai", "2021", "caveat"),
        ("refused", "2014", "2021", "refuse"),
        ("refused", "2021", "2019", "yes"),
        ("repeated", "shanghai", "2019", "refuse"),  # the form between has none
        ("other_handling", "dingxi", "2021", "refuse"),
        ("closed_on_time", "2014", "2019", "-"),
        ("charges_collected", "2014", "2021", "refuse"),
        ("workers", "2014", "2019", None),
    ],
)
def test_a_join_over_several_forms_takes_the_worst_step(name, older, newer, verdict):
    if verdict is None:
        with pytest.raises(gi.CodebookError, match="no panel indicator"):
            judge_join(name, older, newer)
    else:
        assert judge_join(name, older, newer).verdict == verdict


def test_a_form_between_that_has_no_such_figure_links_nothing():
    forms = ("shanghai", "2014", "2019")
    panel = gi.build_panel(join_facts(*map(make_facts, forms)))
    with pytest.raises(gi.ComparisonError, match="forms shanghai and 2019"):
        panel.series("repeated")
    assert len(panel.select(form=("pre2014", "2014")).series("repeated")) == 2


def test_the_sums_are_those_of_the_forms():
    values = {"replies.refused": 9, "replies.refused.not_government_information": 4}
    values |= {"replies.already_public": 20, "replies.granted": 3, "fees.charged": 0.5}
    row = gi.build_panel(make_facts("2014", values)).frame.iloc[0]
    assert (row.refused, row.refused_on_merits, row.granted) == (9, 5, 23)
    assert (row.granted_on_request, row.refused_third_party) == (3, 2)
    row = gi.build_panel(make_facts("2021", {"review.pending": 3, "review.total": 9}))
    row = row.frame.iloc[0]
    assert (row.reviews_decided, row.refused, row.refused_on_merits) == (6, 8, 7)
    assert (row.unclear, row.still_unclear, row.requests_from_organisations) == (
        2,
        1,
        5,
    )
    row = gi.build_panel(make_facts("shanghai", {"shanghai.37": 12000})).frame.iloc[0]
    assert row.fees_charged == pytest.approx(1.2)  # 元 to 万元


SOURCE = files("gi_tools").joinpath("codebooks", "crosswalk.csv").read_text("utf-8")
HEAD, *LINES = csv.reader(SOURCE.splitlines())
GOOD = dict(zip(HEAD, LINES[0], strict=True))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"2014": "requests.nothing"}, "no cell requests.nothing"),
        ({"2019": "requests.new@nobody"}, "no cell requests.new nobody"),
        ({"2014": "requests.received + fees.charged"}, "adds 万元 and 件"),
        ({"2014": "fees.charged"}, "万元 is not to be had in 件"),
        ({"2014": "requests.received requests.fax"}, "no sum of codes"),
        ({"2014": "-"}, "is 'caveat'"),
        ({"2014_2019": "maybe"}, "is 'maybe'"),
        ({"2014_2019": "-"}, "is '-'"),
        ({"reason_zh": ""}, "is 'caveat'"),
        ({"2014_2019": "refuse", "reason_en": ""}, "caveat, refuse or|is '"),
    ],
)
def test_a_faulty_row_is_named_at_load(tmp_path, change, message):
    path = tmp_path / "crosswalk.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, HEAD)
        writer.writeheader()
        writer.writerow(GOOD | change)
    with pytest.raises(gi.CodebookError, match=message) as caught:
        load_crosswalk(path)
    assert str(caught.value).startswith("crosswalk.csv, line 2")


def test_a_row_that_is_twice_is_named(tmp_path):
    path = tmp_path / "crosswalk.csv"
    lines = SOURCE.splitlines()
    path.write_text("\n".join([*lines[:2], lines[1]]), "utf-8")
    with pytest.raises(
        gi.CodebookError, match="line 3: requests_received is there twice"
    ):
        load_crosswalk(path)


def test_the_five_breaks_and_what_they_touch():
    assert [one.year for one in breaks()] == [2016, 2019, 2020, 2021, 2024]
    assert all(one.zh and one.en and one.source for one in breaks())
    years = lambda *args: [one.year for one in list_breaks(*args)]  # noqa: E731
    assert years(2014, 2024) == [2016, 2019, 2020, 2021, 2024]
    assert years(2016, 2018) == [] and years(2015, 2016) == [2016]
    assert years(2014, 2024, ["staff"]) == [2019]
    assert years(2014, 2024, ["lawsuits"]) == [2016, 2019, 2024]
    assert years(2019, 2024, ["requests_received"]) == [2020]


def test_suits_do_not_compare_across_2023_and_2024():
    facts = join_facts(make_facts("2021", year=2023), make_facts("2021", year=2024))
    panel = gi.build_panel(facts)
    with pytest.raises(gi.ComparisonError, match="years 2023 and 2024"):
        panel.series("lawsuits_direct")
    assert [one.year for one in panel.series("lawsuits").attrs["breaks"]] == [2024]
    assert [one.id for one in panel.breaks] == ["review_2024"]
    assert len(panel.select(year=2024).series("lawsuits_direct")) == 1


def test_every_national_join_of_a_filled_panel_has_a_verdict():
    for name, one in crosswalk().items():
        assert set(one.joins.values()) <= {"yes", "caveat", "refuse", "-"}
        assert one.parts.keys() <= set(FORMS) and one.parts, name

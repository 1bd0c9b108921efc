"""The registers: one row per report, section and claim, in frames that join."""

from pathlib import Path

import pandas as pd
import pytest

import gi_tools as gi

SAMPLES = Path(__file__).parents[1] / "data" / "samples"


@pytest.fixture(scope="module")
def reports():
    names = ("wenzhou_sti_2017.txt", "wanglan_office_2019.html")
    return [gi.parse(gi.read(SAMPLES / name)) for name in names]


def test_one_row_a_report(reports):
    frame = gi.list_reports(reports)
    assert frame.agency.tolist()[0] == "温州市科学技术局"
    assert frame.year.tolist() == [2017, 2019]
    assert frame.form.tolist() == ["2014", "2019"]
    assert frame.published[0] == "2018-01-02"
    assert frame.sha256.str.len().tolist() == [64, 64]
    assert set(gi.tabulate(reports).report_id) == set(frame.report_id)


def test_sections_hold_their_own_text_alone(reports):
    frame = gi.list_sections(reports[0])
    assert frame.heading.tolist() == [s.heading for s in reports[0].walk_sections()]
    inside = frame.text.str.split("\n").explode().str.strip()
    assert not inside.isin(frame.heading).any()
    assert frame.text.str.len().sum() > 500


def test_claims_point_to_the_total_they_are_part_of(reports):
    frame = gi.list_claims(reports)
    parts = frame[frame.parent.notna()]
    for row in parts.itertuples():
        assert 0 <= row.parent < len(frame[frame.report_id == row.report_id])
    assert len(frame) == sum(len(report.claims) for report in reports)


def test_what_the_prose_names_is_listed_in_order_with_places():
    text = (
        "某某市2021年政府信息公开工作年度报告\n依据《政府信息公开条例》(国令第1号)，"
        "《江城公开办法》自2019年5月15日起施行，主动公开政府信息9条。\n"
        "五、存在的主要问题及改进情况\n一是公开不及时。下一步：二是加强培训。\n"
    )
    report = gi.parse(gi.read(text.encode(), name="made.txt"))
    frame = gi.list_namings(report)
    assert frame.kind.tolist() == [*["instrument"] * 2, "duty", "problem", "measure"]
    assert frame.name.tolist()[1:4] == ["江城公开办法"] * 2 + ["公开不及时"]
    assert frame.date.dropna().tolist() == ["2019-05-15"]
    assert frame.number.tolist()[-2:] == ["一", "二"]
    places = zip(frame.place, frame.raw, strict=True)
    assert all(report.document.slice(place) == raw for place, raw in places)
    shown = report._repr_html_()
    assert "instruments cited" in shown and "in_force · 2019-05-15" in shown
    assert "<li>problem · 一 · 公开不及时</li>" in shown


def test_no_report_gives_an_empty_frame_with_all_columns():
    for frame in map(
        lambda view: view([]),
        (gi.list_reports, gi.list_sections, gi.list_claims, gi.list_namings),
    ):
        assert frame.empty and "report_id" in frame.columns
    assert isinstance(gi.list_reports([]), pd.DataFrame)

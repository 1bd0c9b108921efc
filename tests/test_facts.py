"""One row a figure; no road turns a blank into a zero."""

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from renderings import RENDERINGS

import gi_tools as gi
from gi_tools.codebook import forms
from gi_tools.facts import COLUMNS, STATES, add_confidence

SAMPLES = Path(__file__).parents[1] / "data" / "samples"
EMPTY = [
    "",
    " ",
    "\xa0",
    "\u3000",
    "-",
    "—",
    "——",
    "/",
    "／",
    "无",
    "暂无",
    "没有",
    "不涉及",
    "???",
]


def tabulate(name):
    return gi.tabulate(gi.parse(gi.read(SAMPLES / name)))


def test_the_columns_and_their_types():
    facts = tabulate("wenzhou_sti_2017.txt")
    assert list(facts.columns) == COLUMNS
    assert COLUMNS[:4] == ["report_id", "agency", "region_code", "year"]
    assert (str(facts.value.dtype), str(facts.year.dtype)) == ("Float64", "Int64")
    assert set(facts.state) <= set(STATES)
    assert set(facts.origin) <= {"table", "prose"}


def test_wenzhou_has_58_cells_of_which_two_are_blank():
    facts = tabulate("wenzhou_sti_2017.txt")
    table = facts[facts.origin == "table"].set_index("indicator")
    assert len(table) == 58
    blank = table[table.state == "blank"]
    assert list(blank.index) == ["disclosure.gazette", "capacity.staff_full_time"]
    assert blank.value.isna().all()
    assert table.value["disclosure.total"] == 947
    assert (table.value.fillna(-1) == 0).sum() == sum(
        1
        for v, s in zip(table.value, table.state, strict=True)
        if s == "reported" and v == 0
    )


@pytest.mark.parametrize("form", ["2014", "2019", "2021"])
@pytest.mark.parametrize("dress", RENDERINGS)
@settings(max_examples=12, deadline=None)
@given(data=st.data())
def test_no_road_turns_a_blank_into_a_zero(form, dress, data):
    cells = {t[:2]: data.draw(st.sampled_from(EMPTY)) for t in forms()[form].targets}
    text = RENDERINGS[dress](form, cells)
    facts = gi.tabulate(gi.parse(gi.read(f"信息公开 公开\n{text}".encode())))
    table = facts[facts.origin == "table"]
    assert len(table) >= 0.9 * len(cells)
    assert table.value.isna().all()
    assert not (set(table.state) & {"reported", "derived", "corrected"})
    found = gi.check(facts).frame
    assert found.left.isna().all() and found.right.isna().all()


def test_rows_that_the_document_lacks_are_absent_and_not_blank():
    heads = "信息内容 | 本年制发件数 | 本年废止件数 | 现行有效件数 |\n"
    text = f"主动公开政府信息情况\n{heads}规章 | 1 | 0 | 2 |\n"
    facts = gi.tabulate(gi.parse(gi.read(f"2022年政府信息公开\n{text}".encode())))
    states = facts.set_index("indicator").state
    assert states["rules.made"] == "reported"
    assert states["permits.decisions"] == "absent"
    assert "requests.new" not in states.index  # a table that is not there at all


def test_reports_of_all_forms_fit_one_frame():
    reports = [gi.parse(gi.read(path)) for path in sorted(SAMPLES.glob("*.html"))]
    facts = gi.tabulate(reports)
    assert facts.report_id.nunique() == len(reports)
    assert set(facts.form) == {"pre2014", "2014", "2019", "2021"}
    keys = ["report_id", "indicator", "applicant"]
    table = facts[facts.origin == "table"]
    assert not table.duplicated(keys).any()


def test_nothing_tabulated_is_an_empty_frame_with_the_columns():
    assert list(gi.tabulate([]).columns) == COLUMNS


def test_confidence_of_recognised_cells_comes_beside_the_facts():
    report = gi.parse(gi.read(SAMPLES / "wanglan_housing_2023.html"))
    grid = report.document.grids[1]
    rows = (
        tuple(
            cell._replace(confidence=0.5) if cell.text == "74" else cell for cell in row
        )
        for row in grid.rows
    )
    doubted = replace(grid, rows=tuple(rows))
    blocks = tuple(doubted if b is grid else b for b in report.document.blocks)
    report = replace(report, document=replace(report.document, blocks=blocks))
    facts = add_confidence(gi.tabulate(report), [report])
    assert set(facts.raw[facts.confidence < 1]) == {"74"}
    plain, doubtful = (
        gi.repair(frame).suspects for frame in (facts.drop(columns="confidence"), facts)
    )
    assert doubtful.weight[0] < plain.weight[0]

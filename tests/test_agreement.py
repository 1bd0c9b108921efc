"""Figures of the prose beside the tables: verdicts, slips, shares and lists."""

import csv
from pathlib import Path

import pandas as pd
import pytest

import gi_tools as gi
from gi_tools.agreement import compare_claims
from gi_tools.errors import DataError
from gi_tools.registers import ClaimRow
from gi_tools.slips import name_slip
from gi_tools.wordings import find_parts, find_wording

SAMPLES = Path(__file__).parents[1] / "data" / "samples"
CASES = Path(__file__).parent / "cases" / "agreement.csv"
A01 = Path(__file__).parents[2] / "shared" / "real" / "A01.html"
with CASES.open(encoding="utf-8", newline="") as file:
    ROWS = list(csv.DictReader(file))


def to_facts(text, form):
    """Facts from `code[column]=value:unit`; `last:` are those of the year before."""
    rows = []
    for cell in text.split():
        name, _, value = cell.removeprefix("last:").partition("=")
        value, _, unit = value.partition(":")
        code, _, who = name.partition("[")
        last = cell.startswith("last:")
        rows.append(
            {
                "report_id": "before" if last else "now",
                "agency": "甲县乙局",
                "region_code": None,
                "year": 2021 if last else 2022,
                "form": form,
                "indicator": code,
                "applicant": who.rstrip("]") or None,
                "value": float(value) if value else None,
                "unit": unit or "件",
                "state": "reported" if value else "blank",
                "raw": value,
                "origin": "table",
                "place": "",
            }
        )
    return pd.DataFrame(rows)


def to_claims(*claims):
    blank = ClaimRow("now", 0, None, None, "件", "count", False, None, None, "", "", "")
    rows = [blank._replace(order=n, **claim) for n, claim in enumerate(claims)]
    return pd.DataFrame(rows)


def say(quote, value, code=None, **more):
    return {
        "quote": quote,
        "raw": f"{value:g}",
        "value": value,
        "indicator": code,
    } | more


NEAR = say("结转3件", 3, "requests.carried_out")  # requests are spoken of


@pytest.mark.parametrize("case", ROWS, ids=[row["name"] for row in ROWS])
def test_the_table_of_cases(case):
    raw = "61.3万条" if "万条" in case["quote"] else case["value"]
    claim = say(case["quote"], float(case["value"]), case["code"] or None)
    claim |= {"unit": case["unit"], "approximate": bool(case["about"]), "raw": raw}
    claims = to_claims(claim, NEAR)
    found = compare_claims(claims, to_facts(case["cells"], case["form"])).iloc[0]
    assert found.verdict == case["verdict"]
    assert (found.explanation, found.source) == (case["explanation"], case["source"])
    assert found.message and found.message_en


def test_two_misread_cells_explain_the_gap_of_a_list_exactly():
    """The public twin of the real case: one column of one row, one row of a group."""
    report = gi.parse(gi.read(SAMPLES / "wanglan_office_2019.html"))
    printed = compare_claims(report, gi.tabulate(report))
    assert not (printed[printed.kind == "figure"].verdict == "differ").any()  # blanks
    found = compare_claims(report)
    wrong = found[(found.kind == "figure") & (found.verdict == "differ")]
    assert wrong.stated.tolist() == [261, 111]
    assert wrong.table.tolist() == [319, 127]
    assert wrong.explanation.tolist() == ["row_column", "row"]
    (parts,) = found[found.kind == "list"].itertuples()
    assert (parts.stated, parts.table, parts.gap) == (549, 475, 74)
    assert (parts.explanation, parts.source) == ("slips", "58 + 16")


SHARES = [
    # percentage, of what, verdict, reason
    ("33.8", 272, "agree", "rounded"),
    ("33.78", 272, "agree", "cut off"),
    ("33.9", 272, "differ", "no pair"),
    ("32.0", 258, "agree", "as stated"),
    ("33.6", 258, "differ", "rounded"),  # 258 of 767, both of natural persons
]


@pytest.mark.parametrize(("percent", "stated", "verdict", "reason"), SHARES)
def test_what_a_percentage_is_a_share_of(percent, stated, verdict, reason):
    cells = "outcomes.granted[total]=272 outcomes.granted[natural_person]=258 "
    cells += "outcomes.total[total]=805 outcomes.total[natural_person]=767"
    granted = say(f"予以公开{stated}件", stated, "outcomes.granted")
    share = say(f"占{percent}%", float(percent), kind="share", unit="%")
    share["raw"] = f"{percent}%"
    found = compare_claims(to_claims(granted, share), to_facts(cells, "2019"))
    (row,) = found[found.kind == "share"].itertuples()
    assert (row.verdict, row.reason) == (verdict, reason)
    assert row.others > 0
    if (verdict, reason) == ("differ", "rounded"):
        assert row.explanation == "other_pair"
        assert "[natural_person] / outcomes.total[natural_person]" in row.source


@pytest.mark.skipif(not A01.exists(), reason="the real report is not at hand")
def test_the_real_report_is_explained_by_its_two_slips():
    found = compare_claims(gi.parse(gi.read(A01)))
    wrong = found[found.verdict == "differ"].set_index("stated")
    assert wrong.loc[258, ["table", "explanation"]].tolist() == [275, "row_column"]
    assert wrong.loc[258].source == "outcomes.granted[natural_person]"
    assert wrong.loc[265, ["table", "explanation"]].tolist() == [337, "row"]
    assert wrong.loc[265].source == "outcomes.unavailable.not_held[total]"
    assert (wrong.loc[33.9].reason, wrong.loc[33.9].others) == ("no pair", 71)
    assert wrong.loc[805, ["table", "gap", "source"]].tolist() == [716, 89, "17 + 72"]
    assert wrong.loc[[7, 9]].source.str.endswith(".pending").all()
    assert len(wrong) == 6


def test_a_percentage_of_something_else_has_no_cell():
    share = say("主动公开率达90.2%", 90.2, kind="share", unit="%", raw="90.2%")
    claims = to_claims(say("行政复议9件", 9, "review.total"), share)
    found = compare_claims(claims, to_facts("review.total=9", "2021"))
    assert found.verdict.tolist() == ["agree", "no_cell"]


def test_a_list_that_means_no_cell_is_added_up_and_not_accused():
    total = say("发布信息100条", 100, unit="条")
    parts = [say(f"其中{n}条", n, unit="条", parent=0) for n in (60, 30)]
    found = compare_claims(to_claims(total, *parts), to_facts("requests.new=1", "2021"))
    assert found.verdict.tolist() == ["unclear"]
    for last, verdict in ((10, "agree"), (11, "unclear")):
        claims = to_claims(total, *parts, say("其他", last, unit="条", parent=0))
        found = compare_claims(claims, to_facts("requests.new=1", "2021"))
        assert found.verdict.tolist() == [verdict]
    assert found.reason.tolist() == ["excess"]  # parts may overlap
    other = to_claims(total, *parts, say("另收5元", 5, unit="元", parent=0))
    assert compare_claims(other, to_facts("requests.new=1", "2021")).empty


def test_a_report_without_tables_has_its_lists_added_up():
    claims = to_claims(*(say("", n, parent=0 if n < 9 else None) for n in (9, 4, 6)))
    found = compare_claims(claims, to_facts("last:requests.new=1", "2021"))
    assert found.verdict.tolist() == ["unclear"] and found.gap.tolist() == [-1]


WORDINGS = [
    ("不予公开35件", 8),
    ("予以公开和部分公开35件", 2),
    ("不予处理的申请共35件", 5),
    ("同意公开和部分公开35件", None),  # what is joined is not known
    ("未予以公开35件", None),
    ("不予公开，另有动态35件", None),
    ("按时办结35件", None),
    ("办结人大建议35件", None),
    ("办结政府信息公开申请35件", 1),
]


@pytest.mark.parametrize(("quote", "cells"), WORDINGS)
def test_words_are_taken_for_rows_only_where_they_stand_by_the_figure(quote, cells):
    found = find_wording(None, quote, "35件", "2021", near=True)
    assert (len(found.cells) if found else None) == cells
    assert find_wording(None, quote, "35件", "2021", near=False) is None


def test_the_parts_of_a_total_are_those_of_the_rules():
    assert len(find_parts("2021")["outcomes.total"]) == 21
    assert len(find_parts("2019")["outcomes.total"]) == 19
    assert find_parts("2014")["requests.completed"] == (
        "requests.on_time",
        "requests.extended",
    )


SLIPS = [
    (240, 204, "transposed_digits"),
    (24, 204, "lost_digit"),
    (2204, 204, "doubled_digit"),
    (2014, 204, "extra_digit"),
    (284, 204, "wrong_digit"),
    (0.02, 200, "unit_slip"),
    (700, 0.07, "unit_slip"),  # 0.07 * 10,000 is not 700 in floats
    (0.0079, 79, "unit_slip"),
    (3, 5, None),
    (13, 14, None),  # two digits, one of them another: no evidence
    (204, 204, None),
    (-240, 204, None),
]


@pytest.mark.parametrize(("written", "meant", "name"), SLIPS)
def test_slips_of_the_pen(written, meant, name):
    assert name_slip(written, meant) == name


DISPUTES = {
    "review.total": 7,
    "review.upheld": 5,
    "review.corrected": 0,
    "review.other": 0,
    "review.pending": 2,
    "litigation.direct.total": 9,
    "litigation.direct.upheld": 9,
}
ALL = [
    # text, and the disputes that it says were all upheld
    ("信息公开类行政复议7件，诉讼9件，均获维持。", ["review", "litigation.direct"]),
    ("行政复议7件；行政诉讼9件，全部被驳回。", ["litigation.direct"]),
    ("行政复议7件、诉讼9件，其中诉讼均被驳回", ["litigation.direct"]),
    ("行政复议7件，1件被纠正，其余均获维持。", []),
    ("行政复议均在期限内审结。", []),
    ("确保均维持良好形象。", []),
]


@pytest.mark.parametrize(("text", "said"), ALL)
def test_words_of_quantity(text, said):
    cells = " ".join(f"{code}={value}" for code, value in DISPUTES.items())
    sections = pd.DataFrame({"report_id": ["now"], "text": [text]})
    facts, claims = to_facts(cells, "2021"), to_claims(NEAR)
    found = compare_claims(claims, facts, sections)
    found = found[found.kind == "all"]
    assert found.cells.tolist() == [f"{code}.upheld" for code in said]
    for row in found.itertuples():
        if row.cells == "review.upheld":
            assert (row.stated, row.table, row.verdict) == (7, 5, "differ")
            assert (row.explanation, row.source) == ("rest", "review.pending")
        else:
            assert row.verdict == "agree"


def test_all_of_none_says_nothing_and_blanks_leave_it_open():
    sections = pd.DataFrame({"report_id": ["now"], "text": ["行政复议均获维持。"]})
    for cells, verdicts in (
        ("review.total=0 review.upheld=0", []),
        ("review.total=2 review.upheld=", ["unclear"]),
    ):
        found = compare_claims(to_claims(NEAR), to_facts(cells, "2021"), sections)
        assert found[found.kind == "all"].verdict.tolist() == verdicts


def test_frames_that_lack_something_are_refused_and_empty_ones_are_not():
    claims = to_claims(NEAR)
    with pytest.raises(DataError, match="needs facts"):
        compare_claims(claims)
    with pytest.raises(DataError, match="claims lack quote"):
        compare_claims(claims.drop(columns="quote"), to_facts("a=1", "2021"))
    facts = to_facts("a=1", "2021")
    for name in ("raw", "approximate", "parent"):
        with pytest.raises(DataError, match=f"claims lack {name}"):
            compare_claims(claims.drop(columns=name), facts)
    for name in ("applicant", "unit", "state", "raw"):
        with pytest.raises(DataError, match=f"facts lack {name}"):
            compare_claims(claims, facts.drop(columns=name))
    sections = pd.DataFrame(
        {"report_id": ["now", "now"], "text": ["复议均获维持", None]}
    )
    with pytest.raises(DataError, match="sections lack text"):
        compare_claims(claims, facts, sections.drop(columns="text"))
    assert (compare_claims(claims, facts, sections).kind == "all").sum() == 0
    assert compare_claims([]).empty


def test_sheets_before_2014_are_compared_in_the_column_of_the_year():
    names = ("minping_water_2009.html", "linyan_district_2010.txt")
    found = compare_claims([gi.parse(gi.read(SAMPLES / name)) for name in names])
    figures = found[(found.kind == "figure") & (found.verdict != "no_cell")]
    assert figures.verdict.eq("agree").sum() == 17
    assert not figures.verdict.eq("differ").any()
    half, so_far = "dingxi.01=118 dingxi.01.cumulative=203", "shanghai.01=118"
    so_far += " shanghai.01.cumulative=203"
    for cells, value, right, column in (
        (half, 118, 203, "dingxi.01"),
        (so_far, 203, 118, "shanghai.01.cumulative"),
    ):
        claims = to_claims(say("主动公开", value, "disclosure.total", unit="条"))
        (row,) = compare_claims(claims, to_facts(cells, "pre2014")).itertuples()
        assert (row.table, row.explanation, row.source) == (right, "column", column)

"""One table in every dress gives identical cells; a blank never becomes a zero."""

import pytest
from dressed import count_fates
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from renderings import FULL_RENDERINGS, RENDERINGS, to_html

from gi_tools.codebook import forms
from gi_tools.detection import find_form
from gi_tools.readers import read
from gi_tools.tables import read_tables
from gi_tools.tokens import to_tokens

MOST_FAULTY = 0  # of 2,400 tables
FORMS = ("2014", "2019", "2021")
COUNTS = st.integers(0, 9).map(str) | st.integers(0, 99_999).map(str)
NO_NUMBER = {"": "blank", "-": "dash", "/": "dash", "——": "dash", "无": "none_text"}
PROPERTY = settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)


def read_cells(form, text):
    tokens = to_tokens(read(text.encode(), name="rendered"))
    assert find_form(tokens, 2020).key == form
    figures = read_tables(tokens, form).figures
    return {(f.indicator, f.applicant): (f.value, f.state) for f in figures}


def draw_cells(data, form, texts):
    targets = forms()[form].targets
    drawn = data.draw(st.lists(texts, min_size=len(targets), max_size=len(targets)))
    return {t[:2]: text for t, text in zip(targets, drawn, strict=True)}


def to_truth(cells):
    return {
        key: (int(text), "reported") if text.isdigit() else (None, NO_NUMBER[text])
        for key, text in cells.items()
    }


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("dress", RENDERINGS)
@PROPERTY
@given(data=st.data())
def test_every_dress_gives_identical_cells(form, dress, data):
    cells = draw_cells(data, form, COUNTS | st.sampled_from(list(NO_NUMBER)))
    assert read_cells(form, RENDERINGS[dress](form, cells)) == to_truth(cells)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("dress", FULL_RENDERINGS)
@PROPERTY
@given(data=st.data())
def test_full_tables_survive_dresses_that_hide_blanks(form, dress, data):
    cells = draw_cells(data, form, COUNTS)
    assert read_cells(form, FULL_RENDERINGS[dress](form, cells)) == to_truth(cells)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("dress", [*RENDERINGS, *FULL_RENDERINGS])
def test_a_table_without_numbers_gives_none(form, dress):
    cells = {target[:2]: "" for target in forms()[form].targets}
    found = read_cells(form, (RENDERINGS | FULL_RENDERINGS)[dress](form, cells))
    assert {value for value, _ in found.values()} <= {None}


@pytest.mark.parametrize("form", FORMS)
@PROPERTY
@given(data=st.data())
def test_a_cut_page_invents_nothing(form, data):
    cells = draw_cells(data, form, COUNTS)
    dress = data.draw(st.sampled_from([*RENDERINGS, *FULL_RENDERINGS]))
    text = (RENDERINGS | FULL_RENDERINGS)[dress](form, cells)
    cut = text[: data.draw(st.integers(0, len(text)))]
    tokens = to_tokens(read(("统计表\n" + cut).encode(), name="cut"))
    truth = to_truth(cells)
    for figure in read_tables(tokens, form).figures:
        wanted = truth[figure.indicator, figure.applicant][0]
        # A figure itself can be cut in the middle of its digits, at the very end.
        known = figure.value in (None, wanted) or str(wanted).startswith(figure.raw)
        assert known, (dress, figure, wanted)


def test_a_place_leads_back_to_the_raw_cell():
    cells = {t[:2]: str(n) for n, t in enumerate(forms()["2021"].targets)}
    for text in (to_html("2021", cells), RENDERINGS["pipes"]("2021", cells)):
        document = read(text.encode(), name="rendered")
        figures = read_tables(to_tokens(document), "2021").figures
        assert len(figures) == 200
        for figure in figures:
            assert document.slice(document.locate(figure.place)) == figure.raw


@pytest.mark.parametrize(
    ("row", "values"),
    [
        ("规章000", [0, 0, 0]),
        ("规章120", [1, 2, 0]),
        ("规章1200", [None, None, None]),  # 12|0|0, 1|20|0 or 1|2|00: nobody can tell
        ("规章 1 2 0", [1, 2, 0]),
        ("规章\t1\t\t3", [1, None, 3]),
        ("| 规章 |  |  | 7 | 8 | 9 |", [7, 8, 9]),
        ("规章 | 7 | 8 | 9 | | | |", [7, 8, 9]),
        ("规章 | 7 |", [7, None, None]),
        ("规章\n7\n8", [None, None, None]),
        ("规章\n7\n\n9", [7, None, 9]),
        ("规章\n7\n8\n9", [7, 8, 9]),
        ("规章\n7\n8\n9\n10", [None, None, None]),
    ],
)
def test_a_row_of_three(row, values):
    text = (
        "第二十条第（一）项\n信息内容\n本年制发件数\n本年废止件数\n现行有效件数\n"
        f"{row}\n行政规范性文件\n1\n2\n3\n第二十条第（五）项\n行政许可\n5\n"
    )
    figures = read_tables(to_tokens(read(text.encode())), "2021").figures
    found = {f.indicator: f.value for f in figures}
    names = ("rules.made", "rules.repealed", "rules.in_force")
    assert [found[name] for name in names] == values
    below = [found[f"normative.{n}"] for n in ("made", "repealed", "in_force")]
    assert below == [1, 2, 3]
    assert found["permits.decisions"] == 5


def test_what_cannot_be_placed_stays_visible():
    text = (
        "信息内容 | 本年制发件数 | 本年废止件数 | 现行有效件数 |\n规章 | 0 | 0 | 1 |\n"
        "其他主动公开文件 | 186 | 86 | 255 |\n行政规范性文件 | 2 | 0 | 9 |\n"
    )
    reading = read_tables(to_tokens(read(text.encode())), "2021")
    assert [u.text for u in reading.unmatched] == ["其他主动公开文件 | 186 | 86 | 255"]
    assert reading.unmatched[0].reason == "no such row in the form"
    assert 186 not in {figure.value for figure in reading.figures}


def test_the_numbers_of_rows_are_no_leftovers():
    cells = {target[:2]: "7" for target in forms()["shanghai"].targets}
    page = RENDERINGS["html"]("shanghai", cells)
    reading = read_tables(to_tokens(read(page.encode())), "shanghai")
    assert {figure.value for figure in reading.figures} == {7}
    assert not [left for left in reading.unmatched if "01" in left.text]


def test_heads_of_another_form_bring_its_cells():
    text = (
        "信息内容\n本年新制作数量\n本年新公开数量\n对外公开总数量\n"
        "规章\n1\n2\n3\n规范性文件\n4\n5\n6\n"
        "信息内容\n本年处理决定数量\n行政许可\n7\n信息内容\n本年收费金额（单位：万元）\n"
        "行政事业性收费\n282.1\n"
    )
    tokens = to_tokens(read(text.encode()))
    assert find_form(tokens, 2021).key == "2021"
    found = {f.indicator: f.value for f in read_tables(tokens, "2021").figures}
    assert found["normative.disclosed_total"] == 6
    assert found["permits.decisions"] == 7
    assert found["charges.amount"] == 282.1


def test_money_comes_in_myriad_yuan_and_keeps_its_raw_text():
    text = (
        "信息内容 | 采购项目数量 | 采购总金额 |\n政府集中采购 | 6 | 251000元 |\n"
        "信息内容 | 上一年项目数量 | 本年增/减 |\n行政事业性收费 | 3 | 减4 |\n"
    )
    figures = read_tables(to_tokens(read(text.encode())), "2019").figures
    found = {f.indicator: f for f in figures}
    amount = found["procurement.amount"]
    assert (amount.value, amount.unit, amount.raw) == (25.1, "万元", "251000元")
    assert found["charges.items_change"].value == -4


def test_labels_and_rows_that_came_apart_are_filled_by_number_and_order():
    rows = [
        "| 一、本年新收政府信息公开申请数量 | 9 | 0 | 0 | 0 | 0 | 0 | 9 |",
        "| 二、上年结转政府信息公开申请数量 | 1 | 0 | 0 | 0 | 0 | 0 | 1 |",
        "| （一）予以公开 | 5 | 0 | 0 | 0 | 0 | 0 | 5 |",
        "（二）部分公开（区分处理的，只",
        "计这一情形，不计其他情形）",
        "2.其他法律行政法规禁",
        "止公开",
        "| 2 | 0 | 0 | 0 | 0 | 0 | 2 |",
        "| 1.属于国家秘密 | 0 | 0 | 0 | 0 | 0 | 0 | 0 |",
        "| 3 | 0 | 0 | 0 | 0 | 0 | 3 |",
        "| 3.危及“三安全一稳定” | 0 | 0 | 0 | 0 | 0 | 0 | 0 |",
    ]
    text = "自然人 商业企业 法律服务机构\n" + "\n".join(rows)
    figures = read_tables(to_tokens(read(text.encode())), "2021").figures
    found = {f.indicator: f.value for f in figures if f.applicant == "total"}
    assert found["outcomes.partial"] == 2
    assert found["outcomes.refused.other_law"] == 3
    assert found["outcomes.refused.security"] == 0
    # One figure row too few: none of the two may be given away.
    text = text.replace("| 3 | 0 | 0 | 0 | 0 | 0 | 3 |\n", "")
    figures = read_tables(to_tokens(read(text.encode())), "2021").figures
    assert {
        f.value for f in figures if f.indicator == "outcomes.refused.other_law"
    } <= {None}


APPLICANTS = "商业企业|科研机构|社会公益组织|法律服务机构|其他"
NEW, CARRIED = "一、本年新收政府信息公开申请数量", "二、上年结转政府信息公开申请数量"
GRANTED = "（一）予以公开"


def read_row(text, indicator="requests.new"):
    figures = read_tables(to_tokens(read(text.encode())), "2021").figures
    return {f.applicant: f.value for f in figures if f.indicator == indicator}


@pytest.mark.parametrize(
    ("head", "order"),
    [
        (f"申请人情况|自然人|法人或其他组织|总计|{APPLICANTS}", "1234567"),
        (f"自然人|总计|法人或其他组织\n{APPLICANTS}", "1345672"),
        (f"总计|自然人|法人或其他组织\n{APPLICANTS}", "2345671"),
        (f"法人或其他组织|自然人|总计\n{APPLICANTS}", "6123457"),
        (f"项目|总计|自然人|{APPLICANTS}", "2345671"),
    ],
)
def test_columns_follow_the_printed_heads(head, order):
    text = "\n".join((head, *(f"{n}|1|2|3|4|5|6|7" for n in (NEW, CARRIED, GRANTED))))
    found = read_row(text.replace("|", "\t"))
    names = "natural_person company research ngo legal_services other total".split()
    assert [found[name] for name in names] == [int(n) for n in order]


@pytest.mark.parametrize(
    ("rows", "values"),
    [
        ([f"{NEW}\t12"], {None}),  # no other row shows how wide the table is
        ([f"{NEW}\t2\t3\t4\t5\t6\t7\t20\t9", f"{CARRIED}\t1"], {None}),
        ([f"{NEW}\t\t\t3\t4\t5\t6\t7"], {None}),  # blanks of the label, or not
    ],
)
def test_a_row_of_open_width_is_unreadable(rows, values):
    text = "\n".join(("自然人\t商业企业\t法律服务机构\t总计", *rows))
    assert set(read_row(text).values()) == values


@pytest.mark.parametrize("times", [2, 3])
def test_a_label_written_out_in_each_of_its_columns_is_one_label(times):
    rows = ("".join(f"<td>{NEW}" for _ in range(times)), f"<td>{GRANTED}" * times)
    body = "".join(f"<tr>{row}{''.join(f'<td>{n}' for n in range(7))}" for row in rows)
    text = f"<table><tr><td>自然人<td>商业企业<td>法律服务机构{body}</table>"
    assert list(read_row(text).values()) == list(range(7))


@pytest.mark.parametrize("at", [9, 12, 14, 20])
def test_lines_wrapped_off_a_label_are_no_cells(at):
    label = "（一）主动公开政府信息数（不同渠道和方式公开相同信息计1条）"
    lines = [label[n : n + at] for n in range(0, len(label), at)]
    text = "\n".join(["统计指标\n单位\n统计数", *lines, "条", "37", "一、主动公开情况"])
    found = read_tables(to_tokens(read(text.encode())), "2014").figures
    assert [f.value for f in found] == [37]


def test_a_row_that_numbers_the_columns_is_no_dispute_row():
    heads = "\t".join(["结果维持", "结果纠正", "其他结果", "尚未审结", "总计"] * 3)
    rows = ("\t".join(map(str, range(n, n + 15))) for n in (1, 20))
    text = "\n".join(("行政复议\t行政诉讼", heads, *rows))
    figures = read_tables(to_tokens(read(text.encode())), "2021").figures
    assert [f.value for f in figures] == list(range(20, 35))


def test_a_first_word_before_a_stream_of_outcomes_is_skipped():
    heads = ["结果维持", "结果纠正", "其他结果", "尚未审结", "总计"] * 3
    text = "\n".join((*heads, "件数", *map(str, range(15))))
    figures = read_tables(to_tokens(read(text.encode())), "2021").figures
    assert [f.value for f in figures] == list(range(15))


def write_lines(form, cells, codes):
    """One cell a line, an empty one left out; the code of a row before its label."""
    rows = (row for table in forms()[form].tables for row in table.rows if row.targets)
    parts = ["2020年统计表", *{t.heading: 0 for t in forms()[form].tables}]
    for row, code in zip(rows, codes, strict=False):
        parts += [code, row.label, *(cells[t[:2]] for t in row.targets)]
    return "\n".join(filter(None, [*parts, "公开"]))


@pytest.mark.parametrize("form", ["2014", "dingxi"])
@pytest.mark.parametrize("style", ["{:02}", "{}", "{:03}"])
@PROPERTY
@given(data=st.data())
def test_a_code_before_a_label_never_becomes_a_value(form, style, data):
    blanks = st.sampled_from(["", "", "0", "7"]) if form == "2014" else COUNTS
    cells = draw_cells(data, form, blanks)
    text = write_lines(form, cells, map(style.format, range(1, 99)))
    read_as = read_cells(form, text)
    truth = {key: int(text) if text else None for key, text in cells.items()}
    assert {key: value for key, (value, _) in read_as.items()} == truth


def test_figures_that_climb_like_codes_stay_figures():
    cells = {t[:2]: str(n) for n, t in enumerate(forms()["2014"].targets, 1)}
    found = read_cells("2014", write_lines("2014", cells, [""] * 99))
    assert {key: str(value) for key, (value, _) in found.items()} == cells


def test_figures_of_a_first_row_without_its_label_are_kept():
    heads = "第二十条第\n信息内容\n本年制发件数\n本年废止件数\n现行有效件数\n"
    rows = "行政规范性文件\n1\n2\n3\n信息内容\n本年处理决定数量\n行政许可\n4\n"
    tokens = to_tokens(read(f"{heads}\n5\n6\n7\n{rows}".encode(), name="made"))
    reading = read_tables(tokens, "2021")
    assert [f.value for f in reading.figures] == [1, 2, 3, 4]
    assert [u.text for u in reading.unmatched] == ["现行有效件数 | 5 | 6 | 7"]
    assert "rules.made" in {target.indicator for target in reading.absent}


def test_a_line_behind_a_row_is_no_cell_where_no_row_shows_an_empty_one():
    rows = [row.label for table in forms()["dingxi"].tables for row in table.rows]
    lines = [f"{label}\n{n}\n{n + 1}" for n, label in enumerate(rows[:-1])]
    found = read_cells("dingxi", "\n".join([*lines, rows[-1], "4", "", "本表完"]))
    assert found["dingxi.34.cumulative", None] == (34, "reported")
    # One figure for two columns: nothing tells which of the two is empty.
    assert found["dingxi.35", None] == (None, "unreadable")
    assert found["dingxi.35.cumulative", None] == (None, "unreadable")


@pytest.mark.parametrize(
    ("row", "cells"),
    [
        ("规章 | 3 | 4 | 口 |", ["3", "4", "口"]),
        ("规章\t口\t口\t口", ["口", "口", "口"]),
        ("规章\n3\n4\n四", ["3", "4", "四"]),
    ],
)
def test_a_figure_gone_wrong_is_unreadable_with_its_text(row, cells):
    text = f"信息内容\n本年制发件数\n本年废止件数\n现行有效件数\n{row}\n"
    text += "行政规范性文件\n1\n2\n3\n信息内容\n本年处理决定数量\n行政许可\n5\n"
    figures = read_tables(to_tokens(read(text.encode())), "2021").figures
    found = [f for f in figures if f.indicator.startswith("rules.")]
    assert [f.raw for f in found] == cells
    states = ["reported" if cell.isdigit() else "unreadable" for cell in cells]
    assert [f.state for f in found] == states
    assert all(f.place for f in found)


def test_no_odd_dress_makes_a_figure_wrong():
    fates, faults = count_fates(150)
    assert not faults
    assert fates["right"] > 14_000


@pytest.mark.long
def test_no_odd_dress_of_many_makes_a_figure_wrong():
    fates, faults = count_fates(2400, "many")
    assert len(faults) <= MOST_FAULTY, faults
    assert fates["right"] > 230_000

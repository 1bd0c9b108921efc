"""Rows of a table that ran together in one line come apart, or stay visible."""

import re

import pytest

from gi_tools.crowds import find_crowd
from gi_tools.readers import read
from gi_tools.reports import parse
from gi_tools.tables import read_tables
from gi_tools.tokens import to_tokens

TABLE = (
    "第二十条第（一）项 信息内容 本年制发件数 本年废止件数 现行有效件数 "
    "规章 0 0 1 行政规范性文件 2 2 5 第二十条第（五）项 信息内容 本年处理决定数量 "
    "行政许可 13 第二十条第（六）项 信息内容 本年处理决定数量 行政处罚 7 行政强制 0"
)


def read_crowd(text):
    reading = read_tables(to_tokens(read(text.encode())), "2021")
    return {f.indicator: f.value for f in reading.figures}, reading.unmatched


def test_rows_between_single_blanks_are_read_from_text_and_page():
    for text in (TABLE, f"<html><body><p>{TABLE}</p></body></html>"):
        found, unmatched = read_crowd(text)
        assert list(found.values()) == [0, 0, 1, 2, 2, 5, 13, 7, 0]
        assert not unmatched


def test_a_row_too_short_or_too_long_is_unreadable_and_visible():
    text = TABLE.replace("规章 0 0 1", "规章 0 1").replace("2 2 5", "2 2 5 4")
    found, unmatched = read_crowd(text)
    assert list(found.values()) == [*[None] * 6, 13, 7, 0]
    assert [u.text for u in unmatched] == ["0 | 1", "2 | 2 | 5 | 4"]


def test_figures_of_a_row_the_form_does_not_have_stay_its_own():
    found, unmatched = read_crowd(TABLE.replace("行政处罚 7", "行政处罚 自设项目 7"))
    assert found["permits.decisions"] == 13
    assert found["penalties.decisions"] is None
    assert [u.text.split(" | ")[-1] for u in unmatched] == ["7"]


@pytest.mark.parametrize("blank", ["", " "])
def test_cells_that_ran_together_stay_visible_and_unread(blank):
    # With blanks in the rows alone, "1 01.属于" and a row without a figure look alike.
    text = re.sub(r"(?<=\d) (?=\D)", "", TABLE) if blank else TABLE.replace(" ", "")
    for source in (text, f"<html><body><p>{text}</p></body></html>"):
        found, unmatched = read_crowd(source)
        assert not found
        assert [(u.text, u.reason) for u in unmatched] == [
            (text[:500], "cells that ran together")
        ]


def test_prose_with_figures_is_no_crowd():
    for text in (
        "全年收到申请35件，行政复议2件，行政诉讼1件，均已办结。2021年制发规范性文件3件。",
        "规章 0 0 1",
        "2022年 主动公开政府信息 35 条，其中 网站 20 条、公众号 15 条",
    ):
        assert find_crowd(text) == ()


def test_a_date_behind_a_crowd_is_no_cell():
    found, _ = read_crowd(TABLE + " 2022年1月20日")
    assert found["coercion.decisions"] == 0


def test_a_sentence_that_names_rows_is_no_crowd():
    for text in (
        "申请人情况 不予公开 35 件，无法提供 265 件，行政许可 3 件，其他处理 1 件",
        "申请数量增长；予以公开258件，占33.9%；不予公开35件，占4.3%；无法提供265件",
    ):
        assert find_crowd(text + "。本年新收政府信息公开申请数量如前。") == ()


def test_cells_that_ran_together_are_seen_and_no_prose_where_no_form_is_known():
    line = (
        "本年新收政府信息公开申请数量12113上年结转政府信息公开申请数量000予以公开819"
        "部分公开202总计10111结转下年度继续办理202"
    )
    report = parse(read(f"政府信息公开：某县政府信息公开\n{line}\n".encode()))
    assert report.form is None and not report.claims
    assert [left.text for left in report.unmatched] == [line]


@pytest.mark.parametrize("digits", ["110203000000000", "1020030000000"])
def test_a_last_line_of_digits_that_ran_together_is_no_count(digits):
    words = ["结果维持", "结果纠正", "其他结果", "尚未审结", "总计"] * 3
    text = "\n".join(["行政复议", "未经复议直接起诉", "复议后起诉", *words, digits])
    found, unmatched = read_crowd(text)
    assert set(found.values()) == {None}
    assert [left.text for left in unmatched] == [digits]

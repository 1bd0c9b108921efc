"""Headings in all their spellings become a tree; table labels and items do not."""

import pytest

import gi_tools as gi
from gi_tools.readers import read
from gi_tools.sections import read_sections


def headings(text):
    sections = read_sections(read(text.encode()))
    return [(s.level, s.heading) for top in sections for s in top.walk()]


@pytest.mark.parametrize(
    ("line", "heading"),
    [
        ("一、总体情况", "一、总体情况"),
        ("　　一、 总体情况 ", "一、 总体情况"),
        ("一 概 述", "一 概 述"),
        ("一 、概  述", "一 、概  述"),
        ("二、主动公开政府信息情况 |", "二、主动公开政府信息情况"),
        ("三、依申请公开政府信息：没有。", "三、依申请公开政府信息"),
        ("二、《指南》、《目录》的编制情况。", "二、《指南》、《目录》的编制情况"),
        ("三、", "三、"),
        ("第二部分 依申请公开情况", "第二部分 依申请公开情况"),
        ("四：收费情况", "四：收费情况"),
        ("五、收费情况 本年没有收取费用", "五、收费情况"),
        ("六、取得的成效 （一）机构建设方面。设一名专员。", "六、取得的成效"),
        (
            "四、因申请行政复议、提起行政诉讼的情况",
            "四、因申请行政复议、提起行政诉讼的情况",
        ),
        ("一、總體情況", "一、總體情況"),
        ("六、年度工作报告0600", "六、年度工作报告0600"),
    ],
)
def test_a_heading_of_the_first_level(line, heading):
    assert headings(f"公开公开\n{line}\n正文。\n") == [(1, heading)]


@pytest.mark.parametrize(
    "line",
    [
        "一、信息公开的内容还需要进一步完善，形式还需要进一步丰富。",
        "一方面工作有进展",
        "第一季度 公开信息12条",
        "第一，内容需要丰富。",
        "2019年我局公开信息947条。",
        "三审三校制度落实到位",
        "1.2万条信息",
    ],
)
def test_what_is_no_heading(line):
    assert headings(f"公开公开\n{line}\n正文。\n") == []


def test_the_tree_nests_by_level_and_bounds_its_blocks():
    text = (
        "公开\n一、总体情况\n（一）主动公开情况。全年公开3条。\n1、数量\n"
        "（二）依申请公开\n二、其他情况\n"
    )
    document = read(text.encode())
    first, second = read_sections(document)
    assert [child.heading for child in first.children] == [
        "（一）主动公开情况", "（二）依申请公开",
    ]  # fmt: skip
    assert first.children[0].children[0].heading == "1、数量"
    assert (first.first, first.last, second.first) == (1, 5, 5)


def test_a_heading_at_the_end_of_a_short_line():
    text = "公开公开\n目前没有收到申请。 五、收费情况\n没有收费。\n"
    assert headings(text) == [(1, "五、收费情况")]


def test_headings_inside_a_line_that_lost_its_breaks():
    text = (
        "公开公开。 一、工作的基本概况 平台设置已经变更，内容有所拓宽，全年运行正常，"
        "没有发生泄密事件。 二、主动公开政府信息情况 （一）数量"
    )
    assert headings(text + "\n")[:2] == [
        (1, "一、工作的基本概况"),
        (1, "二、主动公开政府信息情况"),
    ]


def test_numbered_rows_of_a_table_are_no_sections():
    text = (
        "2021年政府信息公开年报 公开\n三、收到和处理政府信息公开申请情况\n"
        "自然人 | 商业企业 | 科研机构 |\n"
        "一、本年新收政府信息公开申请数量 | 1 | 0 | 0 | 0 | 0 | 0 | 1 |\n"
        "二、上年结转政府信息公开申请数量 | 0 | 0 | 0 | 0 | 0 | 0 | 0 |\n"
        "三、本年度办理结果 | （一）予以公开 | 1 | 0 | 0 | 0 | 0 | 0 | 1 |\n"
        "四、政府信息公开行政复议、行政诉讼情况\n"
    )
    report = gi.parse(gi.read(text.encode()))
    assert [s.heading for s in report.sections] == [
        "三、收到和处理政府信息公开申请情况", "四、政府信息公开行政复议、行政诉讼情况",
    ]  # fmt: skip

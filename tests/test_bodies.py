"""Level and scope of who reports."""

import pytest

from gi_tools.bodies import find_level, find_scope


@pytest.mark.parametrize(
    ("agency", "title", "scope"),
    [
        ("温州市科学技术局", None, "department"),
        ("上海市人民政府办公厅", None, "department"),
        ("雾岭镇人民政府", None, "own"),
        ("某某街道办事处", None, "own"),
        ("浙江省人民政府", None, "unstated"),
        ("澄岚市", "澄岚市2022年政府信息公开工作年度报告", "unstated"),
        ("澄岚市人民政府", "澄岚市本级2022年政府信息公开工作年度报告", "own"),
        ("澄岚市人民政府", "2022年全市政府信息公开工作年度报告", "territory"),
        ("澄岚市人民政府", "澄岚市行政区域2016年政府信息公开情况统计表", "territory"),
        ("公安全区分局", "公安全区分局2022年政府信息公开工作年度报告", "department"),
        ("某高新区管委会", None, "unstated"),
        (None, "全市", None),
    ],
)
def test_whose_doings_a_report_counts(agency, title, scope):
    assert find_scope(agency, title) == scope


@pytest.mark.parametrize(
    ("agency", "code", "level"),
    [
        ("某局", "330000", "province"),
        ("某局", "330300", "prefecture"),
        ("某局", "330326", "county"),
        ("雾岭镇人民政府", "330326", "township"),
        ("某局", None, None),
        ("某局", "3303", None),
    ],
)
def test_a_level_is_told_from_the_code_and_the_name(agency, code, level):
    assert find_level(agency, code) == level

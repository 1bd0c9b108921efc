"""Numbers are read by a table of cases; what is no number never becomes one."""

import csv
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gi_tools.text import (
    _to_simple,
    fold,
    hanzi_to_number,
    read_cell,
    simplify,
    simplify_script,
    widen,
)

CASES = Path(__file__).parent / "cases" / "numbers.csv"
with CASES.open(encoding="utf-8-sig", newline="") as file:
    NUMBERS = list(csv.DictReader(file))
ZEROS = set("0０零〇")


def test_there_are_enough_cases():
    assert len(NUMBERS) >= 170


@pytest.mark.parametrize("case", NUMBERS, ids=lambda case: repr(case["text"][:20]))
def test_a_cell_reads_as_its_case_says(case):
    reading = read_cell(case["text"])
    value = float(case["value"]) if case["value"] else None
    assert (reading.state, reading.value) == (case["state"], value)
    if case["state"] == "reported":
        assert reading.unit == case["unit"]


@given(
    st.text(max_size=60)
    | st.text("0 -—/无零〇一十1,.，．（）()年条元万+减\xa0\u3000", max_size=9)
)
def test_no_text_without_a_zero_reads_as_zero(text):
    reading = read_cell(text)
    assert reading.value != 0 or ZEROS & set(widen(text)) or "零" in text
    assert (reading.value is None) == (reading.state != "reported")


@given(
    st.sampled_from(
        ["", " ", "\t", "\xa0", "\u3000", "\u200b", "-", "—", "/", "无", "没有"]
    )
)
def test_signs_of_nothing_have_no_value(text):
    assert read_cell(text).value is None


def test_integers_stay_integers_and_money_stays_exact():
    assert isinstance(read_cell("1,234").value, int)
    assert read_cell("52.15万元")[:3] == ("reported", 52.15, "万元")
    assert read_cell("1.1万余条") == ("reported", 11000, "条", "余")


@pytest.mark.parametrize(
    ("text", "number"),
    [("二十", 20), ("一百零五", 105), ("壹仟贰佰叁拾肆", 1234),
     ("廿三", 23),
     ("二〇一七", 2017), ("一万二千", 12000), ("百十", None), ("十百", None),
     ("两", 2)],
)  # fmt: skip
def test_chinese_numerals(text, number):
    assert hanzi_to_number(text) == number


def test_folding_drops_script_width_noise_and_blanks():
    assert fold("規 範 性檔案（２０１９）") == "规范性文件(2019)"
    assert fold("政府網(wǎng)站公開數(shù)量") == "政府网站公开数量"
    assert fold("主动公开政府资讯") == "主动公开政府信息"
    assert simplify("武定縣 審計局") == "武定县审计局"


def test_a_long_text_does_not_stay_in_memory():
    from gi_tools.text import _fold_label

    before = _fold_label.cache_info().currsize
    fold("长" * 5000)
    assert _fold_label.cache_info().currsize == before


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("办理答覆并覆盖沈阳", "办理答复并覆盖沈阳"),
        ("覆信、沈思、毛坏", "复信、沉思、毛坯"),
        ("瞭解情况", "了解情况"),
        ("資訊公開", "资讯公开"),
        ("覆盖沈阳全市", "覆盖沈阳全市"),
    ],
)
def test_script_is_changed_also_where_words_alone_change(text, plain):
    assert simplify_script(text) == plain


@given(st.text("覆盖沈阳坏藉哩瞭的深答開\U00020000a1", max_size=8))
def test_what_is_not_given_to_the_converter_would_stay(text):
    assert simplify_script(text) == _to_simple()(text)

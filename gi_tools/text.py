"""Characters to meaning: width, script and noise folded, numbers read with care."""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal
from functools import cache, lru_cache
from typing import NamedTuple

LETTER = r"[^\W\d_A-Za-z]"  # not Latin: in a report a Han character, quick to compile
# Inside a set: what \p{Han} means, and what pinyin is written with.
HAN = (
    r"\u2e80-\u2fd5\u3005\u3007\u3021-\u3029\u3038-\u303b\u3400-\u4dbf\u4e00-\u9fff"
    r"\uf900-\ufad9\U00016fe2-\U00016ff6\U00020000-\U00033479"
)
READING = (
    r"[a-zü\u00e0-\u00fc\u0101\u0113\u012b\u014d\u016b\u01ce-\u01dc\u011b"
    r"\u0144\u0148\u01f9]{1,6}"
)
# Inside a set: letters of another width and hidden marks; blanks that are rare.
WIDE = "０-９Ａ-Ｚａ-ｚ／－\u00ad\u200b-\u200f\ufeff"
ODD_BLANKS = r"\v\f\x1c-\x1f\x85\u1680\u2000-\u200a\u2028\u2029\u202f\u205f"
LABEL = 200  # characters up to which a text counts as a label or cell

# Only digits, letters and ASCII signs change width; NFKC would also turn ① into 1.
_WIDTH = {0xFF01 + i: 0x21 + i for i in range(94)} | {0x3000: 0x20, 0xA0: 0x20}
_WIDTH |= str.maketrans("﹝﹞〔〕", "()()")
_HIDDEN = (*range(0x200B, 0x2010), *range(0x2028, 0x202F), *range(0x2060, 0x2065))
_INVISIBLE = dict.fromkeys((*_HIDDEN, 0xFEFF, 0xAD))
# Taiwan and mirror-site words once the script is simplified, and the official ones.
_WORDS = {
    "资讯": "信息",
    "档案": "文件",
    "计画": "计划",
    "答覆": "答复",
    "谘询": "咨询",
}
_WORD = re.compile("|".join(_WORDS))
PINYIN = re.compile(rf"\((?<={LETTER}.){READING}\)")


@cache
def _to_simple() -> Callable[[str], str]:
    from opencc import OpenCC

    return OpenCC("t2s").convert


def widen(text: str) -> str:
    """Bring full-width digits, letters and signs to half width, drop hidden marks."""
    return text.translate(_WIDTH).translate(_INVISIBLE)


def fold(text: str) -> str:
    """
    Fold a text for matching only: half width, simplified, official words, no spaces.

    Pinyin readings that mirror sites put in brackets are dropped.
    """
    return _fold_label(text) if len(text) <= LABEL else _fold(text)


@lru_cache(maxsize=32768)
def _fold_label(text: str) -> str:
    # Labels recur in every report; longer texts would only fill the memory.
    return _fold(text)


def _fold(text: str) -> str:
    text = widen(text)
    if not text.isascii():
        text = PINYIN.sub("", text)
        text = _WORD.sub(lambda m: _WORDS[m.group()], simplify_script(text))
    return "".join(text.split())


def simplify(text: str) -> str:
    """Bring a name to simplified script without pinyin noise, inner spaces dropped."""
    return "".join(simplify_script(PINYIN.sub("", widen(text))).split())


def simplify_script(text: str) -> str:
    """Bring traditional characters to simplified ones, nothing else changed."""
    return _to_simple()(text) if may_change(text) else text


def may_change(text: str) -> bool:
    """Whether script or width may change, or a blank or a mark is an odd one."""
    return _changing().search(text) is not None


@cache
def _changing() -> re.Pattern:
    """
    A sign that the change of script may touch: to look takes a fifth of its time.

    Some signs change in a few words alone; 覆盖 and 沈阳, which stay, are everywhere.
    """
    signs = [chr(number) for number in range(0x3400, 0xA000)]
    others = _to_simple()("\n".join(signs)).split("\n")
    changed = "".join(a for a, b in zip(signs, others, strict=True) if a != b)
    return re.compile(
        rf"[{changed}覆沈坏藉哩瞭衹甦{WIDE}{ODD_BLANKS}\uf900-\ufaff\U0001f200-\U00033479]"
        "(?<![^回答批拜重反函示明申]覆(?=盖))(?<![^深昏浮耳消沈]沈(?=阳))"
    )


class Reading(NamedTuple):
    """What one table cell says; ``value`` is None unless ``state`` is reported."""

    state: str
    value: int | float | None = None
    unit: str = ""
    note: str = ""


_UNITS = (
    "万元|亿元|元|人次|件次|户次|部次|件|条|次|篇|个|项|人|份|期|家|宗|起|例|户|场|部|字"
    "|处|名|台|册"
)
_CELL = re.compile(
    r"(?:共计?|合计|总计|计)?\s{0,3}(?P<about>约|近|超过|超|逾|大约)?\s{0,3}"
    r"(?P<sign>[+\-−–↑↓]|减少?|增加?|新增|下降)?\s{0,3}"
    r"(?P<digits>\d{1,3}(?:,\d{3}){1,4}(?:\.\d{1,6})?|\d{1,15}(?:\.\d{1,6})?"
    r"|[〇零一二三四五六七八九十百千两壹贰叁肆伍陆柒捌玖拾佰仟廿卅]{1,12}"
    r"(?:[万亿][〇零一二三四五六七八九十百千两壹贰叁肆伍陆柒捌玖拾佰仟廿卅]{1,12}){0,2})"
    r"\s{0,3}(?P<more>[余多])?(?P<scale>[万亿](?!元))?(?P<more2>[余多])?\s{0,3}"
    rf"(?P<unit>{_UNITS})?(?P<more3>[余多])?\s{{0,3}}"
    r"(?:[(\[【](?P<note>[^()\[\]【】]{0,200})[)\]】])?[。;,*]?"
)
_DASH = re.compile(r"[-—–－―─﹣/\\*·.…_~\s]{1,20}")
_NONE = re.compile(
    r"(?:暂|均|尚)?(?:无(?:此项|此类|相关)?(?:内容|情况|数据|事项|业务|申请)?|没有(?:发生)?|未发生|未开展"
    r"|不涉及|不适用|不存在|未收到|未涉及|空白?|[(]空白?[)]|未统计|未填报?|略|缺|不详)。?"
)
_SCALE = {"万": 10_000, "亿": 100_000_000}
_DIGITS = {c: i for i, c in enumerate("零一二三四五六七八九")} | {"〇": 0, "两": 2}
_DIGITS |= {c: i for i, c in enumerate("零壹贰叁肆伍陆柒捌玖")}
_TENS = {"十": 10, "拾": 10, "百": 100, "佰": 100, "千": 1000, "仟": 1000}
BLANK = Reading("blank")
UNREADABLE = Reading("unreadable")


def to_number(digits: str) -> int | float:
    """Read plain digits with thousands separators; whole numbers stay integers."""
    if digits.isdecimal():
        return int(digits)
    number = Decimal(digits.replace(",", ""))
    return int(number) if number == number.to_integral_value() else float(number)


def hanzi_to_number(text: str) -> int | None:
    """Read a Chinese numeral (二十, 一百零五, 二〇一七); None when it is none."""
    if all(c in _DIGITS for c in text):
        if len(text) > 1 and not _DIGITS[text[0]]:
            return None  # 〇〇 is a mark of nothing, not a count
        return int("".join(str(_DIGITS[c]) for c in text))
    total = section = digit = 0
    floor = 10**12  # units must fall: 百十 is no number, 十百 neither
    for char in text:
        if char in _DIGITS:
            digit = _DIGITS[char]
        elif char in "廿卅":
            section, digit, floor = section + (20 if char == "廿" else 30), 0, 10
        elif char in _TENS:
            unit = _TENS[char]
            if unit >= floor or (unit > 10 and not digit):
                return None
            section, digit, floor = section + (digit or 1) * unit, 0, unit
        elif char in _SCALE:
            total, section, digit, floor = (
                (total + section + digit) * _SCALE[char], 0, 0, 10**12
            )  # fmt: skip
        else:
            return None
    return total + section + digit


def read_cell(text: str) -> Reading:
    """
    Read one table cell: a number with sign, unit and note, or why there is none.

    Nothing is joined or guessed: ``1 2 3`` and ``12,34`` are unreadable.
    """
    text = text.strip()
    return _read_cell(text) if len(text) <= LABEL else UNREADABLE


@lru_cache(maxsize=32768)
def _read_cell(text: str) -> Reading:
    text = widen(text).strip()
    if not text:
        return BLANK
    if text.isascii() and text.isdigit() and len(text) <= 15:
        return Reading("reported", int(text))
    if _DASH.fullmatch(text):
        return Reading("dash")
    text = simplify_script(text)
    if _NONE.fullmatch(text):
        return Reading("none_text")
    found = _CELL.fullmatch(text)
    return _found_to_reading(found) if found else UNREADABLE


def _found_to_reading(found: re.Match) -> Reading:
    digits = found["digits"]
    value = (
        to_number(digits)
        if digits[0].isdigit() and digits.isascii()
        else hanzi_to_number(digits)
    )
    if value is None:
        return UNREADABLE
    if found["scale"]:
        value = to_number(str(Decimal(str(value)) * _SCALE[found["scale"]]))
    if found["sign"] in ("-", "−", "–", "↓", "减", "减少", "下降"):
        value = -value
    about = found["about"] or found["more"] or found["more2"] or found["more3"] or ""
    note = "".join((found["note"] or "").split())
    return Reading(
        "reported", value, found["unit"] or "", ";".join(filter(None, (about, note)))
    )

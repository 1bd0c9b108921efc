"""Word's automatic list numbers, which are no text in the file, to printed labels."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

import regex

from gi_tools.readers.containers import to_int

W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
VAL = f"{W}val"
DEEPEST = 8
_SLOT = regex.compile(r"%([1-9])")
_CHINESE = "〇一二三四五六七八九"
_LEGAL = "零壹贰叁肆伍陆柒捌玖"
_TENS = ((1000, "千", "仟"), (100, "百", "佰"), (10, "十", "拾"))
_ROMAN = tuple(
    zip(
        (1000, 900, 500, 400, 100, 90, 50, 40, 10, 9, 5, 4, 1),
        "M CM D CD C XC L XL X IX V IV I".split(),
        strict=True,
    )
)


class Level(NamedTuple):
    """One level of a list: where it starts, its numerals, its pattern (``（%1）``)."""

    start: int
    numerals: str
    pattern: str
    style: str = ""


class Numbering:
    """Count the numbered paragraphs of one document and print their labels."""

    def __init__(self, lists: Any, styles: Any) -> None:
        self._levels: dict[str, dict[int, Level]] = {}
        self._family: dict[str, str] = {}
        self._counts: dict[str, dict[int, int]] = {}
        self._styles: dict[str, tuple[str, Any]] = {}
        for style in () if styles is None else styles.iterfind(f"{W}style"):
            base = _value(style.find(f"{W}basedOn"), "")
            number = style.find(f"{W}pPr/{W}numPr")
            self._styles[style.get(f"{W}styleId", "")] = base, number
        if lists is not None:
            self._read_lists(lists)

    def label(self, properties: Any) -> str:
        """The number that Word prints before a paragraph, or nothing; counts on."""
        if properties is None or not self._levels:
            return ""
        style = _value(properties.find(f"{W}pStyle"), "")
        list_, depth = self._find_list(properties.find(f"{W}numPr"), style)
        levels = self._levels.get(list_, {})
        if depth not in levels:
            return ""
        # Lists made from one definition count together, as Word does.
        counts = self._counts.setdefault(self._family[list_], {})
        counts[depth] = counts.get(depth, levels[depth].start - 1) + 1
        for deeper in [key for key in counts if key > depth]:
            del counts[deeper]
        return _print_label(levels, depth, counts)

    def _find_list(self, number: Any, style: str) -> tuple[str, int]:
        list_, depth = _read_number(number)
        seen = 0
        own = style
        while not list_ and style in self._styles and seen < 20:
            base, number = self._styles[style]
            list_, inherited = _read_number(number)
            depth = inherited if depth is None else depth
            style, seen = base, seen + 1
        if depth is None:
            levels = self._levels.get(list_, {}) if own else {}
            depth = next((k for k, v in levels.items() if v.style == own), 0)
        return list_, depth

    def _read_lists(self, root: Any) -> None:
        families = {
            family.get(f"{W}abstractNumId"): _read_levels(family)
            for family in root.iterfind(f"{W}abstractNum")
        }
        for number in root.iterfind(f"{W}num"):
            key = number.get(f"{W}numId", "")
            family = _value(number.find(f"{W}abstractNumId"), "")
            levels = dict(families.get(family, {}))
            restarts = False
            for change in number.iterfind(f"{W}lvlOverride"):
                depth = to_int(change.get(f"{W}ilvl"), 0)
                levels |= _read_levels(change)
                start = change.find(f"{W}startOverride")
                if start is not None and depth in levels:
                    level = levels[depth]
                    levels[depth] = level._replace(start=to_int(_value(start), 1))
                    restarts = True
            self._levels[key] = levels
            self._family[key] = f"{family}/{key}" if restarts else family


def join_label(label: str, text: str) -> str:
    """Put a label before a text so that no two figures grow together."""
    if not label or not text:
        return label or text
    glued = not label[-1].isalnum() and not text[0].isdigit()
    return f"{label}{text}" if glued else f"{label} {text}"


def print_numeral(number: int, numerals: str) -> str:
    """Write a number in one of Word's numeral systems; unknown ones in digits."""
    return _NUMERALS.get(numerals, str)(number)


def _read_levels(owner: Any) -> dict[int, Level]:
    levels = {}
    for level in owner.iterfind(f"{W}lvl"):
        levels[to_int(level.get(f"{W}ilvl"), 0)] = Level(
            to_int(_value(level.find(f"{W}start")), 1),
            _value(level.find(f"{W}numFmt"), "decimal"),
            _value(level.find(f"{W}lvlText"), ""),
            _value(level.find(f"{W}pStyle"), ""),
        )
    return levels


def _read_number(number: Any) -> tuple[str, int | None]:
    if number is None:
        return "", None
    depth = _value(number.find(f"{W}ilvl"))
    list_ = _value(number.find(f"{W}numId"), "")
    return list_, None if depth is None else to_int(depth, 0)


def _print_label(levels: dict[int, Level], depth: int, counts: dict[int, int]) -> str:
    if levels[depth].numerals in ("bullet", "none"):
        return ""

    def fill(slot: regex.Match) -> str:
        level = levels.get(int(slot[1]) - 1, levels[depth])
        number = counts.get(int(slot[1]) - 1, level.start)
        return print_numeral(number, level.numerals)

    return _SLOT.sub(fill, levels[depth].pattern).strip()


def _value(element: Any, default: Any = None) -> Any:
    return default if element is None else element.get(VAL, default)


def _to_chinese(number: int, digits: str = _CHINESE, legal: bool = False) -> str:
    """Write 1 to 9999: 十一, not 一十一, unless ``legal``."""
    if not 0 < number < 10_000:
        return str(number)
    text, gap = "", False
    for size, *names in _TENS:
        count, number = divmod(number, size)
        if count:
            text += (digits[0] if gap else "") + digits[count] + names[legal]
        gap = bool(text) and not count
    text += (digits[0] if gap and number else "") + (digits[number] if number else "")
    text = text if legal else text.replace("〇", "零")
    return text[1:] if text.startswith("一十") else text


def _to_digits(number: int) -> str:
    return "".join(_CHINESE[int(digit)] for digit in str(number))


def _to_roman(number: int) -> str:
    text = ""
    for size, sign in _ROMAN if number < 4000 else ():
        count, number = divmod(number, size)
        text += sign * count
    return text or str(number)


def _to_letter(number: int) -> str:
    times, place = divmod(number - 1, 26)
    return chr(65 + place) * (times + 1) if 0 < number < 261 else str(number)


def _pick(signs: Iterable[str]) -> Callable[[int], str]:
    known = tuple(signs)
    return lambda number: known[number - 1] if 0 < number <= len(known) else str(number)


_WIDE = {ord("0") + digit: ord("０") + digit for digit in range(10)}
_COUNTING = "chineseCounting chineseCountingThousand japaneseCounting koreanCounting"
_COUNTING += " taiwaneseCounting taiwaneseCountingThousand"
_NUMERALS: dict[str, Callable[[int], str]] = {
    **dict.fromkeys(_COUNTING.split(), _to_chinese),
    "ideographDigital": _to_digits,
    "japaneseDigitalTenThousand": _to_digits,
    "chineseLegalSimplified": lambda n: _to_chinese(n, _LEGAL, True),
    "ideographTraditional": _pick("甲乙丙丁戊己庚辛壬癸"),
    "ideographZodiac": _pick("子丑寅卯辰巳午未申酉戌亥"),
    "decimalEnclosedCircle": _pick(map(chr, range(0x2460, 0x2474))),
    "decimalEnclosedCircleChinese": _pick(map(chr, range(0x2460, 0x2474))),
    "decimalEnclosedParen": _pick(map(chr, range(0x2474, 0x2488))),
    "decimalEnclosedFullstop": _pick(map(chr, range(0x2488, 0x249C))),
    "ideographEnclosedCircle": _pick(map(chr, range(0x3220, 0x322A))),
    "decimalFullWidth": lambda n: str(n).translate(_WIDE),
    "decimalZero": lambda n: f"{n:02d}",
    "upperRoman": _to_roman,
    "lowerRoman": lambda n: _to_roman(n).lower(),
    "upperLetter": _to_letter,
    "lowerLetter": lambda n: _to_letter(n).lower(),
}  # fmt: skip

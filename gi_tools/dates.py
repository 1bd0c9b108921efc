"""Dates as reports print them, whole or damaged, to ISO dates, periods and years."""

from __future__ import annotations

import re
from collections import Counter
from datetime import date as Date
from typing import NamedTuple

from gi_tools.text import hanzi_to_number

_ANY_YEAR = r"(?:19[89]|20[0-4])\d"
YEAR = rf"{_ANY_YEAR}(?<!\d\d\d\d\d)"  # a search skips what its literals cannot begin
_O = "〇○零oO0"
_HANZI_YEAR = re.compile(rf"二[{_O}][{_O}一二三四][{_O}一二三四五六七八九](?=年)")
_HANZI_PART = re.compile("[一二三四五六七八九十]{1,3}(?=[月日])")
_ROUND = str.maketrans("○oO0", "〇〇〇〇")
# Year, then: month and day with their signs (the day may be lost); both parted by
# blanks only; or digits run together where 年 and 月 were lost (202111日). A day or
# a month broken over two lines (12月3 1日, 1 2月31日) is none.
_TAIL = (
    r"(?:(?P<m{0}>1[0-2]|0?[1-9])\s?[月./-]\s?(?P<d{0}>3[01]|[12]\d|0?[1-9])?"
    r"(?!\d|\s\d日)\s?[日号]?|(?P<n{0}>1[0-2]|0?[1-9])\s"
    r"(?P<e{0}>3[01]|[12]\d|0?[1-9])(?![\d月])\s?日?"
    r"|(?P<g{0}>\d{{2,4}})(?![\d月])\s?[日号]?)"
)
_DAY = rf"(?P<y{{0}}>{YEAR})\s?[年./-]?\s?" + _TAIL
DATE = re.compile(_DAY.format("1"))
_RANGE = re.compile(
    _DAY.format("1")
    + r"(?P<gap>[^。;\d\n]{0,24})"
    + rf"(?:(?P<y2>{_ANY_YEAR})\s?[年./-]?\s?)?"
    + _TAIL.format("2")
)
_JOINER = re.compile("[至到起—–~-]")
_UNTIL = re.compile(r"(?:截止|截至|止)[^。;\d\n]{0,4}$")
_YEAR = re.compile(YEAR)


class Period(NamedTuple):
    """The time a report covers, ISO dates; where it stands in the text searched."""

    start: str | None
    end: str | None
    year: int
    at: int


def to_digits(text: str) -> str:
    """Write the Chinese numerals of dates (二〇一八年一月二日) as digits."""
    if _HANZI_YEAR.search(text):
        text = _HANZI_YEAR.sub(_year_to_digits, text)
        text = _HANZI_PART.sub(lambda m: str(hanzi_to_number(m[0]) or m[0]), text)
    return text


def read_date(found: re.Match) -> str | None:
    """Give the ISO date of a match of ``DATE``; None when it is no certain day."""
    month, day = _month_and_day(found, "1")
    return _iso(int(found["y1"]), month, day or 1)


def find_period(text: str, keys: re.Pattern) -> Period | None:
    """
    Find the period a report says its figures cover.

    The words after a match of ``keys`` count first, then any range of whole days
    from 1 January. Dates stay as printed; an end that is not certain is None.
    """
    for key in keys.finditer(text):
        window = text[key.start() : key.end() + 90].partition("。")[0]
        if found := _range_in(window) or _end_in(window, key.end() - key.start()):
            return found._replace(at=key.start())
    ranges = (_to_period(found) for found in _RANGE.finditer(text))
    for period in filter(None, ranges):
        if (period.start or "").endswith("01-01") and "-12-3" in (period.end or ""):
            return period
    return None


def find_year(text: str, votes: list[tuple[int, re.Pattern]]) -> int | None:
    """Find the year most spoken of; group ``y`` of a pattern votes with its weight."""
    count: Counter[int] = Counter(dict.fromkeys(years_in(text), 0))
    for weight, pattern in votes:
        for found in pattern.finditer(text):
            count[int(found["y"])] += weight
    best = count.most_common(1)  # of equals the one that comes first in the text
    return best[0][0] if best and best[0][1] > 0 else None


def years_in(text: str) -> list[int]:
    """List the years that stand in a text, in order."""
    return [int(found[0]) for found in _YEAR.finditer(text)]


def _year_to_digits(found: re.Match) -> str:
    return str(hanzi_to_number(found[0].translate(_ROUND)))


def _range_in(window: str) -> Period | None:
    for found in _RANGE.finditer(window):
        if period := _to_period(found):
            return period
    return None


def _to_period(found: re.Match) -> Period | None:
    if not _JOINER.search(found["gap"]) and not found["y2"]:
        return None
    first, last = int(found["y1"]), int(found["y2"] or found["y1"])
    month, day = _month_and_day(found, "2")
    if not day and month:  # 1月至12月: whole months
        day = _last_day(last, month)
    end = _iso(last, month, day)
    start = read_date(found)
    return Period(start, end, _middle_year(start, end, first, last), found.start())


def _middle_year(start: str | None, end: str | None, first: int, last: int) -> int:
    if start and end and last == first + 1 and int(end[5:7]) < int(start[5:7]):
        return first if int(start[5:7]) <= 6 else last
    return last


def _end_in(window: str, skip: int) -> Period | None:
    found = DATE.search(window)
    if not found:
        return None
    day = read_date(found)
    head = window[: found.start()]
    ends = _UNTIL.search(head) or window[found.end() : found.end() + 1] == "止"
    if day and (ends or found.start() <= skip + 8):
        pair = (None, day) if ends else (day, None)
        return Period(*pair, int(found["y1"]), 0)
    return None


def _month_and_day(found: re.Match, part: str) -> tuple[int | None, int | None]:
    month = found[f"m{part}"] or found[f"n{part}"]
    if month:
        day = found[f"d{part}"] or found[f"e{part}"]
        return int(month), int(day) if day else None
    return _split_digits(found[f"g{part}"])


def _split_digits(digits: str) -> tuple[int | None, int | None]:
    """11 is 1 January, 1231 is 31 December; 111 could be two days and is none."""
    cuts = [(digits[:n], digits[n:]) for n in (1, 2) if n < len(digits) <= n + 2]
    pairs = [(int(month), int(day)) for month, day in cuts]
    days = [(m, d) for m, d in pairs if 1 <= m <= 12 and 1 <= d <= 31]
    return days[0] if len(days) == 1 else (None, None)


def _iso(year: int, month: int | None, day: int | None) -> str | None:
    try:
        return Date(year, month or 0, day or 0).isoformat()
    except ValueError:
        return None


def _last_day(year: int, month: int) -> int:
    return 31 if month in (1, 3, 5, 7, 8, 10, 12) else 30 if month != 2 else 28

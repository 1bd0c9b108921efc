"""A draft in; the same with one of the catalogued defects planted and recorded, out."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache

import regex
from numpy.random import Generator

from gi_tools.checks import check_facts
from gi_tools.codebook import CUMULATIVE, applicants, rules
from gi_tools.errors import DataError
from gi_tools.facts import Fact
from gi_tools.simulation.drafts import Draft, write_number
from gi_tools.simulation.parts import Key
from gi_tools.simulation.slips import SLIPS

_WORDS = regex.compile(r"\p{Han}{2,6}")
_MONEY = ("procurement.amount", "charges.amount", "fees.charged", "shanghai.52")
_SUMS = (
    "requests.new",
    "requests.carried_in",
    "outcomes.total",
    "requests.carried_out",
)
_PINYIN = {"數": "數(shù)", "務": "務(wù)", "開": "開(kāi)", "請": "請(qǐng)"}

Plant = Callable[[Draft, Generator], bool]  # False: this report has no place for it


def plant_defect(draft: Draft, kind: str, chance: Generator) -> bool:
    """
    Plant one defect and record it: kind, cells, and whether arithmetic can see it.

    False, and nothing changed, where the report has no place for it. DataError for an
    unknown kind.
    """
    if kind not in DEFECTS:
        raise DataError(f"unknown defect {kind!r}; use one of {', '.join(DEFECTS)}")
    clean, saw = dict(draft.shown), find_failing(draft)
    texts = dict(draft.printed)
    if not DEFECTS[kind](draft, chance):
        return False
    changed = [key for key in texts if draft.printed[key] != texts[key]]
    cells = [
        {"indicator": n, "applicant": a, "old": clean[n, a], "new": draft.shown[n, a]}
        | {"printed": draft.printed[n, a]}
        for n, a in changed
    ]
    seen = sorted(find_failing(draft) - saw)
    draft.planted.append(
        {"kind": kind, "cells": cells, "visible": bool(seen), "rules": seen}
    )
    return True


def find_failing(draft: Draft) -> set[str]:
    """The rules that fail on what the cells show, with last year's report beside it."""
    found = check_facts(_to_facts(draft))
    return {f.rule for f in found.rows if f.verdict == "fail" and f.year == draft.year}


def _to_facts(draft: Draft) -> Iterator[Fact]:
    for one in filter(None, (draft.before, draft)):
        head = (one.name, one.body.agency, None, one.year, one.version)
        for (name, who), value in one.shown.items():
            yield Fact(*head, name, who, value, "", "reported", "", "table", "")


def _zeros(draft: Draft) -> list[Key]:
    """The cells that print a plain 0."""
    return [key for key, text in draft.printed.items() if text == "0"]


def _draw(chance: Generator, items: list, number: int = 1) -> list:
    """Some of the items, none twice."""
    picked = chance.permutation(len(items))[:number]
    return [items[i] for i in picked]


def _parents_zero(draft: Draft, chance: Generator) -> bool:
    """1: totals print 0 while their parts do not."""
    totals = [
        rule.left[0][:2]
        for rule in rules(draft.form_key)
        if rule.kind == "equal" and len(rule.left) == 1 and rule.basis != "soft"
    ]
    totals = [key for key in dict.fromkeys(totals) if draft.shown[key]]
    for key in _draw(chance, totals):
        draft.show(key, "0", 0)
    return bool(totals)


def _blank_and_zero(draft: Draft, chance: Generator) -> bool:
    """2: some of the zeros of one table are left blank."""
    zeros = _zeros(draft)
    if len(zeros) < 2:
        return False
    for key in _draw(chance, zeros, 1 + len(zeros) // 4):
        draft.show(key, "", None)
    return True


def _padded_labels(draft: Draft, chance: Generator) -> bool:
    """3: blanks inside labels and before them."""

    def pad(text: str, in_table: bool) -> str:
        if in_table and _WORDS.fullmatch(text):
            return "　".join(text)
        return "　　" + text if in_table and not text[:1].isdigit() and text else text

    draft.rewrites.append(pad)
    return True


def _blank_details(draft: Draft, chance: Generator) -> bool:
    """4: table 3 without its zeros and without the total of any detail row."""
    keys = [key for key in draft.printed if key[1]]
    for key in keys:
        detail = key[0] not in _SUMS and key[1] == "total"
        if draft.printed[key] == "0" or detail:
            draft.show(key, "", None)
    return bool(keys)


def _wrong_column_claim(draft: Draft, chance: Generator) -> bool:
    """5: the prose takes one applicant's figure, or one channel's, for the total."""
    for total, part in (
        (("outcomes.granted", "total"), ("outcomes.granted", "natural_person")),
        (("requests.received", None), ("requests.in_person", None)),
    ):
        if draft.true.get(total, 0) != draft.true.get(part, 0):
            draft.told[total[0]] = draft.true[part]
            return True
    return False


def _parts_fall_short(draft: Draft, chance: Generator) -> bool:
    """6: the prose lists parts of a total that do not add up to it."""
    total = draft.find_figure("disclosure.total")
    if not total or total < 20:
        return False
    first = int(total * 0.6)
    second = int(total - first - chance.integers(2, 9))
    draft.extra.append(f"按内容分，政务动态{first}条、通知公告{second}条。")
    return True


def _remainder_as_decisions(draft: Draft, chance: Generator) -> bool:
    """7: the column of decisions holds last year's items plus the change."""
    names = [n.removesuffix(".items_change") for n, _ in draft.true if "_change" in n]
    names = [n for n in names if (f"{n}.decisions", None) in draft.true]
    for name in _draw(chance, names):
        left = sum(draft.true[f"{name}.items_{n}", None] for n in ("prev", "change"))
        if left == draft.true[f"{name}.decisions", None]:
            return False
        draft.show((f"{name}.decisions", None), write_number(left), left)
    return bool(names)


def _money_unit(draft: Draft, chance: Generator) -> bool:
    """8: money in yuan, the unit written in the cell."""
    keys = [key for key in draft.true if key[0] in _MONEY and draft.true[key]]
    for key in keys[:1]:
        draft.printed[key] = f"{draft.true[key] * 10_000:.0f}元"
    return bool(keys)


def _signs_as_words(draft: Draft, chance: Generator) -> bool:
    """9: changes with 增, 减 or a plus sign."""
    keys = [key for key in draft.true if "_change" in key[0] and draft.true[key]]
    for key in keys:
        value = draft.true[key]
        sign = "减" if value < 0 else ("增", "+")[chance.integers(2)]
        draft.printed[key] = f"{sign}{abs(value):.0f}"
    return bool(keys)


def _slashes(draft: Draft, chance: Generator) -> bool:
    """10: a stroke where nothing applies, blanks for applicants, a column more."""
    zeros = _zeros(draft)
    draft.has_remarks = bool(zeros)
    for key in zeros:
        draft.show(key, "" if key[1] and key[1] != "total" else "/", None)
    return bool(zeros)


def _no_service(draft: Draft, chance: Generator) -> bool:
    """11: a body that takes no requests: nothing in the tables on them."""
    keys = [k for k in draft.true if k[1] or k[0].startswith(("requests.", "replies."))]
    if not keys or any(draft.true[key] for key in keys):
        return False
    for key in keys:
        draft.show(key, "", None)
    draft.chosen["requests"] = "本单位不承担受理政府信息公开申请的职责。"
    return True


def _disputes_exceed(draft: Draft, chance: Generator) -> bool:
    """12: more reviews than requests."""
    asked = draft.find_figure("requests.new")
    if not asked or ("review.upheld", None) not in draft.true:
        return False
    more = int(asked + chance.integers(3, 30))
    for name in ("review.upheld", "review.total"):
        _set(draft, (name, None), draft.true[name, None] + more)
    return True


def _only_carried_out(draft: Draft, chance: Generator) -> bool:
    """13: the only request of the year is carried out, so nothing was decided."""
    keys = [key for key in draft.true if key[1]]
    if not keys or sum(draft.true["requests.carried_in", who] for who in applicants()):
        return False
    for key in keys:
        person = key[1] in ("natural_person", "total")
        here = key[0] in ("requests.new", "requests.carried_out") and person
        _set(draft, key, int(here))
    return True


def _tiny_denominators(draft: Draft, chance: Generator) -> bool:
    """14: three reviews, two of them corrected."""
    if ("review.pending", None) not in draft.true:
        return False
    parts = {"upheld": 1, "corrected": 2, "other": 0, "pending": 0, "total": 3}
    for name, value in parts.items():
        _set(draft, (f"review.{name}", None), value)
    return True


def _set(draft: Draft, key: Key, value: float) -> None:
    """Make something the truth, and print it."""
    draft.true[key] = value
    draft.show(key, write_number(value), value)


def _labels_lost(draft: Draft, chance: Generator) -> bool:
    """15: the number of the article and the label of the first row have gone."""
    if draft.family == "2019":
        draft.rewrites.append(_lose_labels)
    return draft.family == "2019"


def _lose_labels(text: str, in_table: bool) -> str:
    if not in_table:
        return text
    return "" if text == "规章" else regex.sub("（[一五六八九]）项$", "", text)


def _date_words_lost(draft: Draft, chance: Generator) -> bool:
    """16: the digits of the signature's date are left, 年, 月 and 日 are not."""
    draft.facts["signed"] = regex.sub("[年月日]", "  ", draft.facts["signed"])
    return True


def _nested_sums(draft: Draft, chance: Generator) -> bool:
    """17: sums within sums in prose; they hold."""
    total = draft.find_figure("disclosure.total")
    if not total or total < 40:
        return False
    first = int(total * 0.6)
    inner, rest = int(first * 0.7), int(total - first)
    draft.extra.append(
        f"按栏目分，动态类{first}条（要闻{inner}条、通知{first - inner}条），"
        f"业务类{rest}条。"
    )
    return True


def _traditional(draft: Draft, chance: Generator) -> bool:
    """18: a mirror site's copy: traditional script, pinyin in brackets."""
    change = _to_traditional()
    draft.rewrites.append(lambda text, in_table: change(text))
    return True


@cache
def _to_traditional() -> Callable[[str], str]:
    from opencc import OpenCC

    convert = OpenCC("s2t").convert

    def change(text: str) -> str:
        return "".join(_PINYIN.get(char, char) for char in convert(text))

    return change


def _repeated_years(draft: Draft, chance: Generator) -> bool:
    """19: last year's figures once more."""
    last = draft.before
    if last is None or last.form_key != draft.form_key or last.planted:
        return False
    if draft.true == last.true:
        return False
    for key, text in last.printed.items():
        draft.show(key, text, last.shown[key])
    draft.told |= {told.indicator: told.value for told in last.claims}
    return True


def _reused_text(draft: Draft, chance: Generator) -> bool:
    """20: last year's sentences once more, with last year's figures."""
    last = draft.before
    if last is None or last.family != draft.family:
        return False
    apart, year = ("opening", "contacts"), f"{last.year}年"
    kept = {k: t for k, t in last.chosen.items() if k not in apart and year not in t}
    draft.chosen |= kept
    texts = "".join(kept.values())
    draft.claims += [told for told in last.claims if told.context in texts]
    return bool(kept)


def _cumulative_as_year(draft: Draft, chance: Generator) -> bool:
    """21: the column of all years so far stands in the year's place too."""
    keys = [key for key in draft.true if (key[0] + CUMULATIVE, None) in draft.true]
    for name, who in keys:
        key = name + CUMULATIVE, None
        draft.show((name, who), draft.printed[key], draft.shown[key])
    return bool(keys)


def _split_digits(draft: Draft, chance: Generator) -> bool:
    """22: a number with blanks between its digits."""
    texts = draft.printed.items()
    keys = [key for key, text in texts if text.isdigit() and len(text) > 1]
    for key in _draw(chance, keys):
        draft.show(key, " ".join(draft.printed[key]), None)
    return bool(keys)


# The 22 catalogued kinds in their order, then the slips of a hand that copies.
DEFECTS: dict[str, Plant] = {
    "parents_zero": _parents_zero,
    "blank_and_zero": _blank_and_zero,
    "padded_labels": _padded_labels,
    "blank_details": _blank_details,
    "wrong_column_claim": _wrong_column_claim,
    "parts_fall_short": _parts_fall_short,
    "remainder_as_decisions": _remainder_as_decisions,
    "money_unit": _money_unit,
    "signs_as_words": _signs_as_words,
    "slashes": _slashes,
    "no_service": _no_service,
    "disputes_exceed": _disputes_exceed,
    "only_carried_out": _only_carried_out,
    "tiny_denominators": _tiny_denominators,
    "labels_lost": _labels_lost,
    "date_words_lost": _date_words_lost,
    "nested_sums": _nested_sums,
    "traditional": _traditional,
    "repeated_years": _repeated_years,
    "reused_text": _reused_text,
    "cumulative_as_year": _cumulative_as_year,
    "split_digits": _split_digits,
} | SLIPS

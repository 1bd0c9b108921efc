"""Answers of learners in; right or not, and the next hint, out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from functools import cache
from html import escape
from importlib.util import find_spec
from math import isclose
from pathlib import Path
from typing import Any, NamedTuple

from pandas import DataFrame

from gi_tools.checks import check as check_facts
from gi_tools.datasets import find_data
from gi_tools.errors import CodebookError, DataError
from gi_tools.knowledge import CODEBOOKS, read_toml
from gi_tools.simulation.panels import simulate_facts

TOLERANCE = 1e-6
SEED = 7  # of the cities of the last episodes
PLANTED = ("sim000002", "sim000005")  # the city that copies, the one that slips
NEEDED = ("pandas", "matplotlib", "ipywidgets", "scipy", "zhplot")


class Exercise(NamedTuple):
    """
    One exercise; ``kind`` says how an answer is held against ``expected``.

    ``hints`` are pairs (zh, en) from a nudge to the way; ``pitfalls`` pair a common
    wrong answer with what it overlooks.
    """

    id: str
    objective: str
    kind: str
    expected: Any
    question: tuple[str, str]
    hints: tuple[tuple[str, str], ...]
    pitfalls: tuple[tuple[Any, tuple[str, str]], ...] = ()
    tolerance: float = TOLERANCE


@dataclass(frozen=True)
class Verdict:
    """Whether an answer is right, and what to say: in Chinese and English."""

    id: str
    is_right: bool
    zh: str
    en: str

    def __bool__(self) -> bool:
        return self.is_right

    def __repr__(self) -> str:
        return f"{self.id} {'✓' if self else '✗'} {self.zh} / {self.en}"

    def _repr_html_(self) -> str:
        colour = "#1b5e20" if self else "#a3170d"
        lines = "<br>".join(escape(line) for line in (self.zh, self.en))
        sign = "✓" if self else "✗"
        return (
            f'<div style="border-left:4px solid {colour};padding-left:8px">'
            f"<b>{escape(self.id)} {sign}</b><br>{lines}</div>"
        )


_tries: Counter[str] = Counter()


def check(exercise_id: str, answer: Any) -> Verdict:
    """
    Judge an answer; a wrong one gets the next hint, never a traceback.

    Each wrong try gives a more telling hint; the last one stays. A common mistake is
    answered with what it overlooks. DataError for an exercise that is not there.
    """
    exercise = find_exercise(exercise_id)
    try:
        wrong = KINDS[exercise.kind](answer, exercise)
    except Exception as error:
        wrong = (
            f"答案的形式不对（{type(error).__name__}）",
            f"the answer has another form than asked for ({type(error).__name__})",
        )
    if wrong is None:
        return Verdict(exercise.id, True, "正确。", "Right.")
    for mistake, words in exercise.pitfalls:
        if _same(answer, mistake, exercise.tolerance):
            return Verdict(exercise.id, False, *words)
    hint = exercise.hints[min(_tries[exercise.id], len(exercise.hints) - 1)]
    _tries[exercise.id] += 1
    told = (
        f"{first}{stop}{then}" if first else then
        for first, stop, then in zip(wrong, ("。", ". "), hint, strict=True)
    )
    return Verdict(exercise.id, False, *told)


def ask(exercise_id: str) -> Verdict:
    """Show the question of an exercise."""
    exercise = find_exercise(exercise_id)
    return Verdict(exercise.id, False, *exercise.question)


def restart() -> None:
    """Forget the tries, so that the hints begin anew."""
    _tries.clear()


def find_exercise(exercise_id: str) -> Exercise:
    """Give an exercise of ``codebooks/lessons.toml``; DataError for an unknown id."""
    book = exercises()
    if exercise_id not in book:
        raise DataError(f"{exercise_id!r} is no exercise; there are {', '.join(book)}")
    return book[exercise_id]


def snippets() -> dict[str, str]:
    """Give the short texts of the first episode by letter."""
    return dict(_book()["snippets"])


def find_file(name: str) -> Path:
    """Give the path of a sample report; DataError if there is none of the name."""
    path = find_data() / "samples" / name
    if not path.exists():
        raise DataError(f"{name}: no such sample; gi.samples() lists them")
    return path


def ready() -> Verdict:
    """Look whether everything the workshop needs is here; say what is missing."""
    missing = [name for name in NEEDED if find_spec(name) is None]
    try:
        find_file("wenzhou_sti_2017.txt")
    except DataError as error:
        missing.append(str(error))
    if missing:
        named = ", ".join(missing)
        told = f"缺少：{named}", f"missing: {named}; see the set-up page"
        return Verdict("ready", False, *told)
    return Verdict("ready", True, "一切就绪。", "Everything is here.")


def simulate_cities() -> DataFrame:
    """
    Draw the facts of twelve invented cities, 2015 to 2024, with two planted faults.

    One city's figures of 2023 are those of 2022, and one figure of another city's
    report of 2021 has two digits exchanged; the guide for teachers names both.
    """
    facts = simulate_facts(12, range(2015, 2025), seed=SEED)
    ids = dict.fromkeys(facts.report_id)
    copied, slipped = (
        [name for name in ids if name.startswith(city)] for city in PLANTED
    )
    years = {int(name[-4:]): name for name in copied}
    old, new = ((facts.report_id == years[year]).to_numpy() for year in (2022, 2023))
    facts.loc[new, "value"] = facts.loc[old, "value"].to_numpy()
    facts.loc[new, "raw"] = facts.loc[old, "raw"].to_numpy()
    report = next(name for name in slipped if name.endswith("2021"))
    here = (facts.report_id == report) & (facts.indicator == "requests.new")
    here = (here & (facts.applicant == "total")).to_numpy()
    turned = facts.raw[here].str.replace(r"(\d)(\d)$", r"\2\1", regex=True)
    facts.loc[here, "raw"] = turned
    facts.loc[here, "value"] = turned.astype(float).astype("Float64")
    return facts


@cache
def _book() -> dict[str, Any]:
    return read_toml(CODEBOOKS / "lessons.toml")


@cache
def exercises() -> dict[str, Exercise]:
    """Give every exercise by id; CodebookError for an entry that is not whole."""
    return {entry["id"]: _to_exercise(entry) for entry in _book()["exercises"]}


def _to_exercise(entry: dict[str, Any]) -> Exercise:
    try:
        return Exercise(
            entry["id"],
            entry["objective"],
            entry["kind"] if entry["kind"] in KINDS else KINDS[entry["kind"]],
            entry["expected"],
            _to_pair(entry["question"]),
            tuple(map(_to_pair, entry["hints"])),
            tuple((p["answer"], _to_pair(p)) for p in entry.get("pitfalls", ())),
            entry.get("tolerance", TOLERANCE),
        )
    except KeyError as error:
        where = entry.get("id", "?")
        raise CodebookError(
            f"lessons.toml, {where}: {error} is missing or unknown; add it"
        ) from None


def _to_pair(entry: dict[str, str]) -> tuple[str, str]:
    return entry["zh"], entry["en"]


def _same(answer: Any, expected: Any, tolerance: float) -> bool:
    """Whether two values are the same: numbers within a tolerance, texts trimmed."""
    if isinstance(expected, Mapping):
        alike = isinstance(answer, Mapping) and set(map(str, answer)) == set(expected)
        return alike and all(
            _same(value, expected[str(key)], tolerance) for key, value in answer.items()
        )
    if isinstance(expected, bool) or isinstance(answer, bool):
        return answer is expected
    if isinstance(expected, int | float):
        return _is_number(answer) and isclose(answer, expected, abs_tol=tolerance)
    if isinstance(expected, str):
        return isinstance(answer, str) and answer.strip() == expected
    if isinstance(answer, str) or not isinstance(answer, Collection):
        return False
    given, wanted = ([str(v) for v in values] for values in (answer, expected))
    return given == wanted


def _is_number(value: Any) -> bool:
    try:
        float(value)
    except (TypeError, ValueError):
        return False
    return not isinstance(value, str)


Wrong = tuple[str, str] | None


def _judge_value(answer: Any, exercise: Exercise) -> Wrong:
    return None if _same(answer, exercise.expected, exercise.tolerance) else ("", "")


def _judge_items(answer: Any, exercise: Exercise) -> Wrong:
    """Compare sets; say how many are missing and too many, not which."""
    given, wanted = set(map(str, answer)), set(map(str, exercise.expected))
    if given == wanted and not isinstance(answer, str):
        return None
    missing, extra = len(wanted - given), len(given - wanted)
    return f"少 {missing} 项，多 {extra} 项", f"{missing} missing, {extra} too many"


def _judge_mapping(answer: Any, exercise: Exercise) -> Wrong:
    """Compare key by key; name the keys whose value is wrong."""
    given = {str(key): value for key, value in answer.items()}
    wrong = [
        key
        for key, value in exercise.expected.items()
        if key not in given or not _same(given[key], value, exercise.tolerance)
    ]
    if not wrong and len(given) == len(exercise.expected):
        return None
    named = ", ".join(wrong) or "?"
    return f"不对的项：{named}", f"wrong: {named}"


def _judge_forgery(answer: Any, exercise: Exercise) -> Wrong:
    """Accept facts that differ from the true ones and break no rule they did not."""
    forged, true = answer
    keys = ["indicator", "applicant", "value"]
    if forged[keys].reset_index(drop=True).equals(true[keys].reset_index(drop=True)):
        return "与原表相同", "it is the same table"
    found = check_facts(forged)
    rules = [row for row in found.rows if row.rule.startswith(exercise.expected)]
    failed = [row.rule for row in rules if row.verdict != "pass"]
    if not rules or failed:
        shown = ", ".join(failed[:3]) or "?"
        return f"未通过：{shown}", f"not passed: {shown}"
    return None


KINDS: dict[str, Callable[[Any, Exercise], Wrong]] = {
    "value": _judge_value,
    "items": _judge_items,
    "mapping": _judge_mapping,
    "forgery": _judge_forgery,
}

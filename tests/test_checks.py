"""Rules are pass, fail or unknown: the truth table of intervals, and known reports."""

from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import gi_tools as gi
from gi_tools.checks import KINDS, Bound, check_facts
from gi_tools.codebook import RULE_KINDS, rules
from gi_tools.facts import COLUMNS, to_facts

SAMPLES = Path(__file__).parents[1] / "data" / "samples"
B = None  # a blank

TRUTH = [
    # kind, left, right, verdict, gap
    ("equal", [3], [1, 2], "pass", 0),
    ("equal", [3], [1, 1], "fail", 1),
    ("equal", [0], [0, 0], "pass", 0),
    ("equal", [3], [3, B], "unknown", None),
    ("equal", [3], [4, B], "fail", -1),
    ("equal", [B], [4, 1], "unknown", None),
    ("equal", [B], [B, B], "unknown", None),
    ("equal", [2, B], [1, 0], "fail", 1),
    ("at_most", [2], [3], "pass", -1),
    ("at_most", [3], [3], "pass", 0),
    ("at_most", [4], [3], "fail", 1),
    ("at_most", [0], [B], "pass", None),
    ("at_most", [1], [B], "unknown", None),
    ("at_most", [B], [5], "unknown", None),
    ("at_most", [4, B], [3], "fail", 1),
    ("cover", [947], [947, 741, 379], "pass", -1120),
    ("cover", [500], [947, 0], "fail", 447),
    ("cover", [900], [400, 300], "fail", 200),
    ("cover", [947], [B, 947, 12], "pass", None),
    ("cover", [947], [B, 500, 12], "unknown", None),
    ("cover", [900], [B, 947], "fail", 47),
    ("cover", [B], [1, 2], "unknown", None),
    ("carry", [5], [5], "pass", 0),
    ("carry", [5], [4], "fail", 1),
    ("stock", [19], [15, 4], "pass", 0),
    ("stock", [19], [15, B], "unknown", None),
]


def to_bound(values):
    known = [value for value in values if value is not None]
    high = sum(known) if len(known) == len(values) else float("inf")
    return Bound(sum(known), high, max(known, default=0))


def test_every_kind_of_the_codebook_has_a_judge_and_a_row_here():
    assert set(KINDS) == set(RULE_KINDS) == {row[0] for row in TRUTH}


@pytest.mark.parametrize(("kind", "left", "right", "verdict", "gap"), TRUTH)
def test_the_truth_table(kind, left, right, verdict, gap):
    assert KINDS[kind](to_bound(left), to_bound(right), 0) == (verdict, gap)


@settings(max_examples=300)
@given(
    kind=st.sampled_from(["equal", "at_most", "carry"]),
    left=st.lists(st.integers(0, 5), min_size=1, max_size=3),
    right=st.lists(st.integers(0, 5), min_size=1, max_size=3),
    data=st.data(),
)
def test_a_verdict_with_blanks_holds_for_every_filling(kind, left, right, data):
    """Pass and fail must stand whatever the blank cells turn out to be."""
    full = KINDS[kind](to_bound(left), to_bound(right), 0)[0]
    hide = [data.draw(st.booleans()) for _ in left + right]
    values = [B if h else v for h, v in zip(hide, left + right, strict=True)]
    sides = values[: len(left)], values[len(left) :]
    found = KINDS[kind](to_bound(sides[0]), to_bound(sides[1]), 0)[0]
    assert found in ("unknown", full)


def check_sample(name):
    report = gi.parse(gi.read(SAMPLES / name))
    return gi.check(gi.tabulate(report))


def test_wenzhou_2017_breaks_exactly_two_of_its_rules():
    found = check_sample("wenzhou_sti_2017.txt")
    frame = found.frame.set_index("rule")
    failed = frame[frame.verdict == "fail"]
    assert list(failed.index) == ["2014.E2", "2014.E3"]
    assert list(zip(failed.left, failed.right, strict=True)) == [(0, 2), (0, 2)]
    assert frame.verdict["2014.I2"] == "pass"
    assert frame.verdict["2014.E7"] == "unknown"
    assert frame.message["2014.E7"].endswith("（仅当空白均为 0 时成立）")
    assert found.count() == {"fail": 2, "unknown": 1, "pass": 11}
    assert (
        repr(found) == "Findings(2 fail, 1 unknown, 11 pass; 64 exchanges no rule sees)"
    )


def test_a_clean_city_passes_all_42_identities():
    assert check_sample("chenglan_city_2022.html").count() == {
        "fail": 0,
        "unknown": 0,
        "pass": 42 + sum(rule.basis == "soft" for rule in single("2021")),
    }


def single(form):
    return [r for r in rules(form) if not any(t.previous for t in r.left + r.right)]


def test_one_wrong_cell_breaks_the_rules_that_hold_it():
    frame = check_sample("wanglan_housing_2023.html").frame
    failed = set(frame[frame.verdict == "fail"].rule)
    assert {rule.split(".")[1] for rule in failed} <= {"A", "B", "C"}
    assert len(failed) >= 2


def test_two_years_of_a_body_are_checked_together():
    report = gi.parse(gi.read(SAMPLES / "chenglan_city_2022.html"))
    facts = gi.tabulate(report)
    later = facts.assign(year=facts.year + 1, report_id="next")
    both = gi.check(pd.concat([facts, later], ignore_index=True)).frame
    carry = both[both.rule == "2021.E.total"]
    assert list(carry.report_id) == ["next"]
    out = facts.set_index(["indicator", "applicant"]).value
    carried = out["requests.carried_out", "total"], out["requests.carried_in", "total"]
    assert (carry.left.iloc[0], carry.right.iloc[0]) == carried
    assert not gi.check(facts).frame.rule.str.contains(".E.", regex=False).any()


def test_a_frame_without_its_columns_is_refused():
    with pytest.raises(gi.DataError, match="lack applicant, value"):
        gi.check(
            pd.DataFrame(
                columns=[c for c in COLUMNS if c not in ("applicant", "value")]
            )
        )


def test_nothing_to_check_gives_an_empty_frame():
    found = gi.check(gi.tabulate([]))
    assert found.frame.empty
    assert list(found.frame.columns)[:4] == ["report_id", "agency", "year", "rule"]


def test_facts_without_a_frame_give_the_same_findings():
    report = gi.parse(gi.read(SAMPLES / "wanglan_office_2019.html"))
    assert check_facts(to_facts(report)).rows == gi.check(gi.tabulate(report)).rows


def test_findings_show_themselves_escaped():
    told = 1.0, 2.0, -1.0, "error", "<script>", "<script>"
    row = gi.checks.Finding("r", None, 2020, "x.<b>", "fail", *told)
    finding = gi.Findings((row,))
    shown = finding._repr_html_()
    assert "<script>" not in shown and "&lt;script&gt;" in shown
    assert "not that they are right" in shown

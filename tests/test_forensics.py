"""Across years and bodies: made cases, found ones and, above all, false alarms."""

import numpy as np
import pandas as pd
import pytest

import gi_tools as gi
from gi_tools import forensics
from gi_tools.errors import DataError
from gi_tools.forensics.delays import find_kind, verify_entry
from gi_tools.forensics.digits import ALARM, find_needed, judge_ends
from gi_tools.forensics.lineage import find_body

IN, OUT = "requests.carried_in", "requests.carried_out"


def report(agency, year, code="330302", form="2021", name="", **cells):
    """The facts of one report; `carried_in=3` is the total, `in_person=3` as named."""
    rows = []
    for key, value in cells.items():
        indicator, _, who = key.partition("__")
        indicator = {"carried_in": IN, "carried_out": OUT}.get(indicator, indicator)
        table3 = indicator.startswith(("requests.", "outcomes.")) and form >= "2019"
        who = who or ("total" if table3 else None)
        rows.append((indicator.replace("_of_", "."), who, value))
    head = {"report_id": f"{name}{agency}{year}", "agency": agency, "year": year}
    head |= {"region_code": code, "form": form, "origin": "table", "unit": "件"}
    return [
        head | {"indicator": i, "applicant": who, "value": value}
        for i, who, value in rows
    ]


def frame(*reports):
    return pd.DataFrame([row for rows in reports for row in rows])


# Chains


def test_a_chain_with_one_break_and_a_gap():
    facts = frame(
        report("甲局", 2019, carried_in=0, carried_out=5, form="2019"),
        report("甲局", 2020, carried_in=5, carried_out=7, form="2019"),
        report("甲局", 2021, carried_in=4, carried_out=9),
        report("甲局", 2023, carried_in=1, carried_out=2),
    )
    found = forensics.trace_chains(facts)
    (row,) = found.itertuples()
    assert (row.kind, row.severity, row.years) == ("carry", "hard", "2020; 2021")
    assert (row.value, row.figures) == (-3, "E.total 7 → 4")
    assert found.attrs["comparisons"] == 2  # 2022 lacks its report: no comparison


def test_a_blank_is_no_comparison():
    facts = frame(
        report("甲局", 2021, carried_out=None),
        report("甲局", 2022, carried_in=4),
    )
    found = forensics.trace_chains(facts)
    assert found.empty and found.attrs["comparisons"] == 0


def test_columns_alone_are_soft():
    facts = frame(
        report("甲局", 2021, carried_out=5, carried_out__company=2),
        report("甲局", 2022, carried_in=5, carried_in__company=1),
    )
    (row,) = forensics.trace_chains(facts).itertuples()
    assert (row.severity, row.figures) == ("soft", "E.company 2 → 1")


def test_two_bodies_without_a_place_may_not_be_one():
    facts = frame(
        report("县应急管理局", 2021, None, carried_out=5),
        report("县应急管理局", 2022, None, carried_in=3),
    )
    (row,) = forensics.trace_chains(facts).itertuples()
    assert row.severity == "soft" and "may be two bodies" in row.message_en


def test_documents_in_force_are_soft():
    stock = {"normative_of_in_force": 10, "normative_of_made": 2}
    facts = frame(
        report("甲局", 2021, **stock | {"normative_of_repealed": 0}),
        report("甲局", 2022, **stock | {"normative_of_repealed": 1}),
    )
    (row,) = forensics.trace_chains(facts).itertuples()
    assert (row.kind, row.severity, row.value) == ("stock", "soft", 1)


def test_a_revised_report_that_fits_settles_the_chain():
    facts = frame(
        report("甲局", 2021, carried_out=5),
        report("甲局", 2022, carried_in=3, name="first"),
        report("甲局", 2022, carried_in=5, name="second"),
    )
    found = forensics.trace_chains(facts)
    assert found.kind.tolist() == ["versions", "revised"]
    assert found.severity.eq("soft").all()


def test_the_same_report_saved_twice_is_one():
    twice = report("甲局", 2022, carried_in=5) + report(
        "甲局", 2022, carried_in=5, name="copy"
    )
    assert forensics.trace_chains(frame(twice)).empty


REORGANISED = [
    # before, after: code and name of the place change with the counts
    [("滦县教育局", "130223", 2018), ("滦州市教育局", "130284", 2019)],
    [("崇川区教育局", "320602", 2020), ("崇川区教育局", "320613", 2021)],
    [("港闸区教育局", "320611", 2020), ("崇川区教育局", "320613", 2021)],
    [("巢湖市教育局", "341400", 2010), ("合肥市教育局", "340100", 2011)],
]


@pytest.mark.parametrize("pair", REORGANISED)
def test_no_hard_finding_at_a_reorganised_body(pair):
    (old, code, year), (new, later, after) = pair
    facts = frame(
        report(old, year, code, carried_out=9), report(new, after, later, carried_in=2)
    )
    assert not forensics.trace_chains(facts).severity.eq("hard").any()


def test_bodies_that_became_one_are_added_up():
    two = [
        report("崇川区教育局", 2020, "320602", carried_out=3),
        report("港闸区教育局", 2020, "320611", carried_out=4),
    ]
    fits = frame(*two, report("崇川区教育局", 2021, "320613", carried_in=7))
    assert forensics.trace_chains(fits).empty
    alone = frame(*two, report("崇川区教育局", 2021, "320613", carried_in=3))
    assert forensics.trace_chains(alone).empty  # whether 4 were lost is not known
    neither = frame(*two, report("崇川区教育局", 2021, "320613", carried_in=5))
    assert forensics.trace_chains(neither).severity.tolist() == ["soft"]


def test_a_blank_of_a_body_that_was_merged_is_no_zero():
    two = [
        report("崇川区教育局", 2020, "320602", carried_out=3),
        report("港闸区教育局", 2020, "320611", carried_out=None, carried_in=1),
    ]
    facts = frame(*two, report("崇川区教育局", 2021, "320613", carried_in=7))
    assert forensics.trace_chains(facts).empty


def test_findings_show_every_digit_of_a_figure():
    facts = frame(
        report("甲局", 2021, carried_out=1234567),
        report("甲局", 2022, carried_in=1234568),
    )
    assert forensics.trace_chains(facts).figures.item() == "E.total 1234567 → 1234568"


def test_synthetic_chains_give_no_alarm_and_every_planted_break_is_found():
    rng = np.random.default_rng(7)
    reports, broken = [], 0
    for body in range(60):
        carried = int(rng.integers(0, 50))
        for year in range(2019, 2026):
            out = int(rng.integers(0, 50))
            wrong = year > 2019 and rng.random() < 0.05
            broken += wrong
            given = carried + int(wrong)
            reports.append(
                report(f"某{body}局", year, carried_in=given, carried_out=out)
            )
            carried = out
    found = forensics.trace_chains(frame(*reports))
    assert len(found) == broken > 5
    assert found.severity.eq("hard").all()


def test_bodies_through_renames():
    assert find_body("襄樊市教育局", "420600") == find_body("襄阳市教育局", "420600")
    assert find_body("滦县教育局", "130223") == find_body("滦州市教育局", "130284")
    assert find_body("甲区民政局", "320613") != find_body("甲区教育局", "320613")
    assert find_body(None, "320613") is None


# Repeats

YEARS = {"items": 1734, "visits": 20419, "asked": 57, "granted": 41, "calls": 862}


def test_the_same_figures_three_years_running():
    three = [
        report("甲市统计局", y, form="pre2014", **YEARS) for y in (2008, 2009, 2010)
    ]
    other = report("甲市统计局", 2011, form="pre2014", **YEARS | {"visits": 22180})
    found = forensics.find_repeats(frame(*three, other))
    assert found.kind.tolist() == ["repeated", "repeated"]
    assert found.severity.tolist() == ["hard", "soft"]
    assert found.years.tolist() == ["2008; 2009; 2010", "2010; 2011"]
    assert found.value.max() < 1e-9


def test_small_empty_and_standing_figures_are_no_repeats():
    small = [
        report("甲局", y, **{"requests.new": 3, "outcomes.granted": 3})
        for y in (2021, 2022)
    ]
    empty = [report("乙局", y, **{"requests.new": 0}) for y in (2021, 2022)]
    staff = {"capacity.staff": 4120, "capacity.budget": 88123, "capacity.units": 731}
    standing = [report("丙局", y, form="2014", **staff) for y in (2016, 2017)]
    assert forensics.find_repeats(frame(*small, *empty, *standing)).empty


def test_the_figures_of_another_body():
    facts = frame(
        report("甲局", 2021, form="2014", **YEARS),
        report("乙局", 2022, form="2014", **YEARS),
    )
    (row,) = forensics.find_repeats(facts).itertuples()
    assert (row.kind, row.severity, row.agency) == ("shared", "soft", "甲局; 乙局")


def test_figures_of_chance_never_repeat():
    rng = np.random.default_rng(11)
    reports = [
        report(
            f"某{b}局", y, form="2014", **{f"c{i}": int(v) for i, v in enumerate(row)}
        )
        for b in range(150)
        for y, row in enumerate(rng.lognormal(1, 2, (6, 8)).astype(int), start=2014)
    ]
    found = forensics.find_repeats(frame(*reports))
    assert found.empty and found.attrs["comparisons"] == 150 * 5 + 900 * 899 // 2


# Text

COMMON = (
    "根据中华人民共和国政府信息公开条例的规定编制本年度报告并向社会公布欢迎查阅监督"
)


def write(rng, size):
    return "，" + "".join(chr(c) for c in rng.integers(0x4E00, 0x9FA0, size))


def make_texts(texts):
    """Frames of sections and reports from {(agency, year): text}."""
    keys = list(texts)
    heads = [(f"{a}{y}", a, "330302", y) for a, y in keys]
    reports = pd.DataFrame(
        heads, columns=["report_id", "agency", "region_code", "year"]
    )
    sections = pd.DataFrame({"report_id": reports.report_id, "text": texts.values()})
    return sections, reports


def test_copied_text_is_found_and_boilerplate_alone_is_not():
    rng = np.random.default_rng(3)
    common = COMMON * 2 + write(rng, 1500)
    texts = {
        (f"某{n}局", y): common + write(rng, 900)
        for n in range(12)
        for y in (2021, 2022)
    }
    own = write(rng, 900)
    texts["某0局", 2021] = common + own
    texts["某0局", 2022] = common + own[:800] + "本年度收到申请12件" + write(rng, 100)
    texts["某3局", 2022] = texts["某5局", 2021][:-200] + write(rng, 200)
    reuse = forensics.measure_reuse(*make_texts(texts))
    assert reuse.common.between(0.4, 0.9).all()
    found = forensics.find_copied(reuse)
    assert set(zip(found.kind, found.report_ids, strict=True)) == {
        ("reused", "某0局2022; 某0局2021"),
        ("copied", "某3局2022; 某5局2021"),
        ("copied", "某5局2021; 某3局2022"),  # which of the two copied is not known
    }
    (reused,) = found[found.kind == "reused"].value
    assert 0.8 < reused < 0.95


def test_new_figures_do_not_hide_an_old_text():
    rng = np.random.default_rng(5)
    parts = [write(rng, 40) for _ in range(30)]
    texts = {(f"某{n}局", 2022): write(rng, 900) for n in range(9)}
    for year in (2021, 2022):
        texts["甲局", year] = "".join(f"{part}{year % 7 + 3}件，" for part in parts)
    found = forensics.find_copied(forensics.measure_reuse(*make_texts(texts)))
    assert found.value.tolist() == [1.0]


def test_a_report_of_an_unknown_year_is_no_earlier_one():
    text = write(np.random.default_rng(5), 900)
    sections, reports = make_texts({("甲局", 2022): text, ("甲局", None): text})
    assert forensics.measure_reuse(sections, reports).own_id.isna().all()


def test_a_flattened_table_is_no_text():
    rows = "\n".join(one["label_zh"] + "\t件\t0" for one in gi.entries("2014"))
    texts = {(f"某{n}局", 2016): rows for n in range(9)}
    assert forensics.measure_reuse(*make_texts(texts)).characters.max() < 200


def test_two_bodies_are_no_baseline():
    text = write(np.random.default_rng(9), 2000)
    reuse = forensics.measure_reuse(
        *make_texts({("甲局", 2021): text, ("乙局", 2021): text})
    )
    assert reuse.other.tolist() == [1.0, 1.0]
    assert forensics.find_copied(reuse).empty


def test_short_texts_and_no_texts_say_why():
    reuse = forensics.measure_reuse(
        *make_texts({("甲局", 2021): "无", ("乙局", 2021): ""})
    )
    assert reuse.reason.tolist() == ["too little text of its own"] * 2
    empty = make_texts({})
    assert forensics.find_copied(forensics.measure_reuse(*empty)).empty


# Delays

COUNTY, CITY = ("county", "330324"), ("prefecture", "330300")
DELAYS = [
    # agency, level, code, year, published; due, days, verdict, confidence
    ("甲县教育局", *COUNTY, 2018, "2019-03-31", "2019-03-31", 0, "on_time", "page"),
    ("甲县教育局", *COUNTY, 2018, "2019-04-01", "2019-03-31", 1, "late", "page"),
    ("甲县教育局", *COUNTY, 2019, "2020-02-01", "2020-01-31", 1, "late", "page"),
    ("甲县人民政府", *COUNTY, 2019, "2020-02-01", "2020-03-31", -59, "on_time", "page"),
    ("市政府办公室", *CITY, 2020, "2021-04-02", "2021-03-31", 2, "late", "page"),
    ("某部", "national", None, 2020, "2021-02-03", "2021-01-31", 3, "late", "page"),
    ("甲镇人民政府", *COUNTY, 2022, "2023-05-01", None, None, "unknown", "page"),
    ("甲县教育局", *COUNTY, 2020, None, "2021-01-31", None, "unknown", "none"),
    (
        "甲县水务局",
        *COUNTY,
        2020,
        "2024-05-05",
        "2021-01-31",
        1190,
        "unknown",
        "doubtful",
    ),
    (
        "甲县水务局",
        *COUNTY,
        2020,
        "2020-06-01",
        "2021-01-31",
        -244,
        "unknown",
        "doubtful",
    ),
    ("甲县教育局", *COUNTY, 2007, "2008-06-01", None, None, "unknown", "page"),
    (None, None, None, None, "2008-06-01", None, None, "unknown", "none"),
    ("甲县教育局", *COUNTY, 9999, "2021-02-01", None, None, "unknown", "doubtful"),
]


def to_reports(rows):
    names = ["agency", "level", "region_code", "year", "published"]
    found = pd.DataFrame([row[:5] for row in rows], columns=names)
    return found.assign(report_id=[f"r{n}" for n in range(len(rows))])


@pytest.mark.parametrize("case", DELAYS)
def test_the_day_a_report_was_due(case):
    (row,) = forensics.measure_delays(to_reports([case])).itertuples()
    days = None if pd.isna(row.days) else row.days
    assert (row.due, days, row.verdict, row.confidence) == case[5:]


def test_late_reports_are_soft_and_counted_against_those_known():
    found = forensics.find_late(to_reports(DELAYS))
    assert found.severity.eq("soft").all()
    assert sorted(found.value) == [1, 1, 2, 3]
    assert found.n.tolist() == [6] * 4


def test_a_local_day_is_kept_apart_from_that_of_the_law():
    case = ("怀化市教育局", "prefecture", "431200", 2021, "2022-01-30")
    (row,) = forensics.measure_delays(to_reports([case])).itertuples()
    assert (row.verdict, row.days) == ("on_time", -1)
    assert (row.local_due, row.local_days) == ("2022-01-28", 2)


BAD = [
    {"bodies": ["council"], "years": [2019], "due": "01-31", "source": ""},
    {"bodies": ["town"], "years": [2019, 2018], "due": "01-31", "source": ""},
    {"bodies": ["town"], "years": [], "due": "01-31", "source": ""},
    {"bodies": ["town"], "years": [2019], "due": "31-01", "source": ""},
    {"bodies": ["town"], "years": [2019], "due": "01-31"},
]


@pytest.mark.parametrize("entry", BAD)
def test_a_deadline_that_says_too_little_is_refused(entry):
    with pytest.raises(gi.CodebookError, match=r"deadlines\.toml"):
        verify_entry(entry, {"town"})


def test_kinds_of_body():
    assert find_kind("雾岭镇人民政府", "town") == "town"
    assert find_kind("澄岚市", "prefecture") == "government"
    assert find_kind("望澜市人民政府办公室", "prefecture") == "office"
    assert find_kind("甲县水务局", "county") == "department"


# Presence


def test_the_register_tells_why_a_report_is_not_there():
    seen = [
        ("滦县教育局", "130223", 2017),
        ("滦州市教育局", "130284", 2019),
        ("港闸区教育局", "320611", 2018),
    ]
    reports = pd.DataFrame(seen, columns=["agency", "region_code", "year"])
    reports["report_id"] = ["a", "b", "c"]
    found = forensics.register_reports(reports, years=range(2007, 2022))
    state = found.set_index(["agency", "year"])
    assert state.loc[("滦州市教育局", 2017), "report_id"] == "a"  # by its old name
    assert state.loc[("滦州市教育局", 2018), "status"] == "missing"
    assert state.loc[("滦州市教育局", 2007), "reason"] == "before_regulation"
    gone = state.loc[("港闸区教育局", 2021)]
    assert (gone.status, gone.reason, gone.successors) == (
        "not_expected",
        "merged",
        "320613",
    )
    missing = forensics.find_missing(reports, years=range(2017, 2020))
    assert missing.value.tolist() == [1, 2]
    assert missing.severity.eq("soft").all()


def test_without_a_list_of_bodies_only_gaps_are_known():
    seen = [("甲局", "330302", year) for year in (2019, 2022)]
    seen += [("乙局", "330302", 2016)]
    reports = pd.DataFrame(seen, columns=["agency", "region_code", "year"])
    found = forensics.find_missing(reports.assign(report_id=["a", "b", "c"]))
    assert found.agency.tolist() == ["甲局"]
    assert (found.years[0], found.value[0], found.n[0]) == ("2020; 2021", 2, 4)


def test_a_body_given_with_its_years_and_a_report_of_zeros():
    bodies = pd.DataFrame(
        {
            "agency": ["甲局", "乙局"],
            "region_code": ["330302"] * 2,
            "start": [2019, None],
        }
    )
    zeros = pd.DataFrame(report("乙局", 2018, **{"requests.new": 0}))
    found = forensics.register_reports(zeros, bodies, [2018, 2019])
    assert found.status.tolist() == ["not_expected", "missing", "present", "missing"]
    assert found.reason.tolist()[0] == "not_established"


# Digits


def make_figures(rng, bodies, n, rounded=0.0):
    rows = []
    for body in range(bodies):
        values = np.unique(rng.lognormal(7, 1.2, n * 2).astype(int))
        values = rng.permutation(values[values >= 100])[:n]
        at = rng.random(len(values)) < rounded
        values[at] = values[at] // 10 * 10
        cells = {f"c{i}": int(v) for i, v in enumerate(values)}
        rows.append(report(f"某{body}局", 2016, form="2014", **cells))
    return frame(*rows)


def test_clean_figures_are_seldom_accused_and_rounded_ones_found():
    rng = np.random.default_rng(1)
    clean = forensics.measure_digits(make_figures(rng, 150, 80))
    assert (clean.p_round <= 0.05).mean() <= 0.06  # exact test: at most 5 %
    assert (clean.p_digits <= 0.05).mean() <= 0.09
    assert len(forensics.find_odd_digits(clean)) <= 1
    mixed = make_figures(rng, 5, 120, rounded=0.4)
    found = forensics.find_odd_digits(forensics.measure_digits(mixed))
    assert found.kind.tolist() == ["rounded"] * 5
    assert found.severity.eq("soft").all() and found.n.eq(5).all()


@pytest.mark.long
def test_false_alarms_of_both_tests_are_at_most_one_in_twenty():
    rng = np.random.default_rng(2)
    found = np.array([judge_ends(rng.integers(0, 10, 60)) for _ in range(4000)])
    assert (found <= ALARM).mean(axis=0).max() <= 0.055


def test_too_few_figures_are_not_tested_and_the_number_needed_is_given():
    (row,) = forensics.measure_digits(
        make_figures(np.random.default_rng(4), 1, 30)
    ).itertuples()
    assert pd.isna(row.p_round) and pd.isna(row.p_digits)
    assert row.reason == "30 figures, 50 are needed"
    assert row.needed == find_needed(0.2) == 52


# Frames


def test_frames_that_lack_columns_are_refused_and_empty_ones_are_not():
    for find in (
        forensics.trace_chains,
        forensics.find_repeats,
        forensics.measure_digits,
    ):
        with pytest.raises(DataError, match="facts lack"):
            find(pd.DataFrame({"agency": []}))
        assert find(gi.tabulate([])).empty
    for find in (forensics.find_late, forensics.find_missing):
        assert find(gi.list_reports([])).empty


def test_years_may_come_as_an_array_or_be_none_at_all():
    reports = pd.DataFrame(
        {"report_id": ["a"], "agency": ["甲局"], "region_code": [None], "year": [2020]}
    )
    found = forensics.register_reports(reports, years=np.array([2020, 2021]))
    assert found["status"].tolist() == ["present", "missing"]
    assert forensics.register_reports(reports, years=[]).empty

"""Only what is proved is filled in, the wrong cell is named, nothing else moves."""

import csv
import random
from pathlib import Path
from time import process_time

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import gi_tools as gi
from gi_tools.codebook import CUMULATIVE as TOTAL
from gi_tools.codebook import RULE_KINDS, forms, indicators
from gi_tools.equations import build_system
from gi_tools.facts import COLUMNS, Fact, to_facts, to_frame
from gi_tools.moves import MOVES
from gi_tools.proposals import REMEDIES
from gi_tools.repairs import repair_facts, to_lines

ROOT = Path(__file__).parents[1]
SAMPLES = ROOT / "data" / "samples"
CASES = Path(__file__).parent / "cases" / "repairs"
REAL = ROOT.parent / "shared" / "real"


def read_cases(name):
    with (CASES / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def read_sample(path):
    return list(to_facts(gi.parse(gi.read(path))))


def make_fact(form, key, value, state="reported", raw="", year=2017, name="r-000000"):
    indicator, _, applicant = key.partition("/")
    unit = indicators()[form, indicator].unit
    cell = (indicator, applicant or None, value, unit, state, raw, "table", "")
    return Fact(name, "body", None, year, forms()[form].version, *cell)


def make_facts(form, given):
    for item in given.split():
        key, _, value = item.partition("=")
        if value.isdecimal():
            yield make_fact(form, key, int(value), raw=value)
        else:
            yield make_fact(form, key, None, value)


def name(row):
    return row.indicator + (f"/{row.applicant}" if row.applicant else "")


def list_changes(repaired):
    """The proposals as (rank, {cell: value}), the best first."""
    found = {}
    for row in repaired.suspect_rows:
        key = row.group, row.rank, row.rule
        found.setdefault(key, {})[row.indicator, row.applicant] = row.proposal
    return [found[key] for key in sorted(found, key=lambda key: key[1])]


# Blanks


@pytest.mark.parametrize(
    "case", read_cases("proofs.csv"), ids=lambda c: c["given"][:60]
)
def test_proofs(case):
    found = repair_facts(make_facts(case["form"], case["given"]))
    derived = {f"{name(r)}={r.new}:{r.rule.replace(' ', '+')}" for r in found.log_rows}
    assert derived == set(case["derived"].split())
    shown = set()
    for row in found.bound_rows:
        low, high = ("" if v is None else f"{v:g}" for v in (row.low, row.high))
        shown.add(f"{name(row)}={low}..{high}" if low else f"{name(row)}=conflict")
    expected = set(case["open"].split())
    assert {one for one in shown if not one.endswith("=0..")} == {
        one for one in expected if not one.endswith("=0..")
    }
    assert {one for one in expected if one.endswith("=0..")} <= shown


def test_every_kind_of_rule_has_a_case():
    assert set(RULE_KINDS) <= {case["kind"] for case in read_cases("proofs.csv")}


def test_wanglan_2019_proves_all_blanks_of_table_3_and_none_of_the_open_lawsuits():
    facts = read_sample(SAMPLES / "wanglan_office_2019.html")
    blank = [f for f in facts if f.state == "blank" and f.applicant]
    found = repair_facts(facts)
    assert len(blank) == 110
    assert sum(r.applicant is not None for r in found.log_rows) == 110
    disputes = ("review", "litigation")
    derived = [r.indicator for r in found.log_rows if r.indicator.startswith(disputes)]
    assert derived == [
        "review.other",
        "litigation.direct.corrected",
        "litigation.direct.other",
    ]
    left = [r for r in found.bound_rows if r.indicator.startswith(disputes)]
    assert len(left) == 5
    assert all(row.indicator.startswith("litigation.after_review.") for row in left)
    assert all(row.low == 0 and row.high is None for row in left)


def test_wenzhou_2017_proves_one_blank_and_bounds_the_other():
    facts = gi.tabulate(gi.parse(gi.read(SAMPLES / "wenzhou_sti_2017.txt")))
    found = gi.repair(facts, gi.check(facts))
    assert found.log[["indicator", "new", "rule"]].to_numpy().tolist() == [
        ["capacity.staff_full_time", 0, "2014.E7"]
    ]
    (row,) = found.bound_rows
    assert (row.indicator, row.low, row.high) == ("disclosure.gazette", 0, 947)
    assert (row.rule, row.is_exact) == ("2014.I2", True)


def test_wenzhou_2017_proposes_the_totals_before_the_parts():
    found = repair_facts(read_sample(SAMPLES / "wenzhou_sti_2017.txt"))
    told = [(r.indicator, r.value, r.proposal, r.rank) for r in found.suspect_rows]
    assert told == [
        ("requests.completed", 0, 2, 1),
        ("replies.total", 0, 2, 1),
        ("requests.on_time", 2, 0, 2),
        ("replies.granted", 2, 0, 2),
    ]
    assert {r.status for r in found.suspect_rows} == {"ambiguous"}
    assert {r.rule for r in found.conflict_rows} == {"2014.E2", "2014.E3"}


@pytest.mark.skipif(not REAL.exists(), reason="the real reports are not here")
def test_the_real_specimens():
    found = repair_facts(read_sample(REAL / "A01.html"))
    assert sum(r.applicant is not None for r in found.log_rows) == 126
    assert sum(r.applicant is None for r in found.log_rows) == 4
    assert len(found.bound_rows) == 5


def hide_a_circle(factor=1):
    """Four open cells that stand in a circle of rules."""
    facts = [f for f in read_sample(SAMPLES / "chenglan_city_2022.html") if f.applicant]
    hidden = {
        (row, who): f"{row}"
        for row in ("outcomes.granted", "outcomes.partial")
        for who in ("company", "research")
    }
    return [
        f._replace(value=None, state="blank")
        if (f.indicator, f.applicant) in hidden
        else f._replace(value=f.value and f.value * factor)
        for f in facts
    ]


def test_a_circle_of_figures_past_a_billion_is_no_conflict():
    found = repair_facts(hide_a_circle(10**8))
    assert not found.conflict_rows
    assert len(found.bound_rows) == 4
    assert not any(row.is_exact for row in found.bound_rows)


def test_a_circle_of_open_cells_is_bounded_exactly():
    """Neither rule alone bounds these four cells; both together do."""
    found = {
        (r.indicator, r.applicant): (r.low, r.high)
        for r in repair_facts(hide_a_circle()).bound_rows
    }
    # 227 + 7, 57 + 1 across; 227 + 57, 7 + 1 down
    assert found == {
        ("outcomes.granted", "company"): (226, 234),
        ("outcomes.granted", "research"): (0, 8),
        ("outcomes.partial", "company"): (50, 58),
        ("outcomes.partial", "research"): (0, 8),
    }


# Wrong figures


@pytest.fixture(scope="module")
def city():
    return read_sample(SAMPLES / "chenglan_city_2022.html")


def list_cells(facts):
    return {
        (f.indicator, f.applicant): n
        for n, f in enumerate(facts)
        if f.origin == "table" and f.applicant
    }


def spoil(facts, changes):
    """Change cells of a report: {(indicator, applicant): value}."""
    cells, new = list_cells(facts), list(facts)
    for key, value in changes.items():
        new[cells[key]] = new[cells[key]]._replace(value=value, raw=str(value))
    return new


def test_any_one_wrong_cell_is_named(city):
    chance = random.Random(4)
    for key, place in list_cells(city).items():
        old = city[place].value
        for amount in (1, -1, 10, chance.randrange(2, 99_999)):
            if old + amount >= 0:
                found = repair_facts(spoil(city, {key: old + amount}))
                (row,) = found.suspect_rows
                assert (row.indicator, row.applicant) == key
                assert (row.status, row.proposal) == ("unique", old)


def draw(facts, size, chance, pool=None):
    cells = list_cells(facts)
    for key in chance.sample(pool or list(cells), size):
        old = facts[cells[key]].value
        new = chance.choice(
            [old + 1, old + 10, max(old - 1, 0), chance.randrange(15_000)]
        )
        yield key, old, new if new != old else old + 3


@pytest.mark.parametrize("where", ["anywhere", "row", "column"])
def test_of_two_wrong_cells_the_pair_is_among_the_first_three(city, where):
    chance, hits, cells = random.Random(where), 0, list(list_cells(city))
    for _ in range(60):
        one = chance.choice(cells)
        pools = {
            "anywhere": cells,
            "row": [key for key in cells if key[0] == one[0]],
            "column": [key for key in cells if key[1] == one[1]],
        }
        drawn = list(draw(city, 2, chance, pools[where]))
        found = repair_facts(spoil(city, {key: new for key, _, new in drawn}))
        hits += {key: old for key, old, _ in drawn} in list_changes(found)[:3]
    assert hits >= 54


@pytest.mark.parametrize("case", read_cases("slips.csv"), ids=lambda c: c["remedy"])
def test_a_slip_is_called_by_its_name(city, case):
    key = case["indicator"], case["applicant"]
    (row,) = repair_facts(spoil(city, {key: int(case["printed"])})).suspect_rows
    assert row.remedy == case["remedy"]
    assert row.proposal == city[list_cells(city)[key]].value


def move(facts, how, one, other):
    """The changes that a move of the table makes."""
    cells = list_cells(facts)
    rows, columns = (list(dict.fromkeys(key[n] for key in cells)) for n in (0, 1))
    value = {key: facts[place].value for key, place in cells.items()}
    if how == "rows":
        pairs = [
            ((a, c), (b, c)) for a, b in ((one, other), (other, one)) for c in columns
        ]
    elif how == "columns":
        pairs = [
            ((r, a), (r, b)) for a, b in ((one, other), (other, one)) for r in rows
        ]
    elif how == "copy":
        pairs = [((r, one), (r, other)) for r in rows]
    elif how == "cells":
        a, b = (tuple(side.split("/")) for side in (one, other))
        pairs = [(a, b), (b, a)]
    else:
        line = [(one, c) for c in columns] if how == "row" else [(r, one) for r in rows]
        step = int(other)
        pairs = [
            (to, line[n + step])
            for n, to in enumerate(line)
            if 0 <= n + step < len(line)
        ]
        lost = line[-1 if step > 0 else 0]
        value[None], pairs = 0, [*pairs, (lost, None)]
    return {to: value[source] for to, source in pairs if value[to] != value[source]}


@pytest.mark.parametrize(
    "case", read_cases("moves.csv"), ids=lambda c: "-".join(c.values())
)
def test_a_slip_of_a_whole_row_or_column_is_one_proposal(city, case):
    changes = move(city, case["how"], case["one"], case["other"])
    found = repair_facts(spoil(city, changes))
    assert found.suspect_rows[0].remedy == case["remedy"]
    cells = list_cells(city)
    assert list_changes(found)[0] == {key: city[cells[key]].value for key in changes}


def test_every_remedy_is_tested_or_told_by_other_means():
    tested = {c["remedy"] for f in ("slips.csv", "moves.csv") for c in read_cases(f)}
    elsewhere = {"split_digits", "unit_slip", "rotated_columns"}  # below
    assert tested | elsewhere == set(REMEDIES)
    assert set(MOVES) <= set(REMEDIES)


def test_digits_that_spaces_part_are_put_together_where_the_rules_prove_it():
    facts = [
        make_fact("2014", "capacity.staff", None, "unreadable", "1 2 3"),
        make_fact("2014", "capacity.staff_full_time", 100),
        make_fact("2014", "capacity.staff_part_time", 23),
        make_fact("2014", "complaints.total", None, "unreadable", "4 5"),
        make_fact("2014", "training.sessions", None, "unreadable", "see annex"),
    ]
    found = repair_facts(facts)
    assert [(r.new, r.remedy, r.rule) for r in found.log_rows] == [
        (123, "split_digits", "2014.E7")
    ]
    assert [(r.proposal, r.status) for r in found.suspect_rows] == [
        (123, "unique"),
        (45, "ambiguous"),
    ]
    facts[0] = facts[0]._replace(raw="1 2 4")
    found = repair_facts(facts)
    assert not found.log_rows
    assert (found.suspect_rows[0].proposal, found.suspect_rows[0].remedy) == (
        123,
        "recomputed",
    )


def test_all_rows_one_column_to_the_side_is_one_proposal(city):
    cells = list_cells(city)
    columns = list(dict.fromkeys(key[1] for key in cells))
    turned = dict(zip(columns, [columns[-1], *columns[:-1]], strict=True))
    changes = {
        key: city[cells[key[0], turned[key[1]]]].value
        for key in cells
        if city[cells[key[0], turned[key[1]]]].value != city[cells[key]].value
    }
    found = repair_facts(spoil(city, changes))
    truth = {key: city[cells[key]].value for key in changes}
    assert truth in list_changes(found)
    assert {"rotated_columns"} <= {row.remedy for row in found.suspect_rows}


def test_a_period_and_its_running_total_exchanged_are_one_proposal():
    zeros = " ".join(
        f"shanghai.{n}{c}=0" for n in (15, 16, 17, 18) for c in ("", TOTAL)
    )
    given = f"shanghai.12=9 shanghai.12{TOTAL}=20 shanghai.14=4 shanghai.14{TOTAL}=5 "
    wrong = f"shanghai.13=15 shanghai.13{TOTAL}=5 "
    found = repair_facts(make_facts("shanghai", given + wrong + zeros))
    assert found.suspect_rows[0].remedy == "swapped_cells"
    assert list_changes(found)[0] == {
        ("shanghai.13", None): 5,
        ("shanghai.13" + TOTAL, None): 15,
    }


def test_a_running_total_below_its_period_is_blamed_first():
    given = "shanghai.49{0}=13 shanghai.50{0}=6 shanghai.51{0}=2 shanghai.51=4"
    found = repair_facts(make_facts("shanghai", given.format(TOTAL)))
    first = found.suspect_rows[0]
    assert (first.indicator, first.proposal) == ("shanghai.51" + TOTAL, 7)


def test_money_of_another_unit_is_told_by_a_sum_and_by_last_year():
    given = "shanghai.37=250000 shanghai.38=20 shanghai.43=5"
    found = repair_facts(make_facts("shanghai", given))
    assert ("shanghai.37", 25) in {
        (r.indicator, r.proposal) for r in found.suspect_rows
    }
    last = make_fact("2014", "capacity.budget", 12.5, year=2016, name="a-000000")
    this = make_fact("2014", "capacity.budget", 118000, year=2017, name="b-000000")
    (row,) = repair_facts([last, this]).suspect_rows
    assert (row.report_id, row.proposal, row.remedy) == ("b-000000", 11.8, "unit_slip")
    assert (row.status, row.settles) == ("ambiguous", 0)


def test_a_figure_in_prose_decides_between_equal_changes():
    given = "requests.received=9 requests.in_person=4 requests.fax=0 requests.online=3"
    facts = list(make_facts("2014", given + " requests.mail=0"))
    prose = facts[0]._replace(value=7, origin="prose")
    first = repair_facts([*facts, prose]).suspect_rows[0]
    assert (first.indicator, first.proposal) == ("requests.received", 7)
    prose = facts[1]._replace(value=6, origin="prose")
    first = repair_facts([*facts, prose]).suspect_rows[0]
    assert (first.indicator, first.proposal) == ("requests.in_person", 6)


def test_last_years_figure_decides_between_equal_changes(city):
    last = [f._replace(year=2021, report_id="last-000000") for f in city]
    wrong = spoil(
        city, {("requests.carried_in", "ngo"): 9, ("requests.new", "ngo"): 52}
    )
    out = {"natural_person": 402, "company": 31, "research": 0, "ngo": 2,
           "legal_services": 19, "other": 3, "total": 457}  # fmt: skip
    last = spoil(last, {("requests.carried_out", who): n for who, n in out.items()})
    found = [
        r
        for r in repair_facts([*last, *wrong]).suspect_rows
        if r.report_id != "last-000000"
    ]
    best = {(r.indicator, r.proposal) for r in found if r.rank == 1}
    assert best == {("requests.carried_in", 2), ("requests.new", 59)}


CLOSED = "requests.completed=3 requests.on_time=5 requests.extended=0"


def test_what_a_person_corrected_is_blamed_last():
    facts = list(
        make_facts(
            "2014", "requests.completed=3 requests.on_time=5 requests.extended=0"
        )
    )
    first = repair_facts(facts).suspect_rows[0]
    facts = [
        f._replace(state="corrected") if f.indicator == first.indicator else f
        for f in facts
    ]
    assert repair_facts(facts).suspect_rows[0].indicator != first.indicator


def test_a_cell_hardly_legible_is_blamed_first(city):
    facts = list(
        make_facts(
            "2014", "requests.completed=3 requests.on_time=5 requests.extended=0"
        )
    )
    for place in (0, 1):
        frame = to_frame(facts).assign(
            confidence=[0.2 if n == place else 1 for n in range(3)]
        )
        assert gi.repair(frame).suspect_rows[0].indicator == facts[place].indicator


def test_many_wrong_cells_are_told_honestly(city):
    chance = random.Random(11)
    seven = {key: new for key, _, new in draw(city, 8, chance)}
    found = repair_facts(spoil(city, seven))
    assert {row.status for row in found.suspect_rows} <= {"ambiguous"}
    assert not any(row.is_complete for row in found.suspect_rows)
    thirty = {key: new for key, _, new in draw(city, 40, chance)}
    found = repair_facts(spoil(city, thirty))
    assert not found.suspect_rows
    assert "no small change explains it" in found.conflict_rows[0].message_en


# Last year


def test_exchanged_rows_that_pass_every_rule_are_a_question(city):
    last = [f._replace(year=2021, report_id="last-000000") for f in city]
    changes = move(city, "rows", "outcomes.granted", "outcomes.unavailable.not_held")
    this = spoil(city, changes)
    assert not repair_facts(this).suspect_rows  # no rule sees it
    rows = repair_facts([*last, *this]).suspect_rows
    assert {r.remedy for r in rows} == {"swapped_rows"}
    assert {(r.indicator, r.applicant): r.proposal for r in rows} == {
        key: city[list_cells(city)[key]].value for key in changes
    }
    assert {(r.status, r.settles) for r in rows} == {("ambiguous", 0)}
    third = [f._replace(year=2023, report_id="next-000000") for f in city]
    after = repair_facts([*last, *this, *third]).suspect_rows
    assert {r.report_id for r in after} == {this[0].report_id}


def test_a_year_that_differs_by_chance_is_no_question(city):
    chance = random.Random(5)
    last = [
        f._replace(
            year=2021, report_id="last-000000",
            value=max(0, round(chance.gauss(f.value, f.value**0.5))),
        )
        for f in city
        if f.origin == "table"
    ]  # fmt: skip
    assert not [
        r
        for r in repair_facts([*last, *city]).suspect_rows
        if r.report_id != "last-000000"
    ]


# Promises

KEYS = [key for key in build_system("2021").cells if key[1]][:42]
CELL = st.one_of(
    st.integers(0, 30),
    st.sampled_from(["blank", "dash", "none_text", "unreadable", "absent"]),
)


@settings(max_examples=25, deadline=None)
@given(st.lists(CELL, min_size=len(KEYS), max_size=len(KEYS)))
def test_no_reported_figure_is_ever_changed(cells):
    facts = [
        make_fact("2021", "/".join(key), value, raw=str(value))
        if isinstance(value, int)
        else make_fact("2021", "/".join(key), None, value, "1 2")
        for key, value in zip(KEYS, cells, strict=True)
    ]
    rows = repair_facts(facts).rows
    for before, after in zip(facts, rows, strict=True):
        if before.value is not None or before.state == "absent":
            assert after == before
        else:
            assert after[:7] == before[:7] and after[10:] == before[10:]
            assert (after.state, after.value is None) in [
                (before.state, True),
                ("derived", False),
            ]


@settings(max_examples=25, deadline=None)
@given(st.data())
def test_what_is_derived_is_what_was_hidden(data):
    """From a true table, whatever is hidden: a derived value is the true one."""
    table = read_sample(SAMPLES / "yanxi_market_2019.txt")
    hide = data.draw(st.lists(st.booleans(), min_size=len(table), max_size=len(table)))
    facts = [
        f._replace(value=None, state="blank", raw="")
        if h and f.origin == "table"
        else f
        for f, h in zip(table, hide, strict=True)
    ]
    found = repair_facts(facts)
    assert not found.conflict_rows and not found.suspect_rows
    for true, row in zip(table, found.rows, strict=True):
        if row.state == "derived":
            assert row.value == true.value
    true = {(f.indicator, f.applicant): f.value for f in table if f.origin == "table"}
    for row in found.bound_rows:
        value = true[row.indicator, row.applicant]
        assert row.low is None or row.low <= value
        assert row.high is None or value <= row.high


def test_frame_and_plain_facts_give_the_same():
    facts = read_sample(SAMPLES / "wenzhou_sti_2017.txt")
    plain, framed = repair_facts(facts), gi.repair(to_frame(facts).assign(note="kept"))
    assert plain.suspects.equals(framed.suspects)
    assert plain.log.equals(framed.log)
    assert plain.facts.equals(framed.facts[COLUMNS])
    assert set(framed.facts.note) == {"kept"}
    assert to_frame(plain.rows).equals(plain.facts) and framed.rows == plain.rows


def test_findings_of_other_facts_are_refused():
    facts = gi.tabulate(gi.parse(gi.read(SAMPLES / "wenzhou_sti_2017.txt")))
    other = facts.assign(
        value=facts.value.mask(facts.indicator == "requests.on_time", 0)
    )
    with pytest.raises(gi.DataError, match="findings are of other figures"):
        gi.repair(other, gi.check(facts))


def test_nothing_in_gives_nothing_out():
    found = gi.repair(gi.tabulate([]))
    assert found.facts.empty and found.log.empty
    assert list(found.suspects.columns)[:6] == [
        "report_id", "indicator", "applicant", "value", "proposal", "status",
    ]  # fmt: skip
    assert set(found.count().values()) == {0}


def test_a_repair_shows_itself_escaped():
    facts = list(make_facts("2014", "capacity.staff=4 capacity.staff_full_time=1 "
                            "capacity.staff_part_time=1"))  # fmt: skip
    facts = [f._replace(report_id="<b>-000000") for f in facts]
    found = repair_facts(facts)
    shown = found._repr_html_()
    assert "<b>" not in shown and "&lt;b&gt;" in shown and "no figure" in shown
    assert "proposed" in "\n".join(to_lines(found, "en"))
    assert repr(found) == "Repaired(0 derived, 3 proposed, 0 open, 1 conflicts)"
    assert pd.api.types.is_float_dtype(found.suspects.proposal.dtype)


@pytest.mark.long
@pytest.mark.parametrize(
    ("size", "first", "third"), [(1, 1.0, 1.0), (2, 0.94, 0.98), (3, 0.88, 0.95)]
)
def test_a_thousand_draws_of_wrong_cells(city, size, first, third):
    """The figures of docs/repairs.md: cells anywhere, changed by any amount."""
    chance, ranks, times = random.Random(size), [], []
    for _ in range(1000):
        drawn = list(draw(city, size, chance))
        facts = spoil(city, {key: new for key, _, new in drawn})
        start = process_time()
        found = repair_facts(facts)
        times.append(process_time() - start)
        true = {key: old for key, old, _ in drawn}
        changes = list_changes(found)
        ranks.append(changes.index(true) if true in changes else len(changes) + 99)
    assert sum(rank == 0 for rank in ranks) >= first * 1000
    assert sum(rank < 3 for rank in ranks) >= third * 1000
    assert sorted(times)[500] < 0.05
    assert max(times) < 1

"""Invented bodies, panels and reports: the same from the same seed, and form-true."""

import copy
import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import gi_tools as gi
from gi_tools import simulation
from gi_tools.checks import check_facts
from gi_tools.codebook import forms
from gi_tools.errors import DataError
from gi_tools.facts import COLUMNS, Fact
from gi_tools.regions import find_mentions
from gi_tools.simulation import corpora
from gi_tools.simulation.bodies import make_bodies
from gi_tools.simulation.defects import plant_defect
from gi_tools.simulation.drafts import to_blocks

YEARS = range(2006, 2025)
LATE = range(2012, 2023)


def measure_release(facts, bodies):
    """Released over released and refused on the merits, of some bodies from 2019."""
    own = facts[(facts.applicant == "total") & (facts.year >= 2019)]
    own = own[own.agency.isin(bodies)]
    released = own.indicator.isin(["outcomes.granted", "outcomes.partial"])
    refused = own.indicator.str.contains(".refused.", regex=False)
    refused &= ~own.indicator.str.endswith("administrative_query")
    return own.value[released].sum() / own.value[released | refused].sum()


# --- panels ---


@settings(max_examples=3, deadline=None)
@given(seed=st.integers(0, 10**6), kind=st.sampled_from(["mixed", "city", "town"]))
def test_every_rule_holds_in_every_year_of_a_panel(seed, kind):
    facts = simulation.simulate_facts(6, LATE, kind=kind, seed=seed)
    found = gi.check(facts).frame
    assert not (found.verdict == "fail").any()
    open_ = set(
        found.rule[found.verdict == "unknown"].str.split(".").str[:2].str.join(".")
    )
    assert open_ == {"2019.E", "2021.F"}  # last year's form has no such cells


def test_a_panel_has_the_cells_of_its_forms_and_the_columns_of_facts():
    facts = simulation.simulate_facts(4, YEARS, seed=1)
    assert list(facts.columns) == COLUMNS
    assert (str(facts.year.dtype), str(facts.value.dtype)) == ("Int64", "Float64")
    sizes = facts.groupby("report_id").size()
    assert len(sizes) == 4 * 19 - 2 * 2  # Dingxi's family begins in 2008
    for report, size in sizes.items():
        one = facts[facts.report_id == report]
        keys = {k for k, f in forms().items() if f.version == one.form.iloc[0]}
        assert size in {len(forms()[key].targets) for key in keys}
    blank = simulation.simulate_facts(4, YEARS, seed=1, blanks=1.0)
    assert blank.value.isna().tolist() == (facts.value == 0).tolist()
    assert set(blank.raw[blank.state == "blank"]) == {""}


def test_the_same_seed_gives_the_same_panel_and_another_seed_another():
    one, two, other = (
        simulation.simulate_facts(5, range(2014, 2022), seed=s) for s in (7, 7, 8)
    )
    assert one.equals(two)
    assert not one.value.equals(other.value)


def test_counts_have_a_heavy_tail():
    facts = simulation.simulate_facts(400, [2022], kind="mixed", seed=5)
    own = facts[(facts.indicator == "requests.new") & (facts.applicant == "total")]
    assert (own.value <= 3).mean() > 0.4
    assert own.value.max() > 1000


def test_the_effect_of_the_reform_is_the_one_asked_for():
    effect = {"release_on_merits": 0.1}
    facts = simulation.simulate_facts(
        60, [2019, 2020], effect=effect, treated=0.5, seed=2
    )
    plain = simulation.simulate_facts(60, [2019, 2020], seed=2)
    names = list(dict.fromkeys(facts.agency))
    gap = measure_release(facts, names[:30]) - measure_release(plain, names[:30])
    assert gap == pytest.approx(0.1, abs=0.02)
    assert (
        abs(measure_release(facts, names[30:]) - measure_release(plain, names[30:]))
        < 0.02
    )
    early = [
        simulation.simulate_facts(9, [2017, 2018], effect=one, seed=2)
        for one in (None, effect)
    ]
    assert early[0].equals(early[1])


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ({"years": [1999]}, "no form covers 1999; use years from 2004 on"),
        ({"kind": "ministry"}, "unknown kind of body 'ministry'; use one of mixed"),
        ({"effect": {"luck": 1}}, "no effect on 'luck' is known; use one of release"),
    ],
)
def test_what_cannot_be_drawn_is_refused(asked, message):
    with pytest.raises(DataError, match=message):
        simulation.simulate_facts(2, **asked)


def test_no_body_bears_the_name_of_a_real_place():
    bodies = make_bodies(2000)
    assert not [body for body in bodies if find_mentions(body.agency)]
    assert len({body.agency for body in bodies}) == 2000
    assert {body.code[:2] for body in bodies} == {"99"}


# --- reports in files ---


def make_reports(tmp_path, number=24, **asked):
    """Simulate into a folder; the index, and the truths by name."""
    index = simulation.simulate(number, tmp_path, **asked)
    paths = sorted(tmp_path.glob("*.truth.json"))
    return index, [json.loads(path.read_text("utf-8")) for path in paths]


def to_facts(truth):
    head = (truth["name"], truth["agency"], None, truth["report_year"], truth["form"])
    for cell in truth["cells"]:
        found = cell["indicator"], cell["applicant"], cell["value"]
        yield Fact(*head, *found, "", "reported", "", "table", "")


def find_failing(truths):
    """The rules that fail, by report, over the figures that the truths give."""
    found = check_facts([fact for truth in truths for fact in to_facts(truth)])
    failing = {truth["name"]: set() for truth in truths}
    for row in found.rows:
        if row.verdict == "fail":
            failing[row.report_id].add(row.rule)
    return failing


def test_the_same_seed_writes_the_same_bytes(tmp_path):
    asked = {"defects": 0.4, "seed": 11}
    for name in ("one", "two"):
        simulation.simulate(12, tmp_path / name, **asked)
    files = sorted(path.name for path in (tmp_path / "one").iterdir())
    assert len(files) == 2 * 12 + 1
    for name in files:
        one, two = ((tmp_path / n / name).read_bytes() for n in ("one", "two"))
        assert one == two, name
    simulation.simulate(12, tmp_path / "three", **asked | {"seed": 12})
    index = [(tmp_path / n / "index.csv").read_text() for n in ("one", "three")]
    assert index[0] != index[1]


@pytest.mark.parametrize("form", forms())
def test_clean_reports_break_no_rule(form, tmp_path):
    for seed in range(2):
        folder = tmp_path / str(seed)
        _, truths = make_reports(folder, 12, forms=[form], formats=["tabs"], seed=seed)
        assert {truth["form_key"] for truth in truths} == {form}
        assert not any(find_failing(truths).values())


def test_the_truth_says_what_the_file_says(tmp_path):
    index, truths = make_reports(tmp_path, 30, seed=5)
    assert list(index.file) == [truth["file"] for truth in truths]
    assert {truth["form"] for truth in truths} == {"pre2014", "2014", "2019", "2021"}
    assert sum(cell["value"] is None for t in truths for cell in t["cells"]) > 100
    for truth in truths:
        targets = forms()[truth["form_key"]].targets
        cells = [(cell["indicator"], cell["applicant"]) for cell in truth["cells"]]
        assert cells == [target[:2] for target in targets]
        text = gi.read(tmp_path / truth["file"]).text
        assert truth["title"] in text
        parts = [claim["context"] for claim in truth["claims"]]
        parts += [*truth["sections"], *truth["contacts"].values()]
        assert len(parts) > 8
        assert not [part for part in parts if part not in text]
        assert truth["defects"] == []


def test_carried_requests_chain_from_year_to_year(tmp_path):
    _, truths = make_reports(tmp_path, 12, years=range(2021, 2025), panel=True, seed=3)
    cells = {
        (t["agency"], t["report_year"], c["indicator"], c["applicant"]): c["value"] or 0
        for t in truths
        for c in t["cells"]
    }
    out = {k: v for k, v in cells.items() if k[2] == "requests.carried_out"}
    chains = [
        (value, cells[agency, year + 1, "requests.carried_in", who])
        for (agency, year, _, who), value in out.items()
        if year < 2024
    ]
    assert len(chains) == 3 * 3 * 7
    assert all(one == two for one, two in chains)


ALWAYS_SEEN = ("parents_zero", "copied_total")
AT_TIMES_SEEN = (  # a blank beside it can leave a rule open
    *("lost_digit", "doubled_digit", "swapped_digits", "wrong_digit"),
    *("shifted_row", "swapped_rows", "repeated_years", "only_carried_out"),
)
BEFORE_2014 = ("cumulative_as_year",)


@pytest.mark.parametrize("kind", simulation.DEFECTS)
def test_every_kind_of_defect_is_planted_and_recorded(kind, tmp_path):
    keys = ["shanghai", "dingxi"] if kind in BEFORE_2014 else ["2014", "2019", "2021"]
    _, truths = make_reports(
        tmp_path, 20, forms=keys, formats=["pipes"], kinds=[kind], defects=1, seed=2
    )
    failing = find_failing(truths)
    planted = [truth for truth in truths if truth["defects"]]
    assert planted
    for truth in planted:
        (defect,) = truth["defects"]
        assert defect["kind"] == kind
        cells = {(c["indicator"], c["applicant"]): c["value"] for c in truth["cells"]}
        text = (tmp_path / truth["file"]).read_text("utf-8")
        for cell in defect["cells"]:
            assert cells[cell["indicator"], cell["applicant"]] == cell["new"]
            assert cell["printed"] in text
        assert set(defect["rules"]) <= failing[truth["name"]]
        assert defect["visible"] == bool(defect["rules"])
    seen = [truth["defects"][0]["visible"] for truth in planted]
    if kind in ALWAYS_SEEN:
        assert all(seen)
    elif kind.endswith(("digit", "digits")) and kind != "split_digits":
        assert sum(seen) > 0.7 * len(seen)
    elif kind not in AT_TIMES_SEEN:
        assert not any(seen)


def test_the_catalogue_has_22_defects_and_8_slips():
    assert list(simulation.DEFECTS).index("split_digits") == 21
    assert len(simulation.DEFECTS) == 30


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ({"forms": ["2008"]}, "unknown form '2008'; use one of 2014, 2019"),
        ({"formats": ["odt"]}, "unknown format 'odt'; use one of html"),
        ({"kinds": ["luck"]}, "unknown defect 'luck'; use one of parents_zero"),
        ({"defects": 2}, "a share of defects from 0 to 1"),
        ({"years": [1999]}, "no form covers 1999"),
    ],
)
def test_what_cannot_be_written_is_refused(asked, message, tmp_path):
    with pytest.raises(DataError, match=message):
        simulation.simulate(3, tmp_path, **asked)


def test_a_format_names_the_package_that_it_needs(monkeypatch, tmp_path):
    monkeypatch.setattr(corpora, "find_spec", lambda name: None)
    with pytest.raises(DataError, match="format xlsx needs openpyxl; install it"):
        simulation.simulate(3, tmp_path, formats=["html", "xlsx"])


# --- every dress, every form ---

STATES = {"": "blank", "/": "dash", "-": "dash", "——": "dash", "无": "none_text"}


def find_wrong(form, name, number, seed):
    """The cells that do not come out with value and state as they are printed."""
    wrong = []
    first = max(forms()[form].first_year, 2008)
    drafts = corpora.draw_drafts(number, [form], [first, first + 1], False, seed)
    for draft, chance in drafts:
        blocks = to_blocks(draft, chance)
        data = corpora.FORMATS[name].write(blocks, draft.is_full)
        report = gi.parse(gi.read(data))
        assert report.form_key == form
        found = {(f.indicator, f.applicant): f for f in report.figures}
        for key, text in draft.printed.items():
            state = STATES.get(text, "reported")
            value = None if state != "reported" else draft.true[key]
            got = found[key]
            if (got.value, got.state, got.raw) != (value, state, text):
                wrong.append((draft.name, key, text, got))
    return wrong


@pytest.mark.parametrize("form", forms())
@pytest.mark.parametrize("name", [*simulation.PLAIN, "docx", "xlsx"])
def test_every_dress_gives_the_cells_of_the_truth(name, form):
    for package in corpora.FORMATS[name].needs:
        pytest.importorskip(package)
    assert find_wrong(form, name, 2, seed=20) == []


@pytest.mark.long
@pytest.mark.parametrize("form", forms())
@pytest.mark.parametrize("name", [*simulation.PLAIN, "docx", "xlsx", "pdf"])
def test_many_reports_in_every_dress_give_the_cells_of_the_truth(name, form):
    number = {"pdf": 3, "docx": 6, "xlsx": 6}.get(name, 15)
    assert find_wrong(form, name, number, seed=31) == []


@pytest.mark.long
def test_scanned_pages_give_nearly_all_cells_of_the_truth():
    pytest.importorskip("rapidocr", reason="the ocr extra is not installed")
    assert len(find_wrong("2014", "scan", 1, seed=8)) <= 58 * 0.03


def test_as_many_reports_as_asked_for_or_a_reason(tmp_path):
    few = corpora.draw_drafts(60, ["shanghai"], [2013, 2014, 2015], False, 1)
    assert len(list(few)) == 60
    for wrong in ({"forms": ["2021"], "years": [2015]}, {"years": []}, {"forms": []}):
        with pytest.raises(DataError, match="no form asked for covers"):
            simulation.simulate(3, tmp_path, **wrong)
    with pytest.raises(DataError, match="no format to write"):
        simulation.simulate(3, tmp_path, formats=[])
    none, one = (simulation.simulate(n, tmp_path) for n in (0, 1))
    assert list(none) == list(one)


def test_a_year_asked_for_twice_is_drawn_once():
    keys = ["report_id", "indicator", "applicant"]
    assert not simulation.simulate_facts(2, [2020, 2020]).duplicated(keys).any()


def test_a_defect_without_a_place_changes_nothing():
    drafts = [d for d, _ in corpora.draw_drafts(60, None, None, False, 3)]
    only = copy.deepcopy(drafts[0])
    for key in only.printed:
        only.show(key, "5", 5)
    only.show(key, "0", 0)
    for draft in [*drafts, only]:
        for kind in simulation.DEFECTS:
            tried = copy.deepcopy(draft)
            if not plant_defect(tried, kind, np.random.default_rng(1)):
                assert tried == draft, kind

"""What the documents say is held against the code: names, numbers, links, examples."""

import contextlib
import io
import re
from pathlib import Path

import numpy as np
import pytest
from test_house import FLOOR

import gi_tools
from gi_tools.blindspots import count_blind_spots, find_blind_spots
from gi_tools.bodies import SCOPES
from gi_tools.catalogue import metrics, reasons
from gi_tools.checks import KINDS, Bound
from gi_tools.cli import main
from gi_tools.codebook import RULE_KINDS, SEVERITIES, forms, rules
from gi_tools.commands import COMMANDS
from gi_tools.crosswalk import VERDICTS, breaks
from gi_tools.facts import STATES
from gi_tools.metrics import COLUMNS
from gi_tools.panel import KEYS
from gi_tools.proofs import OPEN
from gi_tools.proposals import REMEDIES
from gi_tools.readers import READERS
from gi_tools.text import read_cell

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "gi_tools"
READMES = sorted(ROOT.glob("README*.md"))
PAGES = [*READMES, *sorted((ROOT / "docs").glob("*.md")), ROOT / "CONTRIBUTING.md"]
TEXT = "\n".join(page.read_text("utf-8") for page in PAGES)

BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.M | re.S)
LINK = re.compile(r"\]\(([^()\s]+)\)")
LONGEST_PAGE = 110  # lines: two pages of print

each_page = pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
each_readme = pytest.mark.parametrize("page", READMES, ids=lambda page: page.name)


def read_doc(name):
    return (ROOT / "docs" / name).read_text("utf-8")


def read_table(text, first):
    """The rows of the table whose first head is `first`, cells without backticks."""
    lines = text.splitlines()
    start = next(n for n, line in enumerate(lines) if line.startswith(f"| {first} |"))
    for line in lines[start + 2 :]:
        if not line.startswith("|"):
            return
        yield [cell.strip() for cell in line.strip("|").split("|")]


def plain(cell):
    return cell.strip("`")


def slug(heading):
    """The anchor GitHub gives a heading."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def list_commands():
    return list(COMMANDS)


# Names


@pytest.mark.parametrize("name", gi_tools.__all__)
def test_every_public_name_is_documented(name):
    assert f"`{name}`" in TEXT


@pytest.mark.parametrize("name", ["read", "parse", "tabulate", "check"])
@each_readme
def test_every_verb_is_shown_at_work(page, name):
    assert f"gi.{name}(" in page.read_text("utf-8")


@pytest.mark.parametrize("command", list_commands())
@each_readme
def test_every_command_is_documented(page, command):
    assert f"gi {command}" in page.read_text("utf-8")


def test_every_kind_of_rule_is_documented():
    rows = list(read_table(read_doc("checks.md"), "kind"))
    assert [plain(row[0]) for row in rows] == list(KINDS) == list(RULE_KINDS)


def test_every_state_is_documented_in_order():
    rows = list(read_table(read_doc("states.md"), "state"))
    assert [plain(row[0]) for row in rows] == list(STATES)


@each_readme
def test_every_kind_of_file_is_documented(page):
    for kind in READERS:
        assert f"`{kind}`" in page.read_text("utf-8"), "it can be read now: say so"


def test_every_room_is_documented():
    rooms = {path.stem for path in PACKAGE.glob("*.py")} - {"__init__"}
    rooms |= {path.parent.name for path in PACKAGE.glob("*/__init__.py")}
    rooms &= FLOOR.keys()  # a room without a floor is not finished
    listed = " ".join(
        row[1] for row in read_table(read_doc("architecture.md"), "floor, from the top")
    )
    assert rooms == set(re.findall(r"`(\w+)`", listed))


@each_page
def test_every_make_target_named_is_there(page):
    targets = re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text("utf-8"), re.M)
    named = re.findall(r"(?:^|`)make ([a-z-]+)", page.read_text("utf-8"), re.M)
    assert set(named) <= set(targets)


# Numbers


def test_the_table_of_forms_is_true():
    rows = {plain(row[0]): row for row in read_table(read_doc("forms.md"), "key")}
    assert rows.keys() == forms().keys()
    for key, form in forms().items():
        _, version, years, source, tables, cells, count = rows[key]
        assert plain(version) == form.version
        assert years == f"{form.first_year}–{form.last_year or ''}"
        assert form.decree in source
        assert tables == ", ".join(table.name for table in form.tables)
        assert int(cells) == len(form.targets)
        assert int(count) == len(rules(key))


def test_the_rows_of_the_forms_are_as_told():
    (annex,) = forms()["2014"].tables
    headings = [row for row in annex.rows if not row.targets]
    assert (len(annex.rows), len(headings)) == (65, 7)
    assert "58 value cells in 65 printed rows; the other 7" in read_doc("forms.md")
    full = [r for r in forms()["2021"].tables[1].rows if r.targets]
    before = [r for r in forms()["2019"].tables[1].rows if r.targets]
    assert (len(full), len(full) - len(before)) == (25, 2)
    assert {len(row.targets) for row in full} == {7}


def test_table_3_has_the_rank_told_and_names_any_one_cell():
    (table,) = [t for t in forms()["2021"].tables if t.name == "table3"]
    cells = [t[:2] for row in table.rows for t in row.targets]
    own = [r for r in rules("2021") if {t[:2] for t in r.left + r.right} <= set(cells)]
    own = [r for r in own if r.kind == "equal"]
    matrix = np.zeros((len(own), len(cells)), dtype=int)
    for line, rule in enumerate(own):
        for terms, side in ((rule.left, 1), (rule.right, -1)):
            for term in terms:
                matrix[line, cells.index(term[:2])] += side * term.sign
    assert matrix.shape == (39, 175)
    assert np.linalg.matrix_rank(matrix) == 37
    assert len({tuple(column) for column in (matrix != 0).T}) == 175
    text = " ".join(read_doc("checks.md").split())
    assert "The 39 rules of that table" in text
    assert "over 175 cells, have rank 37" in text


def test_the_table_of_intervals_is_true():
    rows = list(read_table(read_doc("checks.md"), "left"))
    assert len(rows) == 6
    for left, right, equal, at_most in rows:
        sides = [to_bound(side.split(" + ")) for side in (left, right)]
        assert KINDS["equal"](*sides, 0)[0] == re.match(r"\w+", equal)[0]
        assert KINDS["at_most"](*sides, 0)[0] == re.match(r"\w+", at_most)[0]


def to_bound(terms):
    known = [int(term) for term in terms if term != "blank"]
    high = sum(known) if len(known) == len(terms) else float("inf")
    return Bound(sum(known), high, max(known, default=0))


def test_the_table_of_severities_is_true():
    rows = list(read_table(read_doc("checks.md"), "basis"))
    assert {plain(row[0]): plain(row[1]) for row in rows} == SEVERITIES


def test_the_examples_of_rules_are_of_their_kind():
    kinds = {rule.id: rule.kind for key in forms() for rule in rules(key)}
    for kind, _, example in read_table(read_doc("checks.md"), "kind"):
        name = example.partition(":")[0]
        assert {kinds[k] for k in kinds if k.startswith(name)} == {plain(kind)}, name


def test_every_remedy_is_documented():
    rows = read_table(read_doc("repairs.md"), "remedy")
    told = [name for row in rows for name in re.findall(r"`(\w+)`", row[0])]
    assert sorted(told) == sorted(REMEDIES)


def test_the_states_that_may_be_derived_are_documented():
    rows = read_table(read_doc("repairs.md"), "state")
    told = [name for row in rows for name in re.findall(r"`(\w+)`", row[0])]
    assert set(told) == {*OPEN, "absent", "corrected"}


def test_the_table_of_blind_spots_is_true():
    found = {}
    for form, kind, count, _ in read_table(read_doc("checks.md"), "form"):
        found.setdefault((form, plain(kind)), []).append(int(count))
    spots = find_blind_spots("2021")
    for (form, kind), counts in found.items():
        swaps = sorted(spot.swaps for spot in spots if spot.kind == kind)
        assert form == "2021"
        assert sorted(counts) == ([sum(swaps)] if kind == "cells" else swaps)
    assert {kind for _, kind in found} == {spot.kind for spot in spots}
    for form, (swaps, unseen) in {
        f: count_blind_spots(f) for f in ("2021", "2014")
    }.items():
        told = rf"{swaps}( exchanges)? and {unseen}( cells)? for {form}"
        assert re.search(told, read_doc("checks.md"))


def test_the_examples_of_states_read_as_told():
    for state, _, example, _ in read_table(read_doc("states.md"), "state"):
        if example.startswith("set by"):
            continue
        for text in re.findall(r"`([^`]+)`", example):
            assert read_cell(text).state == plain(state), text


def write_sum(terms):
    text = "".join(f" {'−' if t[0] == '-' else '+'} {t.lstrip('-')}" for t in terms)
    return text.removeprefix(" + ")


def write_quotient(one):
    if one.kind == "entropy":
        return "entropy of the eight `refused_…` rows"
    both = [side for side in (one.numerator, one.denominator) if side]
    texts = [write_sum(side) for side in both]
    if len(both) == 2:
        pairs = zip(both, texts, strict=True)
        texts = [f"({text})" if len(side) > 1 else text for side, text in pairs]
    scale = f" × {one.scale:,}" if one.scale > 1 else ""
    return " ÷ ".join(texts) + scale


def test_the_table_of_metrics_is_that_of_the_codebook():
    rows = list(read_table(read_doc("metrics.md"), "id"))
    assert rows == [
        [f"`{one.id}`", one.zh, one.kind, write_quotient(one), write_forms(one)]
        for one in metrics().values()
    ]


def write_forms(one):
    return "all" if len(one.forms) == len(forms()) else ", ".join(one.forms)


def test_the_scores_and_their_reasons_are_documented():
    text = read_doc("metrics.md")
    listed = [row[0] for row in read_table(text, "reason")]
    assert set(re.findall(r"\w+", " ".join(listed))) == set(reasons())
    named = " ".join(row[0] for row in read_table(text, "column of the scores"))
    assert set(re.findall(r"`(\w+)`", named)) == {*COLUMNS} - {*KEYS}


def test_verdicts_scopes_and_breaks_are_documented():
    text = read_doc("panel.md")
    verdicts = [plain(row[0]) for row in read_table(text, "verdict")]
    assert verdicts == [*VERDICTS, "-"]
    assert tuple(plain(row[0]) for row in read_table(text, "scope")) == SCOPES
    years = [int(row[0]) for row in read_table(text, "year")]
    assert years == [one.year for one in breaks()]


# Links and examples


@each_page
def test_every_relative_link_resolves(page):
    for link in LINK.findall(page.read_text("utf-8")):
        if "://" in link or link.startswith("mailto:"):
            continue
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        assert target.is_relative_to(ROOT) and target.exists(), link
        if anchor:
            heads = re.findall(r"^#+ (.+)$", target.read_text("utf-8"), re.M)
            assert anchor in map(slug, heads), link


@each_readme
def test_python_examples_run_and_print_what_is_shown(page, monkeypatch):
    monkeypatch.chdir(ROOT)
    blocks = BLOCK.findall(page.read_text("utf-8"))
    names, ran = {}, 0
    for (kind, code), (next_kind, shown) in zip(
        blocks, [*blocks[1:], ("", "")], strict=True
    ):
        if kind == "python":
            out = io.StringIO()
            with contextlib.redirect_stdout(out):
                exec(compile(code, page.name, "exec"), names)
            assert next_kind == "text" and out.getvalue() == shown
            ran += 1
    assert ran


@each_readme
def test_commands_print_what_is_shown(page, monkeypatch, capsys):
    monkeypatch.chdir(ROOT)
    shown = [text for kind, text in BLOCK.findall(page.read_text("utf-8"))]
    shown = [text for text in shown if text.startswith("$ gi ")]
    assert shown
    for text in shown:
        line, _, output = text.partition("\n")
        assert main(line.split()[2:]) == 0
        assert capsys.readouterr().out == output


def test_both_readmes_are_built_alike():
    texts = [page.read_text("utf-8") for page in READMES]
    shapes = [re.findall(r"^(#+ |\|)", text, re.M) for text in texts]
    assert shapes[0] == shapes[1]
    links = [set(LINK.findall(text)) - {p.name for p in READMES} for text in texts]
    assert links[0] == links[1]


@each_page
def test_pages_are_short_and_name_no_place_of_a_machine(page):
    text = page.read_text("utf-8")
    assert len(text.splitlines()) <= LONGEST_PAGE
    assert not re.search(r"/(?:home|root|Users|work)/|[A-Z]:\\", text)

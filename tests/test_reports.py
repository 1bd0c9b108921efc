"""Cases are file pairs: a report and its cells. Adding one takes two files, no code."""

import csv
from dataclasses import replace
from pathlib import Path

import pytest

import gi_tools as gi
from gi_tools.documents import Grid
from gi_tools.facts import to_facts

ROOT = Path(__file__).parents[1]
CASES = ROOT / "tests" / "cases" / "reports"
SAMPLES = ROOT / "data" / "samples"
TRUTHS = CASES.glob("*.facts.csv")
NAMES = sorted(path.name.removesuffix(".facts.csv") for path in TRUTHS)
MANIFEST = {
    Path(row["file"]).stem: row
    for row in csv.DictReader((SAMPLES / "manifest.csv").open(encoding="utf-8-sig"))
}


def find_source(name):
    found = [
        path
        for folder in (CASES, SAMPLES)
        for path in folder.glob(f"{name}.*")
        if not path.name.endswith(".facts.csv")
    ]
    assert len(found) == 1, f"{name}: {len(found)} sources"
    return found[0]


def read_truth(name):
    with (CASES / f"{name}.facts.csv").open(encoding="utf-8-sig", newline="") as file:
        for row in csv.DictReader(file):
            value = float(row["value"]) if row["value"] else None
            yield (row["indicator"], row["applicant"] or None), (value, row["state"])


@pytest.fixture(scope="module", params=NAMES)
def case(request):
    path = find_source(request.param)
    return request.param, gi.parse(gi.read(path))


def test_every_cell_is_read(case):
    name, report = case
    found = {
        (f.indicator, f.applicant): (f.value, f.state)
        for f in to_facts(report)
        if f.origin == "table"
    }
    truth = dict(read_truth(name))
    wrong = {k: (v, found.get(k)) for k, v in truth.items() if found.get(k) != v}
    assert not wrong, f"{len(wrong)} of {len(truth)}: {list(wrong.items())[:8]}"
    extra = [k for k, (v, _) in found.items() if v is not None and k not in truth]
    assert not extra


def test_every_place_leads_to_the_raw_text(case):
    _, report = case
    for fact in to_facts(report, absent=False):
        if fact.place:
            text = "".join(report.document.slice(fact.place).split())
            raw = "".join(fact.raw.split())
            # A paragraph of a web page is one place, whatever stands in it.
            assert raw == text or (fact.place.startswith("paragraph") and raw in text)


@pytest.mark.parametrize("name", MANIFEST)
def test_a_sample_says_who_when_and_which_form(name):
    row = MANIFEST[name]
    report = gi.parse(gi.read(SAMPLES / row["file"]))
    assert report.identity.year == int(row["year"])
    assert report.form == row["form"]
    assert report.identity.agency == row["agency"]
    states = [figure.state for figure in report.figures]
    assert len(states) == int(row["value_cells"])
    assert states.count("reported") == int(row["filled"])
    charset = report.document.source.charset.removesuffix("hkscs")
    assert charset in row["charset"].lower()


def test_a_report_shows_itself_and_escapes_what_it_shows():
    page = (
        "<html><body><h1>&lt;b&gt;某某市教育局2022年政府信息公开工作年度报告</h1>"
        "<p>一、&lt;script&gt;总体情况</p><table><tr><td>信息内容</td><td>本年处理决定数量"
        "</td></tr><tr><td>行政许可</td><td>&lt;i&gt;5</td></tr></table></body></html>"
    )
    shown = gi.parse(gi.read(page.encode()))._repr_html_()
    for hostile in ("<script>", "<i>5", "<b>某某"):
        assert hostile not in shown
    assert "&lt;i&gt;5" in shown
    assert "permits.decisions" in shown


def test_what_the_form_is_told_from_stands_in_the_evidence():
    report = gi.parse(gi.read(SAMPLES / "wenzhou_sti_2017.txt"))
    assert any("form 2014" in line and "line " in line for line in report.evidence)
    assert any("year 2017" in line for line in report.evidence)


def test_an_unrelated_text_is_no_report():
    with pytest.raises(gi.ParseError, match="no annual report"):
        gi.parse(gi.read("今天天气晴朗。\n明天有雨。".encode(), name="weather.txt"))


def test_figures_recognised_in_doubt_are_named():
    page = gi.read(find_source("heting_statistics_2023"))
    unsure = [
        replace(
            block,
            rows=tuple(
                tuple(cell._replace(confidence=0.5) if cell.text == "5" else cell
                      for cell in row)
                for row in block.rows
            ),
        )
        if isinstance(block, Grid)
        else block
        for block in page.blocks
    ]  # fmt: skip
    assert gi.parse(page).doubts == ()
    report = gi.parse(replace(page, blocks=tuple(unsure)))
    assert [f.indicator for f in report.doubts] == ["penalties.decisions"]
    assert "<th>in doubt</th><td>1</td>" in report._repr_html_()

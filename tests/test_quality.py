"""The statement of quality: what it counts, what it escapes, how fast it is written."""

import re
import time
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

import gi_tools as gi
from gi_tools.cli import main
from gi_tools.exports import write_markdown
from gi_tools.facts import STATES
from gi_tools.forensics import find_repeats
from gi_tools.quality_pages import COLUMNS, KINDS, LANGS
from gi_tools.simulation import simulate

SAMPLES = Path(__file__).parents[1] / "data" / "samples"
NAMES = (
    "wanglan_office_2019.html",
    "wanglan_housing_2023.html",
    "wuling_town_2024.txt",
)
HOSTILE = "<script>alert(1)</script>|`[x](javascript:1)`\n# x"


@pytest.fixture(scope="module")
def reports():
    return [gi.parse(gi.read(SAMPLES / name)) for name in NAMES]


@pytest.fixture(scope="module")
def quality(reports):
    return gi.assess(reports)


def test_the_counts_are_those_of_the_frames(reports, quality):
    facts = gi.repair(gi.tabulate(reports)).facts
    table = facts[facts.origin == "table"]
    rows = quality.reports.set_index("report_id")
    counted = rows[list(STATES)].sum(axis=1)
    assert counted.to_dict() == table.groupby("report_id").size().to_dict()
    office, housing, town = (report.report_id for report in reports)
    states = ["reported", "derived", "blank"]
    assert rows.loc[office, states].tolist() == [71, 113, 14]
    assert rows.loc[housing, ["fail", "soft_fail", "hard"]].tolist() == [2, 0, 0]
    assert rows.loc[housing, ["unique", "ambiguous"]].tolist() == [1, 0]
    assert rows.loc[office, ["agree", "differ"]].tolist() == [8, 3]
    assert rows.loc[office, ["fail", "unknown", "pass"]].tolist() == [0, 37, 3]
    assert rows.loc[town, ["reported", "pass"]].tolist() == [200, 42]
    assert rows.loc[office, "days"] == -69 and rows.loc[office, "confidence"] == "page"
    assert pd.isna(rows.loc[town, "days"])  # no day is set for a township


def test_nothing_is_added_up_to_a_score(quality):
    assert not [name for name in quality.reports if "score" in name or "grade" in name]
    shown = {name for name, *_ in COLUMNS}
    assert shown <= set(quality.reports.columns)


@pytest.mark.parametrize("lang", LANGS)
def test_pages_name_the_wrong_and_need_no_network(quality, lang):
    page, text = quality.to_html(lang), quality.to_markdown(lang)
    for written in (page, text):
        assert "望澜市住房和城乡建设局" in written
        assert "74 → 47" in written  # the wrong cell, and what it should be
        assert "http" not in written and "<script" not in written
        assert KINDS["checks"][LANGS.index(lang)] in written
    assert page.count("<table") == page.count("</table>") == 3
    assert page.startswith("<!doctype html>") and "charset='utf-8'" in page


def test_text_of_reports_is_escaped(quality):
    rows = quality.reports.assign(agency=HOSTILE)
    traces = pd.concat([quality.traces] * 2, ignore_index=True).reindex(range(1))
    traces = traces.assign(kind="late", severity="soft", report_ids="", agency=HOSTILE)
    traces = traces.assign(message=HOSTILE, message_en=HOSTILE, n=1, years="2020")
    bad = replace(quality, reports=rows, traces=traces)
    for page in (bad.to_html(), bad._repr_html_()):
        assert "<script" not in page and "&lt;script&gt;" in page
    text = bad.to_markdown()
    assert "<script" not in text and not re.search(r"(?<!\\)\]\(", text)
    lines = [line for line in text.splitlines() if line.startswith("|")]
    tables = {line.replace("\\|", "").count("|") for line in lines}
    assert tables == {len(COLUMNS) + 2, 5}  # no cell of a report breaks a row


def test_five_hundred_reports_are_written_in_two_seconds(quality):
    def grow(frame):
        parts = [frame.assign(report_id=frame.report_id + f"-{n}") for n in range(167)]
        return pd.concat(parts, ignore_index=True)

    names = ("reports", "findings", "claims")
    many = replace(quality, **{name: grow(getattr(quality, name)) for name in names})
    assert len(many.reports) == 501
    for write in (many.to_html, many.to_markdown):
        start = time.process_time()
        page = write()
        assert time.process_time() - start < 2
        assert page.count("望澜市住房和城乡建设局") >= 167


def test_no_report_gives_an_empty_page():
    empty = gi.assess([])
    assert empty.reports.empty
    assert "0" in empty.to_html("en") and empty.to_markdown("zh").startswith("# ")


def test_the_command_writes_a_page_and_goes_on_after_a_bad_file(tmp_path, capsys):
    page = tmp_path / "page.html"
    files = [str(SAMPLES / NAMES[1]), str(tmp_path / "none.txt")]
    assert main(["quality", *files, "-o", str(page), "--lang", "en"]) == 1
    assert "none.txt" in capsys.readouterr().err
    assert "Data quality report" in page.read_text("utf-8")
    assert main(["quality", files[0]]) == 0
    assert capsys.readouterr().out.startswith("# 数据质量报告")
    assert main(["quality", files[0], "-o", str(tmp_path / "page.txt")]) == 2
    assert "write to a .html or .md file" in capsys.readouterr().err
    assert main(["quality", files[0], "-o", str(tmp_path / "no" / "x.md")]) == 2


def read_folder(folder):
    files = [f for f in sorted(folder.iterdir()) if f.suffix not in (".json", ".csv")]
    return [gi.parse(gi.read(file)) for file in files]


@pytest.mark.long
def test_a_clean_simulated_corpus_is_accused_of_nothing_hard(tmp_path):
    simulate(200, tmp_path, seed=3)
    quality = gi.assess(read_folder(tmp_path))
    assert len(quality.reports) == 200
    assert not (quality.claims.verdict == "differ").any()
    assert not (quality.traces.severity == "hard").any()
    assert set(quality.traces.kind) <= {"late"}  # some are simulated late
    assert (quality.claims.verdict == "agree").sum() > 400


@pytest.mark.long
def test_simulated_repetitions_of_a_year_are_found_where_figures_say_enough(tmp_path):
    index = simulate(60, tmp_path, seed=5, defects=1.0, kinds=["repeated_years"])
    found = find_repeats(gi.tabulate(read_folder(tmp_path)))
    assert set(found.kind) == {"repeated"} and set(found.severity) == {"hard"}
    planted = set(index.file[index.defect == "repeated_years"].str[:6])
    again = found.report_ids.str.split("; ").str[1:].explode().str[:6]
    # A few towns have so few figures that chance is not excluded.
    assert set(again) <= planted and len(again) >= 0.8 * len(planted)


def test_amounts_and_bodies_without_a_name_are_shown_as_they_are(quality):
    rows = quality.reports.head(1).assign(agency=None, own=1.0)
    name = rows["report_id"].iloc[0]
    one = {"report_id": name, "indicator": "charges.collected", "status": "unique"}
    one |= {"value": 0.5, "proposal": 1234567.0, "reason": "", "reason_en": ""}
    text = replace(quality, reports=rows, suspects=pd.DataFrame([one])).to_markdown()
    assert "0.5 → 1234567 " in text and "nan" not in text
    assert rows["file"].iloc[0].replace("_", "\\_") in text and "100%" in text


def test_a_zero_is_a_zero_in_markdown():
    assert write_markdown(["a", "b"], [[0, None]])[-1] == "| 0 |  |"


def test_suspects_that_were_not_looked_for_have_no_count(reports):
    quality = gi.assess(reports, gi.tabulate(reports))
    assert quality.reports[["unique", "ambiguous"]].isna().all(axis=None)
    assert "–" in quality.to_markdown() and "<NA>" not in quality.to_html()

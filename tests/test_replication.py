"""A data package says what it holds, keeps what is missing, and is rebuilt alike."""

import hashlib
import json
from pathlib import Path

import pandas as pd
import pytest

import gi_tools as gi
from gi_tools.cli import main
from gi_tools.errors import DataError
from gi_tools.facts import STATES
from gi_tools.replication import arrange, to_stata_names, write_package

SAMPLES = Path(__file__).parents[1] / "data" / "samples"
NAMES = [
    "wenzhou_sti_2017.txt",
    "wanglan_office_2019.html",
    "heting_statistics_2023.html",
]


@pytest.fixture(scope="module")
def reports():
    return [gi.parse(gi.read(SAMPLES / name)) for name in NAMES]


@pytest.fixture(scope="module")
def facts(reports):
    return gi.tabulate(reports)


@pytest.fixture(scope="module")
def folder(reports, facts, tmp_path_factory):
    register = gi.list_reports(reports)
    return write_package(tmp_path_factory.mktemp("package"), facts, reports=register)


def list_files(folder):
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


def test_equal_input_in_any_order_gives_equal_bytes(reports, facts, folder, tmp_path):
    shuffled = facts.sample(frac=1, random_state=7)
    register = gi.list_reports(reports[::-1])
    again = write_package(tmp_path / "again", shuffled, reports=register)
    assert list_files(again) == list_files(folder)
    assert len(list_files(folder)) == 9
    write_package(again, facts, reports=register)  # over an earlier one
    assert list_files(again) == list_files(folder)


def test_csv_gives_back_every_value_and_every_gap(facts, folder):
    back = pd.read_csv(
        folder / "data" / "facts.csv",
        dtype={"year": "Int64", "value": "Float64", "region_code": str, "form": str},
        keep_default_na=False,
        na_values={name: ["NA"] for name in facts},
    )
    assert len(back) == len(facts)
    assert back.isna().sum().to_dict() == facts.isna().sum().to_dict()
    keys = ["report_id", "indicator", "applicant", "origin", "place"]
    both = [f.sort_values(keys, ignore_index=True) for f in (back, facts)]
    assert both[0]["value"].equals(both[1]["value"].astype("Float64"))
    assert (back["state"] == "blank").sum() == 129
    assert back.loc[back["state"] == "blank", "value"].isna().all()
    assert back["raw"].notna().all() and (back["raw"] == "").any()


def test_stata_gives_back_values_states_and_labels(facts, folder):
    path = folder / "stata" / "facts.dta"
    with pd.read_stata(path, iterator=True) as reader:
        labels = reader.variable_labels()
        states = reader.value_labels()["state"]
    assert states == dict(enumerate(STATES, 1))
    assert labels["value"].startswith("number; missing where")
    back = pd.read_stata(path)
    assert back["value"].isna().sum() == facts["value"].isna().sum() > 0
    assert back["value"].sum() == pytest.approx(facts["value"].sum())
    assert (back["value"] == 0).sum() == (facts["value"] == 0).sum()
    counts = facts["state"].value_counts()
    assert back["state"].value_counts().to_dict() == counts.to_dict()


def test_manifest_and_descriptor_hold_the_true_hashes(folder):
    parts = list_files(folder)
    manifest = pd.read_csv(folder / "manifest.csv").set_index("path")
    assert set(manifest.index) == set(parts) - {"manifest.csv"}
    for name, row in manifest.iterrows():
        assert row["sha256"] == hashlib.sha256(parts[name]).hexdigest()
        assert row["bytes"] == len(parts[name])
    package = json.loads(parts["datapackage.json"])
    for resource in package["resources"]:
        data = parts[resource["path"]]
        assert resource["hash"] == f"sha256:{hashlib.sha256(data).hexdigest()}"
        head = data.split(b"\n")[0].decode().split(",")
        assert [f["name"] for f in resource["schema"]["fields"]] == head
        assert all(
            f["title"] and f["description"] for f in resource["schema"]["fields"]
        )
    assert "created" not in package
    for name in NAMES:
        digest = hashlib.sha256((SAMPLES / name).read_bytes()).hexdigest()
        assert digest.encode() in parts["data/reports.csv"]


def test_the_texts_use_plain_line_ends_and_name_no_folder(folder):
    for name, data in list_files(folder).items():
        if not name.endswith(".dta"):
            assert b"\r" not in data
            assert str(SAMPLES).encode() not in data, name


def test_readme_has_the_parts_of_the_template_and_true_counts(folder):
    text = (folder / "README.md").read_text("utf-8")
    for head in (
        "## Overview",
        "## Data availability and provenance",
        "## Dataset list",
        "## Computational requirements",
        "## Instructions to replicators",
        "## List of outputs",
        "## References",
    ):
        assert head in text
    assert "3 reports" in text and "blank 129" in text
    assert "$" not in text
    assert "No refusal of the crosswalk was overridden." in text


def test_codebook_explains_every_column_cell_and_state(facts, folder):
    book = pd.read_csv(folder / "codebook.csv", dtype=str)
    columns = book[book["dataset"] == "facts"]
    assert list(columns["name"]) == list(facts.columns)
    assert book["label_zh"].str.contains("[\u4e00-\u9fff]").all()
    cells = book[book["dataset"] == "cell"]
    assert {"2014", "2019", "2021"} == set(cells["form"])
    row = cells[(cells["name"] == "capacity.budget") & (cells["form"] == "2014")]
    assert row[["unit", "label_zh"]].to_numpy().tolist()[0][0] == "万元"
    assert list(book.loc[book["dataset"] == "state", "name"]) == list(STATES)
    assert "| state | blank |" in (folder / "codebook.md").read_text("utf-8")


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@A1", "\t=1", "NA"])
def test_a_text_is_never_run_nor_read_as_missing(text):
    assert arrange(pd.DataFrame({"raw": [text, None]}))["raw"].to_list() == [
        "'" + text,
        None,
    ]


def test_stata_names_are_short_and_unlike():
    names = to_stata_names(["a" * 40, "a" * 41, "x.y", "1st", "办结", "办理"])
    assert list(names.values()) == [
        "a" * 32,
        "a" * 30 + "_2",
        "x_y",
        "_1st",
        "__",
        "___2",
    ]
    assert max(map(len, names.values())) <= 32


def test_edit_log_and_override_are_in_the_package(facts, tmp_path):
    edits = tmp_path / "edits.json"
    edits.write_text('{"edits": []}', "utf-8")
    scores = pd.DataFrame({"metric": ["a"], "value": [0.5], "year": [2020]})
    scores.attrs["override"] = "a reason\nin writing"
    log = pd.DataFrame({"report_id": ["x"], "old": [pd.NA], "new": [0.0]})
    folder = write_package(
        tmp_path / "out", facts, scores=scores, log=log, edits=edits, date="2026-01-01"
    )
    text = (folder / "README.md").read_text("utf-8")
    assert "Overridden, reason given: a reason in writing" in text
    assert "1 rows in `data/log.csv` and `edits.json`" in text
    assert (folder / "edits.json").read_bytes() == edits.read_bytes()
    assert (folder / "data" / "log.csv").read_text() == "report_id,old,new\nx,NA,0.0\n"
    assert (
        json.loads((folder / "datapackage.json").read_text())["created"] == "2026-01-01"
    )


def test_a_fault_keeps_the_package_and_its_own_edits_may_be_given(facts, tmp_path):
    edits, out = tmp_path / "edits.json", tmp_path / "out"
    edits.write_text("{}", "utf-8")
    before = list_files(write_package(out, facts, edits=edits))
    with pytest.raises(FileNotFoundError):
        write_package(out, facts, edits=tmp_path / "none.json")
    assert list_files(out) == before
    assert list_files(write_package(out, facts, edits=out / "edits.json")) == before


def test_an_empty_frame_makes_a_package_too(facts, tmp_path):
    folder = write_package(tmp_path / "out", facts.head(0))
    assert (folder / "data" / "facts.csv").read_text().count("\n") == 1
    assert len(pd.read_stata(folder / "stata" / "facts.dta")) == 0


def test_a_folder_with_other_things_is_refused(facts, tmp_path):
    (tmp_path / "thesis.txt").write_text("mine")
    with pytest.raises(DataError, match="holds thesis"):
        write_package(tmp_path, facts)
    assert (tmp_path / "thesis.txt").exists()


def test_other_frames_are_refused(tmp_path):
    with pytest.raises(DataError, match="facts lack report_id"):
        write_package(tmp_path / "out", pd.DataFrame({"a": [1]}))
    assert not (tmp_path / "out").exists()


def test_panel_and_scores_go_along_with_what_they_are_made_of(facts, tmp_path):
    panel = gi.build_panel(facts)
    scores = gi.measure(panel, ["release_all_outcomes", "backlog_growth"])
    folder = write_package(tmp_path / "out", facts, panel=panel, scores=scores)
    book = pd.read_csv(folder / "codebook.csv", dtype=str).set_index(
        ["dataset", "name"]
    )
    made = book["source_cell"]
    assert made["metric", "release_all_outcomes"] == "granted + partial / closed"
    assert (
        made["metric", "backlog_growth"] == "requests_carried_out - requests_carried_in"
    )
    assert "2014: replies.already_public + replies.granted" in made["panel", "granted"]
    assert book.loc[("panel", "granted"), "unit"] == "件"
    named = book.loc[["panel", "scores", "coverage", "notes"]]
    assert named["label_zh"].str.contains("[\u4e00-\u9fff]").all()
    refused = (panel.notes["kind"] == "refusal").sum()
    assert f"{refused} joins between forms are refused" in (
        folder / "README.md"
    ).read_text("utf-8")
    back = pd.read_csv(folder / "data" / "scores.csv", dtype={"form": str})
    assert back["value"].isna().sum() == scores["value"].isna().sum()
    assert len(pd.read_stata(folder / "stata" / "panel.dta")) == 3


@pytest.mark.long
def test_the_command_writes_the_same_package_twice(tmp_path, capsys):
    names = [str(SAMPLES / name) for name in NAMES]
    folders = [str(tmp_path / name) for name in ("first", "second")]
    for folder, files in zip(folders, (names, names[::-1]), strict=True):
        assert main(["package", *files, "-o", folder]) == 0
    assert "3 reports, 469 facts" in capsys.readouterr().out
    first, second = (list_files(Path(folder)) for folder in folders)
    assert first == second and len(first) == 19
    log = pd.read_csv(Path(folders[0]) / "data" / "log.csv")
    assert len(log) > 100 and set(log["remedy"]) == {"proved"}
    derived = pd.read_csv(Path(folders[0]) / "data" / "facts.csv").state == "derived"
    assert derived.sum() == len(log)
    bad = tmp_path / "bad.txt"
    bad.write_text("nothing")
    assert main(["package", str(bad), "-o", str(tmp_path / "none")]) == 1
    assert "nothing is written" in capsys.readouterr().err
    assert not (tmp_path / "none").exists()


@pytest.mark.long
def test_the_command_applies_a_log_of_edits_and_takes_it_along(reports, tmp_path):
    one, digest = reports[0], reports[0].document.source.sha256
    cell = (one.report_id, "requests.completed", None, 0, 2)
    given = {"reason": "the parts say 2", "author": "A. Reader", "sha256": digest}
    log = gi.EditLog().add(*cell, time="2026-01-31T00:00:00+00:00", **given)
    path = tmp_path / "log.json"
    path.write_bytes(log.encode())
    out = tmp_path / "out"
    source = str(SAMPLES / NAMES[0])
    assert main(["package", source, "-o", str(out), "--edits", str(path)]) == 0
    assert (out / "edits.json").read_bytes() == path.read_bytes()
    facts = pd.read_csv(out / "data" / "facts.csv").set_index(["indicator", "origin"])
    row = facts.loc[("requests.completed", "table")].squeeze()
    assert (row["value"], row["state"], str(row["raw"])) == (2, "corrected", "0")

"""Edits by people: on record, replayed to the same bytes, refused on other sources."""

import json
from pathlib import Path

import pandas as pd
import pytest

import gi_tools as gi
from gi_tools.cli import main
from gi_tools.decisions import encode_proposals, list_hashes, read_decisions
from gi_tools.edits import Edit

SAMPLES = Path(__file__).parents[1] / "data" / "samples"
FILE = SAMPLES / "wenzhou_sti_2017.txt"
TIME = "2026-01-02T03:04:05+00:00"
ODD = Edit("a-123456", "b", [], 1, 2, "why", "who", TIME, "123456")  # no applicant
ODD = json.dumps({"version": 1, "edits": [ODD._asdict()]})


def read_report(path=FILE):
    return gi.parse(gi.read(path))


@pytest.fixture(scope="module")
def report():
    return read_report()


@pytest.fixture(scope="module")
def facts(report):
    return gi.tabulate(report)


def edit(log, report, indicator, old, new, **changes):
    given = {
        "reason": "the parts and the prose say 2",
        "author": "A. Reader",
        "sha256": report.document.source.sha256,
        "time": TIME,
    }
    name = changes.pop("report_id", report.report_id)
    return log.add(name, indicator, None, old, new, **given | changes)


def find(facts, indicator):
    table = facts[facts.origin == "table"].set_index("indicator")
    return table.loc[indicator, ["value", "state", "raw"]].tolist()


def test_a_replay_on_a_fresh_parse_gives_the_same_bytes(report, facts, tmp_path):
    log = edit(gi.EditLog(), report, "requests.completed", 0, 2)
    log = edit(log, report, "replies.total", 0, 2)
    path = tmp_path / "edits.json"
    path.write_bytes(log.encode())
    assert gi.read_edits(path) == log and gi.read_edits(path).encode() == log.encode()
    corrected = gi.apply_edits(facts, log)
    again = gi.apply_edits(gi.tabulate(read_report()), path)
    for kind in ("csv", "jsonl"):
        data = gi.encode_facts(corrected, kind)
        assert data == gi.encode_facts(again, kind)
        assert data != gi.encode_facts(facts, kind)
    assert find(corrected, "requests.completed") == [2, "corrected", "0"]
    assert gi.check(corrected).count()["fail"] == 0
    assert find(facts, "requests.completed") == [0, "reported", "0"]


def test_a_cell_can_be_left_without_a_number_and_filled_from_one(report, facts):
    log = edit(gi.EditLog(), report, "disclosure.total", 947, None)
    log = edit(log, report, "disclosure.gazette", None, 12)
    found = gi.apply_edits(facts, log)
    value, state, raw = find(found, "disclosure.total")
    assert (value is facts.value.dtype.na_value, state, raw) == (
        True,
        "corrected",
        "947",
    )
    assert find(found, "disclosure.gazette")[:2] == [12, "corrected"]
    assert b",disclosure.total,,,\xe6" in gi.encode_facts(found)
    assert all(r.indicator != "disclosure.total" for r in gi.repair(found).log_rows)


def test_of_a_cell_printed_twice_what_holds_the_old_value_is_corrected(report, facts):
    log = edit(gi.EditLog(), report, "requests.completed", 0, 2)
    twice = pd.concat([facts, facts], ignore_index=True)
    found = gi.apply_edits(twice, log)
    here = (found.indicator == "requests.completed") & (found.origin == "table")
    assert found.value[here].tolist() == [2, 2]
    other = twice.copy()
    other.loc[here[here].index[1], "value"] = 7
    assert gi.apply_edits(other, log).value[here].tolist() == [2, 7]
    assert gi.apply_edits(other, log).state[here].tolist() == ["corrected", "reported"]


def test_edits_of_one_cell_follow_each_other_and_can_be_undone(report, facts):
    log = edit(gi.EditLog(), report, "requests.completed", 0, 3)
    log = edit(log, report, "requests.completed", 3, 2)
    assert find(gi.apply_edits(facts, log), "requests.completed")[0] == 2
    assert find(gi.apply_edits(facts, log.undo()), "requests.completed")[0] == 3
    with pytest.raises(gi.DataError, match="holds 0, not 3"):
        gi.apply_edits(facts, log.undo(0))
    assert log.undo().undo() == gi.EditLog()
    with pytest.raises(gi.DataError, match="edit -1 is not there; the log has 0"):
        gi.EditLog().undo()


def test_a_changed_source_is_refused(report, facts):
    data = FILE.read_bytes().replace(b"947", b"948")
    changed = gi.tabulate(gi.parse(gi.read(data, name=FILE.name)))
    log = edit(gi.EditLog(), report, "requests.completed", 0, 2)
    with pytest.raises(gi.DataError, match="its source has changed, it is wenzhou_sti"):
        gi.apply_edits(changed, log)
    other = gi.tabulate(read_report(SAMPLES / "wuling_town_2024.txt"))
    with pytest.raises(gi.DataError, match="not here"):
        gi.apply_edits(other, log)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"reason": "  "}, "reason is missing"),
        ({"author": ""}, "author is missing"),
        ({"reason": None}, "reason is missing"),
        ({"sha256": ""}, "sha256 is missing"),
        ({"new": float("nan")}, "new is nan, no number"),
        ({"new": "2"}, "new is '2', no number"),
        ({"new": True}, "new is True, no number"),
    ],
)
def test_an_edit_that_lacks_something_is_refused(report, changes, message):
    given = {"new": 2} | changes
    with pytest.raises(gi.DataError, match=message):
        edit(gi.EditLog(), report, "requests.completed", 0, given.pop("new"), **given)


@pytest.mark.parametrize(
    ("cell", "changes", "message"),
    [
        ("requests.completed", {"old": 1}, "holds 0, not 1; the facts are not those"),
        ("disclosure.gazette", {"old": 0}, "holds no number, not 0"),
        ("no.such_cell", {}, "is no cell of these facts"),
        ("requests.completed", {"sha256": "f" * 64}, "the hash is not that of"),
    ],
)
def test_an_edit_of_something_else_is_refused(report, facts, cell, changes, message):
    given = {"old": 0} | changes
    log = edit(gi.EditLog(), report, cell, given.pop("old"), 2, **given)
    with pytest.raises(gi.DataError, match=message):
        gi.apply_edits(facts, log)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "no JSON"),
        ("[" * 100_000, "no JSON"),
        ("[]", "no edit log of version 1"),
        ('{"version": 2, "edits": []}', "no edit log of version 1"),
        ('{"version": 1, "edits": [{}]}', "edit 0: .*missing"),
        ('{"version": 1, "edits": [{"color": 1}]}', "edit 0: .*color"),
        ('{"version": 1, "edits": [3]}', "edit 0: "),
        (ODD, "edit 0: applicant is no text"),
    ],
)
def test_what_is_no_log_is_one_clear_line(tmp_path, text, message):
    path = tmp_path / "edits.json"
    path.write_text(text, "utf-8")
    with pytest.raises(gi.DataError, match=message) as caught:
        gi.read_edits(path)
    assert "\n" not in str(caught.value)
    with pytest.raises(gi.DataError, match="check the path"):
        gi.read_edits(tmp_path / "nowhere.json")


def test_the_log_shows_itself_escaped(report):
    log = edit(gi.EditLog(), report, "requests.completed", 0, 2, reason="<b>")
    assert "<b>" not in log._repr_html_() and "&lt;b&gt;" in log._repr_html_()
    assert log.edits[0]._fields == Edit._fields


# Decisions


def decide(tmp_path, report, facts, **decisions):
    data = encode_proposals(gi.repair(facts), list_hashes([report]), gi.__version__)
    given = json.loads(data)
    for number, changes in decisions.items():
        given["proposals"][int(number[1:])].update(changes)
    path = tmp_path / "proposals.json"
    path.write_text(json.dumps(given), "utf-8")
    return path, given["proposals"]


ACCEPT = {"decision": "accept", "author": "A. Reader"}


def test_accepted_proposals_become_edits(tmp_path, report, facts):
    note = {"note": "the prose says so"}
    path, given = decide(tmp_path, report, facts, p0=ACCEPT | note, p1=ACCEPT,
                         p2={"decision": "reject", "author": "B"})  # fmt: skip
    assert [one["cells"][0]["indicator"] for one in given] == [
        "requests.completed", "replies.total", "requests.on_time", "replies.granted",
    ]  # fmt: skip
    log = read_decisions(path)
    assert [(e.indicator, e.old, e.new) for e in log.edits] == [
        ("requests.completed", 0, 2),
        ("replies.total", 0, 2),
    ]
    assert log.edits[0].reason == "the prose says so"
    assert "total was left at 0" in log.edits[1].reason
    assert log.edits[0].package == gi.__version__
    assert gi.check(gi.apply_edits(facts, log)).count()["fail"] == 0


@pytest.mark.parametrize(
    ("decisions", "message"),
    [
        ({"p0": {"decision": "yes"}}, "proposal 0: decision must be accept"),
        ({"p0": {"decision": "accept"}}, "proposal 0: edit 0: author is missing"),
        ({"p0": ACCEPT, "p2": ACCEPT}, "proposal 2: another change for the same rules"),
        ({"p0": ACCEPT | {"cells": [{}]}}, "proposal 0: KeyError.* is amiss"),
        ({"p0": ACCEPT | {"cells": 4}}, "proposal 0: TypeError.* is amiss"),
        (
            {"p0": ACCEPT | {"report_id": []}},
            "proposal 0: edit 0: report_id is missing",
        ),
        ({"p0": ACCEPT | {"author": 5}}, "proposal 0: edit 0: author is missing"),
    ],
)
def test_decisions_that_cannot_stand_are_refused(
    tmp_path, report, facts, decisions, message
):
    path, _ = decide(tmp_path, report, facts, **decisions)
    with pytest.raises(gi.DataError, match=message):
        read_decisions(path)


def test_the_command_repairs_proposes_and_applies(tmp_path, capsys):
    proposals, edits = tmp_path / "proposals.json", tmp_path / "edits.json"
    assert main(["repair", str(FILE), "-o", str(proposals), "--lang", "en"]) == 0
    shown = capsys.readouterr().out
    assert "1 derived, 4 proposed, 1 open, 2 conflicts" in shown
    assert "the total was left at 0" in shown and "0 … 947" in shown
    given = json.loads(proposals.read_text("utf-8"))
    for one in given["proposals"][:2]:
        one.update(ACCEPT)
    proposals.write_text(json.dumps(given), "utf-8")
    apply = ["repair", str(FILE), "--apply", str(proposals), "-o", str(edits)]
    assert main([*apply, "--csv"]) == 0
    first = capsys.readouterr().out
    assert first.count("件,corrected,") == 2
    assert first.count("人,derived,") == 1
    assert main(["repair", str(FILE), "--edits", str(edits), "--csv"]) == 0
    assert capsys.readouterr().out == first
    assert main(["repair", str(FILE), "--jsonl"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 63 and json.loads(lines[0])["indicator"] == "disclosure.total"


def test_the_command_goes_on_past_a_bad_file(tmp_path, capsys):
    bad = tmp_path / "bad.txt"
    bad.write_bytes(b"")
    assert main(["repair", str(bad), str(FILE)]) == 1
    out = capsys.readouterr()
    assert "1 derived" in out.out and "bad.txt" in out.err
    assert main(["repair", str(FILE), "--edits", str(bad)]) == 2
    assert "no JSON" in capsys.readouterr().err
    assert main(["repair", str(FILE), "-o", str(tmp_path)]) == 2
    assert "name another file" in capsys.readouterr().err


def test_a_file_named_twice_is_repaired_once(capsys):
    assert main(["repair", str(FILE), "--csv"]) == 0
    once = capsys.readouterr().out
    assert main(["repair", str(FILE), str(FILE), "--csv"]) == 0
    assert capsys.readouterr().out == once

"""Reports with their truth to scores: what is right, missed, seen, named, mended."""

import json
from types import SimpleNamespace

import pytest

from gi_tools import simulation
from gi_tools.cli import main
from gi_tools.errors import DataError
from gi_tools.repairs import repair_facts
from gi_tools.scoring import score_folder


@pytest.fixture(scope="module")
def corpus(tmp_path_factory):
    folder = tmp_path_factory.mktemp("corpus")
    kinds = "parents_zero copied_total split_digits slashes traditional".split()
    simulation.simulate(36, folder, defects=0.5, kinds=kinds, seed=6)
    return folder


@pytest.fixture(scope="module")
def scores(corpus):
    return score_folder(corpus)


@pytest.fixture
def copy(corpus, tmp_path):
    """Twelve of the reports, to be tampered with."""
    for path in corpus.glob("r000[01]*"):
        if path.name[:6] <= "r00012":
            (tmp_path / path.name).write_bytes(path.read_bytes())
    return tmp_path


def read_truths(folder):
    paths = sorted(folder.glob("*.truth.json"))
    return [json.loads(path.read_text("utf-8")) for path in paths]


def write_truth(folder, truth):
    path = folder / f"{truth['name']}.truth.json"
    path.write_text(json.dumps(truth, ensure_ascii=False), "utf-8")


def test_simulated_reports_are_read_whole(corpus, scores):
    truths = read_truths(corpus)
    cells = [cell["value"] for truth in truths for cell in truth["cells"]]
    wanted = {
        "parsed": 36,
        "filled cells": sum(value is not None for value in cells),
        "blank cells": cells.count(None),
        "year": 36,
        "form": 36,
        "agency": 36,
        "period": 36,
        "contacts": sum(len(truth["contacts"]) for truth in truths),
        "headings": sum(len(truth["sections"]) for truth in truths),
        "claims found": sum(len(truth["claims"]) for truth in truths),
        "detected": sum(t["defects"][0]["visible"] for t in truths if t["defects"]),
    }
    assert wanted["detected"] > 2
    for measure, n in wanted.items():
        row = scores.get(measure)
        assert (row.right, row.n, row.share) == (n, n, 1.0), measure
    for measure in ("silent zeros", "false alarms"):
        row = scores.get(measure)
        assert (row.right, row.share, row.better) == (0, 0.0, "fewer")
        assert row.n > 5
    assert scores.misses == ()
    assert list(scores.frame.measure) == [row.measure for row in scores.rows]


def test_every_share_has_its_interval(scores):
    row = scores.get("parsed")
    assert row.low == pytest.approx(0.903582, abs=1e-5)  # Wilson, 36 of 36
    assert row.high == 1
    assert "36 /      36   100.00%  [90.36%, 100.00%]" in str(scores)


def test_what_differs_from_the_truth_is_missed_and_named(copy):
    truth = read_truths(copy)[0]
    before = score_folder(copy).get("filled cells")
    cell = next(cell for cell in truth["cells"] if cell["value"])
    cell["value"] += 1
    truth["agency"], truth["report_year"] = "某局", 1999
    truth["claims"].append({"indicator": "complaints.total", "value": 77})
    write_truth(copy, truth)
    scores = score_folder(copy)
    assert scores.get("filled cells").right == before.right - 1
    assert scores.get("agency").right == scores.get("year").right == 11
    found = scores.get("claims found")
    assert found.n - found.right == 1
    missed = {miss.measure for miss in scores.misses if miss.name == truth["name"]}
    assert missed == {"filled cells", "agency", "year", "claims found"}


def test_a_zero_read_where_nothing_is_printed_is_a_silent_zero(copy):
    truth = next(
        t for t in read_truths(copy) if any(c["value"] == 0 for c in t["cells"])
    )
    cell = next(cell for cell in truth["cells"] if cell["value"] == 0)
    cell["value"] = None
    write_truth(copy, truth)
    scores = score_folder(copy)
    blanks = scores.get("blank cells")
    assert scores.get("silent zeros").right == blanks.n - blanks.right == 1


def test_a_file_that_cannot_be_read_never_stops_the_others(copy):
    truths = read_truths(copy)
    (copy / truths[3]["file"]).write_bytes(b"\0\1")
    (copy / truths[5]["file"]).unlink()
    scores = score_folder(copy)
    assert (scores.get("parsed").right, scores.get("parsed").n) == (10, 12)
    assert scores.get("agency").n == 12
    assert scores.get("filled cells").right < scores.get("filled cells").n


def test_words_and_units_in_labelled_cells_are_understood(copy):
    truth = read_truths(copy)[0]
    cell = next(cell for cell in truth["cells"] if cell["value"])
    value = cell["value"]
    before = score_folder(copy).get("filled cells").right
    for text in (f"{value}件", f"{value * 10_000}元"):
        cell["value"] = text
        write_truth(copy, truth)
        assert score_folder(copy).get("filled cells").right == before
    cell["value"] = f"减{value}"
    write_truth(copy, truth)
    assert score_folder(copy).get("filled cells").right == before - 1


def test_a_clean_report_that_fails_a_rule_is_a_false_alarm(copy):
    visible = 0
    for truth in read_truths(copy):
        visible += any(defect["visible"] for defect in truth["defects"])
        write_truth(copy, truth | {"defects": []})
    alarms = score_folder(copy).get("false alarms")
    assert visible > 0
    assert (alarms.right, alarms.n) == (visible, 12)


def repair_all(facts, *, offset=0.0, decoy=False):
    """A repair that knows the truth: what the planted cells should be."""
    rows = []
    for report_id in {fact.report_id for fact in facts} if decoy else ():
        wrong = {
            "indicator": "requests.online",
            "applicant": None,
            "proposal": 1.0,
            "settles": 1,
        }
        rows.append(SimpleNamespace(report_id=report_id, rank=1, **wrong))
    for truth in repair_all.truths:
        report = next(
            (f.report_id for f in facts if f.report_id[:6] == truth["name"]), ""
        )
        for defect in truth["defects"]:
            for cell in defect["cells"]:
                key = {"indicator": cell["indicator"], "applicant": cell["applicant"]}
                rank = 2 if decoy else 1
                rows.append(
                    SimpleNamespace(
                        report_id=report,
                        proposal=cell["old"] + offset,
                        settles=1,
                        rank=rank,
                        **key,
                    )
                )
    return SimpleNamespace(suspect_rows=rows, log_rows=[])


@pytest.mark.parametrize(
    ("asked", "shares"),
    [
        ({}, (1, 1, 1)),
        ({"offset": 1.0}, (1, 1, 0)),
        ({"decoy": True}, (0, 1, 0)),
    ],
)
def test_a_repair_is_scored_by_what_it_names_and_proposes(tmp_path, asked, shares):
    kinds = ["doubled_digit", "lost_digit"]
    simulation.simulate(12, tmp_path, defects=1, kinds=kinds, seed=9)
    repair_all.truths = read_truths(tmp_path)
    visible = sum(truth["defects"][0]["visible"] for truth in repair_all.truths)
    scores = score_folder(tmp_path, lambda facts: repair_all(facts, **asked))
    names = ("named first", "named in 3", "mended first")
    rows = [scores.get(f"{name}, one cell") for name in names]
    assert tuple(row.share for row in rows) == shares
    assert {row.n for row in rows} <= {visible, visible - 1}
    assert rows[0].n > 6


def test_split_digits_are_never_joined_but_mended(tmp_path):
    simulation.simulate(12, tmp_path, defects=1, kinds=["split_digits"], seed=9)
    scores = score_folder(tmp_path, repair_facts)
    joined, mended = (
        scores.get(f"split digits {s}") for s in ("joined wrong", "mended")
    )
    assert (joined.right, mended.right) == (0, 12)
    assert joined.n == mended.n == 12


def test_without_a_repair_nothing_is_named(tmp_path):
    simulation.simulate(6, tmp_path, defects=1, kinds=["doubled_digit"], seed=9)
    scores = score_folder(
        tmp_path, lambda facts: SimpleNamespace(suspect_rows=[], log_rows=[])
    )
    assert scores.get("named in 3, one cell").right == 0
    assert "named first, one cell" not in {
        row.measure for row in score_folder(tmp_path).rows
    }


def test_a_folder_without_truths_is_refused(tmp_path):
    with pytest.raises(DataError, match=r"no \*\.truth\.json in it; gi simulate"):
        score_folder(tmp_path)


def test_the_commands_write_and_score(tmp_path, capsys):
    out = str(tmp_path / "made")
    asked = [
        "--forms",
        "2014",
        "--formats",
        "tabs",
        "--defects",
        "1",
        "--years",
        "2015",
    ]
    assert main(["simulate", "-n", "4", "-o", out, "--seed", "2", *asked]) == 0
    assert "4 reports, 4 with a planted defect" in capsys.readouterr().out
    assert main(["score", out, "--json", "--repair"]) == 0
    rows = json.loads(capsys.readouterr().out)["scores"]
    assert rows[0] | {"low": 0} == {
        **{"measure": "parsed", "right": 4, "n": 4, "share": 1.0},
        **{"low": 0, "high": 1.0, "better": "more"},
    }
    for years in ("soon", "2024-2014", "²", "2014-"):
        assert main(["simulate", "-o", out, "--years", years]) == 2
        told = f"--years {years}: write 2014-2024, or one year"
        assert told in capsys.readouterr().err
    for option, least in (("-n", 1), ("--seed", 0)):
        for text in ("-1", "two"):
            with pytest.raises(SystemExit):
                main(["simulate", "-o", out, option, text])
            told = f"'{text}': give a whole number from {least} on"
            assert told in capsys.readouterr().err


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"name": "r00001"}', "[" * 100_000])
def test_what_is_no_truth_is_one_clear_line(copy, text):
    (copy / "x.truth.json").write_text(text, "utf-8")
    with pytest.raises(DataError, match=r"x\.truth\.json") as caught:
        score_folder(copy)
    assert "\n" not in str(caught.value)


def test_a_clean_report_that_cannot_be_read_is_no_proof_of_peace(copy):
    truths = read_truths(copy)
    for truth in truths:
        write_truth(copy, truth | {"defects": []})
    (copy / truths[3]["file"]).unlink()
    scores = score_folder(copy, repair_facts)
    assert scores.get("false alarms").n == 11
    assert scores.get("suspects on clean reports").n == 11


@pytest.mark.long
def test_a_large_corpus_is_read_whole_and_every_visible_error_seen(tmp_path):
    simulation.simulate(600, tmp_path, defects=0.2, seed=3)
    scores = score_folder(tmp_path, repair_facts)
    for measure in ("filled cells", "blank cells"):
        assert scores.get(measure).share >= 0.995
    for measure in ("parsed", "year", "form", "detected"):
        assert scores.get(measure).share == 1
    assert scores.get("detected").n > 15
    assert scores.get("named in 3, one cell").share >= 0.9
    assert scores.get("silent zeros").right == scores.get("false alarms").right == 0

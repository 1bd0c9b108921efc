"""The workshop: every exercise has hints, is solved by its solution, never crashes."""

import re
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

import gi_tools as gi
from gi_tools import lessons

FOLDER = Path(__file__).parents[1] / "notebooks" / "workshop"
EPISODES = sorted(FOLDER.glob("episode_*.ipynb"))
SOLUTIONS = sorted((FOLDER / "solutions").glob("*.ipynb"))
CHECK = re.compile(r'lessons\.check\("(\d\.\d)"')
OBJECTIVE = re.compile(r"^- `(\d[a-z])`", re.M)
LONGEST_CELL = 12


def read_cells(path, kind):
    book = nbformat.read(path, 4)
    return [cell.source for cell in book.cells if cell.cell_type == kind]


def list_checks(path):
    return CHECK.findall("\n".join(read_cells(path, "code")))


def run(path):
    book = nbformat.read(path, 4)
    client = NotebookClient(book, timeout=120, kernel_name="python3")
    client.execute(cwd=str(FOLDER))
    outputs = [o for c in book.cells if c.cell_type == "code" for o in c.outputs]
    shown = [o.data["text/plain"] for o in outputs if "data" in o]
    return [text for text in shown if re.match(r"\d\.\d [✓✗]", text)]


@pytest.fixture(autouse=True)
def anew():
    lessons.restart()


def test_there_are_seven_episodes_with_a_solution_each():
    assert len(EPISODES) == len(SOLUTIONS) == 7
    readme = (FOLDER / "README.md").read_text("utf-8")
    assert all(f"({path.name})" in readme for path in EPISODES)


@pytest.mark.parametrize("path", EPISODES, ids=lambda path: path.stem)
def test_an_episode_keeps_its_budget(path):
    code = read_cells(path, "code")
    assert 5 <= len(code) <= 15
    assert all(len(cell.splitlines()) <= LONGEST_CELL for cell in code)
    text = "\n".join(read_cells(path, "markdown"))
    for needed in ("**Minutes", "**Questions", "**Objectives", "Key points"):
        assert needed in text
    for cell in read_cells(path, "markdown"):
        assert re.search("[\u4e00-\u9fff]", cell), cell
    assert not any(c.outputs for c in nbformat.read(path, 4).cells if "outputs" in c)


@pytest.mark.parametrize("path", EPISODES, ids=lambda path: path.stem)
def test_every_objective_has_an_exercise_and_every_exercise_a_solution(path):
    objectives = OBJECTIVE.findall("\n".join(read_cells(path, "markdown")))
    number = path.stem[8]
    mine = [e for e in lessons.exercises().values() if e.id.startswith(number)]
    assert {e.objective for e in mine} == set(objectives)
    assert list_checks(path) == sorted(e.id for e in mine)
    assert list_checks(FOLDER / f"solutions/episode_{number}_solutions.ipynb") == (
        list_checks(path)
    )


@pytest.mark.parametrize("path", SOLUTIONS, ids=lambda path: path.stem)
def test_a_solution_solves_every_exercise(path):
    assert [text.split(" 正确")[0] for text in run(path)] == [
        f"{number} ✓" for number in list_checks(path)
    ]


@pytest.mark.long
@pytest.mark.parametrize("path", EPISODES, ids=lambda path: path.stem)
def test_an_episode_runs_and_its_placeholders_get_hints(path):
    shown = run(path)
    assert len(shown) == len(list_checks(path))
    assert all("✗" in text for text in shown)


@pytest.mark.parametrize("one", lessons.exercises().values(), ids=lambda one: one.id)
def test_wrong_answers_get_graded_hints_never_a_traceback(one):
    assert one.hints
    for answer in (None, "", [], {}, 17, float("nan"), object(), ({}, {}), gi):
        verdict = lessons.check(one.id, answer)
        assert not verdict and verdict.zh and verdict.en
    assert one.hints[-1][0] in lessons.check(one.id, None).zh
    lessons.restart()
    assert one.hints[0][0] in lessons.check(one.id, None).zh


def test_pitfalls_are_answered_by_name():
    known = [(e, answer, words) for e in lessons.exercises().values()
             for answer, words in e.pitfalls]  # fmt: skip
    assert len(known) >= 8
    for one, answer, words in known:
        assert lessons.check(one.id, answer).en == words[1]


def test_a_verdict_is_escaped_and_an_unknown_exercise_refused():
    verdict = lessons.Verdict("1.1", False, "<script>", "<b>")
    assert "<script" not in verdict._repr_html_()
    with pytest.raises(gi.DataError, match="no exercise"):
        lessons.check("9.9", None)


def test_the_cities_are_the_same_for_everyone_with_two_planted_faults():
    facts = lessons.simulate_cities()
    assert facts.equals(lessons.simulate_cities())
    found = gi.check(facts).frame
    failed = found[(found.verdict == "fail") & (found.severity == "error")]
    assert failed.rule.tolist() == ["2021.A.total", "2021.C.requests.new"]

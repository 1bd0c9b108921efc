"""Every notebook keeps its budget, runs from two folders, shows its figures."""

import os
import re
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

ROOT = Path(__file__).parents[1]
PATHS = sorted((ROOT / "notebooks").glob("*.ipynb"))

MOST_CELLS, MOST_LINES, LONGEST_CELL = 15, 60, 10
FORBIDDEN = re.compile(r"\bdef\b|[!%]\s*pip\b|https?:|^\s*!", re.M)
MINUTES = re.compile(r"\b(\d+) to (\d+)\b.*\bSeconds?\b", re.I | re.S)
SOLUTION = re.compile(r"```python\n(.*?)```", re.S)

# What the cells must print, then what the solution of the exercise must print.
FIGURES = {
    "01_read_one_report": [
        "charset='utf-8'",
        "27 1 34",
        "<td>温州市科学技术局</td>",
        "year 2017: line 5",
        "published 2018-01-02",
        "        2、依申请公开情况",
        "line 84:2-5",
        "'741'",
        "(58, True)",
        "form 2014: label 主动公开规范性文件数",
        "(None, 0, 'form unknown: year 2017, no label seen')",
        "line 49:54-57 103",
    ],
    "02_from_tables_to_facts": [
        "reported    56\nblank        2",
        "disclosure.gazette",
        "capacity.staff_full_time",
        "3043.0",
        "519.75 415.8 <NA>",
        "'reported': 48, 'absent': 9, 'blank': 1",
        "/      145\n无       16",
        "1863500元",
        "186.35",
        "reason='no such row in the form'",
        "dingxi.10.cumulative",
        "200 1\n",
        "1094",
        "不涉及",
    ],
    "03_check_the_figures": [
        "Findings(2 fail, 1 unknown, 11 pass;",
        "0 Findings(2 fail, 0 unknown, 12 pass;",
        "1 Findings(3 fail, 0 unknown, 11 pass;",
        "the verdict does not hang on them",
        "2021.B.natural_person",
        "2021.C.outcomes.unavailable.not_held",
        "Findings(0 fail, 0 unknown, 42 pass;",
        "39.1%\n12.5%",
        "2330.0",
        "-2330.0",
    ],
    "04_repair_with_a_log": [
        "Findings(0 fail, 37 unknown, 3 pass",
        "Repaired(113 derived, 0 proposed, 14 open, 0 conflicts)",
        "{'derived': 113, 'reported': 71, 'blank': 14}",
        "{1: 75, 2: 38} only 0 satisfies 2019.C.requests.new",
        "14 0",
        "litigation.after_review.total  0.0  <NA>      True",
        "True\nTrue 76",
        "two digits were transposed; cells changed: 1, rules settled: 2",
        "requests.completed    0.0       2.0  ambiguous   0.375",
        "Findings(0 fail, 1 unknown, 13 pass",
        "line 161:2-3",
        "Findings(2 fail, 1 unknown, 11 pass; 64 exchanges no rule sees)\nTrue",
        "True 2",
        "9 cells stand in no rule of one report",
        "Findings(0 fail, 0 unknown, 42 pass",
        "holds 47, not 74",
    ],
    "05_build_the_panel": [
        "Panel(reports: 16, bodies: 16, years: 2009-2024",
        "2014      replies.already_public + replies.granted",
        "forms shanghai and dingxi do not compare",
        "2014 2019 caveat comparable only as already public",
        "2024 Since 2024 review comes before any suit",
        "scope differs within a sum (department, own, unstated)",
        "1009.0",
        "{'used': 108, 'missing': 12}",
        "100 rows matched, 8 did not",
        "('refused_internal_affairs', '2014', '2019', 'refuse')",
    ],
    "06_measure_and_plot": [
        "0.391",
        "0.823",
        "{'not_in_form': 6, 'needs_covariate': 4}",
        "20.8% to 93.9%",
        "{0.0: 1.0, 0.5: 13.5, 1.0: 45.0}",
        "'datapackage.json'",
        "of 60 bodies lie outside of the 99.8 % limits (about 0.1 by chance",
    ],
    "07_a_study_on_real_figures": [
        "171 960",
        "94 1",
        "0.806  0.700  0.880",
        "'low': 0.468, 'high': 0.887",
        "629600.0",
        "[('equal', 2), ('less', 7), ('more', 2)] 0.05 to 0.48",
        "116 7 17",
        "12 of 16: 75%, 51% to 90%",
    ],
    "08_a_study_on_a_simulated_panel": [
        "forms 2014 and 2019 do not compare",
        "0.341  0.161",
        "[('2014', '2019', 'caveat'), ('2019', '2021', 'yes')]",
        "0.092  0.124",
        "careless 5, honest 1 of 40",
        "a regressor does not vary within units beyond the years",
    ],
    "09_explore": [
        "prose       0         5\ntable2      9        13",
        "✗ 与表格不符：表格为 319",
        "1 Findings(2 fail, 1 unknown, 53 pass",
        "two digits transposed; I looked at the page",
        "2019   60.0  0.439024  0.835294",
        "∅ 无报告；– 有报告而无定义",
        "mean     26.2",
        "收到申请11件",
        '已读 <b>16</b></span> · <span class="gi-fail">未读成 <b>2</b>',
        "2019          665    127     0",
        "words = [",
        "7 of 10",
    ],
}

# How many pictures each notebook draws.
PICTURES = {"03": 1, "05": 2, "06": 6, "07": 2, "08": 3}

each_notebook = pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)


def load(path):
    return nbformat.read(path, as_version=4)


def list_code(notebook):
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def list_text(notebook):
    """All that the cells of an executed notebook show, as text and as HTML."""
    for cell in list_code(notebook):
        # Two prints may come as one stream or as two.
        yield "".join(o.text for o in cell.outputs if o.output_type == "stream")
        for data in (output.get("data", {}) for output in cell.outputs):
            yield from (data[kind] for kind in data if kind.startswith("text/"))


def test_every_notebook_has_its_figures_here():
    assert [path.stem for path in PATHS] == sorted(FIGURES)


@each_notebook
def test_budget(path):
    cells = [cell.source.splitlines() for cell in list_code(load(path))]
    assert len(cells) <= MOST_CELLS
    assert max(map(len, cells)) <= LONGEST_CELL
    assert sum(map(len, cells)) <= MOST_LINES


@each_notebook
def test_no_function_no_installation_no_network(path):
    for cell in list_code(load(path)):
        assert not FORBIDDEN.search(cell.source), cell.source


@each_notebook
def test_outputs_are_stripped(path):
    notebook = load(path)
    assert not [cell for cell in list_code(notebook) if cell.outputs]
    assert not [cell for cell in list_code(notebook) if cell.execution_count]
    assert notebook.metadata.kernelspec.name == "python3"


@each_notebook
def test_first_cell_frames_the_lesson(path):
    first = load(path).cells[0]
    assert first.cell_type == "markdown"
    assert first.source.startswith(f"# {int(path.stem[:2])}. ")
    least, most = map(int, MINUTES.search(first.source).groups())
    assert least < most
    for word in ("Minutes · 时间", "Questions · 问题", "Objectives · 目标"):
        assert word in first.source


@each_notebook
def test_last_cell_closes_the_lesson(path):
    last = load(path).cells[-1]
    assert last.cell_type == "markdown"
    for word in ("## Key points · 要点", "## Exercise · 练习", "Solution · 答案"):
        assert word in last.source
    assert len(SOLUTION.findall(last.source)) == 1


@each_notebook
def test_every_heading_has_a_line_of_chinese(path):
    cells = [c.source for c in load(path).cells if c.cell_type == "markdown"]
    for part in re.split(r"^#+ ", "\n".join(cells), flags=re.M)[1:]:
        heading, _, rest = part.partition("\n")
        first = heading + rest.strip().partition("\n")[0]
        assert re.search(r"[\u4e00-\u9fff]", first), heading


@each_notebook
def test_both_readmes_list_the_notebook(path):
    for name in ("README.md", "README.zh-CN.md"):
        assert f"](notebooks/{path.name})" in (ROOT / name).read_text("utf-8")


@pytest.mark.long
@pytest.mark.parametrize("folder", [ROOT / "notebooks", ROOT], ids=["inside", "top"])
@each_notebook
def test_notebook_runs_and_shows_its_figures(path, folder, tmp_path, monkeypatch):
    monkeypatch.setenv("GI_BUILD", str(tmp_path))
    notebook = load(path)
    last = notebook.cells[-1].source
    cells = [nbformat.v4.new_code_cell(code) for code in SOLUTION.findall(last)]
    notebook.cells += cells
    NotebookClient(notebook, resources={"metadata": {"path": str(folder)}}).execute()
    shown = "\n".join(list_text(notebook))
    for figure in FIGURES[path.stem]:
        assert figure in shown, figure
    pictures = [o for c in list_code(notebook) for o in c.outputs if "data" in o]
    drawn = sum("image/png" in output.data for output in pictures)
    assert drawn >= PICTURES.get(path.stem[:2], 0)
    # A missing glyph, a deprecation: whatever is said on stderr is a fault.
    outputs = [o for cell in list_code(notebook) for o in cell.outputs]
    assert not [o for o in outputs if o.get("name") == "stderr"]
    left = sorted(os.listdir(tmp_path))
    assert left == (["verdicts.png"] if path.stem == "03_check_the_figures" else [])
    assert all((tmp_path / name).stat().st_size > 20_000 for name in left)

"""Explorers in a real JupyterLab: controls are worked, and what they change is seen."""

import hashlib
import json
import re
from pathlib import Path
from shutil import copyfile, copytree

import nbformat
import pytest
from lab import CHROMIUM, start_lab
from playwright.sync_api import expect

import gi_tools as gi

ROOT = Path(__file__).parents[1]
SHOTS = ROOT / "build" / "screenshots"

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not CHROMIUM, reason="no Chromium: make test-browser gets it"),
]


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    SHOTS.mkdir(parents=True, exist_ok=True)
    folder = tmp_path_factory.mktemp("notebooks")
    with start_lab(folder) as lab:
        yield lab


def write(lab, name, *cells):
    """A notebook of these cells, with the samples at hand."""
    setup = "import gi_tools as gi\nfrom gi_tools import explorers\n"
    setup += f"SAMPLES = {str(ROOT / 'data' / 'samples')!r}\n"
    book = nbformat.v4.new_notebook()
    book.metadata.kernelspec = {"name": "python3", "display_name": "Python 3"}
    book.cells = [nbformat.v4.new_code_cell(text) for text in (setup, *cells)]
    nbformat.write(book, lab.root / name)
    return name


def run_cell(page, text):
    """Run one more cell at the end of the notebook and give what it prints."""
    page.evaluate(
        """async text => {
          const panel = window.jupyterapp.shell.currentWidget;
          const kernel = panel.sessionContext.session.kernel;
          const future = kernel.requestExecute({ code: text });
          window.giOut = '';
          future.onIOPub = m => {
            if (m.content.text) window.giOut += m.content.text;
            if (m.content.ename) window.giOut += m.content.evalue;
          };
          await future.done;
        }""",
        text,
    )
    return page.evaluate("() => window.giOut").strip()


def test_a_figure_leads_to_its_place_and_back(lab):
    cell = "report = gi.parse(gi.read(SAMPLES + '/wanglan_office_2019.html'))\n"
    name = write(lab, "report.ipynb", cell + "view = explorers.report(report)\nview")
    with lab.open(name) as page:
        page.wait_for_selector(".gi-sheet td")
        page.screenshot(path=SHOTS / "report_first.png")
        source = page.locator(".gi-sheet").nth(0)
        facts = page.locator(".gi-sheet").nth(1)
        row = facts.locator("tr[data-id]").nth(30)
        where = row.get_attribute("data-id")
        row.click()
        cell = source.locator(f"td[data-id='{where}']")
        expect(cell).to_have_class("gi-picked")
        expect(cell).to_be_in_viewport()
        assert run_cell(page, "print(view.picked)") == where
        page.screenshot(path=SHOTS / "report.png")
        other = source.locator("td[data-id]").nth(3)
        other.click()
        back = facts.locator(f"tr[data-id='{other.get_attribute('data-id')}']").first
        expect(back).to_have_class("gi-picked")
        page.get_by_role("tab", name="文中数字与表格").click()
        claims = page.locator(".gi-sheet").nth(4)
        claims.locator("tr", has_text="与表格不符").first.click()
        expect(source.locator("p.gi-picked")).to_have_count(1)
        expect(source.locator("td.gi-beside")).to_have_count(2)
        page.screenshot(path=SHOTS / "report_prose.png")
        page.get_by_role("tab", name="数据").click()
        shown = facts.locator("tr[data-id]").count()
        page.locator(".jp-OutputArea select").nth(0).select_option(index=2)
        expect(facts.locator("tr[data-id]")).not_to_have_count(shown)
        left = facts.locator("tr[data-id]").count()
        assert run_cell(page, "print(len(view.frame))") == str(left)


@pytest.fixture
def folder(tmp_path):
    """Twenty reports with one wrong cell each that arithmetic can see."""
    kinds = ["swapped_digits", "wrong_digit", "lost_digit", "doubled_digit"]
    form = {"forms": ["2021"], "formats": ["html"]}
    gi.simulate(60, tmp_path, **form, defects=1, kinds=kinds, seed=5)
    truths = [read_truth(path) for path in sorted(tmp_path.glob("*.html"))]
    kept = [t["name"] for t in truths if any(d["visible"] for d in t["defects"])]
    assert len(kept) >= 20
    for path in tmp_path.iterdir():
        if path.name.partition(".")[0] not in kept[:20]:
            path.unlink()
    return tmp_path


def read_truth(path):
    return json.loads(path.with_suffix(".truth.json").read_text("utf-8"))


# What a person reads off the screen: which change has the true figure, if any.
CHOICES = """
import json
wanted = {}
for path in paths:
    truth = json.loads(path.with_suffix('.truth.json').read_text('utf-8'))
    for defect in truth['defects']:
        for cell in defect['cells']:
            key = truth['name'], cell['indicator'], cell['applicant']
            wanted[key] = cell['old']
choices = []
for case in view._cases:
    name, found = case.report_id.rpartition('-')[0], [
        number for number, change in enumerate(case.changes) if change[0].rule
        and all(wanted.get((case.report_id.rpartition('-')[0], *c[1:3])) == c.proposal
                for c in change)]
    choices.append(found[0] if found else -1)
"""


def write_review(lab, folder, name):
    """A notebook that reviews the reports of a folder."""
    return write(
        lab,
        name,
        "from pathlib import Path\n"
        f"paths = sorted(Path({str(folder)!r}).glob('*.html'))\n"
        "reports = [gi.parse(gi.read(path)) for path in paths]\n"
        "view = explorers.review(reports, 'a reviewer')\nview",
    )


def test_twenty_errors_are_corrected_by_keyboard_alone(lab, folder):
    name = write_review(lab, folder, "review.ipynb")
    with lab.open(name) as page:
        cases, pane = (page.locator(".gi-sheet").nth(n) for n in (0, 1))
        choices = json.loads(run_cell(page, CHOICES + "print(json.dumps(choices))"))
        pane.focus()
        page.screenshot(path=SHOTS / "review.png")
        for number, choice in enumerate(choices, 1):
            for _ in range(choice):
                page.keyboard.press("ArrowDown")
            page.keyboard.press("r" if choice < 0 else "a")
            left = f"待审 {len(choices) - number} / {len(choices)}"
            expect(cases).to_contain_text(left)
        page.keyboard.press("u")
        expect(cases).to_contain_text(f"待审 1 / {len(choices)}")
        page.keyboard.press("r" if choices[-1] < 0 else "a")
        expect(cases).to_contain_text(f"待审 0 / {len(choices)}")
        page.screenshot(path=SHOTS / "review_done.png")
        log = folder / "edits.json"
        run_cell(page, f"view.save({str(log)!r})")
        code = "import hashlib; print(hashlib.sha256(gi.encode_facts(view.facts))"
        shown = run_cell(page, code + ".hexdigest())")
    paths = sorted(folder.glob("*.html"))
    facts = gi.tabulate([gi.parse(gi.read(path)) for path in paths])
    replayed = gi.apply_edits(facts, log)
    assert hashlib.sha256(gi.encode_facts(replayed)).hexdigest() == shown
    assert count_right(paths, replayed) == 20


# A case that one cell settles: how many there are, its number, the change, the cell.
SINGLE = """
number = next(n for n, at in enumerate(choices)
              if at >= 0 and len(view._cases[n].changes[at]) == 1)
case = view._cases[number]
cell = case.changes[choices[number]][0][1:5]
print(json.dumps([len(choices), number, choices[number], case.report_id, cell]))
"""


def test_a_figure_of_ones_own_is_written_by_keyboard_alone(lab, folder):
    name = write_review(lab, folder, "edit.ipynb")
    with lab.open(name) as page:
        cases, pane = (page.locator(".gi-sheet").nth(n) for n in (0, 1))
        told = page.locator(".jp-OutputArea p", has_text="若采纳")
        total, number, choice, report_id, cell = json.loads(
            run_cell(page, CHOICES + SINGLE)
        )
        pane.focus()
        for key in ["n"] * number + ["ArrowDown"] * choice:
            page.keyboard.press(key)
        expect(pane).to_contain_text(report_id)
        row = pane.locator(f"tr[data-id='{choice}']").first
        expect(row).to_have_class("gi-picked")
        wrong = re.compile(r"✗ 不符 [1-9]\d* → 0")
        expect(told).to_contain_text(wrong)
        value, reason = (page.get_by_label(word) for word in ("改为", "理由"))
        *place, right = cell
        for figure, effect in ((right + 1, wrong), (right, "✗ 不符 0 → 0")):
            page.keyboard.press("e")
            expect(value).to_be_focused()
            page.keyboard.type(f"{figure:.0f}")
            page.keyboard.press("Tab")
            expect(reason).to_be_focused()
            page.keyboard.type("checked by telephone")
            page.screenshot(path=SHOTS / "review_edit.png")
            page.keyboard.press("Enter")
            expect(cases).to_contain_text(f"待审 {total - 1} / {total}")
            expect(value).to_have_value("")
            expect(pane).to_be_focused()
            for key in ["n"] * number or ["p"]:  # the first that is left is shown now
                page.keyboard.press(key)
            expect(pane).to_contain_text(report_id)
            expect(told).to_contain_text(effect)
            page.screenshot(path=SHOTS / "review_edited.png")
            code = "print(view.frame.iloc[:, :7].to_json(orient='values'))"
            edit = [report_id, *place, figure, "checked by telephone", "a reviewer"]
            assert json.loads(run_cell(page, code)) == [edit]
            if figure != right:
                page.keyboard.press("u")
                expect(cases).to_contain_text(f"待审 {total} / {total}")


def count_right(paths, facts):
    """Count the planted errors whose cell has its true figure now."""
    facts = facts[facts.origin == "table"]
    keys = zip(facts.report_id, facts.indicator, facts.applicant, strict=True)
    values = {
        (report_id.rpartition("-")[0], code, None if who != who else who): value
        for (report_id, code, who), value in zip(keys, facts.value, strict=True)
    }
    return sum(
        all(
            values[truth["name"], cell["indicator"], cell["applicant"]] == cell["old"]
            for defect in truth["defects"]
            for cell in defect["cells"]
        )
        for truth in map(read_truth, paths)
    )


def test_a_panel_changes_with_metric_year_and_reason(lab):
    name = write(
        lab,
        "panel.ipynb",
        "from gi_tools.simulation.panels import simulate_facts\n"
        "panel = gi.build_panel(simulate_facts(20, range(2014, 2025), seed=2))\n"
        "view = explorers.panel(panel, metric='release_on_merits')\nview",
    )
    with lab.open(name) as page:
        picture = page.locator(".jp-OutputArea img").first
        expect(picture).to_be_visible()
        before = picture.get_attribute("src")
        page.screenshot(path=SHOTS / "panel_trend.png")
        page.locator(".jp-OutputArea select").first.select_option(index=2)
        expect(picture).not_to_have_attribute("src", before)
        page.get_by_role("tab", name="热图").click()
        row = page.locator(".gi-sheet tr[data-id]").nth(4)
        row.click()
        expect(row).to_have_class("gi-picked")
        page.screenshot(path=SHOTS / "panel_heatmap.png")
        body = row.get_attribute("data-id")
        assert run_cell(page, "print(view.picked)") == body
        assert run_cell(page, "print(view.frame.agency.nunique())") == "1"


def test_ranks_and_funnel_follow_the_choices(lab):
    name = write(
        lab,
        "metrics.ipynb",
        "from gi_tools.simulation.panels import simulate_facts\n"
        "panel = gi.build_panel(simulate_facts(60, range(2019, 2025), seed=2))\n"
        "view = explorers.metrics(panel)\nview",
    )
    with lab.open(name) as page:
        picture = page.locator(".jp-OutputArea img").first
        table = page.locator(".gi-sheet").first
        expect(table).to_contain_text("名次")
        first, before = table.inner_text(), picture.get_attribute("src")
        page.screenshot(path=SHOTS / "metrics.png")
        page.locator("input[type=checkbox]").check()
        expect(table).to_contain_text("收缩值")
        page.locator(".jp-OutputArea select").nth(1).select_option(index=0)
        expect(picture).not_to_have_attribute("src", before)
        assert table.inner_text() != first
        assert run_cell(page, "print('shrunk' in view.frame)") == "True"


def test_a_pattern_is_tried_while_it_is_typed(lab):
    name = write(
        lab,
        "patterns.ipynb",
        "from pathlib import Path\n"
        "paths = [p for p in sorted(Path(SAMPLES).glob('*.*'))"
        " if p.name not in ('README.md', 'manifest.csv')]\n"
        "view = explorers.patterns([gi.parse(gi.read(p)) for p in paths])\nview",
    )
    with lab.open(name) as page:
        sheet = page.locator(".gi-sheet").first
        expect(sheet.locator("mark").first).to_be_visible()
        before = sheet.locator("mark").count()
        field = page.locator(".jp-OutputArea input[type=text]").first
        field.fill(r"公开[^。；]{0,20}?(?P<value>\d{1,7})条")
        expect(sheet.locator("mark")).not_to_have_count(before)
        page.screenshot(path=SHOTS / "patterns.png")
        field.fill(r"(\d+)+条x")
        expect(page.locator(".gi-fail")).to_contain_text("耗时剧增")
        field.fill("(")
        expect(page.locator(".gi-fail")).to_contain_text("missing )")


def test_a_build_is_watched_and_its_failures_are_chosen(lab, tmp_path):
    files, out = tmp_path / "files", tmp_path / "out"
    copytree(ROOT / "data" / "samples", files)
    (files / "empty.html").touch()
    (out / "_journal").mkdir(parents=True)
    name = write(lab, "corpus.ipynb", f"view = explorers.corpus({str(out)!r})\nview")
    build = f"gi.build_corpus({str(files)!r}, {str(out)!r}, workers=2, progress=False)"
    with lab.open(name) as page:
        output = page.locator(".jp-OutputArea").last
        expect(output).to_contain_text("待读 ?")
        run_cell(page, build + ".files")
        output.locator("button").click()
        expect(output).to_contain_text("待读 0", timeout=15_000)
        rows = output.locator(".gi-sheet").first.locator("tr")
        expect(rows).to_have_count(3)
        page.screenshot(path=SHOTS / "corpus.png")
        output.locator("select").select_option(label="打不开 (1)")
        expect(rows).to_have_count(2)
        words = output.get_by_text("empty.html: the file is empty")
        expect(words).to_be_hidden()
        output.get_by_text("文件是空的").click()
        expect(words).to_be_visible()
        page.screenshot(path=SHOTS / "corpus_reason.png")
        assert run_cell(page, "print(*view.frame.file)") == "empty.html"


def test_the_tour_runs_and_every_view_answers(lab):
    copyfile(ROOT / "notebooks" / "09_explore.ipynb", lab.root / "tour.ipynb")
    with lab.open("tour.ipynb") as page:

        def find(name):
            cell = page.locator(".jp-CodeCell", has_text=f" = explorers.{name}(")
            return cell.locator(".jp-OutputArea")

        def ask(what):
            return run_cell(page, f"print({what})")

        find("report").locator("select").nth(1).select_option(label="空白")
        expect(find("report").locator(".gi-sheet").nth(1)).to_contain_text("127 / 127")
        assert ask("*set(report.frame.state)") == "blank"
        find("review").locator("button").nth(0).click()
        expect(find("review")).to_contain_text("待审 1 / 3")
        assert ask("len(review.frame)") == "2"
        find("panel").get_by_role("tab", name="热图").click()
        row = find("panel").locator("tr[data-id]").nth(2)
        row.click()
        expect(row).to_have_class("gi-picked")
        assert ask("*set(trends.frame.agency)") == row.get_attribute("data-id")
        find("metrics").locator("input[type=checkbox]").check()
        expect(find("metrics").locator(".gi-sheet")).to_contain_text("收缩值")
        assert ask("'shrunk' in ranks.frame") == "True"
        find("patterns").locator("input[type=text]").fill(r"(?P<value>\d+)件")
        expect(find("patterns").locator("mark").nth(20)).to_be_visible()
        assert int(ask("len(patterns.frame)")) > 20
        find("corpus").locator("select").select_option(label="打不开 (1)")
        expect(find("corpus").locator(".gi-sheet").first).to_contain_text("1 / 1")
        assert ask("*corpus.frame.file") == "empty_2020.html"

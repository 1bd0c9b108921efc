"""Explorers in a real JupyterLab: controls are worked, and what they change is seen."""

from pathlib import Path

import nbformat
import pytest
from lab import CHROMIUM, start_lab
from playwright.sync_api import expect

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
        shown = facts.locator("tr[data-id]").count()
        page.locator("select").nth(1).select_option(index=2)
        expect(facts.locator("tr[data-id]")).not_to_have_count(shown)
        left = facts.locator("tr[data-id]").count()
        assert run_cell(page, "print(len(view.frame))") == str(left)

"""Memory and time of each reader, page by page: rows for `make bench`, or alone."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from office_files import make_cells, make_page, to_rtf, to_zip
from printing import Dress, to_pdf
from renderings import to_html

from gi_tools.simulation.office import to_docx, to_xlsx
from gi_tools.simulation.pdf import to_picture_pdf
from gi_tools.simulation.scans import scan

CASES = Path(__file__).parent / "cases" / "office"
HEAD = "| file | pages | read, ms of CPU a page | memory added, MB |\n|---|---|---|---|"
# In a process of its own: the peak of one reader must not hide that of the next.
SCRIPT = """
import json, re, sys, time
from statistics import median
import gi_tools as gi
gi.read("政府信息公开".encode())
def peak():
    status = open("/proc/self/status").read()
    return int(re.search(r"VmHWM:\\s+(\\d+)", status)[1]) / 1024
start, times = peak(), []
for _ in range(int(sys.argv[2])):
    begin = time.process_time()
    gi.read(sys.argv[1])
    times.append(time.process_time() - begin)
print(json.dumps([1000 * median(times[1:] or times), peak() - start]))
"""


def make_files() -> Iterator[tuple[str, bytes, int]]:
    """The same 200 cells in every dress: name, bytes and pages."""
    page = make_page("2021", "full")
    html = to_html("2021", make_cells("2021", "full")).encode()
    pdf = to_pdf(page.blocks, Dress(rules="fills", size=10.5))
    scans = scan(pdf)
    yield "page.html", html, 1
    yield "lines.txt", "\n".join(t for t in page.text.split("\n")).encode(), 1
    yield "made.docx", to_docx(page.blocks), 1
    yield "made.doc", (CASES / "form_2021.doc").read_bytes(), 1
    yield "made.rtf", to_rtf(page.blocks), 1
    yield "made.xlsx", to_xlsx(page.blocks), 1
    yield "made.xls", (CASES / "form_2021.xls").read_bytes(), 1
    yield "made.zip", to_zip({"made.docx": to_docx(page.blocks)}), 1
    yield "text.pdf", pdf, len(scans)
    yield "scan.pdf", to_picture_pdf(scans), len(scans)
    yield "scan.jpg", scans[0].data, 1


def rows(rounds: int = 5) -> list[str]:
    """The lines of a Markdown table, head included: time a page and peak memory."""
    lines = HEAD.split("\n")
    with tempfile.TemporaryDirectory() as folder:
        for name, data, pages in make_files():
            path = Path(folder, name)
            path.write_bytes(data)
            turns = 2 if "scan" in name else rounds
            command = [sys.executable, "-c", SCRIPT, str(path), str(turns)]
            done = subprocess.run(command, capture_output=True, text=True, check=True)
            spent, memory = json.loads(done.stdout)
            lines.append(f"| {name} | {pages} | {spent / pages:.1f} | {memory:.0f} |")
    return lines


if __name__ == "__main__":
    print("\n".join(rows()))

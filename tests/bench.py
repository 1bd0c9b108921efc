"""Measure speed as ratios in one run and print a Markdown table: `make bench`."""

from __future__ import annotations

import io
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from itertools import product
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import NamedTuple

import camelot
import docx
import pandas as pd
import pdfplumber
from printing import Dress, to_pdf
from renderings import RENDERINGS
from selectolax.lexbor import LexborHTMLParser
from test_readers_pdf import make_blocks, make_cells

import gi_tools as gi
from gi_tools.checks import check_facts
from gi_tools.codebook import forms
from gi_tools.facts import to_facts
from gi_tools.simulation.office import to_docx

ROOT = Path(__file__).parents[1]
SAMPLES = ROOT / "data" / "samples"
REAL = ROOT.parent / "shared" / "real"
ROUNDS = 15
DRAWN = ("lines", "fills", "boxes")  # how a PDF may draw its rules
REPORTS = 300  # simulated ones for the throughput


class Row(NamedTuple):
    """One line of the table: milliseconds of ours and of what it is held against."""

    name: str
    ours: float
    rival: str = ""
    theirs: float | None = None

    @property
    def ratio(self) -> float:
        """Ours to theirs."""
        return self.ours / self.theirs


def race(*calls: Callable[[], object], rounds: int = ROUNDS) -> list[float]:
    """Median milliseconds of processor time, called in turn so that noise is shared."""
    times: list[list[float]] = [[] for _ in calls]
    for _ in range(rounds + 1):
        for call, found in zip(calls, times, strict=True):
            start = time.process_time()
            call()
            found.append(1000 * (time.process_time() - start))
    return [median(found[1:]) for found in times]


def run_road(source: bytes | Path) -> object:
    """Read, parse, tabulate and check one report, as a user does."""
    return gi.check(gi.tabulate(gi.parse(gi.read(source)))).count()


def run_build(source: bytes | Path) -> object:
    """Read, parse, list the facts and check them, as a build does with each file."""
    return check_facts(list(to_facts(gi.parse(gi.read(source))))).count()


def list_pages() -> dict[str, bytes]:
    """The samples, the real pages where they are, and every form in three dresses."""
    paths = [*sorted(SAMPLES.glob("*.html")), *sorted(REAL.glob("*.html"))]
    pages = {path.name: path.read_bytes() for path in paths}
    for key, form in forms().items():
        full = {t[:2]: str(n * 37 % 101) for n, t in enumerate(form.targets)}
        for dress in ("html", "word", "spanless"):
            for name, cells in (("full", full), ("blank", {})):
                page = RENDERINGS[dress](key, cells)
                pages[f"{key} {dress}, {name}"] = page.encode()
    return pages


def measure_pages() -> Iterator[Row]:
    """The whole road against the mere pulling of the tables, and the parser alone."""
    roads: dict[str, list[Row]] = {"a build": [], "frames": []}
    floors = []
    for name, data in list_pages().items():
        text = gi.read(data).text
        rows, frames, theirs, floor = race(
            lambda data=data: run_build(data),
            lambda data=data: run_road(data),
            lambda text=text: pd.read_html(io.StringIO(text)),
            lambda text=text: LexborHTMLParser(text),
        )
        for road, ours in zip(roads, (rows, frames), strict=True):
            found = Row(f"{name}, {road}", ours, "pandas.read_html", theirs)
            roads[road].append(found)
            yield found
        floors.append(rows / floor)
    for road, found in roads.items():
        middle = median(row.ratio for row in found)
        name = f"**median of {len(found)} pages, {road}**"
        yield Row(name, middle, "pandas.read_html", 1.0)
    yield Row("median of a build to the parser alone", median(floors), "lexbor", 1.0)


def measure_texts() -> Iterator[Row]:
    """Text reports, which nothing else reads."""
    for path in [*sorted(SAMPLES.glob("*.txt")), *sorted(REAL.glob("S01.txt"))]:
        data = path.read_bytes()
        yield Row(path.name, *race(lambda data=data: run_road(data)))


def measure_throughput() -> Iterator[Row]:
    """One simulated report of a mixed corpus, from file to findings, on one core."""
    with TemporaryDirectory() as folder:
        gi.simulate(REPORTS, folder, defects=0.3)
        named = {".html", ".htm", ".txt", ".md"}
        paths = [p for p in Path(folder).iterdir() if p.suffix in named]
        start = time.process_time()
        for path in paths:
            run_road(path)
        each = 1000 * (time.process_time() - start) / len(paths)
    yield Row(f"one of {len(paths)} simulated reports", each)


def pull_tables(data: bytes) -> list:
    """What pdfplumber needs merely to pull the tables, by its defaults."""
    with pdfplumber.open(io.BytesIO(data)) as pdf:
        return [page.extract_tables() for page in pdf.pages]


def pull_lattices(data: bytes) -> list:
    """What camelot needs merely to pull ruled tables, by its defaults; from a file."""
    with TemporaryDirectory() as folder:
        path = Path(folder, "report.pdf")
        path.write_bytes(data)
        return list(camelot.read_pdf(path, pages="all"))


def pull_docx(data: bytes) -> list:
    """What python-docx alone needs to give the texts of the cells."""
    tables = docx.Document(io.BytesIO(data)).tables
    return [[[c.text for c in row.cells] for row in t.rows] for t in tables]


def measure_docx() -> Iterator[Row]:
    """Word files of each national form, read only."""
    for form in ("2014", "2019", "2021"):
        data = to_docx(make_blocks(form, make_cells(form, "full")))
        ours, theirs = race(
            lambda data=data: gi.read(data), lambda data=data: pull_docx(data), rounds=5
        )
        yield Row(f"DOCX, {form}, read", ours, "python-docx alone", theirs)


def measure_pdf() -> Iterator[Row]:
    """Text PDFs with tables over page breaks: each form, its rules and its breaks."""
    breaks = {
        "whole rows, 9 pt": Dress(size=9),
        "cut rows, 10.5 pt": Dress(size=10.5, cut=True, is_open=True),
    }
    layouts = product(("2014", "2019", "2021", "shanghai"), DRAWN, breaks.items())
    for form, rules, (name, dress) in layouts:
        made = make_blocks(form, make_cells(form, "full"))
        data = to_pdf(made, dress._replace(rules=rules))
        ours, theirs = race(
            lambda data=data: gi.read(data),
            lambda data=data: pull_tables(data),
            rounds=5,
        )
        name = f"text PDF, {form}, rules as {rules}, {name}"
        yield Row(name, ours, "pdfplumber tables", theirs)
        if rules == "lines":
            (theirs,) = race(lambda data=data: pull_lattices(data), rounds=1)
            yield Row(name, ours, "camelot lattice", theirs)


def measure_processes() -> Iterator[Row]:
    """Processor time of whole processes, the interpreter alone beside them."""
    gi_command = str(Path(sys.executable).parent / "gi")
    file = str(SAMPLES / "wenzhou_sti_2017.txt")
    bare = [sys.executable, "-c", "pass"]
    for words in (["--help"], ["parse", "--jsonl", file]):
        times: list[list[float]] = [[], []]
        for _ in range(7):
            for command, found in zip(([gi_command, *words], bare), times, strict=True):
                start = sum(resource.getrusage(resource.RUSAGE_CHILDREN)[:2])
                subprocess.run(command, capture_output=True, check=True)
                end = sum(resource.getrusage(resource.RUSAGE_CHILDREN)[:2])
                found.append(1000 * (end - start))
        ours, theirs = map(median, times)
        yield Row(f"gi {words[0]}", ours, "python -c pass", theirs)


MEASURES = (
    measure_pages,
    measure_texts,
    measure_throughput,
    measure_docx,
    measure_pdf,
    measure_processes,
)


def main() -> None:
    """Print the table."""
    print("| input | ours, ms | held against | theirs, ms | ratio |")
    print("|---|---:|---|---:|---:|")
    for measure in MEASURES:
        for row in measure():
            theirs = f"{row.theirs:.1f} | {row.ratio:.2f}" if row.theirs else "| "
            print(f"| {row.name} | {row.ours:.1f} | {row.rival} | {theirs} |")


if __name__ == "__main__":
    main()

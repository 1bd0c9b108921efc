"""Measure speed as ratios in one run and print a Markdown table: `make bench`."""

from __future__ import annotations

import io
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

import pandas as pd
import pdfplumber
from renderings import to_html
from test_readers_pdf import make_blocks, make_cells

import gi_tools as gi
from gi_tools.codebook import forms
from gi_tools.simulation.pages import Dress, to_pdf

ROOT = Path(__file__).parents[1]
REAL = ROOT.parent / "shared" / "real"
ROUNDS = 31


def time_it(call: Callable[[], object], rounds: int = ROUNDS) -> float:
    """Median milliseconds of a call, first one left out."""
    call()
    times = []
    for _ in range(rounds):
        start = time.perf_counter()
        call()
        times.append(time.perf_counter() - start)
    return 1000 * median(times)


def run_road(data: bytes) -> object:
    """Read, parse, tabulate and check, as a user does."""
    return gi.check(gi.tabulate(gi.parse(gi.read(data)))).count()


def run_cold(argument: str) -> float:
    """Milliseconds of a whole process: the median of seven."""
    command = [str(Path(sys.executable).parent / "gi"), *argument.split()]
    times = []
    for _ in range(7):
        start = time.perf_counter()
        subprocess.run(command, capture_output=True, check=True)
        times.append(time.perf_counter() - start)
    return 1000 * median(times)


def pull_tables(data: bytes) -> list:
    """What pdfplumber needs merely to pull the tables, by its defaults."""
    with pdfplumber.open(io.BytesIO(data)) as pdf:
        return [page.extract_tables() for page in pdf.pages]


def make_page() -> bytes:
    """A 2021 page with every cell filled."""
    cells = {t[:2]: str(n * 37 % 101) for n, t in enumerate(forms()["2021"].targets)}
    return to_html("2021", cells).encode()


def main() -> None:
    """Print the table."""
    samples = sorted((ROOT / "data" / "samples").glob("*.html"))
    pages = {"made 2021 page": make_page()}
    pages |= {path.name: path.read_bytes() for path in samples}
    pages |= {path.name: path.read_bytes() for path in sorted(REAL.glob("*.html"))}
    print("| page | read to check, ms | pandas.read_html, ms | ratio |")
    print("|---|---|---|---|")
    for name, data in pages.items():
        ours = time_it(lambda data=data: run_road(data))
        try:
            text = gi.read(data).text
            theirs = time_it(lambda text=text: pd.read_html(io.StringIO(text)))
        except ValueError:
            print(f"| {name} | {ours:.1f} | no table found | – |")
            continue
        print(f"| {name} | {ours:.1f} | {theirs:.1f} | {ours / theirs:.2f} |")
    print("\n| text report | read to check, ms |\n|---|---|")
    texts = sorted((ROOT / "data" / "samples").glob("*.txt")) + sorted(
        REAL.glob("S01.txt")
    )
    for path in texts:
        data = path.read_bytes()
        print(f"| {path.name} | {time_it(lambda data=data: run_road(data)):.1f} |")
    made = make_blocks("2021", make_cells("2021", "full"))
    data = to_pdf(made, Dress(rules="fills", size=10.5))
    ours = time_it(lambda: gi.read(data), 5)
    theirs = time_it(lambda: pull_tables(data), 5)
    print("\n| text PDF, 200 cells | read, ms | pdfplumber tables, ms | ratio |")
    print(
        f"|---|---|---|---|\n| made | {ours:.0f} | {theirs:.0f} | {ours / theirs:.2f} |"
    )
    print("\n| whole process | ms |\n|---|---|")
    print(f"| gi --help | {run_cold('--help'):.0f} |")
    for path in texts[:1]:
        print(f"| gi parse {path.name} | {run_cold(f'parse --jsonl {path}'):.0f} |")
    print(
        "\n| panel of 50,000 agency-years | agency-years, CPU s, peak GB |\n|---|---|"
    )
    run = [sys.executable, str(ROOT / "tests" / "panel_bench.py"), "5000"]
    told = subprocess.run(run, capture_output=True, text=True, check=True).stdout
    print(f"| build and measure | {told.strip()} |")


if __name__ == "__main__":
    main()

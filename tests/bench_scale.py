"""Measure builds of many reports and print Markdown tables: `make bench-scale`.

python tests/bench_scale.py 1000 10000 50000 measures those sizes.
"""

from __future__ import annotations

import argparse
import compileall
import os
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

import psutil

import gi_tools as gi
from gi_tools.corpus.folders import list_files

MB = 2**20
CHILDREN = resource.RUSAGE_CHILDREN


class Run(NamedTuple):
    """
    One build: seconds, those of CPU in all and in the process that directs, peak MB.

    ``worker`` is the peak of a reading process, ``main`` that of the directing one.
    """

    seconds: float
    cpu: float
    directing: float
    worker: float
    main: float


def run_build(folder: Path, out: Path, workers: int, stop: float = 1) -> Run:
    """Build in a process of its own; kill it when the share ``stop`` is done."""
    command = [sys.executable, "-m", "gi_tools.cli", "build", "--quiet"]
    command += [str(folder), "-o", str(out), "--workers", str(workers)]
    total, directing = len(list_files(folder, out).paths), 0.0
    start, peaks, before = time.perf_counter(), {}, resource.getrusage(CHILDREN)
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as process:
        watched = psutil.Process(process.pid)
        while process.poll() is None:
            try:
                for one in (watched, *watched.children()):
                    size = one.memory_info().rss / MB
                    peaks[one.pid] = max(peaks.get(one.pid, 0), size)
                directing = sum(watched.cpu_times()[:2])
            except psutil.Error:
                pass
            if stop < 1 and count_done(out) > stop * total:
                process.send_signal(signal.SIGKILL)
            time.sleep(0.1)
    seconds = time.perf_counter() - start
    used, main = resource.getrusage(CHILDREN), peaks.pop(process.pid, 0)
    cpu = used.ru_utime + used.ru_stime - before.ru_utime - before.ru_stime
    return Run(seconds, cpu, directing, max(peaks.values(), default=0), main)


def count_done(out: Path) -> int:
    """How many files the journal of a build knows."""
    texts = (path.read_text() for path in (out / "_journal").glob("*.json"))
    return sum(text.count('"path": ') for text in texts)


def measure_road(folder: Path, most: int = 600) -> float:
    """Reports a second that one process reads and parses, and does nothing else."""
    paths = list(list_files(folder, folder / "none").paths)
    paths = paths[:: max(len(paths) // most, 1)]
    start = time.process_time()
    for path in paths:
        gi.parse(gi.read(folder / path))
    return len(paths) / (time.process_time() - start)


def picture(out: Path) -> dict[str, bytes]:
    """Every file with its bytes."""
    return {str(p.relative_to(out)): p.read_bytes() for p in out.rglob("*.parquet")}


def measure_size(count: int, place: Path) -> Run:
    """Print the row of one size; give the build with one worker."""
    folder, out = place / f"in{count}", place / f"out{count}"
    gi.simulate(count, folder, seed=count)
    road = measure_road(folder)
    one = run_build(folder, out, 1)
    size = sum(p.stat().st_size for p in out.rglob("*") if p.is_file()) / MB
    shutil.rmtree(out)
    two = run_build(folder, out, 2)
    kept = run_build(folder, out, 2)
    whole = picture(out)
    shutil.rmtree(out)
    half = run_build(folder, out, 2, stop=0.5)
    rest = run_build(folder, out, 2)
    same = "identical" if picture(out) == whole else "DIFFERENT"
    cells = (
        f"{count:,}",
        f"{road:.0f}",
        f"{count / one.cpu:.0f}",
        f"{count / two.cpu:.0f}",
        f"{count / one.seconds:.0f}",
        f"{count / two.seconds / 2:.0f}",
        f"{one.seconds / two.seconds:.2f}",
        f"{2 * one.cpu / two.cpu:.2f}",
        f"{one.directing:.1f}, {two.directing:.1f}",
        f"{max(one.worker, two.worker):.0f}",
        f"{max(one.main, two.main):.0f}",
        f"{kept.seconds:.1f}",
        f"{(half.seconds + rest.seconds) / two.seconds - 1:+.0%}, {same}",
        f"{size:.1f}",
    )
    print("| " + " | ".join(cells) + " |", flush=True)
    shutil.rmtree(folder)
    shutil.rmtree(out)
    return one


HEADS = (
    "reports",
    "parse alone, a CPU second",
    "1 worker, a CPU second",
    "2 workers, a CPU second",
    "1 worker, /s",
    "2 workers, /s and core",
    "1 to 2 workers",
    "the same by CPU",
    "CPU s of directing, 1 and 2 workers",
    "peak of a worker, MB",
    "peak of the rest, MB",
    "nothing new, s",
    "killed half way and resumed",
    "corpus, MB",
)


def main() -> None:
    """Print the table, a row a size, with the load of the machine before and after."""
    parser = argparse.ArgumentParser()
    parser.add_argument("counts", nargs="*", type=int, default=[1000, 10_000])
    counts = parser.parse_args().counts
    compileall.compile_dir(Path(gi.__file__).parent, quiet=1)  # as pip does
    print(f"{os.cpu_count()} cores; load before {os.getloadavg()[0]:.1f}\n")
    print("| " + " | ".join(HEADS) + " |\n" + "|---" * len(HEADS) + "|")
    with tempfile.TemporaryDirectory() as place:
        runs = {count: measure_size(count, Path(place)) for count in counts}
    (count, first), *rest = runs.items()
    print("\nGrowth of the build with one worker, 1 is linear:")
    for size, run in rest:
        times, kind = size / count, f"{count:,} to {size:,} reports"
        clock, cpu = run.seconds / first.seconds, run.cpu / first.cpu
        memory = run.worker / first.worker
        print(
            f"{kind}: {clock / times:.2f} by clock, {cpu / times:.2f} by CPU, ", end=""
        )
        print(f"peak of a worker {memory:.2f} times")
        count, first = size, run
    print(f"\nload after {os.getloadavg()[0]:.1f}")


if __name__ == "__main__":
    main()

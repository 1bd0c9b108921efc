"""Measure builds of many reports and print Markdown tables: `make bench-scale`."""

from __future__ import annotations

import argparse
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
    """One build: seconds, those of CPU, peak MB of a reading process and the rest."""

    seconds: float
    cpu: float
    worker: float
    main: float


def run_build(folder: Path, out: Path, workers: int, stop: float = 1) -> Run:
    """Build in a process of its own; kill it when the share ``stop`` is done."""
    command = [sys.executable, "-m", "gi_tools.cli", "build", "--quiet"]
    command += [str(folder), "-o", str(out), "--workers", str(workers)]
    wanted = stop * len(list_files(folder, out).paths) / 256
    start, peaks, before = time.perf_counter(), {}, resource.getrusage(CHILDREN)
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as process:
        watched = psutil.Process(process.pid)
        while process.poll() is None:
            try:
                for one in (watched, *watched.children()):
                    size = one.memory_info().rss / MB
                    peaks[one.pid] = max(peaks.get(one.pid, 0), size)
            except psutil.Error:
                pass
            done = len(list((out / "_journal").glob("*.json"))) if stop < 1 else 0
            if stop < 1 and done > wanted:
                process.send_signal(signal.SIGKILL)
            time.sleep(0.1)
    seconds = time.perf_counter() - start
    used, main = resource.getrusage(CHILDREN), peaks.pop(process.pid, 0)
    cpu = used.ru_utime + used.ru_stime - before.ru_utime - before.ru_stime
    return Run(seconds, cpu, max(peaks.values(), default=0), main)


def measure_road(folder: Path, most: int = 600) -> float:
    """Reports a second that one process reads and parses, and does nothing else."""
    paths = list_files(folder, folder / "none").paths
    paths = paths[:: max(len(paths) // most, 1)]
    start = time.process_time()
    for path in paths:
        gi.parse(gi.read(folder / path))
    return len(paths) / (time.process_time() - start)


def picture(out: Path) -> dict[str, bytes]:
    """Every file with its bytes."""
    return {str(p.relative_to(out)): p.read_bytes() for p in out.rglob("*.parquet")}


def measure_size(count: int, place: Path) -> None:
    """Print the rows of one size."""
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
        f"{max(one.worker, two.worker):.0f}",
        f"{max(one.main, two.main):.0f}",
        f"{kept.seconds:.1f}",
        f"{(half.seconds + rest.seconds) / two.seconds - 1:+.0%}, {same}",
        f"{size:.1f}",
    )
    print("| " + " | ".join(cells) + " |", flush=True)


HEADS = (
    "reports",
    "parse alone, a CPU second",
    "1 worker, a CPU second",
    "2 workers, a CPU second",
    "1 worker, /s",
    "2 workers, /s and core",
    "1 to 2 workers",
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
    print(f"{os.cpu_count()} cores; load before {os.getloadavg()[0]:.1f}\n")
    print("| " + " | ".join(HEADS) + " |\n" + "|---" * len(HEADS) + "|")
    with tempfile.TemporaryDirectory() as place:
        for count in counts:
            measure_size(count, Path(place))
    print(f"\nload after {os.getloadavg()[0]:.1f}")


if __name__ == "__main__":
    main()

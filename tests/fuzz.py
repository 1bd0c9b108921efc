"""Read spoilt reports by the thousand and print what came of them.

python tests/fuzz.py --count 100000 --workers 2 --minutes 20
"""

from __future__ import annotations

import argparse
import signal
import subprocess
import sys
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

from mutations import spoil

from gi_tools.errors import GiError
from gi_tools.facts import to_facts
from gi_tools.readers import read
from gi_tools.registers import to_claim_rows, to_section_rows
from gi_tools.reports import parse
from gi_tools.text import widen

LIMIT = 20.0  # seconds of CPU an input may take
BLOCK = 500  # inputs a process
SHARES = ("light",) * 95 + ("office",) * 4 + ("pdf",)  # of a hundred
ZEROES = frozenset("0零〇无無未没沒不暂免")


def try_one(data: bytes) -> str:
    """Read one input to its facts; give how it ended. Raises on a broken promise."""
    try:
        report = parse(read(data))
    except GiError as error:
        assert "\n" not in str(error)
        return type(error).__name__
    for fact in to_facts(report):
        assert (fact.value is not None) == (fact.state == "reported"), fact
        # A zero has a nought or a word of none on paper: a silent one is a lie.
        if fact.value == 0:
            assert ZEROES & set(widen(fact.raw)), fact
        if fact.place:
            report.document.slice(fact.place)
    list(to_section_rows(report)), list(to_claim_rows(report))
    return "read"


class Overtime(BaseException):
    """Past the reach of any ``except Exception``."""


def ring(*_: object) -> None:
    """End an input that takes too long."""
    raise Overtime


def run_block(first: int) -> None:
    """Try a block of inputs; a line for each that ends badly, then the counts."""
    counts, slowest = Counter(), 0.0
    signal.signal(signal.SIGPROF, ring)
    for number in range(first, first + BLOCK):
        kind = SHARES[number % len(SHARES)]
        print("at", number, kind, flush=True)
        data = spoil(kind, number)
        start = time.process_time()
        signal.setitimer(signal.ITIMER_PROF, LIMIT)
        try:
            counts[try_one(data)] += 1
        except Overtime:
            counts["slow"] += 1
            print("bad", number, kind, f"more than {LIMIT:.0f} s of CPU", flush=True)
        except Exception as error:
            counts["bad"] += 1
            why = f"{type(error).__name__}: {error}".replace("\n", " ")[:300]
            print("bad", number, kind, why, flush=True)
        signal.setitimer(signal.ITIMER_PROF, 0)
        slowest = max(slowest, time.process_time() - start)
    print("counts", dict(counts), f"{slowest:.2f}", flush=True)


def watch_block(first: int) -> tuple[Counter, list[str], float]:
    """Run a block in a process of its own, so that a crash is seen."""
    command = [sys.executable, __file__, "--block", str(first)]
    done = subprocess.run(command, capture_output=True, text=True)
    lines = done.stdout.splitlines()
    bad = [line for line in lines if line.startswith("bad")]
    if done.returncode or not lines:
        last = lines[-1] if lines else first
        bad.append(f"crash {done.returncode} {last} {done.stderr[-200:]}")
        return Counter(crash=1), bad, 0.0
    shown, slowest = lines[-1].removeprefix("counts ").rsplit(" ", 1)
    pairs = (part.split(": ") for part in shown.strip("{}").split(", "))
    return Counter({k.strip("'"): int(v) for k, v in pairs}), bad, float(slowest)


def main() -> int:
    """Run blocks until the count or the time is reached."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--count", type=int, default=100_000)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--minutes", type=float, default=60)
    parser.add_argument("--block", type=int)
    args = parser.parse_args()
    if args.block is not None:
        run_block(args.block)
        return 0
    end = time.monotonic() + 60 * args.minutes
    total, bad, slowest = Counter(), [], 0.0

    def run(first: int) -> tuple[Counter, list[str], float] | None:
        return watch_block(first) if time.monotonic() < end else None

    starts = range(args.first, args.first + args.count, BLOCK)
    with ThreadPoolExecutor(args.workers) as pool:
        for found in filter(None, pool.map(run, starts)):
            total += found[0]
            bad += found[1]
            slowest = max(slowest, found[2])
            for line in found[1]:
                print(line, flush=True)
            if total.total() % 5000 < BLOCK:
                print(f"{total.total()} so far", file=sys.stderr, flush=True)
    print(f"{total.total()} inputs: {dict(total)}; slowest {slowest:.1f} s")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())

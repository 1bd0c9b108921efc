"""Read spoilt reports by the thousand and print what came of them.

python tests/fuzz.py --count 100000 --workers 2 --minutes 40

It says where to go on with ``--start`` when the time is up before the count.
"""

from __future__ import annotations

import argparse
import os
import resource
import signal
import subprocess
import sys
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

from mutations import spoil

from gi_tools.errors import GiError
from gi_tools.facts import to_facts
from gi_tools.readers import libreoffice, read
from gi_tools.registers import to_claim_rows, to_section_rows
from gi_tools.reports import parse
from gi_tools.text import widen

# Seconds of CPU an input may take. A page of a PDF whose text is spoilt is recognised
# as a picture, which takes ten to fifty.
LIMITS = {"light": 10.0, "office": 10.0, "pdf": 120.0}
SLOW = {"light": 1.0, "office": 1.0, "pdf": 60.0}  # past them an input is shown
MEMORY = 4 << 30  # bytes a process may map, recognition with them
BLOCK = 500  # inputs a process
OFFICE = 1000  # an Office file in so many numbers may call LibreOffice, for seconds
SHARES = ("light",) * 87 + ("office",) * 11 + ("pdf",) * 2  # of a hundred
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


def run_block(first: int, count: int) -> None:
    """Try inputs; a line for each that begins or ends badly, then the counts."""
    signal.signal(signal.SIGPROF, ring)
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    names = libreoffice._NAMES
    try_one(spoil("light", 0))  # what is loaded and compiled once is no input's fault
    for number in range(first, first + count):
        kind = SHARES[number % len(SHARES)]
        print("at", number, kind, flush=True)
        data = spoil(kind, number)
        libreoffice._NAMES = names if number % OFFICE == SHARES.index("office") else ()
        start, used = time.process_time(), sum(os.times()[:4])
        # The alarm cannot ring inside a library that does not come back.
        hard = int(start + 2 * LIMITS[kind] + 10)
        resource.setrlimit(resource.RLIMIT_CPU, (hard, resource.RLIM_INFINITY))
        signal.setitimer(signal.ITIMER_PROF, LIMITS[kind])
        try:
            ended = try_one(data)
        except Overtime:
            ended = "slow"
            print("bad", number, kind, f"more than {LIMITS[kind]:.0f} s of CPU")
        except Exception as error:
            ended = "bad"
            why = f"{type(error).__name__}: {error}".replace("\n", " ")[:300]
            print("bad", number, kind, why)
        signal.setitimer(signal.ITIMER_PROF, 0)
        seconds = sum(os.times()[:4]) - used
        if seconds > SLOW[kind] and not libreoffice._NAMES:
            print("slow", number, kind, f"{seconds:.1f} s, {len(data):,} bytes")
        print("end", kind, ended, f"{seconds:.2f}", flush=True)


def watch_block(first: int, count: int) -> tuple[Counter, Counter, list[str]]:
    """
    Run a block in a process of its own, again past an input that it dies of.

    Gives how inputs ended, the seconds of CPU by kind, and what is to be shown.
    """
    counts, seconds, shown = Counter(), Counter(), []
    number, end = first, first + count
    while number < end:
        command = [sys.executable, __file__, "--block", str(number), str(end - number)]
        done = subprocess.run(command, capture_output=True, text=True)
        lines = [line.split(" ", 3) for line in done.stdout.splitlines()]
        for _, kind, ended, time_ in (line for line in lines if line[0] == "end"):
            counts[ended] += 1
            seconds[kind] += float(time_)
        shown += [" ".join(line) for line in lines if line[0] in ("bad", "slow")]
        if not done.returncode:
            break
        begun = [int(line[1]) for line in lines if line[0] == "at"]
        number = max(begun, default=number) + 1
        counts["crash"] += 1
        shown.append(f"bad {number - 1} crash {done.returncode} {done.stderr[-200:]}")
    return counts, seconds, shown


def main() -> int:
    """Run blocks until the count or the time is reached."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--count", type=int, default=100_000)
    parser.add_argument("--start", type=int, default=0, help="number of the first")
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--minutes", type=float, default=60)
    parser.add_argument("--block", type=int, nargs=2, help="number and count, here")
    args = parser.parse_args()
    if args.block:
        run_block(*args.block)
        return 0
    begun = time.monotonic()
    total, seconds, bad, done = Counter(), Counter(), 0, args.start

    def run(first: int) -> tuple[Counter, Counter, list[str]] | None:
        late = time.monotonic() > begun + 60 * args.minutes
        return None if late else watch_block(first, min(BLOCK, stop - first))

    stop = args.start + args.count
    with ThreadPoolExecutor(args.workers) as pool:
        for found in pool.map(run, range(args.start, stop, BLOCK)):
            if found is None:
                break
            total += found[0]
            seconds += found[1]
            done = min(done + BLOCK, stop)
            bad += sum(line.startswith("bad") for line in found[2])
            print(*found[2], sep="\n", end="\n" if found[2] else "", flush=True)
            if done % 5000 == 0:
                print(f"{done - args.start} so far", file=sys.stderr, flush=True)
    took = ", ".join(f"{kind} {value:.0f}" for kind, value in sorted(seconds.items()))
    print(f"{total.total()} inputs in {time.monotonic() - begun:.0f} s: {dict(total)}")
    print(f"seconds of CPU: {took}" + f"; go on with --start {done}" * (done < stop))
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())

"""The commands on reports whose truth is known: gi simulate, gi score."""

from __future__ import annotations

import argparse
import re
import sys
from functools import partial

from gi_tools.codebook import forms
from gi_tools.commands.files import Verbs, add_verb, hush, pick, to_line, whole
from gi_tools.errors import DataError
from gi_tools.repairs import repair_facts
from gi_tools.scoring import score_folder
from gi_tools.simulation import DEFECTS, FORMATS, PLAIN, simulate


def add_commands(verbs: Verbs) -> None:
    """Add simulate and score."""
    verb = add_verb(verbs, "simulate", _run_simulate)
    verb.add_argument("-n", type=whole, default=100, help="how many reports")
    verb.add_argument("-o", "--out", required=True, metavar="DIR")
    verb.add_argument("--seed", type=partial(whole, least=0), default=0)
    verb.add_argument("--forms", nargs="+", choices=list(forms()))
    verb.add_argument("--formats", nargs="+", choices=list(FORMATS), default=PLAIN)
    verb.add_argument("--defects", type=float, default=0.0, metavar="RATE")
    verb.add_argument("--kinds", nargs="+", choices=list(DEFECTS), metavar="KIND")
    verb.add_argument("--years", metavar="FIRST-LAST")
    text = "every body reports every year, not three in a row"
    verb.add_argument("--panel", action="store_true", help=text)
    verb = add_verb(verbs, "score", _run_score)
    verb.add_argument("folder", metavar="DIR")
    verb.add_argument("--repair", action="store_true", help="score the repairs too")
    verb.add_argument("--json", action="store_true")
    verb.add_argument("-v", "--verbose", action="store_true", help="print the misses")


def _run_simulate(args: argparse.Namespace) -> int:
    years = None
    if args.years:
        found = re.fullmatch(r"([0-9]{4})(?:-([0-9]{4}))?", args.years)
        first, last = map(int, (found[1], found[2] or found[1])) if found else (1, 0)
        if first > last:
            raise DataError(f"--years {args.years}: write 2014-2024, or one year")
        years = range(first, last + 1)
    options = pick(args, "forms formats defects kinds panel seed")
    index = simulate(args.n, args.out, **options, years=years)
    planted = int((index.defect != "").sum())
    print(f"{args.out}: {len(index)} reports, {planted} with a planted defect")
    return 0


def _run_score(args: argparse.Namespace) -> int:
    with hush():
        scores = score_folder(args.folder, repair_facts if args.repair else None)
    if args.json:
        print(to_line({"scores": [row._asdict() for row in scores.rows]}))
    else:
        print(scores)
    for miss in scores.misses if args.verbose else ():
        print(f"{miss.measure}: {miss.name}: {miss.note}", file=sys.stderr)
    return 0

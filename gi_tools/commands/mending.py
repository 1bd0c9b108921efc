"""The commands on the worth of figures: gi repair, gi quality."""

from __future__ import annotations

import argparse
import sys
from pathlib import PurePath

from gi_tools.commands.files import (
    Verbs,
    add_language,
    add_verb,
    hush,
    read_all,
    write_file,
)
from gi_tools.decisions import encode_proposals, list_hashes, read_decisions
from gi_tools.edits import apply_edits, read_edits
from gi_tools.errors import DataError
from gi_tools.facts import add_confidence, encode_facts, tabulate
from gi_tools.quality import assess
from gi_tools.repairs import repair, to_lines
from gi_tools.versions import VERSION


def add_commands(verbs: Verbs) -> None:
    """Add repair and quality."""
    verb = add_verb(verbs, "repair", _run_repair)
    verb.add_argument("files", nargs="+", metavar="FILE")
    form = verb.add_mutually_exclusive_group()
    form.add_argument("--jsonl", action="store_true", help="the facts, repaired")
    form.add_argument("--csv", action="store_true", help="the facts, repaired")
    given = verb.add_mutually_exclusive_group()
    given.add_argument("--edits", metavar="LOG", help="apply this log of edits first")
    text = "apply what was accepted in this file"
    given.add_argument("--apply", metavar="PROPOSALS", help=text)
    text = "write the proposals here; with --apply the log of edits"
    verb.add_argument("-o", dest="out", metavar="OUT", help=text)
    add_language(verb)
    page = add_verb(verbs, "quality", _run_quality)
    page.add_argument("files", nargs="+", metavar="FILE")
    page.add_argument("-o", "--output", metavar="PAGE", help="a .html or .md file")
    add_language(page)


def _run_repair(args: argparse.Namespace) -> int:
    """Repair all files together, so that the years of a body stand side by side."""
    reports, failed = read_all(args.files)
    log = read_decisions(args.apply) if args.apply else None
    log = read_edits(args.edits) if args.edits else log
    facts = add_confidence(tabulate(reports), reports)
    with hush():
        repaired = repair(apply_edits(facts, log) if log else facts)
    if args.out:
        hashes = list_hashes(reports)
        data = (
            log.encode() if args.apply else encode_proposals(repaired, hashes, VERSION)
        )
        write_file(args.out, data)
    if args.csv or args.jsonl:
        kind = "csv" if args.csv else "jsonl"
        sys.stdout.write(encode_facts(repaired.facts, kind).decode())
    else:
        print("\n".join(to_lines(repaired, args.lang)))
    return failed


def _run_quality(args: argparse.Namespace) -> int:
    kind = PurePath(args.output or ".md").suffix.lower()
    if args.output and kind not in (".html", ".md"):
        raise DataError(f"{args.output}: write to a .html or .md file")
    reports, failed = read_all(args.files)
    quality = assess(reports)
    page = quality.to_html if kind == ".html" else quality.to_markdown
    if args.output:
        write_file(args.output, page(args.lang).encode())
    else:
        print(page(args.lang), end="")
    return failed

"""The command ``gi package``: report files to a data package, by the whole road."""

from __future__ import annotations

import argparse
import sys

from gi_tools.commands.files import Verbs, add_verb, read_all
from gi_tools.edits import apply_edits
from gi_tools.facts import tabulate
from gi_tools.metrics import measure
from gi_tools.panel import build_panel
from gi_tools.registers import list_reports
from gi_tools.repairs import repair
from gi_tools.replication import write_package


def add_commands(verbs: Verbs) -> None:
    """Add package."""
    verb = add_verb(verbs, "package", _run_package)
    verb.add_argument("files", nargs="+", metavar="FILE")
    verb.add_argument("-o", "--out", required=True, metavar="DIR")
    verb.add_argument("--edits", metavar="LOG", help="apply this log of edits first")
    verb.add_argument("--title", default="政府信息公开工作年度报告数据")
    verb.add_argument("--date", help="a date to be written into it, such as 2026-01-31")


def _run_package(args: argparse.Namespace) -> int:
    reports, failed = read_all(sorted(args.files))
    if not reports:
        print("gi: no file could be read, nothing is written", file=sys.stderr)
        return 1
    facts, register = tabulate(reports), list_reports(reports)
    repaired = repair(apply_edits(facts, args.edits) if args.edits else facts)
    panel = build_panel(repaired.facts, register, bounds=repaired.bounds)
    found = {"reports": register, "panel": panel, "scores": measure(panel)}
    said = {"title": args.title, "date": args.date, "edits": args.edits}
    folder = write_package(args.out, repaired.facts, log=repaired.log, **found, **said)
    print(f"{folder}: {len(reports)} reports, {len(facts):,} facts")
    return failed

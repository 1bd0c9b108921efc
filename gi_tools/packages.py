"""The command ``gi package``: report files to a data package, by the whole road."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable, Iterator

from gi_tools.errors import GiError
from gi_tools.facts import tabulate
from gi_tools.metrics import measure
from gi_tools.panel import build_panel
from gi_tools.readers import read
from gi_tools.registers import list_reports
from gi_tools.replication import write_package
from gi_tools.reports import Report, parse


def add_package(verbs: argparse._SubParsersAction) -> None:
    """Add the command to the parser of ``gi``."""
    text = "write a data package of reports: facts, panel, scores, codebook, README"
    verb = verbs.add_parser("package", help=text, description=text.capitalize() + ".")
    verb.add_argument("files", nargs="+", metavar="FILE")
    verb.add_argument("-o", "--out", required=True, metavar="DIR")
    verb.add_argument("--title", default="政府信息公开工作年度报告数据")
    verb.add_argument("--date", help="a date to be written into it, such as 2026-01-31")
    verb.set_defaults(run=_run_package)


def _run_package(args: argparse.Namespace) -> int:
    reports = list(_read_all(args.files))
    if not reports:
        print("gi: no file could be read, nothing is written", file=sys.stderr)
        return 1
    facts, register = tabulate(reports), list_reports(reports)
    panel = build_panel(facts, register)
    found = {"reports": register, "panel": panel, "scores": measure(panel)}
    said = {"title": args.title, "date": args.date}
    folder = write_package(args.out, facts, **found, **said)
    print(f"{folder}: {len(reports)} reports, {len(facts):,} facts")
    return 0 if len(reports) == len(args.files) else 1


def _read_all(names: Iterable[str]) -> Iterator[Report]:
    for name in sorted(set(names)):
        try:
            yield parse(read(name))
        except GiError as error:  # a batch never dies of one file
            print(f"gi: {error}", file=sys.stderr)

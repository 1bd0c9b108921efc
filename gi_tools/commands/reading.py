"""The commands that read files one by one: gi parse, gi check, gi codebook."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterable
from dataclasses import asdict

from gi_tools.checks import Finding, Findings, check_facts
from gi_tools.codebook import entries
from gi_tools.commands.files import Verbs, add_language, add_verb, read_each, to_line
from gi_tools.exports import write_csv, write_markdown
from gi_tools.facts import COLUMNS, to_facts
from gi_tools.registers import NamingRow, to_naming_rows
from gi_tools.reports import Report

WIDTH = 78


def add_commands(verbs: Verbs) -> None:
    """Add parse, check and codebook."""
    parse = add_verb(verbs, "parse", _run_parse)
    check = add_verb(verbs, "check", _run_check)
    for verb in (parse, check):
        verb.add_argument("files", nargs="+", metavar="FILE")
        form = verb.add_mutually_exclusive_group()
        form.add_argument("--jsonl", action="store_true", help="one JSON object a file")
        text = "one row a figure or finding"
        form.add_argument("--csv", action="store_true", help=text)
    add_language(check)
    book = add_verb(verbs, "codebook", _run_codebook)
    book.add_argument("--form", help="one form only, such as 2021")
    book.add_argument("--format", choices=("csv", "md"), default="csv")


def _run_parse(args: argparse.Namespace) -> int:
    if args.csv:
        write_csv([COLUMNS], sys.stdout)
    return _each(args, _parse_to_json, _list_facts, _parse_to_text)


def _run_check(args: argparse.Namespace) -> int:
    if args.csv:
        write_csv([Finding._fields], sys.stdout)

    def to_json(name: str, report: Report) -> dict:
        return {"file": name, "error": None, "findings": _findings_to_json(report)}

    return _each(args, to_json, lambda r: _check(r).rows, _check_to_text)


def _each(
    args: argparse.Namespace,
    to_json: Callable[[str, Report], dict],
    to_csv: Callable[[Report], Iterable],
    to_text: Callable[[str, Report, argparse.Namespace], str],
) -> int:
    """Print every file in turn; one that cannot be read never stops the others."""
    failed = 0
    for name, report in read_each(args.files, as_json=args.jsonl):
        if report is None:
            failed += 1
        elif args.jsonl:
            print(to_line(to_json(name, report)))
        elif args.csv:
            write_csv(to_csv(report), sys.stdout)
        else:
            print(to_text(name, report, args))
    return 1 if failed else 0


def _check(report: Report) -> Findings:
    return check_facts(to_facts(report))


def _list_facts(report: Report) -> Iterable[tuple]:
    return to_facts(report, absent=False)


def _parse_to_json(name: str, report: Report) -> dict:
    who = report.identity
    return {
        "file": name,
        "error": None,
        "report": {
            "title": who.title,
            "agency": who.agency,
            "level": who.level,
            "region": who.region and asdict(who.region),
            "year": who.year,
            "form": report.form,
            "period": who.period and list(who.period),
            "published": who.published,
            "contacts": who.contacts._asdict(),
            "evidence": list(report.evidence),
        },
        "sections": [
            {"level": section.level, "heading": section.heading}
            for section in report.walk_sections()
        ],
        "facts": [
            dict(zip(COLUMNS[5:], fact[5:], strict=True))
            for fact in to_facts(report, absent=False)
        ],
        "notes": list(report.document.notes),
        "doubts": [report.document.locate(f.place) for f in report.doubts],
        "namings": [
            dict(zip(NamingRow._fields[2:], row[2:], strict=True))
            for row in to_naming_rows(report)
        ],
        "unmatched": [
            {
                "text": u.text,
                "place": report.document.locate(u.place),
                "reason": u.reason,
            }
            for u in report.unmatched
        ],
        "findings": _findings_to_json(report),
    }


def _findings_to_json(report: Report) -> list[dict]:
    names = ("rule", "verdict", "left", "right", "gap", "severity", "message")
    return [{n: getattr(row, n) for n in names} for row in _check(report).rows]


def _parse_to_text(name: str, report: Report, _: argparse.Namespace) -> str:
    who, counts = report.identity, _check(report).count()
    lines = [
        "─" * WIDTH,
        f"{name}: {who.title or '(no title)'}",
        f"  agency {who.agency or '?'}   year {who.year or '?'}"
        f"   form {report.form or '?'}",
        f"  {len(report.figures)} cells, {len(report.unmatched)} unmatched; checks: "
        + ", ".join(f"{number} {verdict}" for verdict, number in counts.items()),
    ]
    for fact in to_facts(report, absent=False):
        label = fact.indicator + (f" / {fact.applicant}" if fact.applicant else "")
        shown = (
            f"{fact.value} {fact.unit}" if fact.value is not None else f"({fact.state})"
        )
        lines.append(f"  {label:52.52} {shown:>16}  {fact.place}")
    lines += [f"  ! {u.reason}: {u.text[:60]}" for u in report.unmatched]
    lines += [f"  note: {note}" for note in report.document.notes]
    return "\n".join(lines)


def _check_to_text(name: str, report: Report, args: argparse.Namespace) -> str:
    found = _check(report)
    counts = ", ".join(
        f"{number} {verdict}" for verdict, number in found.count().items()
    )
    lines = ["─" * WIDTH, f"{name}: {counts}"]
    for row in sorted(found.rows, key=lambda row: row.verdict):
        if row.verdict != "pass":
            sides = " : ".join(
                "?" if s is None else f"{s:g}" for s in (row.left, row.right)
            )
            message = row.message if args.lang == "zh" else row.message_en
            lines.append(f"  {row.verdict:8}{row.rule:38}{sides:>14}  {message}")
    lines.append("  A pass shows that figures agree, not that they are right.")
    return "\n".join([*lines, *("  " + line for line in found.warn(args.lang))])


def _run_codebook(args: argparse.Namespace) -> int:
    records = entries(args.form)
    names = list(records[0])
    rows = [record.values() for record in records]
    if args.format == "csv":
        write_csv([names, *rows], sys.stdout)
    else:
        print("\n".join(write_markdown(names, rows)))
    return 0

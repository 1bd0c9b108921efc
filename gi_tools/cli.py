"""The command ``gi``: the verbs of the package over files, for people and programs."""

from __future__ import annotations

import argparse
import csv
import json
import sys
from collections.abc import Callable, Iterable, Iterator
from typing import TextIO

from gi_tools import __version__
from gi_tools.checks import Finding, Findings, check_facts
from gi_tools.codebook import entries
from gi_tools.errors import GiError
from gi_tools.facts import COLUMNS, to_facts
from gi_tools.readers import read
from gi_tools.registers import NamingRow, to_naming_rows
from gi_tools.reports import Report, parse

WIDTH = 78


def main(argv: list[str] | None = None) -> int:
    """Run the command; 0 all went well, 1 some files were not read, 2 wrong usage."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")
    args = _build_parser().parse_args(argv)
    try:
        return args.run(args)
    except GiError as error:
        print(f"gi: {error}", file=sys.stderr)
        return 2
    except BrokenPipeError:  # the reader of a pipe has gone: no error of ours
        sys.stderr.close()
        return 0


def _build_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="gi",
        description="Read annual reports on government information disclosure.",
    )
    parser.add_argument("--version", action="version", version=f"gi {__version__}")
    verbs = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")
    for name, run, text in (
        ("parse", _run_parse, "print the figures of reports with state and place"),
        (
            "check",
            _run_check,
            "check the figures of reports against their form's rules",
        ),
    ):
        verb = verbs.add_parser(name, help=text, description=text.capitalize() + ".")
        verb.add_argument("files", nargs="+", metavar="FILE")
        form = verb.add_mutually_exclusive_group()
        form.add_argument("--jsonl", action="store_true", help="one JSON object a file")
        form.add_argument(
            "--csv", action="store_true", help="one row a figure or finding"
        )
        verb.set_defaults(run=run)
        if name == "check":
            verb.add_argument("--lang", choices=("zh", "en"), default="zh")
    text = "print the codebook: every value cell with its label, unit, source and rules"
    book = verbs.add_parser("codebook", help=text, description=text.capitalize() + ".")
    book.add_argument("--form", help="one form only, such as 2021")
    book.add_argument("--format", choices=("csv", "md"), default="csv")
    book.set_defaults(run=_run_codebook)
    return parser


def _run_parse(args: argparse.Namespace) -> int:
    if args.csv:
        _write_csv([COLUMNS], sys.stdout)
    return _each(args, _parse_to_json, _parse_to_csv, _parse_to_text)


def _run_check(args: argparse.Namespace) -> int:
    if args.csv:
        _write_csv([Finding._fields], sys.stdout)
    return _each(args, _check_to_json, _check_to_csv, _check_to_text)


def _each(
    args: argparse.Namespace,
    to_json: Callable[[str, Report], dict],
    to_csv: Callable[[Report], Iterable],
    to_text: Callable[[str, Report, argparse.Namespace], str],
) -> int:
    """Print every file in turn; one that cannot be read never stops the others."""
    failed = 0
    for name in args.files:
        try:
            report = parse(read(name))
        except Exception as error:
            # A batch never dies of one file; what is not a GiError is our fault.
            failed += 1
            if not isinstance(error, GiError):
                error = (
                    f"{name}: {type(error).__name__}: {error}; please report this file"
                )
            print(f"gi: {error}", file=sys.stderr)
            if args.jsonl:
                print(_to_line({"file": name, "error": str(error)}))
            continue
        if args.jsonl:
            print(_to_line(to_json(name, report)))
        elif args.csv:
            _write_csv(to_csv(report), sys.stdout)
        else:
            print(to_text(name, report, args))
    return 1 if failed else 0


def _to_line(record: dict) -> str:
    return json.dumps(record, ensure_ascii=False, allow_nan=False)


def _check(report: Report) -> Findings:
    return check_facts(to_facts(report))


def _parse_to_json(name: str, report: Report) -> dict:
    who = report.identity
    region = who.region and {
        "code": who.region.code,
        "province": who.region.province,
        "city": who.region.city,
        "county": who.region.county,
    }
    return {
        "file": name,
        "error": None,
        "report": {
            "title": who.title,
            "agency": who.agency,
            "level": who.level,
            "region": region,
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


def _parse_to_csv(report: Report) -> Iterator[tuple]:
    return (_guard(fact) for fact in to_facts(report, absent=False))


def _guard(row: Iterable) -> tuple:
    """Keep a spreadsheet from running a cell of a report as a formula."""
    return tuple(
        "'" + v
        if isinstance(v, str) and v[:1] in ("=", "+", "-", "@", "\t", "\r")
        else v
        for v in row
    )


def _write_csv(rows: Iterable[Iterable], out: TextIO) -> None:
    csv.writer(out, lineterminator="\n").writerows(rows)


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


def _check_to_json(name: str, report: Report) -> dict:
    return {"file": name, "error": None, "findings": _findings_to_json(report)}


def _check_to_csv(report: Report) -> Iterable[tuple]:
    return map(_guard, _check(report).rows)


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
    return "\n".join(
        [*lines, "  A pass shows that figures agree, not that they are right."]
    )


def _run_codebook(args: argparse.Namespace) -> int:
    records = entries(args.form)
    names = list(records[0])
    if args.format == "csv":
        _write_csv([names, *(record.values() for record in records)], sys.stdout)
        return 0
    print("| " + " | ".join(names) + " |")
    print("|" + "---|" * len(names))
    for record in records:
        print(
            "| "
            + " | ".join((v or "").replace("|", "/") for v in record.values())
            + " |"
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""The command ``gi``: the verbs of the package over files, for people and programs."""

from __future__ import annotations

import argparse
import csv
import json
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path, PurePath
from typing import TextIO

from gi_tools import __version__
from gi_tools.checks import Finding, Findings, check_facts
from gi_tools.codebook import entries, forms
from gi_tools.errors import DataError, GiError
from gi_tools.facts import COLUMNS, to_facts
from gi_tools.packages import add_package
from gi_tools.quality import assess
from gi_tools.readers import read
from gi_tools.registers import NamingRow, to_naming_rows
from gi_tools.reports import Report, parse
from gi_tools.scoring import score_folder
from gi_tools.simulation import DEFECTS, FORMATS, PLAIN, simulate

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
    _add_quality(verbs)
    _add_simulate(verbs)
    _add_score(verbs)
    add_package(verbs)
    return parser


def _add_simulate(verbs: argparse._SubParsersAction) -> None:
    text = "write invented reports whose every figure is known, with their truth"
    verb = verbs.add_parser("simulate", help=text, description=text.capitalize() + ".")
    verb.add_argument("-n", type=int, default=100, help="how many reports")
    verb.add_argument("-o", "--out", required=True, metavar="DIR")
    verb.add_argument("--seed", type=int, default=0)
    verb.add_argument("--forms", nargs="+", choices=list(forms()))
    verb.add_argument("--formats", nargs="+", choices=list(FORMATS))
    verb.add_argument("--defects", type=float, default=0.0, metavar="RATE")
    verb.add_argument("--kinds", nargs="+", choices=list(DEFECTS), metavar="KIND")
    verb.add_argument("--years", metavar="FIRST-LAST")
    text = "every body reports every year, not three in a row"
    verb.add_argument("--panel", action="store_true", help=text)
    verb.set_defaults(run=_run_simulate)


def _add_score(verbs: argparse._SubParsersAction) -> None:
    text = "compare what is read of reports with the truth that lies beside them"
    verb = verbs.add_parser("score", help=text, description=text.capitalize() + ".")
    verb.add_argument("folder", metavar="DIR")
    verb.add_argument("--json", action="store_true")
    verb.add_argument("-v", "--verbose", action="store_true", help="print the misses")
    verb.set_defaults(run=_run_score)


def _run_parse(args: argparse.Namespace) -> int:
    if args.csv:
        _write_csv([COLUMNS], sys.stdout)
    return _each(args, _parse_to_json, _parse_to_csv, _parse_to_text)


def _run_check(args: argparse.Namespace) -> int:
    if args.csv:
        _write_csv([Finding._fields], sys.stdout)
    return _each(args, _check_to_json, _check_to_csv, _check_to_text)


def _add_quality(verbs: argparse._SubParsersAction) -> None:
    text = "state the quality of reports: cells, checks, prose, dates, years, no score"
    page = verbs.add_parser("quality", help=text, description=text.capitalize() + ".")
    page.add_argument("files", nargs="+", metavar="FILE")
    page.add_argument("-o", "--output", metavar="PAGE", help="a .html or .md file")
    page.add_argument("--lang", choices=("zh", "en"), default="zh")
    page.set_defaults(run=_run_quality)


def _run_quality(args: argparse.Namespace) -> int:
    kind = PurePath(args.output or ".md").suffix.lower()
    if args.output and kind not in (".html", ".md"):
        raise DataError(f"{args.output}: write to a .html or .md file")
    reports, failed = [], 0
    for name in args.files:
        try:
            reports.append(parse(read(name)))
        except Exception as error:
            failed += 1
            print(f"gi: {_name_error(name, error)}", file=sys.stderr)
    quality = assess(reports)
    page = quality.to_html if kind == ".html" else quality.to_markdown
    if not args.output:
        print(page(args.lang), end="")
        return 1 if failed else 0
    try:
        Path(args.output).write_text(page(args.lang), encoding="utf-8")
    except OSError as error:
        raise DataError(f"{args.output}: {error.strerror}; give another file") from None
    return 1 if failed else 0


def _name_error(name: str, error: Exception) -> str:
    """Put an error into one line; what is not a GiError is our fault."""
    if isinstance(error, GiError):
        return str(error)
    return f"{name}: {type(error).__name__}: {error}; please report this file"


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
            failed += 1  # a batch never dies of one file
            message = _name_error(name, error)
            print(f"gi: {message}", file=sys.stderr)
            if args.jsonl:
                print(_to_line({"file": name, "error": message}))
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


def _run_simulate(args: argparse.Namespace) -> int:
    years = None
    if args.years:
        first, _, last = args.years.partition("-")
        if not (first.isdigit() and (last or first).isdigit()):
            raise DataError(f"--years {args.years}: write 2014-2024, or one year")
        years = range(int(first), int(last or first) + 1)
    index = simulate(
        args.n,
        args.out,
        forms=args.forms,
        formats=args.formats or PLAIN,
        defects=args.defects,
        kinds=args.kinds,
        years=years,
        panel=args.panel,
        seed=args.seed,
    )
    planted = int((index.defect != "").sum())
    print(f"{args.out}: {len(index)} reports, {planted} with a planted defect")
    return 0


def _run_score(args: argparse.Namespace) -> int:
    scores = score_folder(args.folder)
    if args.json:
        print(_to_line({"scores": [row._asdict() for row in scores.rows]}))
    else:
        print(scores)
    for miss in scores.misses if args.verbose else ():
        print(f"{miss.measure}: {miss.name}: {miss.note}", file=sys.stderr)
    return 0


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

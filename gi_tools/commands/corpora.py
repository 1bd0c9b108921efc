"""The commands over many files: gi build, gi sql, gi fetch."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from gi_tools.commands.files import Verbs, add_verb, pick, positive, whole
from gi_tools.corpus import MEMORY, SECONDS, build_corpus, open_corpus
from gi_tools.exports import write_csv
from gi_tools.fetching import Limits, fetch

STOPPED = 130  # what a shell gives for Ctrl-C


def add_commands(verbs: Verbs) -> None:
    """Add the commands to the subparsers of ``gi``."""
    _add_build(verbs)
    _add_sql(verbs)
    _add_fetch(verbs)


def _add_build(verbs: Verbs) -> None:
    verb = add_verb(verbs, "build", _run_build)
    verb.add_argument("folder", type=Path, metavar="DIR")
    verb.add_argument("-o", "--out", type=Path, required=True, metavar="OUT")
    verb.add_argument("--workers", type=whole, help="reading processes (one a core)")
    verb.add_argument("--scheduler", help="a Dask cluster, such as tcp://10.0.0.1:8786")
    verb.add_argument("--chunk", type=whole, help="files a chunk")
    verb.add_argument("--timeout", type=positive, default=SECONDS, help="s a file")
    verb.add_argument("--memory", type=positive, default=MEMORY, help="MB a process")
    verb.add_argument("--quiet", action="store_true", help="no progress bar")


def _run_build(args: argparse.Namespace) -> int:
    try:
        options = pick(args, "folder out workers scheduler chunk timeout memory")
        built = build_corpus(**options, progress=not args.quiet)
    except KeyboardInterrupt:
        return _stop()
    print(
        f"{built.files} files: {built.done} read, {built.kept} kept as they were, "
        f"{built.failed} failed; {built.removed} old chunks removed; in {args.out}"
    )
    return 1 if built.failed else 0


def _stop() -> int:
    print("gi: stopped; run the same command again to go on", file=sys.stderr)
    return STOPPED


def _add_sql(verbs: Verbs) -> None:
    verb = add_verb(verbs, "sql", _run_sql)
    verb.add_argument("query", help="such as 'select year, count(*) from reports ...'")
    verb.add_argument("--corpus", type=Path, default=Path("."), metavar="OUT")


def _run_sql(args: argparse.Namespace) -> int:
    names, rows = open_corpus(args.corpus).fetch(args.query)
    write_csv([names, *rows], sys.stdout)
    return 0


def _add_fetch(verbs: Verbs) -> None:
    verb = add_verb(verbs, "fetch", _run_fetch)
    plain = Limits()
    verb.add_argument("sources", type=Path, metavar="SOURCES.csv")
    verb.add_argument("-o", "--out", type=Path, required=True, metavar="DIR")
    verb.add_argument("--contact", help="your address, for those whose servers you ask")
    verb.add_argument("--delay", type=positive, default=plain.delay, help="s a host")
    verb.add_argument("--tries", type=whole, default=plain.tries)
    verb.add_argument("--size", type=positive, default=plain.size >> 20, help="MB")
    verb.add_argument("--timeout", type=positive, default=plain.seconds, help="s")
    verb.add_argument("--refresh", action="store_true", help="ask what has changed")
    verb.add_argument(
        "--allow-private", action="store_true", help="private addresses too"
    )
    verb.add_argument("--quiet", action="store_true", help="no progress bar")


def _run_fetch(args: argparse.Namespace) -> int:
    limits = Limits(
        delay=args.delay,
        tries=args.tries,
        size=int(args.size * 2**20),
        seconds=args.timeout,
        private=args.allow_private,
    )
    try:
        options = pick(args, "sources out contact refresh")
        found = fetch(**options, limits=limits, progress=not args.quiet)
    except KeyboardInterrupt:
        return _stop()
    print(
        f"{found.fetched} fetched, {found.kept} kept as they were, {found.failed} "
        f"failed; see {args.out / 'index.jsonl'}"
    )
    return 1 if found.failed else 0

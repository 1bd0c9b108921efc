"""The command ``gi``: the verbs of the package over files, for people and programs."""

from __future__ import annotations

import argparse
import sys

from gi_tools import __version__
from gi_tools.commands import corpora, mending, packages, reading, truths
from gi_tools.errors import GiError

COMMANDS = (reading, mending, packages, corpora, truths)


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
    for kind in COMMANDS:
        kind.add_commands(verbs)
    return parser


if __name__ == "__main__":
    sys.exit(main())

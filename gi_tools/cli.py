"""The command ``gi``: the verbs of the package over files, for people and programs."""

from __future__ import annotations

import argparse
import sys
from importlib import import_module

from gi_tools.commands import COMMANDS
from gi_tools.errors import GiError
from gi_tools.versions import VERSION


def main(argv: list[str] | None = None) -> int:
    """Run the command; 0 all went well, 1 some files were not read, 2 wrong usage."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")
    argv = sys.argv[1:] if argv is None else argv
    args = build_parser(argv[0] if argv else "").parse_args(argv)
    try:
        return args.run(args)
    except GiError as error:
        print(f"gi: {error}", file=sys.stderr)
        return 2
    except BrokenPipeError:  # the reader of a pipe has gone: no error of ours
        sys.stderr.close()
        return 0


def build_parser(name: str) -> argparse.ArgumentParser:
    """Build the parser of one command; the others are named, not loaded."""
    parser = argparse.ArgumentParser(
        prog="gi",
        description="Read annual reports on government information disclosure.",
    )
    parser.add_argument("--version", action="version", version=f"gi {VERSION}")
    verbs = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")
    chosen = COMMANDS[name].module if name in COMMANDS else ""
    for other, command in COMMANDS.items():
        if command.module != chosen:
            verbs.add_parser(other, help=command.text)
        elif other not in verbs.choices:
            import_module(f"gi_tools.commands.{chosen}").add_commands(verbs)
    return parser


if __name__ == "__main__":
    sys.exit(main())

"""Names of files to reports, one after the other, and what commands have in common."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from gi_tools.commands import COMMANDS
from gi_tools.errors import DataError, GiError
from gi_tools.readers import read
from gi_tools.reports import Report, parse

Verbs = argparse._SubParsersAction
Run = Callable[[argparse.Namespace], int]


def add_verb(verbs: Verbs, name: str, run: Run) -> argparse.ArgumentParser:
    """Add a command of the table: its name and what runs it."""
    text = COMMANDS[name].text
    verb = verbs.add_parser(name, help=text, description=text.capitalize() + ".")
    verb.set_defaults(run=run)
    return verb


def add_language(verb: argparse.ArgumentParser) -> None:
    """Add ``--lang``."""
    verb.add_argument("--lang", choices=("zh", "en"), default="zh")


def positive(text: str) -> float:
    """Read a number above 0, for an option."""
    try:
        number = float(text)
    except ValueError:
        number = 0.0
    if not 0 < number < float("inf"):
        raise argparse.ArgumentTypeError(f"{text!r}: give a number above 0")
    return number


def whole(text: str, least: int = 1) -> int:
    """Read a whole number, in plain digits, for an option."""
    is_number = text.isascii() and text.isdigit() and len(text) < 19
    if not is_number or int(text) < least:
        raise argparse.ArgumentTypeError(
            f"{text!r}: give a whole number from {least} on"
        )
    return int(text)


def pick(args: argparse.Namespace, names: str) -> dict[str, Any]:
    """Give options by their names, as keywords for what they are passed to."""
    return {name: getattr(args, name) for name in names.split()}


def read_each(
    names: Iterable[str], *, as_json: bool = False
) -> Iterator[tuple[str, Report | None]]:
    """Parse files in turn; one that cannot be read is told and never stops the rest."""
    for name in names:
        try:
            yield name, parse(read(name))
        except Exception as error:
            message = str(error)
            if not isinstance(error, GiError):  # our own fault
                kind = type(error).__name__
                message = f"{name}: {kind}: {error}; please report this file"
            print(f"gi: {message}", file=sys.stderr)
            if as_json:
                print(to_line({"file": name, "error": message}))
            yield name, None


def read_all(names: Iterable[str]) -> tuple[list[Report], int]:
    """Parse files together, each once; 1 beside them where one could not be read."""
    once = dict.fromkeys(names)
    reports = [report for _, report in read_each(once) if report]
    return reports, int(len(reports) < len(once))


@contextmanager
def hush() -> Iterator[None]:
    """Send to standard error what a solver prints past Python to standard output."""
    sys.stdout.flush()
    kept = os.dup(1)
    os.dup2(2, 1)
    try:
        yield
    finally:
        os.dup2(kept, 1)
        os.close(kept)


def to_line(record: dict) -> str:
    """Write a record as one line of JSON."""
    return json.dumps(record, ensure_ascii=False, allow_nan=False)


def write_file(path: str, data: bytes) -> None:
    """Write a file whole; DataError when it cannot be written."""
    try:
        Path(path).write_bytes(data)
    except OSError as error:
        raise DataError(f"{path}: {error.strerror}; name another file") from None

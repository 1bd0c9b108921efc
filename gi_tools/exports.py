"""Rows to CSV that no spreadsheet can mistake for formulas."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from typing import TextIO

STARTERS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def guard_row(row: Iterable) -> tuple:
    """Keep a spreadsheet from running a text as a formula: it gets a leading '."""
    return tuple(
        "'" + v if isinstance(v, str) and v.startswith(STARTERS) else v for v in row
    )


def write_csv(rows: Iterable[Iterable], out: TextIO) -> None:
    """Write rows as CSV with plain line ends, every text guarded."""
    csv.writer(out, lineterminator="\n").writerows(map(guard_row, rows))

"""Rows to CSV and HTML in which no text can do harm."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from html import escape
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


def show(value: object) -> str:
    """Write a value for people: a stroke for none, figures without needless zeros."""
    if value is None:
        return "–"
    return f"{value:.10g}" if isinstance(value, float) else str(value)


def write_table(names: Iterable, rows: Iterable[Iterable]) -> str:
    """Write a table in HTML, every value shown and escaped."""
    lines = [f"<tr>{''.join(f'<th>{escape(str(n))}</th>' for n in names)}</tr>"]
    for row in rows:
        lines.append(f"<tr>{''.join(f'<td>{escape(show(v))}</td>' for v in row)}</tr>")
    return f"<table>{''.join(lines)}</table>"


def write_markdown(names: Iterable[str], rows: Iterable[Iterable]) -> list[str]:
    """Write a table in Markdown line by line; no cell can break out of its row."""
    head = list(names)
    cells = [head, ["---"] * len(head)]
    cells += [
        [" ".join(str("" if v is None else v).replace("|", "/").split()) for v in r]
        for r in rows
    ]
    return [f"| {' | '.join(row)} |" for row in cells]

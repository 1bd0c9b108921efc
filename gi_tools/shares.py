"""A percentage of the prose in, the pair of figures that gives it out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

import regex

from gi_tools.comparisons import Table, to_tolerance
from gi_tools.wordings import find_totals

CHANCE = 0.05  # a pair that so many random pairs would give proves little
_ROUND = 1e-9


class Pair(NamedTuple):
    """What a percentage fits; ``share`` is that of the cells meant, in percent."""

    verdict: str
    reason: str
    source: str
    share: float | None
    tried: int
    weak: bool


def find_pair(
    percent: float,
    raw: str,
    stated: float,
    codes: tuple[str, ...],
    table: Table,
    figures: Mapping[tuple[str, ...], float | None],
) -> Pair:
    """
    Search the numerator and denominator of a percentage, printed as ``raw``.

    ``stated`` is the figure it stands with, ``codes`` its cells, ``figures`` what the
    prose states of other cells. First the cells meant over each total, then the figure
    as stated, then the same rows in other columns. A pair fits when it rounds, or is
    cut off, to the decimals printed.
    """
    half = to_tolerance(regex.sub(r"[^\d.]", "", raw)) or 0.5
    totals = find_totals(table.form, codes[0])
    meant = table.add(codes)
    tried, share = 0, None
    stages = (
        ("agree", "", _over(meant, codes, totals, table)),
        ("agree", "as stated", _over(stated, ("stated",), totals, table)),
        ("agree", "as stated", _over_stated(stated, totals, figures)),
        ("differ", "", _other_pairs(codes, totals, table)),
    )
    for verdict, reason, pairs in stages:
        for source, ratio in pairs:
            tried += 1
            share = ratio if share is None else share
            if how := _fits(ratio, percent, half):
                weak = 1 - (1 - half / 50) ** tried > CHANCE
                right = round(share, 4)
                return Pair(verdict, reason or how, source, right, tried, weak)
    if not tried:
        return Pair("unclear", "blank", "", None, 0, False)
    return Pair("differ", "no pair", "", round(share, 4), tried, False)


def _fits(ratio: float, percent: float, half: float) -> str | None:
    """Tell whether a ratio was rounded, or merely cut off, to a percentage."""
    if abs(ratio - percent) <= half + _ROUND:
        return "rounded"
    return "cut off" if 0 <= ratio - percent < 2 * half else None


def _over(
    top: float | None, codes: tuple[str, ...], totals: tuple, table: Table
) -> Iterator[tuple[str, float]]:
    for total in totals:
        if top is not None and (bottom := table.add(total)):
            yield f"{'+'.join(codes)} / {'+'.join(total)}", 100 * top / bottom


def _over_stated(
    top: float, totals: tuple, figures: Mapping[tuple[str, ...], float | None]
) -> Iterator[tuple[str, float]]:
    for total in totals:
        if bottom := figures.get(total):
            yield f"stated / stated {'+'.join(total)}", 100 * top / bottom


def _other_pairs(
    codes: tuple[str, ...], totals: tuple, table: Table
) -> Iterator[tuple[str, float]]:
    """Each row and their sum, in each column, over its own total and over the whole."""
    columns = dict.fromkeys(who for code, who in table.cells if code == codes[0])
    chosen = [codes, *((code,) for code in codes if len(codes) > 1)]
    for rows, who in ((rows, who) for rows in chosen for who in columns):
        top = table.add(rows, who)
        for total in totals if top else ():
            for column in dict.fromkeys((who, table.find_column(total[0])[1])):
                if bottom := table.add(total, column):
                    name = f"{'+'.join(rows)}[{who}] / {'+'.join(total)}[{column}]"
                    yield name, 100 * top / bottom

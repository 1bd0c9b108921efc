"""The last digits of a body's figures against what counting alone would give."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from pandas import DataFrame

from gi_tools.forensics.lineage import find_body
from gi_tools.forensics.repeats import list_figures
from gi_tools.forensics.traces import Trace, frame_traces, to_sheets
from gi_tools.frames import require, to_frame, to_rows
from gi_tools.statistics import adjust

if TYPE_CHECKING:
    from collections.abc import Sequence


LEAST = 100  # below, the last digit is no free choice of chance
FEWEST = 50  # figures that the chi-square test of ten digits needs
ROUND = 0.2  # share of last digits 0 and 5 that counting gives
ALARM = 0.05  # share of false findings among all findings (Benjamini-Hochberg)
POWER = 0.8


class Digits(NamedTuple):
    """
    One body's last digits: p-values of both tests, q after Benjamini-Hochberg.

    ``n`` whole figures of at least ``LEAST``, each value once a report; ``round`` is
    the share that ends in 0 or 5. ``needed`` is the n at which a body that rounds one
    figure in five is found with a power of 0.8; p-values are None below ``FEWEST``.
    """

    agency: str
    region_code: str | None
    years: str
    n: int
    round: float | None
    p_round: float | None
    q_round: float | None
    p_digits: float | None
    q_digits: float | None
    needed: int
    reason: str


def measure_digits(facts: DataFrame) -> DataFrame:
    """
    Test the last digits of every body's figures, all its years together.

    Two tests: one-sided binomial for figures that end in 0 or 5 against one fifth, and
    chi-square for ten equal digits. Sums and amounts of money are left out. Columns are
    those of ``Digits``; bodies are tested apart and the p-values adjusted over all.
    """
    groups: dict[tuple, list] = {}
    for sheet in to_sheets(facts):
        if body := find_body(sheet.agency, sheet.region_code):
            groups.setdefault(body, []).append(sheet)
    frame = to_frame([_measure(sheets) for sheets in groups.values()], Digits)
    for test in ("round", "digits"):
        frame[f"q_{test}"] = adjust(frame[f"p_{test}"])["q"].astype("Float64")
    return frame


def find_odd_digits(digits: DataFrame) -> DataFrame:
    """
    Find the bodies whose last digits are not those of counting; soft, ``value`` is q.

    ``digits`` is the frame of ``measure_digits``; ``n`` is the number of bodies tested.
    """
    require(digits, "digits", Digits._fields)
    rows = [Digits(*row) for row in to_rows(digits)]
    tested = sum(row.p_digits is not None for row in rows)
    traces = []
    for row in rows:
        if row.q_round is not None and row.q_round <= ALARM:
            zh = f"{row.n} 个数字中 {row.round:.0%} 以 0 或 5 结尾，通常约为 20%"
            en = f"{row.round:.0%} of {row.n} figures end in 0 or 5, usual is 20%"
            traces.append(_tell("rounded", row, row.q_round, tested, zh, en))
        elif row.q_digits is not None and row.q_digits <= ALARM:
            zh = f"{row.n} 个数字的末位分布不均"
            en = f"the last digits of {row.n} figures are uneven"
            traces.append(_tell("uneven", row, row.q_digits, tested, zh, en))
    return frame_traces(traces, tested)


def _tell(kind: str, row: Digits, q: float, n: int, zh: str, en: str) -> Trace:
    code = row.region_code or ""
    figures = f"n {row.n}"
    return Trace(kind, "soft", row.agency, code, row.years, "", figures, q, n, zh, en)


def _measure(sheets: Sequence) -> Digits:
    values = [v for sheet in sheets for v in set(list_figures(sheet, LEAST))]
    years = sorted({sheet.year for sheet in sheets if sheet.year})
    head = (sheets[-1].agency, sheets[-1].region_code, "; ".join(map(str, years)))
    ends = [value % 10 for value in values]
    share = sum(end in (0, 5) for end in ends) / len(ends) if ends else None
    needed = find_needed(0.2)
    if len(ends) < FEWEST:
        reason = f"{len(ends)} figures, {FEWEST} are needed"
        return Digits(*head, len(ends), share, None, None, None, None, needed, reason)
    p_round, p_digits = judge_ends(ends)
    return Digits(*head, len(ends), share, p_round, None, p_digits, None, needed, "")


def judge_ends(ends: Sequence[int]) -> tuple[float, float]:
    """Give the p-values of last digits: too many 0 and 5; ten unequal digits."""
    from scipy.stats import binomtest, chisquare

    rounded = sum(end in (0, 5) for end in ends)
    p_round = binomtest(rounded, len(ends), ROUND, alternative="greater").pvalue
    counts = [sum(end == digit for end in ends) for digit in range(10)]
    return float(p_round), float(chisquare(counts).pvalue)


@lru_cache(maxsize=64)
def find_needed(rounding: float, alpha: float = ALARM) -> int:
    """
    Find how many figures it takes to see a body that rounds this share of them.

    Power is 0.8 by the exact binomial distribution, at level ``alpha`` for one body; a
    scan of many needs more.
    """
    from scipy.stats import binom

    share = ROUND + (1 - ROUND) * rounding
    for n in range(5, 100_000):
        limit = binom.isf(alpha, n, ROUND)  # rejected above it
        if binom.sf(limit, n, share) >= POWER:
            return n
    return 100_000

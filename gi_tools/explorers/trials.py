"""A pattern and texts in; what it matches, how often rightly, at what cost, out."""

from __future__ import annotations

import time
from typing import NamedTuple

import pandas as pd
import regex
from pandas import DataFrame

from gi_tools.errors import DataError
from gi_tools.text import read_cell

PATIENCE = 1.0  # seconds for one pattern over all texts
PROBES = (12, 24)  # lengths of the strings that tell a pattern which explodes
PROBE_PATIENCE = 0.25
AROUND = 24  # characters of context on either side
LONGEST_PATTERN = 2000
_NESTED = regex.compile(
    r"\((?:[^()\\]|\\.|\([^()]{0,200}\)){0,400}[+*]\)?(?:[+*]|\{\d{1,3},\})"
)


class Trial(NamedTuple):
    """
    What a pattern does to a corpus.

    ``matches`` has report_id, start, end, match, value, before, after, right (None
    without labels). ``found`` of ``labelled`` figures were matched, ``right`` of
    ``tried`` matches are labelled figures. ``seconds`` is for a thousand reports,
    ``warnings`` are words of ``interface.toml``.
    """

    matches: DataFrame
    right: int
    tried: int
    found: int
    labelled: int
    seconds: float
    warnings: tuple[str, ...]


def try_pattern(
    pattern: str, texts: DataFrame, labels: DataFrame | None = None
) -> Trial:
    """
    Match a pattern over texts (report_id, text) and hold it against labelled figures.

    The figure of a match is its group ``value``, else its first group, else all of
    it. ``labels`` (report_id, value) are the figures to be found. Raises DataError
    for a pattern that does not compile or takes too long.
    """
    compiled = compile_pattern(pattern)
    warnings = find_dangers(compiled)
    start = time.perf_counter()
    rows = []
    for report_id, text in zip(texts.report_id, texts.text, strict=True):
        left = PATIENCE - (time.perf_counter() - start)
        rows += _match(compiled, report_id, text, max(left, 0.001))
    reports = max(texts.report_id.nunique(), 1)
    seconds = 1000 * (time.perf_counter() - start) / reports
    return _score(rows, labels, seconds, warnings)


def compile_pattern(pattern: str) -> regex.Pattern:
    """Compile a pattern of a person; DataError with the place of the mistake."""
    if len(pattern) > LONGEST_PATTERN:
        raise DataError(f"pattern: over {LONGEST_PATTERN} characters; shorten it")
    try:
        return regex.compile(pattern)
    except regex.error as error:
        raise DataError(f"pattern: {error}; correct it there") from None


def find_dangers(pattern: regex.Pattern) -> tuple[str, ...]:
    """Warn of patterns that match nothing at all places, or whose time explodes."""
    found = []
    if pattern.fullmatch(""):
        found.append("matches_nothing")
    if _NESTED.search(pattern.pattern, timeout=PROBE_PATIENCE) or _explodes(pattern):
        found.append("explodes")
    return tuple(found)


def _explodes(pattern: regex.Pattern) -> bool:
    """Whether twice the text takes far more than twice the time."""
    # Literals that a match needs are there, else the engine gives up at a glance.
    tail = "☒" + "".join(regex.findall(r"[\p{L}\p{N}]", pattern.pattern)[:60])
    for sign in ("0", "政", "政府信息公开", "1,", "( "):
        times = []
        for length in PROBES:
            text = sign * length + tail
            start = time.thread_time()  # a busy machine must not hide it
            try:
                pattern.search(text, timeout=PROBE_PATIENCE)
            except TimeoutError:
                return True
            times.append(time.thread_time() - start)
        if times[1] > 0.02 and times[1] > 50 * times[0]:
            return True
    return False


def _match(pattern: regex.Pattern, report_id: str, text: str, left: float) -> list:
    rows = []
    try:
        for found in pattern.finditer(text, timeout=left):
            if found[0]:
                rows.append((report_id, *found.span(), *_show(found, text)))
    except TimeoutError:
        raise DataError(
            f"pattern: more than {PATIENCE:g} s on {report_id}; bound its repeats"
        ) from None
    return rows


def _show(found: regex.Match, text: str) -> tuple:
    groups = found.groupdict()
    figure = groups.get("value") or (found[1] if found.re.groups else None) or found[0]
    before = text[max(found.start() - AROUND, 0) : found.start()]
    after = text[found.end() : found.end() + AROUND]
    return found[0], read_cell(figure).value, before, after


def _score(
    rows: list, labels: DataFrame | None, seconds: float, warnings: tuple[str, ...]
) -> Trial:
    names = ["report_id", "start", "end", "match", "value", "before", "after"]
    matches = pd.DataFrame(rows, columns=names)
    wanted = set() if labels is None else {*_pairs(labels)}
    pairs = _pairs(matches)
    right = [pair in wanted for pair in pairs] if labels is not None else None
    matches["right"] = right
    counts = (sum(right or ()), len(pairs), len(wanted & {*pairs}), len(wanted))
    return Trial(matches, *counts, seconds, warnings)


def _pairs(frame: DataFrame) -> list[tuple[str, float | None]]:
    values = frame.value.astype(object)
    values = values.where(frame.value.notna(), None)
    return [*zip(frame.report_id, values, strict=True)]


def pattern_to_toml(name: str, pattern: str) -> str:
    """Write a pattern as an entry of ``claims.toml``; DataError if it cannot be one."""
    compile_pattern(pattern)
    if not regex.fullmatch(r"[a-z][a-z0-9_]{0,40}", name):
        raise DataError(f"{name!r}: a phrase is named in small letters, digits and _")
    if "'" in pattern or "\n" in pattern:
        raise DataError("pattern: it holds ' or a line end; write it without")
    return f"[[phrases]]\nname = '{name}'\nwords = [\n  '{pattern}',\n]\n"

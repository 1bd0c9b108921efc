"""Text that stands in other reports too, beyond what all reports say."""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

import numpy as np
import regex
from numpy import ndarray
from pandas import DataFrame

from gi_tools.codebook import forms, indicators
from gi_tools.forensics.lineage import find_body
from gi_tools.forensics.traces import Trace, frame_traces, to_trace
from gi_tools.frames import require, to_frame, to_rows

LENGTH = 12  # characters of a shingle
KEEP = 4  # one shingle in so many is looked at, chosen by its hash
COMMON = 0.05  # share of bodies whose reports hold a shingle, from which it is common
FEW_BODIES = 4  # bodies that must share a shingle at least for it to be common
BASELINE = 8  # bodies below which what is common cannot be told
SHORTEST = 40  # kept shingles of a report below which shares say nothing
COPIED = 0.6  # share of a report's own text from which a finding is made
SENTENCE = 20  # characters from which a line with a pause in it counts as prose
_OTHER = regex.compile(r"\P{Han}+")
_PAUSE = regex.compile("[。，；,;]")


class Reuse(NamedTuple):
    """
    How much of a report's text stands in others; shares are of the text not common.

    ``characters`` counts Han characters, ``common`` is the share of shingles that many
    bodies use. ``own`` is the share that stands in ``own_id``, the earlier report of
    the same body most like it, ``other`` that in ``other_id`` of another body.
    None where ``reason`` says why.
    """

    report_id: str
    agency: str | None
    region_code: str | None
    year: int | None
    characters: int
    common: float | None
    own: float | None
    own_id: str | None
    other: float | None
    other_id: str | None
    bodies: int
    reason: str


def measure_reuse(sections: DataFrame, reports: DataFrame) -> DataFrame:
    """
    Measure for every report how much of its text stands in other reports.

    ``sections`` and ``reports`` are the frames of ``gi.list_sections`` and
    ``gi.list_reports``. Lines that are no sentences are left out, and so are figures
    and signs: a sentence with new figures is the same sentence. Shingles of ``LENGTH``
    characters that the forms print or ``COMMON`` of the bodies use are boilerplate.
    Columns are those of ``Reuse``.
    """
    require(sections, "sections", ("report_id", "text"))
    require(reports, "reports", ("report_id", "agency", "region_code", "year"))
    texts = sections.groupby("report_id", sort=False)["text"].agg("\n".join)
    kept = reports[["report_id", "agency", "region_code", "year"]]
    heads = list(to_rows(kept.drop_duplicates("report_id")))
    plain = [_to_prose(texts.get(head[0], "")) for head in heads]
    return to_frame(_measure(heads, plain) if heads else [], Reuse)


def _to_prose(text: str) -> str:
    """Keep the characters of sentences; lines of a flattened table have no pauses."""
    lines = (line for line in text.split("\n") if _PAUSE.search(line))
    plain = (_OTHER.sub("", line) for line in lines)
    return "".join(line for line in plain if len(line) >= SENTENCE)


def find_copied(reuse: DataFrame) -> DataFrame:
    """
    Find reports of which ``COPIED`` of their own text stands in another; all soft.

    ``reuse`` is the frame of ``measure_reuse``. Kinds: ``reused`` (an earlier report of
    the body) and ``copied`` (another body's; never told without a baseline). The
    message gives the median of all reports beside the share, which is ``value``.
    """
    require(reuse, "reuse", Reuse._fields)
    rows = {row[0]: Reuse(*row) for row in to_rows(reuse)}
    traces, made = [], 0
    for kind, share, partner in (
        ("reused", "own", "own_id"),
        ("copied", "other", "other_id"),
    ):
        known = reuse[share].dropna()
        made += len(known)
        usual = float(known.median()) if len(known) else 0.0
        for row in rows.values():
            value = getattr(row, share)
            told = kind == "reused" or row.bodies >= BASELINE
            if value is not None and value >= COPIED and told:
                other = rows[getattr(row, partner)]
                traces.append(_tell(kind, row, other, value, usual, len(known)))
    return frame_traces(traces, made)


def _tell(
    kind: str, row: Reuse, other: Reuse, value: float, usual: float, n: int
) -> Trace:
    whose = {"reused": ("本机关此前报告", "an earlier report of the body")}
    zh, en = whose.get(kind, ("另一机关报告", "the report of another body"))
    zh = f"自有文字的 {value:.0%} 见于{zh}（全部报告的中位数为 {usual:.0%}）"
    en = f"{value:.0%} of its own text stands in {en} (median of all {usual:.0%})"
    if row.bodies < BASELINE:
        zh += "；机关太少，无法扣除通用文字"
        en += "; too few bodies to tell common text"
    return to_trace(kind, "soft", [row, other], (zh, en), n, value)


def _measure(heads: list[tuple], plain: list[str]) -> list[Reuse]:
    bodies = [find_body(head[1], head[2]) or ("", head[0]) for head in heads]
    names = {body: number for number, body in enumerate(dict.fromkeys(bodies))}
    whose = np.array([names[body] for body in bodies])
    years = np.array([head[3] or 0 for head in heads])
    hashes = [_hash(text) for text in plain]
    docs = np.repeat(np.arange(len(heads)), [len(own) for own in hashes])
    codes, columns = np.unique(np.concatenate(hashes), return_inverse=True)
    least = max(FEW_BODIES, int(np.ceil(COMMON * len(names))))
    common = _count_bodies(columns, whose[docs], len(codes), len(names)) >= least
    common |= np.isin(codes, _form_hashes())
    found = _compare(docs, columns, ~common, len(heads), len(codes))
    rows = []
    for number, (head, text) in enumerate(zip(heads, plain, strict=True)):
        total = len(hashes[number])
        kept = int(found[number, number])
        share = (total - kept) / total if total else None
        own = other = (None, None)
        reason = "" if kept >= SHORTEST else "too little text of its own"
        if not reason:
            shares = np.asarray(found[number].todense()).ravel() / kept
            same = whose == whose[number]
            earlier = (years > 0) & (years < years[number])
            own = _find_best(shares, same & earlier, heads)
            other = _find_best(shares, ~same, heads)
        rows.append(Reuse(*head, len(text), share, *own, *other, len(names), reason))
    return rows


def _find_best(shares: ndarray, chosen: ndarray, heads: list[tuple]) -> tuple:
    if not chosen.any():
        return None, None
    best = int(np.argmax(np.where(chosen, shares, -1)))
    return round(float(shares[best]), 4), heads[best][0]


def _hash(text: str) -> ndarray:
    """Hash every shingle of a text and keep one in ``KEEP``, each once."""
    points = np.frombuffer(text.encode("utf-32-le"), dtype="<u4").astype(np.uint64)
    size = len(points) - LENGTH + 1
    if size <= 0:
        return np.empty(0, dtype=np.uint64)
    value = np.zeros(size, dtype=np.uint64)
    for step in range(LENGTH):  # wraps around on purpose
        value = value * np.uint64(0x100000001B3) + points[step : step + size]
    value ^= value >> np.uint64(29)
    value *= np.uint64(0xBF58476D1CE4E5B9)
    value ^= value >> np.uint64(32)
    value = np.sort(value[value % np.uint64(KEEP) == 0])
    return value[np.append(True, value[1:] != value[:-1])[: len(value)]]


def _count_bodies(columns: ndarray, whose: ndarray, size: int, bodies: int) -> ndarray:
    """Count the bodies that use each shingle."""
    pairs = np.unique(columns.astype(np.int64) * bodies + whose)
    return np.bincount(pairs // bodies, minlength=size)


def _compare(
    docs: ndarray, columns: ndarray, chosen: ndarray, rows: int, size: int
) -> object:
    """Count the shingles that each two reports share, as a sparse matrix."""
    from scipy.sparse import csr_matrix

    mine = chosen[columns]
    ones = np.ones(int(mine.sum()), dtype=np.int32)
    table = csr_matrix((ones, (docs[mine], columns[mine])), shape=(rows, size))
    return (table @ table.T).tocsr()


@cache
def _form_hashes() -> ndarray:
    """The shingles of what the forms themselves print."""
    texts = [one.label_zh for one in indicators().values()]
    for form in forms().values():
        rows = [row for table in form.tables for row in table.rows]
        texts.append("".join(f"{row.label}{row.note}" for row in rows))
        texts.append("".join(f"{row.group}{row.label}" for row in rows))
        texts += [row.label for row in rows] + list(form.headings)
    return np.unique(np.concatenate([_hash(_OTHER.sub("", text)) for text in texts]))

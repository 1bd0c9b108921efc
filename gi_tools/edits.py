"""Corrections by people: a log of edits as JSON, and facts with the log replayed."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from os import PathLike
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd
from pandas import DataFrame

from gi_tools.equations import EPSILON
from gi_tools.errors import DataError
from gi_tools.facts import iterate, set_values

VERSION = 1  # of the shape of the file
MOST_BYTES = 64 * 1024 * 1024
HASHED = 6  # digits of the source's hash at the end of a report_id


class Edit(NamedTuple):
    """
    One correction: a cell, what it was, what it becomes, why, by whom and when.

    ``new`` is None to leave the cell without a number. ``sha256`` is that of the file
    the report was read from, ``options`` what reading it was told, ``package`` the
    version of gi_tools.
    """

    report_id: str
    indicator: str
    applicant: str | None
    old: float | None
    new: float | None
    reason: str
    author: str
    time: str
    sha256: str
    options: Mapping[str, Any] = {}
    package: str = ""


@dataclass(frozen=True)
class EditLog:
    """The edits of a corpus in the order they are to be applied."""

    edits: tuple[Edit, ...] = ()

    def add(
        self,
        report_id: str,
        indicator: str,
        applicant: str | None,
        old: float | None,
        new: float | None,
        *,
        reason: str,
        author: str,
        sha256: str,
        time: str | None = None,
        options: Mapping[str, Any] | None = None,
        package: str = "",
    ) -> EditLog:
        """Give a log with one edit more; DataError without reason, author or hash."""
        time = time or datetime.now(UTC).isoformat(timespec="seconds")
        cell = (report_id, indicator, applicant, old, new, reason, author)
        edit = Edit(*cell, time, sha256, options or {}, package)
        return EditLog((*self.edits, _verify(edit, len(self.edits))))

    def undo(self, number: int = -1) -> EditLog:
        """Give a log without one edit, the last or the one of this number from 0."""
        if not -len(self.edits) <= number < len(self.edits):
            raise DataError(
                f"edit {number} is not there; the log has {len(self.edits)}"
            )
        kept = list(self.edits)
        del kept[number]
        return replace(self, edits=tuple(kept))

    def encode(self) -> bytes:
        """Write the log as JSON, the same bytes for the same edits."""
        edits = [edit._asdict() for edit in self.edits]
        data = {"version": VERSION, "edits": edits}
        return (json.dumps(data, ensure_ascii=False, indent=1) + "\n").encode()

    def _repr_html_(self) -> str:
        frame = to_edit_frame(self)
        return frame.to_html(index=False, escape=True, na_rep="–")


def read_edits(path: str | PathLike) -> EditLog:
    """Read a log of edits; DataError where it is none, with what to mend."""
    data = read_json(path)
    found = data.get("edits") if isinstance(data, dict) else None
    if not isinstance(found, list) or data.get("version") != VERSION:
        raise DataError(
            f"{path}: no edit log of version {VERSION}; see docs/repairs.md"
        )
    edits = []
    for number, one in enumerate(found):
        try:
            edit = Edit(**one)
        except TypeError as error:
            raise DataError(f"{path}, edit {number}: {error}; mend the entry") from None
        edits.append(_verify(edit, number))
    return EditLog(tuple(edits))


def read_json(path: str | PathLike) -> Any:
    """Read a JSON file; DataError in one line where that is impossible."""
    try:
        if Path(path).stat().st_size > MOST_BYTES:
            raise DataError(
                f"{path}: larger than {MOST_BYTES >> 20} MB; split the file"
            )
        return json.loads(Path(path).read_bytes())
    except OSError as error:
        raise DataError(f"{path}: {error.strerror or error}; check the path") from None
    except (ValueError, RecursionError) as error:
        raise DataError(f"{path}: no JSON ({error}); mend it there") from None


def to_edit_frame(log: EditLog) -> DataFrame:
    """Put the edits into a frame, a row each."""
    return pd.DataFrame(log.edits, columns=list(Edit._fields))


def apply_edits(facts: DataFrame, edits: EditLog | str | PathLike) -> DataFrame:
    """
    Replay a log on facts: the cells get the new values and the state corrected.

    ``edits`` is an EditLog or the path of one. ``raw`` and ``place`` stay. Of a cell
    that is printed twice, what holds the old value is corrected. Nothing is applied
    and DataError raised where a cell is not there, the source has another hash, or the
    cell does not hold the old value.
    """
    log = edits if isinstance(edits, EditLog) else read_edits(edits)
    names = ("report_id", "indicator", "applicant", "origin", "value")
    place: dict[tuple, list[int]] = {}
    values: dict[int, float | None] = {}
    for number, (report_id, indicator, applicant, origin, value) in enumerate(
        iterate(facts, names)
    ):
        if origin == "table":
            place.setdefault((report_id, indicator, applicant), []).append(number)
            values[number] = value
    reports = {report_id for report_id, _, _ in place}
    changed = set()
    for number, edit in enumerate(log.edits):
        where = _find(edit, number, place, reports)
        held = [n for n in where if _is_same(values[n], edit.old)]
        if not held:
            raise DataError(
                f"edit {number}: {_name(edit)} holds {_show(values[where[0]])}, not "
                f"{_show(edit.old)}; the facts are not those that were corrected"
            )
        values |= dict.fromkeys(held, edit.new)
        changed.update(held)
    return set_values(facts, {n: values[n] for n in sorted(changed)}, "corrected")


def _find(
    edit: Edit, number: int, place: Mapping[tuple, list[int]], reports: set[str]
) -> list[int]:
    stem, _, digits = edit.report_id.rpartition("-")
    if len(digits) < HASHED or not edit.sha256.startswith(digits):
        raise DataError(f"edit {number}: the hash is not that of {edit.report_id}")
    if edit.report_id not in reports:
        others = sorted(r for r in reports if r.rpartition("-")[0] == stem)
        hint = (
            f"its source has changed, it is {others[0]} now" if others else "not here"
        )
        raise DataError(f"edit {number}: {edit.report_id}: {hint}; look and edit anew")
    if (key := (edit.report_id, edit.indicator, edit.applicant)) not in place:
        raise DataError(f"edit {number}: {_name(edit)} is no cell of these facts")
    return place[key]


def _verify(edit: Edit, number: int) -> Edit:
    """Refuse an edit that lacks what an edit needs, trim its words."""
    texts = ("report_id", "indicator", "reason", "author", "time", "sha256")
    for name in texts:
        value = getattr(edit, name)
        if not isinstance(value, str) or not value.strip():
            raise DataError(f"edit {number}: {name} is missing; every edit needs it")
    if not isinstance(edit.applicant, str | None):
        raise DataError(f"edit {number}: applicant is no text; name one, or null")
    for name in ("old", "new"):
        value = getattr(edit, name)
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        if value is not None and (not is_number or value != value or abs(value) > 1e15):
            raise DataError(f"edit {number}: {name} is {value!r}, no number; mend it")
    return edit._replace(reason=edit.reason.strip(), author=edit.author.strip())


def _is_same(one: float | None, other: float | None) -> bool:
    if one is None or other is None:
        return one is other
    return abs(one - other) <= EPSILON


def _name(edit: Edit) -> str:
    cell = f"{edit.indicator} / {edit.applicant}" if edit.applicant else edit.indicator
    return f"{edit.report_id}, {cell},"


def _show(value: float | None) -> str:
    return "no number" if value is None else f"{value:.10g}"

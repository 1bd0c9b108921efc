"""Rows to frames and back: what is missing is missing there, and None here."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, get_type_hints

from gi_tools.errors import DataError

if TYPE_CHECKING:
    from pandas import DataFrame

NULLABLE = {int | None: "Int64", float | None: "Float64"}


def to_frame(rows: Iterable[tuple], kind: type[tuple]) -> DataFrame:
    """Put named tuples into a frame; numbers that may lack are nullable."""
    import pandas as pd

    names = list(kind._fields)
    columns = dict(zip(names, zip(*rows, strict=True), strict=False))  # {}: no rows
    frame = pd.DataFrame(columns, columns=names)
    for name, hint in get_type_hints(kind).items():
        if hint in NULLABLE:
            frame[name] = pd.array(frame[name].tolist(), dtype=NULLABLE[hint])
    return frame


def to_rows(frame: DataFrame) -> Iterator[tuple]:
    """Give the rows of a frame with None for every kind of missing."""
    plain = to_plain(frame)
    return zip(*(plain[name].tolist() for name in plain.columns), strict=True)


def to_plain(frame: DataFrame) -> DataFrame:
    """Give a frame with None for every kind of missing."""
    plain = frame.astype(object)
    return plain.where(plain.notna(), None)


def require(
    frame: DataFrame,
    what: str,
    needed: Iterable[str],
    hint: str = "use the frames of gi_tools",
) -> None:
    """Raise DataError for the columns that a frame lacks."""
    if missing := [name for name in needed if name not in frame.columns]:
        raise DataError(f"{what} lack {', '.join(missing)}; {hint}")

"""Rows of reports to Parquet files with fixed schemas, one folder a year."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from types import NoneType
from typing import Any, NamedTuple, get_args, get_type_hints

from gi_tools.checks import Finding
from gi_tools.facts import Fact
from gi_tools.registers import ClaimRow, Entry, SectionRow


class Failure(NamedTuple):
    """A file that gave no report; ``kind`` says what stopped it."""

    file: str
    sha256: str | None
    size: int | None
    kind: str
    reason: str


DATASETS: dict[str, type[tuple]] = {
    "reports": Entry,
    "facts": Fact,
    "sections": SectionRow,
    "claims": ClaimRow,
    "findings": Finding,
    "failures": Failure,
}
NO_YEAR = "__HIVE_DEFAULT_PARTITION__"  # what readers of such folders take for null
BATCH = 20_000  # rows kept as Python values before they become columns


@cache
def find_schema(name: str) -> Any:
    """
    The Arrow schema of one dataset's files: texts, int32, float64, bool.

    The year is in the name of the folder, as Parquet readers expect, not in the file.
    """
    import pyarrow as pa

    kinds = {str: pa.string(), bool: pa.bool_(), int: pa.int32(), float: pa.float64()}
    fields = []
    for column, hint in get_type_hints(DATASETS[name]).items():
        found = {part for part in get_args(hint) or (hint,) if part is not NoneType}
        kind = pa.int64() if column == "size" else kinds[max(found, key=_width)]
        if column != "year":
            fields.append(pa.field(column, kind, nullable=NoneType in get_args(hint)))
    return pa.schema(fields)


def _width(kind: type) -> int:
    return (bool, int, float, str).index(kind)


def is_partitioned(name: str) -> bool:
    """Whether a dataset has a folder for each year; failures know no year."""
    return name != "failures"


class Writer:
    """Collect the rows of one chunk and write them, a file for dataset and year."""

    def __init__(self) -> None:
        self._rows: dict[tuple[str, int | None], list[tuple]] = {}
        self._batches: dict[tuple[str, int | None], list] = {}

    def add(self, name: str, year: int | None, rows: Iterable[tuple]) -> None:
        """Take rows of one dataset and year, in the order of its columns."""
        kept = self._rows.setdefault((name, year), [])
        kept.extend(rows)
        if len(kept) >= BATCH:
            self._flush((name, year))

    def _flush(self, key: tuple[str, int | None]) -> None:
        rows, self._rows[key] = self._rows[key], []
        if rows:
            self._batches.setdefault(key, []).append(to_batch(key[0], rows))

    def write(self, folder: Path, file: str) -> Iterator[str]:
        """Write everything to drafts in ``folder``; yield the part that each is."""
        for key in list(self._rows):
            self._flush(key)
        for name, year in sorted(self._batches, key=str):
            part = f"{to_partition(name, year)}/{file}.parquet"
            data = pack_batches(name, self._batches[name, year])
            (folder / to_draft(part)).write_bytes(data)
            yield part


def to_partition(name: str, year: int | None) -> str:
    """The folder of one dataset and year, below that of the corpus."""
    if not is_partitioned(name):
        return name
    return f"{name}/year={NO_YEAR if year is None else year}"


def to_draft(part: str) -> str:
    """
    The name of a part's draft: no folders, as new ones cost more than the files.

    Ext4 spreads them over the disk; to make one and a file in it takes a millisecond.
    """
    return part.replace("/", "~")


def pack_batches(name: str, batches: list) -> Any:
    """The bytes of a Parquet file with these batches of a dataset, packed with zstd."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    # In one piece: to a file Arrow makes dozens of writes.
    sink = pa.BufferOutputStream()
    table = pa.Table.from_batches(batches, find_schema(name))
    pq.write_table(table, sink, compression="zstd")
    return sink.getvalue()


def to_batch(name: str, rows: Iterable[tuple]) -> Any:
    """Put rows of one dataset, one at least, into an Arrow batch."""
    import pyarrow as pa

    schema, names = find_schema(name), DATASETS[name]._fields
    columns = dict(zip(names, zip(*rows, strict=True), strict=True))
    arrays = [_to_array(columns[field.name], field.type) for field in schema]
    return pa.record_batch(arrays, schema=schema)


def _to_array(values: tuple, kind: Any) -> Any:
    import pyarrow as pa

    try:
        return pa.array(values, kind)
    except (pa.ArrowInvalid, UnicodeEncodeError):
        # A lone surrogate is no text, and a whole number past 2**53 no exact float.
        return pa.array([_clean(value) for value in values], kind)


def _clean(value: Any) -> Any:
    if isinstance(value, str):
        return value.encode("utf-8", "backslashreplace").decode()
    return float(value) if isinstance(value, int) else value

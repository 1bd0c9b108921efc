"""A corpus to frames: whole datasets, some years of them, or the answer to SQL."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gi_tools.corpus.journal import JOURNAL, MANIFEST, load_plan
from gi_tools.corpus.schemas import DATASETS, find_schema, is_partitioned
from gi_tools.errors import DataError

if TYPE_CHECKING:
    from pandas import DataFrame


@dataclass(frozen=True)
class Corpus:
    """What one build wrote: the datasets, loaded or asked, and the manifest."""

    path: Path

    @property
    def is_finished(self) -> bool:
        """Whether the build is over: its manifest is written last."""
        return (self.path / MANIFEST).is_file()

    @property
    def manifest(self) -> dict:
        """Versions, settings, totals and files. Raises DataError when unfinished."""
        try:
            return json.loads((self.path / MANIFEST).read_text("ascii"))
        except (OSError, ValueError):
            raise DataError(
                f"{self.path}: the build is not finished; run gi build again"
            ) from None

    def count_files(self) -> dict[str, int | None]:
        """
        Count files: ``read``, ``failed``, ``left``; while a build is at work too.

        ``left`` is None when the build does not say how many there are.
        """
        sql = "SELECT (SELECT count(*) FROM reports), (SELECT count(*) FROM failures)"
        read, failed = self.fetch(sql)[1][0]
        total = load_plan(self.path)
        if self.is_finished:
            total = read + failed
        left = None if total is None else max(total - read - failed, 0)
        return {"read": read, "failed": failed, "left": left}

    def load(
        self,
        name: str,
        years: Iterable[int] | None = None,
        columns: Sequence[str] | None = None,
    ) -> DataFrame:
        """
        Load one dataset, or ``years`` and ``columns`` of it, as a frame.

        ``facts`` has the columns and types of ``gi.tabulate``; ``year`` is Int64.
        """
        import pandas as pd
        import pyarrow.compute as pc
        import pyarrow.dataset as ds

        if name not in DATASETS:
            raise DataError(f"{name}: no dataset; there are {', '.join(DATASETS)}")
        wanted = None if years is None else pc.field("year").isin(list(years))
        known, folder = _describe(name), self.path / name
        # A build at work may have written nothing of it yet.
        source = ds.dataset(folder if folder.is_dir() else [], **known)
        names = list(columns or _list_columns(name))
        table = source.to_table(columns=names, filter=wanted)
        kinds = {"int32": pd.Int64Dtype(), "double": pd.Float64Dtype()}
        kinds |= {"int64": pd.Int64Dtype(), "bool": pd.BooleanDtype()}
        frame = table.to_pandas(types_mapper=lambda kind: kinds.get(str(kind)))
        if name == "facts":  # texts are objects there, None where there is none
            for place, column in enumerate(table.columns):
                if str(column.type) == "string":
                    frame.isetitem(place, pd.Series(column.to_numpy(), dtype=object))
        return frame

    def query(self, sql: str) -> DataFrame:
        """Answer one SELECT over views named as the datasets, as a frame."""
        with _ask(self.path, sql) as answer:
            return answer.df()

    def fetch(self, sql: str) -> tuple[list[str], list[tuple]]:
        """Answer one SELECT as column names and rows."""
        with _ask(self.path, sql) as answer:
            return [column[0] for column in answer.description], answer.fetchall()


def open_corpus(path: str | PathLike) -> Corpus:
    """
    Open what ``gi build`` wrote or is writing.

    Raises DataError when it is no corpus.
    """
    path = Path(path)
    if not any((path / name).is_dir() for name in ("facts", JOURNAL)):
        raise DataError(f"{path}: no corpus; make one with gi build DIR -o {path}")
    return Corpus(path)


def _list_columns(name: str) -> list[str]:
    """The columns of a dataset, the year where its rows have it, else at the end."""
    names = list(DATASETS[name]._fields)
    return names + ["year"] * (is_partitioned(name) and "year" not in names)


def _describe(name: str) -> dict[str, Any]:
    import pyarrow as pa
    import pyarrow.dataset as ds

    schema = find_schema(name)
    if not is_partitioned(name):
        return {"schema": schema}
    year = pa.field("year", pa.int32())
    hive = ds.partitioning(pa.schema([year]), flavor="hive")
    return {"schema": schema.append(year), "partitioning": hive}


@contextmanager
def _ask(path: Path, sql: str) -> Any:
    """
    Run one SELECT over the views in a DuckDB that reaches the corpus alone.

    No other file, no network, no extension, no setting can be reached from it.
    """
    import duckdb

    with duckdb.connect() as con:
        try:
            _shut(con, path)
            statements = con.extract_statements(sql)
            if (
                len(statements) != 1
                or statements[0].type != duckdb.StatementType.SELECT
            ):
                raise DataError("gi sql answers one SELECT; nothing else is run")
            yield con.execute(statements[0])
        except duckdb.Error as error:
            raise DataError(f"SQL: {str(error).split(chr(10))[0][:300]}") from None


def _shut(con: Any, path: Path) -> None:
    """Make the views, then close every door but the corpus, and lock them."""
    for name in DATASETS:
        if not any((path / name).rglob("*.parquet")):  # nothing is written yet
            con.register(name, _describe(name)["schema"].empty_table())
            continue
        depth = "*/*" if is_partitioned(name) else "*"
        files = str(path.resolve() / name / f"{depth}.parquet").replace("'", "''")
        year = ", hive_partitioning=true, hive_types={'year': INTEGER}"
        options = year if is_partitioned(name) else ""
        columns = ", ".join(f'"{column}"' for column in _list_columns(name))
        con.execute(
            f"CREATE VIEW {name} AS SELECT {columns} "
            f"FROM read_parquet('{files}'{options})"
        )
    folder = str(path.resolve()).replace("'", "''")
    con.execute(f"SET allowed_directories=['{folder}/']")
    con.execute("SET enable_external_access=false")
    con.execute("SET lock_configuration=true")

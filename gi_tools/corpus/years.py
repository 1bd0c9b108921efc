"""The facts of a corpus to the findings of rules that need last year's report too."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from pathlib import Path
from typing import Any

from gi_tools.checks import Finding, check_facts
from gi_tools.codebook import Term, forms, rules
from gi_tools.corpus.schemas import BATCH, find_schema, to_batch, to_draft, to_partition
from gi_tools.facts import COLUMNS, Fact

FILE = "two-years.parquet"
FETCHED = 2000  # rows at once
MEMORY = "256MB"  # of DuckDB while it sorts; the rest goes to the drafts folder


def find_rules() -> dict[str, tuple[Term, ...]]:
    """The rules between two years, with the terms of each."""
    found = (rule for key in forms() for rule in rules(key))
    terms = {rule.id: rule.left + rule.right for rule in found}
    return {n: sides for n, sides in terms.items() if any(t.previous for t in sides)}


def check_years(out: Path, drafts: Path) -> Iterator[Finding]:
    """
    Check each body's reports of two years in a row, body by body, in flat memory.

    A body is an agency of a region. One with two reports for a year is left out, as
    nothing says which of them is meant.
    """
    if not any((out / "facts").rglob("part-*.parquet")):
        return  # no file gave a fact
    names = find_rules()
    for _, rows in groupby(_scan(out, drafts), key=lambda fact: fact[1:3]):
        years = {y: list(part) for y, part in groupby(rows, key=lambda fact: fact.year)}
        alone = {
            y for y, part in years.items() if len({f.report_id for f in part}) == 1
        }
        found = check_facts(f for year in sorted(alone) for f in years[year]).rows
        yield from (f for f in found if f.rule in names)


def _scan(out: Path, drafts: Path) -> Iterator[Fact]:
    """The cells that those rules speak of, sorted by body and year."""
    import duckdb

    wanted = sorted(
        {term.indicator for sides in find_rules().values() for term in sides}
    )
    order = "region_code, agency, year, report_id, indicator, applicant, place"
    with duckdb.connect() as con:
        con.execute(f"SET memory_limit='{MEMORY}'")
        con.execute("SET temp_directory=$1", [str(drafts)])
        con.execute(
            f"SELECT {', '.join(COLUMNS)} FROM read_parquet($1, hive_partitioning=true,"
            " hive_types={'year': INTEGER}) WHERE origin = 'table' AND year IS NOT NULL"
            " AND agency IS NOT NULL AND list_contains($2, indicator)"
            f" ORDER BY {order}",
            [str(out / "facts" / "*" / "part-*.parquet"), wanted],
        )
        while rows := con.fetchmany(FETCHED):
            yield from map(Fact._make, rows)


def write_years(out: Path, drafts: Path) -> list[str]:
    """Write those findings beside the others, a file a year; give their paths."""
    writers: dict[int, Any] = {}
    rows: dict[int, list[Finding]] = {}
    try:
        for finding in check_years(out, drafts):
            kept = rows.setdefault(finding.year, [])
            kept.append(finding)
            if len(kept) == BATCH:
                _write(writers, drafts, finding.year, kept)
        for year, kept in rows.items():
            _write(writers, drafts, year, kept)
    finally:
        for writer in writers.values():
            writer.close()
    return [_to_part(year) for year in sorted(writers)]


def _to_part(year: int) -> str:
    return f"{to_partition('findings', year)}/{FILE}"


def _write(
    writers: dict[int, Any], drafts: Path, year: int, rows: list[Finding]
) -> None:
    import pyarrow.parquet as pq

    if year not in writers:
        path, schema = drafts / to_draft(_to_part(year)), find_schema("findings")
        writers[year] = pq.ParquetWriter(path, schema, compression="zstd")
    writers[year].write_batch(to_batch("findings", rows))
    rows.clear()

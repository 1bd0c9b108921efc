"""A corpus whose chunks are all done to drafts of what it still needs."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path

from gi_tools.corpus.journal import FILES, MANIFEST, MANIFEST_FILES, load_entry
from gi_tools.corpus.schemas import DATASETS, pack_batches, to_draft, to_partition
from gi_tools.corpus.years import write_years

LARGE = 100_000  # files, past which the manifest keeps its list as Parquet
ROWS = 10_000  # of that list at once
EMPTY = "part-none"


def finish(job: dict) -> dict:
    """
    Check what needs two years, fill what is empty, write the manifest, all as drafts.

    ``job`` has ``out``, ``target`` (the folder of drafts), ``head`` of the manifest
    and ``names`` of all chunks. The answer's ``parts`` end with the manifest.
    """
    out, drafts = Path(job["out"]), Path(job["target"])
    parts = write_years(out, drafts)
    parts += write_empty(out, drafts, parts)
    parts += write_manifest(out, drafts, job["head"], job["names"])
    return {"parts": parts}


def write_empty(out: Path, drafts: Path, parts: list[str]) -> list[str]:
    """Write a file for every dataset without rows, as it still has its columns."""
    filled = {part.split("/")[0] for part in parts}
    filled |= {name for name in DATASETS if any((out / name).rglob("*.parquet"))}
    found = []
    for name in DATASETS:
        if name not in filled:
            found.append(f"{to_partition(name, None)}/{EMPTY}.parquet")
            (drafts / to_draft(found[-1])).write_bytes(pack_batches(name, []))
    return found


def write_manifest(
    out: Path, drafts: Path, head: dict, names: Iterable[str]
) -> list[str]:
    """Write the manifest: versions, settings, totals, and every file with its hash."""
    entries = (load_entry(out, name) for name in names)
    files = ((e["chunk"], f) for e in entries for f in e["files"])
    parts = [MANIFEST]
    if head["totals"]["files"] > LARGE:
        _write_large(drafts / MANIFEST_FILES, files)
        parts = [MANIFEST_FILES, MANIFEST]
        head, files = head | {"file_list": MANIFEST_FILES}, iter(())
    with (drafts / MANIFEST).open("w", encoding="ascii") as file:
        file.writelines(_to_lines(head, files))
    return parts


def _to_lines(head: dict, files: Iterator[tuple[str, dict]]) -> Iterator[str]:
    """One line a file: readable, and written without holding all of it."""
    yield json.dumps(head, indent=1)[:-2] + f",\n{FILES}"
    mark = "\n  "
    for chunk, file in files:
        yield mark + json.dumps({**file, "chunk": chunk})
        mark = ",\n  "
    yield "\n ]\n}\n"


def _write_large(path: Path, files: Iterator[tuple[str, dict]]) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    texts = ("path", "sha256", "report_id", "failure", "chunk")
    schema = pa.schema([*((name, pa.string()) for name in texts), ("size", pa.int64())])
    with pq.ParquetWriter(path, schema, compression="zstd") as writer:
        while rows := [_to_row(*file) for file in islice(files, ROWS)]:
            writer.write_batch(pa.RecordBatch.from_pylist(rows, schema))


def _to_row(chunk: str, file: dict) -> dict:
    shown = os.fsencode(file["path"]).decode("utf-8", "backslashreplace")
    return {**file, "path": shown, "chunk": chunk}

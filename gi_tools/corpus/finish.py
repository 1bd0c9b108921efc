"""A corpus whose chunks are all done to one with its manifest."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path

from gi_tools.corpus.journal import (
    DRAFTS,
    FILES,
    MANIFEST,
    PLAN,
    load_entry,
    place_parts,
    save_text,
)
from gi_tools.corpus.schemas import DATASETS, pack_batches, to_draft, to_partition
from gi_tools.corpus.years import write_years

LARGE = 100_000  # files, past which the manifest keeps its list as Parquet
ROWS = 10_000  # of that list at once
EMPTY = "part-none"


def finish(out: Path, head: dict, names: list[str]) -> None:
    """Check what needs two years, fill what is empty, write the manifest last."""
    (out / DRAFTS).mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=out / DRAFTS) as folder:
        drafts = Path(folder)
        place_parts(out, drafts, write_years(out, drafts))
        place_parts(out, drafts, write_empty(out, drafts))
    shutil.rmtree(out / DRAFTS, ignore_errors=True)
    save_manifest(out, head, names)


def write_empty(out: Path, drafts: Path) -> Iterator[str]:
    """Write a file for every dataset without rows, as it still has its columns."""
    for name in DATASETS:
        for folder in sorted((out / name).glob("year=*")):
            if not any(folder.iterdir()):
                folder.rmdir()
        if not any((out / name).rglob("*.parquet")):
            part = f"{to_partition(name, None)}/{EMPTY}.parquet"
            (drafts / to_draft(part)).write_bytes(pack_batches(name, []))
            yield part


def save_manifest(out: Path, head: dict, names: Iterable[str]) -> None:
    """Write the manifest: versions, settings, totals, and every file with its hash."""
    entries = (load_entry(out, name) for name in names)
    files = ((e["chunk"], f) for e in entries for f in e["files"])
    (out / "manifest.parquet").unlink(missing_ok=True)
    if head["totals"]["files"] > LARGE:
        _save_large(out / "manifest.parquet", files)
        head, files = head | {"file_list": "manifest.parquet"}, iter(())
    save_text(out / MANIFEST, _to_lines(head, files))
    (out / PLAN).unlink(missing_ok=True)


def _to_lines(head: dict, files: Iterator[tuple[str, dict]]) -> Iterator[str]:
    """One line a file: readable, and written without holding all of it."""
    yield json.dumps(head, indent=1)[:-2] + f",\n{FILES}"
    mark = "\n  "
    for chunk, file in files:
        yield mark + json.dumps({**file, "chunk": chunk})
        mark = ",\n  "
    yield "\n ]\n}\n"


def _save_large(path: Path, files: Iterator[tuple[str, dict]]) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    texts = ("path", "sha256", "report_id", "failure", "chunk")
    schema = pa.schema([*((name, pa.string()) for name in texts), ("size", pa.int64())])
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    with pq.ParquetWriter(draft, schema, compression="zstd") as writer:
        while rows := [_to_row(*file) for file in islice(files, ROWS)]:
            writer.write_batch(pa.RecordBatch.from_pylist(rows, schema))
    os.replace(draft, path)


def _to_row(chunk: str, file: dict) -> dict:
    shown = os.fsencode(file["path"]).decode("utf-8", "backslashreplace")
    return {**file, "path": shown, "chunk": chunk}

"""A folder of reports to Parquet datasets, on one machine or many, resumed at will."""

from __future__ import annotations

import json
import logging
import os
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from os import PathLike
from pathlib import Path
from typing import Any, NamedTuple

from gi_tools.corpus.folders import Chunk, cut_chunks, list_files
from gi_tools.corpus.journal import (
    finish_corpus,
    hold,
    load_chunk,
    open_folder,
    process_chunk,
    save_plan,
    sweep,
)
from gi_tools.corpus.limits import open_pool
from gi_tools.corpus.queries import Corpus, open_corpus
from gi_tools.errors import DataError
from gi_tools.progress import make_bar
from gi_tools.versions import list_versions

__all__ = ["Built", "Corpus", "build_corpus", "open_corpus"]

SHARE = 8  # of the files go to a chunk, so that every worker has some to do
# Fewer files make too many small Parquet files; more would cost a kill too much.
FEWEST, MOST = 32, 512
AHEAD = 8  # chunks that are sent out although no worker is free for them
SECONDS = 120.0  # a scanned report takes long to recognise
MEMORY = 1500.0  # MB past what the reading process needs for itself
# Dask looks after itself many times a second, for a dashboard that is not shown; it
# took the reading processes 3.6 % of a core.
QUIET = {
    "distributed.worker.profile.enabled": False,
    "distributed.admin.tick.interval": "5s",
    "distributed.admin.tick.limit": "1h",
    "distributed.admin.system-monitor.interval": "1h",
    "distributed.admin.system-monitor.gil.enabled": False,
    "distributed.client.heartbeat": "1m",
    # The last 1,000 messages that it keeps otherwise have the paths of 500,000 files.
    "distributed.admin.low-level-log-length": 10,
}


class Built(NamedTuple):
    """What a build did: files read now, kept from before, failed; chunks removed."""

    out: Path
    files: int
    done: int
    kept: int
    failed: int
    removed: int


def build_corpus(
    folder: str | PathLike,
    out: str | PathLike,
    *,
    workers: int | None = None,
    scheduler: str | None = None,
    chunk: int | None = None,
    timeout: float = SECONDS,
    memory: float = MEMORY,
    progress: bool = True,
) -> Built:
    """
    Read every file below ``folder`` into Parquet datasets in ``out``.

    ``workers`` are reading processes (one a core); with ``scheduler`` a Dask cluster
    that sees both folders under the same paths does the work. ``timeout`` is in
    seconds a file, ``memory`` in MB a process; a file past them goes to the
    failures. ``chunk`` is the files that are written together; without it that of
    the build before, else an eighth of all, 32 to 512. Run again, it does only what
    is not done or has changed. Raises DataError when there is nothing to read or
    ``out`` cannot be written.
    """
    root, out = Path(folder).resolve(), Path(out).resolve()
    if root.is_relative_to(out):
        raise DataError(f"{folder}: lies in the corpus; write it to another folder")
    if chunk is not None and chunk < 1:
        raise DataError(f"a chunk of {chunk} files; give 1 or more")
    paths, skipped = list_files(root, out)
    open_folder(out)
    readers = workers or os.cpu_count() or 1
    # Of a cluster's build this machine has the last step alone to do.
    with hold(out), open_pool(str(out), 1 if scheduler else readers):
        size = chunk or load_chunk(out) or _choose_chunk(len(paths))
        settings = {"chunk": size, "seconds": float(timeout), "memory": float(memory)}
        files, chunks = len(paths), list(cut_chunks(paths, size))
        del paths  # the chunks have them
        names = [one.name for one in chunks]
        save_plan(out, {"files": files, "chunk": size})
        removed = sweep(out, set(names))
        job = {"root": str(root), "out": str(out), "versions": list_versions()}
        job |= settings | {"pool": "" if scheduler else str(out)}
        with (
            make_bar(files, " files", progress) as bar,
            _connect(readers, scheduler) as client,
        ):
            counts = _run(client, chunks, job, bar)
        done, kept, failed = (counts[name] for name in ("done", "kept", "failed"))
        totals = {"files": files, "reports": files - failed, "failures": failed}
        head = {"versions": job["versions"], "settings": settings, "totals": totals}
        head["skipped"] = skipped
        finish_corpus(job | {"pool": str(out), "head": head, "names": names})
    return Built(out, files, done, kept, failed, removed)


def _choose_chunk(files: int) -> int:
    return min(max(files // SHARE, FEWEST), MOST)


@contextmanager
def _connect(workers: int, scheduler: str | None) -> Iterator[Any]:
    """A Dask client: of the cluster named, or of threads here that ask readers."""
    import dask
    import distributed

    if scheduler:
        try:
            with dask.config.set(QUIET):
                client = distributed.Client(scheduler, timeout=20, set_as_default=False)
        except (OSError, ValueError) as error:
            why = str(error).split("\n")[0]
            raise DataError(f"{scheduler}: no scheduler there ({why})") from None
        with client:
            yield client
        return
    with (
        dask.config.set(QUIET),
        tempfile.TemporaryDirectory() as scratch,
        distributed.Client(
            processes=False,
            n_workers=1,
            # One more each: while it puts a chunk in place another is read.
            threads_per_worker=2 * workers,
            dashboard_address=None,
            # Two builds at once must not quarrel about one port.
            scheduler_kwargs={"dashboard_address": "127.0.0.1:0"},
            memory_limit=0,
            silence_logs=logging.CRITICAL,
            local_directory=scratch,
            set_as_default=False,
        ) as client,
    ):
        yield client


def _count_ahead(client: Any) -> int:
    """How many chunks may be under way: enough for workers that come later too."""
    return AHEAD + 2 * sum(client.nthreads().values())


def _run(client: Any, chunks: list[Chunk], job: dict, bar: Any) -> Counter:
    """Send chunks out, a few at a time, and count what comes back."""
    from distributed import as_completed
    from distributed.scheduler import KilledWorker

    # The large ones first: at the end no worker waits long for another.
    waiting = iter(sorted(chunks, key=lambda one: -one.count))

    def send(count: int) -> None:
        for one in islice(waiting, max(count, 0)):
            text = json.dumps(job | {"name": one.name, "paths": one.paths})
            futures.add(client.submit(process_chunk, text, pure=False))

    counts: Counter = Counter()
    futures = as_completed(loop=client.loop)
    try:
        send(_count_ahead(client))
        for future in futures:
            found = json.loads(future.result())
            future.release()
            counts.update(found)
            bar.update(found["done"] + found["kept"])
            bar.set_postfix_str(f"{counts['failed']} failed")
            send(_count_ahead(client) - futures.count())
    except KilledWorker as error:
        raise DataError(f"workers died again and again: {error}") from None
    finally:
        client.cancel(list(futures.futures))
    return counts

"""A folder tree to the files of a corpus, in chunks that do not hang on each other."""

from __future__ import annotations

import hashlib
import os
import zlib
from collections import Counter
from collections.abc import Iterable, Iterator
from heapq import merge
from pathlib import Path
from typing import NamedTuple

import regex

from gi_tools.errors import DataError

# What lies beside reports and is none. Everything else is told by its content.
SKIPPED = frozenset(".json .jsonl .csv .tsv .log .parquet .py .ipynb .css .js".split())
RUN, BLOCK = 20_000, 500  # paths sorted at once, and packed together
_YEAR = regex.compile(r"(?:19|20)\d\d")


class Paths:
    """Paths in the order of chunks; packed, 3.6 million of them take no 100 MB."""

    def __init__(self, paths: Iterable[str]) -> None:
        self._runs: list[list[bytes]] = []
        self._count = 0
        run: list[str] = []
        for path in paths:
            run.append(path)
            if len(run) == RUN:
                self._add(run)
                run = []
        self._add(run)

    def _add(self, run: list[str]) -> None:
        run.sort(key=_to_key)
        self._count += len(run)
        blocks = (run[start : start + BLOCK] for start in range(0, len(run), BLOCK))
        self._runs.append([_pack(block) for block in blocks])

    def __len__(self) -> int:
        return self._count

    def __iter__(self) -> Iterator[str]:
        return merge(*map(_unpack, self._runs), key=_to_key)


def _pack(paths: Iterable[str]) -> bytes:
    return zlib.compress("\0".join(paths).encode("utf-8", "surrogateescape"), 1)


def _unpack(blocks: Iterable[bytes]) -> Iterator[str]:
    for block in blocks:
        text = zlib.decompress(block).decode("utf-8", "surrogateescape")
        yield from text.split("\0")


class Chunk(NamedTuple):
    """A unit of work: its name hangs on its paths alone, not on its place."""

    name: str
    count: int
    packed: bytes

    @property
    def paths(self) -> list[str]:
        """The paths, which it holds packed."""
        return list(_unpack([self.packed]))


class Listing(NamedTuple):
    """What lies in a folder: ``paths`` below it with ``/``, and what is left out."""

    paths: Paths
    skipped: dict[str, int]


def list_files(folder: Path, out: Path) -> Listing:
    """
    List the files below a folder; the corpus itself and hidden files are left out.

    Links are listed, never followed: the reading refuses them by name. Files whose
    path names a year stand together, so that a chunk touches few partitions. Raises
    DataError when nothing is there to read.
    """
    skipped: Counter = Counter()
    paths = Paths(_pick(_walk(folder, out), skipped))
    if not paths:
        raise DataError(f"{folder}: no files to read in it; check the folder")
    return Listing(paths, dict(sorted(skipped.items())))


def _pick(paths: Iterable[str], skipped: Counter) -> Iterator[str]:
    for path in paths:
        suffix = os.path.splitext(path)[1].lower()
        if suffix in SKIPPED:
            skipped[suffix] += 1
        else:
            yield path


def _walk(root: Path, out: Path) -> Iterator[str]:
    waiting = [""]
    while waiting:
        prefix = waiting.pop()
        try:
            with os.scandir(root / prefix) as entries:
                for entry in entries:
                    path = prefix + entry.name
                    if entry.name.startswith((".", "~$")):
                        continue
                    if not entry.is_dir(follow_symlinks=False):
                        yield path
                    elif root / path != out:
                        waiting.append(path + "/")
        except OSError:
            if not prefix:
                raise DataError(f"{root}: cannot be listed; check the path") from None
            yield prefix.rstrip("/")  # the reading says why


def _to_key(path: str) -> tuple[str, str, str]:
    found = _YEAR.search(path)
    stem, suffix = os.path.splitext(path)
    return found[0] if found else "", stem, suffix


def cut_chunks(paths: Iterable[str], size: int) -> Iterator[Chunk]:
    """
    Cut sorted paths into chunks of about ``size``, at most twice that.

    The hash of a path decides whether a chunk begins with it. A file that comes or
    goes therefore changes its own chunk and no other; files that differ in their
    suffix only stay together.
    """
    rows: list[str] = []
    last = None
    for path in paths:
        stem = os.path.splitext(path)[0]
        if rows and stem != last:
            full = len(rows) >= 2 * size
            if full or (len(rows) >= size // 2 and _is_cut(stem, size)):
                yield _to_chunk(rows)
                rows = []
        rows.append(path)
        last = stem
    if rows:
        yield _to_chunk(rows)


def _is_cut(stem: str, size: int) -> bool:
    digest = hashlib.sha256(os.fsencode(stem)).digest()
    return int.from_bytes(digest[:8]) % max(size // 2, 1) == 0


def _to_chunk(paths: list[str]) -> Chunk:
    digest = hashlib.sha256("\n".join(paths).encode("utf-8", "surrogateescape"))
    return Chunk(digest.hexdigest()[:16], len(paths), _pack(paths))

"""A folder tree to the files of a corpus, in chunks that do not hang on each other."""

from __future__ import annotations

import hashlib
import os
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import regex

from gi_tools.errors import DataError

# What lies beside reports and is none. Everything else is told by its content.
SKIPPED = frozenset(".json .jsonl .csv .tsv .log .parquet .py .ipynb .css .js".split())
_YEAR = regex.compile(r"(?:19|20)\d\d")


class Chunk(NamedTuple):
    """A unit of work: its name hangs on its paths alone, not on its place."""

    name: str
    paths: tuple[str, ...]


class Listing(NamedTuple):
    """What lies in a folder: ``paths`` below it with ``/``, and what is left out."""

    paths: list[str]
    skipped: dict[str, int]


def list_files(folder: Path, out: Path) -> Listing:
    """
    List the files below a folder; the corpus itself and hidden files are left out.

    Links are listed, never followed: the reading refuses them by name. Files whose
    path names a year stand together, so that a chunk touches few partitions. Raises
    DataError when nothing is there to read.
    """
    paths, skipped = [], Counter()
    for path in _walk(folder, out):
        suffix = os.path.splitext(path)[1].lower()
        if suffix in SKIPPED:
            skipped[suffix] += 1
        else:
            paths.append(path)
    if not paths:
        raise DataError(f"{folder}: no files to read in it; check the folder")
    return Listing(sorted(paths, key=_to_key), dict(sorted(skipped.items())))


def _walk(root: Path, out: Path) -> Iterator[str]:
    waiting = [""]
    while waiting:
        prefix = waiting.pop()
        try:
            entries = list(os.scandir(root / prefix))
        except OSError:
            if not prefix:
                raise DataError(f"{root}: cannot be listed; check the path") from None
            yield prefix.rstrip("/")  # the reading says why
            continue
        for entry in entries:
            path = prefix + entry.name
            if entry.name.startswith((".", "~$")):
                continue
            if not entry.is_dir(follow_symlinks=False):
                yield path
            elif root / path != out:
                waiting.append(path + "/")


def _to_key(path: str) -> tuple[str, str, str]:
    found = _YEAR.search(path)
    stem, suffix = os.path.splitext(path)
    return found[0] if found else "", stem, suffix


def cut_chunks(paths: list[str], size: int) -> list[Chunk]:
    """
    Cut sorted paths into chunks of about ``size``, at most twice that.

    The hash of a path decides whether a chunk begins with it. A file that comes or
    goes therefore changes its own chunk and no other; files that differ in their
    suffix only stay together.
    """
    chunks, rows, last = [], [], None
    for path in paths:
        stem = os.path.splitext(path)[0]
        if rows and stem != last:
            full = len(rows) >= 2 * size
            if full or (len(rows) >= size // 2 and _is_cut(stem, size)):
                chunks.append(_to_chunk(rows))
                rows = []
        rows.append(path)
        last = stem
    return [*chunks, _to_chunk(rows)] if rows else chunks


def _is_cut(stem: str, size: int) -> bool:
    digest = hashlib.sha256(os.fsencode(stem)).digest()
    return int.from_bytes(digest[:8]) % max(size // 2, 1) == 0


def _to_chunk(paths: list[str]) -> Chunk:
    digest = hashlib.sha256("\n".join(paths).encode("utf-8", "surrogateescape"))
    return Chunk(digest.hexdigest()[:16], tuple(paths))

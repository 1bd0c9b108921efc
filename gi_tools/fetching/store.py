"""Fetched bytes to files named by their hash, and an index that says where from."""

from __future__ import annotations

import hashlib
import json
import os
import threading
from pathlib import Path
from typing import Any

from gi_tools.errors import DataError
from gi_tools.readers.kinds import find_kind

INDEX, FILES = "index.jsonl", "files"
SUFFIXES = {
    "html": ".html",
    "mhtml": ".mht",
    "image": ".img",
    "zip": ".zip",
    "text": ".txt",
    **{kind: f".{kind}" for kind in "docx doc rtf odt xlsx xls ods pdf ofd".split()},
}


class Store:
    """
    A folder of fetched files: ``files/ab/<sha256>.<kind>`` and ``index.jsonl``.

    Names come from the bytes alone, never from an address or a header, so nothing
    can be written elsewhere. The last line of an address in the index holds.
    """

    def __init__(self, folder: Path) -> None:
        self._folder, self._lock = folder, threading.Lock()
        try:
            (folder / FILES).mkdir(parents=True, exist_ok=True)
            self._index = (folder / INDEX).open("a+b")
        except OSError as error:
            raise DataError(f"{folder}: {error.strerror}; give another") from None
        self._index.seek(0)
        lines = self._index.read().split(b"\n")
        self._latest = {r["url"]: r for r in map(_read_line, lines) if r}
        if lines[-1]:  # a kill cut the last line
            self._index.write(b"\n")

    def __enter__(self) -> Store:
        return self

    def __exit__(self, *_: object) -> None:
        self._index.close()

    def find(self, url: str) -> dict[str, Any] | None:
        """The record of an address whose bytes are here; None when they are not."""
        record = self._latest.get(url)
        if record is None or record.get("file") is None:
            return None
        path = self._folder / FILES / record["sha256"][:2] / Path(record["file"]).name
        return record if path.is_file() else None

    def save(self, data: bytes) -> dict[str, Any]:
        """Keep bytes; give their hash, size, kind and file for the record."""
        digest = hashlib.sha256(data).hexdigest()
        kind = find_kind(data)
        name = f"{FILES}/{digest[:2]}/{digest}{SUFFIXES.get(kind, '.bin')}"
        path = self._folder / name
        if not path.is_file():
            path.parent.mkdir(exist_ok=True)
            draft = path.with_name(f".{digest}.{os.getpid()}.{threading.get_ident()}")
            with draft.open("wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            os.replace(draft, path)
        return {"sha256": digest, "size": len(data), "kind": kind, "file": name}

    def note(self, record: dict[str, Any]) -> None:
        """Add one record to the index and wait until it is on the disk."""
        line = json.dumps(record, ensure_ascii=True) + "\n"
        with self._lock:
            self._latest[record["url"]] = record
            self._index.write(line.encode("ascii"))
            self._index.flush()
            os.fsync(self._index.fileno())


def _read_line(line: bytes) -> dict[str, Any] | None:
    try:
        record = json.loads(line)
        digest = record.get("sha256") or "0" * 64
        is_sound = len(digest) == 64 and digest.isalnum() and digest.isascii()
        return record if is_sound and isinstance(record["url"], str) else None
    except (ValueError, KeyError, AttributeError, TypeError):
        return None

"""What is done: an entry a chunk, written when all its files are in place."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import stat
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from itertools import takewhile
from pathlib import Path
from typing import Any

from gi_tools.corpus.limits import run_job, run_last
from gi_tools.corpus.schemas import DATASETS, to_draft
from gi_tools.errors import DataError
from gi_tools.readers import MAX_BYTES

JOURNAL, DRAFTS, LOCK = "_journal", "_drafts", "_lock"
MANIFEST, PLAN = "manifest.json", "_plan.json"
MANIFEST_FILES = "manifest.parquet"
FILES = ' "files": ['  # the line of the manifest where its list begins
LIMITED = ("timeout", "memory", "crash")  # failures that another limit may undo


def process_chunk(text: str) -> str:
    """
    Bring one chunk up to date; the job and the answer are JSON texts.

    The answer has ``done``, ``kept`` and ``failed``: numbers of files.
    """
    job = json.loads(text)
    out = Path(job["out"])
    entry = load_entry(out, job["name"])
    kept = entry is not None and is_current(entry, job)
    if not kept:
        entry = _make(job, out, entry)
    failed = sum("failure" in file for file in entry["files"])
    done, kept = (0, len(entry["files"])) if kept else (len(entry["files"]), 0)
    return json.dumps({"done": done, "kept": kept, "failed": failed})


def _make(job: dict, out: Path, old: dict | None) -> dict:
    (out / DRAFTS).mkdir(exist_ok=True)
    target = Path(tempfile.mkdtemp(prefix=job["name"], dir=out / DRAFTS))
    try:
        found = run_job({**job, "target": str(target), "name": to_part(job["name"])})
        settings = {key: job[key] for key in ("versions", "seconds", "memory")}
        entry = {"chunk": job["name"], **settings, **found}
        _commit(out, target, entry, old)
    finally:
        shutil.rmtree(target, ignore_errors=True)
    return entry


def _commit(out: Path, target: Path, entry: dict, old: dict | None) -> None:
    """Move the parts into place, each whole, then say in the journal that they are."""
    if old:
        _entry_path(out, entry["chunk"]).unlink(missing_ok=True)
        for part in set(old["parts"]) - set(entry["parts"]):
            (out / part).unlink(missing_ok=True)
    place_parts(out, target, entry["parts"])
    save_text(_entry_path(out, entry["chunk"]), [json.dumps(entry)])


def finish_corpus(job: dict) -> None:
    """Have the last step done, then put in place what it wrote, the manifest last."""
    out = Path(job["out"])
    (out / DRAFTS).mkdir(exist_ok=True)
    target = Path(tempfile.mkdtemp(dir=out / DRAFTS))
    *parts, manifest = run_last({**job, "target": str(target)})["parts"]
    for name in DATASETS:
        for folder in (out / name).glob("year=*"):
            with suppress(OSError):  # it is not empty
                folder.rmdir()
    place_parts(out, target, parts)
    place_parts(out, target, [manifest])
    shutil.rmtree(out / DRAFTS, ignore_errors=True)
    (out / PLAN).unlink(missing_ok=True)


def place_parts(out: Path, drafts: Path, parts: list[str]) -> None:
    """Move finished files from the drafts to where readers look, each whole."""
    # One step for all before the next: a disk then writes its own journal twice, not
    # twice a file.
    for part in parts:
        _sync(drafts / to_draft(part))
        (out / part).parent.mkdir(parents=True, exist_ok=True)
    for part in parts:
        os.replace(drafts / to_draft(part), out / part)
    for folder in {(out / part).parent for part in parts}:
        _sync_folder(folder)


def _sync(path: Path) -> None:
    with path.open("rb+") as file:
        os.fsync(file.fileno())


def _sync_folder(folder: Path) -> None:
    """Have a folder in which files were renamed written, where the system can."""
    if os.name == "posix":
        handle = os.open(folder, os.O_RDONLY)
        os.fsync(handle)
        os.close(handle)


def save_text(path: Path, lines: Iterable[str]) -> None:
    """Write a text file whole or not at all."""
    path.parent.mkdir(exist_ok=True)
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    with draft.open("w", encoding="ascii") as file:
        file.writelines(lines)
        file.flush()
        os.fsync(file.fileno())
    os.replace(draft, path)
    _sync_folder(path.parent)


def _entry_path(out: Path, name: str) -> Path:
    return out / JOURNAL / f"{name}.json"


def load_entry(out: Path, name: str) -> dict | None:
    """The journal entry of a chunk; None when it is not done."""
    try:
        return json.loads(_entry_path(out, name).read_text("ascii"))
    except (OSError, ValueError):
        return None


def is_current(entry: dict, job: dict) -> bool:
    """Whether a chunk was made by these versions from the bytes that are there now."""
    if entry["versions"] != job["versions"]:
        return False
    limits = [entry[key] for key in ("seconds", "memory")]
    limited = any(file.get("failure") in LIMITED for file in entry["files"])
    if limited and limits != [job["seconds"], job["memory"]]:
        return False
    if not all((Path(job["out"]) / part).is_file() for part in entry["parts"]):
        return False
    return all(_is_same(Path(job["root"], f["path"]), f) for f in entry["files"])


def _is_same(path: Path, file: dict) -> bool:
    """Whether one file is what it was; one that cannot be opened still cannot."""
    failure = file.get("failure")
    try:
        found = path.lstat()
        if not stat.S_ISREG(found.st_mode):
            return failure == ("link" if path.is_symlink() else "unreadable")
        if found.st_size > MAX_BYTES:
            return found.st_size == file["size"]
        with path.open("rb") as data:
            return hashlib.file_digest(data, "sha256").hexdigest() == file["sha256"]
    except OSError:
        return failure == "unreadable"


def save_plan(out: Path, plan: dict) -> None:
    """Say how many ``files`` a build reads, in what ``chunk``; till the manifest."""
    save_text(out / PLAN, [json.dumps(plan)])


def load_plan(out: Path) -> int | None:
    """How many files the build at work is to read; None when it does not say."""
    try:
        return json.loads((out / PLAN).read_text("ascii"))["files"]
    except (OSError, ValueError, TypeError, KeyError):
        return None


def load_chunk(out: Path) -> int | None:
    """The size of chunks of the build before, ended or not; None without one."""
    for name in (PLAN, MANIFEST):
        try:
            found = _load_head(out / name)
            return int(found.get("settings", found)["chunk"])
        except (OSError, ValueError, LookupError, TypeError, AttributeError):
            continue
    return None


def _load_head(path: Path) -> Any:
    """A JSON file without the list of files, which is long and stands last in it."""
    with path.open(encoding="ascii") as lines:
        text = "".join(takewhile(lambda line: line != f"{FILES}\n", lines))
    return json.loads(text[:-2] + "}" if text.endswith(",\n") else text)


def open_folder(out: Path) -> None:
    """Make the folder of a corpus. Raises DataError when it holds something else."""
    try:
        out.mkdir(parents=True, exist_ok=True)
        if any(out.iterdir()) and not (out / JOURNAL).is_dir():
            raise DataError(f"{out}: holds other files; give a new folder")
        (out / JOURNAL).mkdir(exist_ok=True)
    except OSError as error:
        raise DataError(f"{out}: {error.strerror}; give another folder") from None


@contextmanager
def hold(out: Path) -> Iterator[None]:
    """Keep a second build out of the folder. Raises DataError when one is in it."""
    with (out / LOCK).open("a") as file:
        try:
            import fcntl

            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except ImportError:
            pass  # no such lock here: do not build twice at once
        except OSError:
            raise DataError(f"{out}: another build is at work in it; wait") from None
        yield


def sweep(out: Path, names: set[str]) -> int:
    """Remove what no chunk of this build has made; give the number of old chunks."""
    (out / MANIFEST).unlink(missing_ok=True)
    (out / MANIFEST_FILES).unlink(missing_ok=True)
    shutil.rmtree(out / DRAFTS, ignore_errors=True)
    kept, gone = set(), 0
    for path in (out / JOURNAL).iterdir():
        if path.stem in names and load_entry(out, path.stem):
            kept.add(to_part(path.stem))
        else:
            gone += path.suffix == ".json"
            path.unlink()
    for name in DATASETS:
        for path in (out / name).rglob("*"):
            if path.is_file() and path.stem not in kept:
                path.unlink()
    return gone


def to_part(chunk: str) -> str:
    """The name that all files of a chunk have, in whatever folder."""
    return f"part-{chunk}"

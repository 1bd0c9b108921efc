"""The process that reads files: jobs come in as JSON lines, Parquet files come out.

It stands apart so that a limit, a crash or a kill takes one file, never a build.
"""

from __future__ import annotations

import gc
import hashlib
import json
import os
import signal
import stat
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path, PurePosixPath
from types import SimpleNamespace
from typing import Any

from gi_tools.checks import check_facts
from gi_tools.corpus.finish import finish
from gi_tools.corpus.limits import NUMBER
from gi_tools.corpus.schemas import Failure, Writer, pack_batches, to_batch
from gi_tools.errors import GiError, ParseError, ReadError
from gi_tools.facts import to_facts
from gi_tools.readers import MAX_BYTES, read
from gi_tools.registers import to_claim_rows, to_entry, to_section_rows
from gi_tools.reports import Report, parse
from gi_tools.versions import list_versions

LONGEST_REASON = 500
REHEARSAL = """<html><body><h1>温州市科学技术局2021年政府信息公开工作年度报告</h1>
<p>一、总体情况</p><p>2021年，本局收到政府信息公开申请3件，均已答复。</p>
<table><tr><td>单位</td><td>件</td></tr></table></body></html>"""


class Overtime(BaseException):
    """Raised by the alarm; no ``except Exception`` of a reader may swallow it."""


def main() -> None:
    """Serve jobs from standard input until it closes."""
    # Rows wait for their chunk's end, codebooks for ever; to look through them for
    # cycles again and again took a tenth of the time.
    gc.set_threshold(50_000)
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # what a library prints must not mix with the answers

    def answer(record: Any) -> None:
        answers.write(json.dumps(record) + "\n")
        answers.flush()

    # The session's end and Ctrl-C are the parent's affair: the pipe then closes.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with suppress(BrokenPipeError):
        rehearse()
        pages = count_pages()
        answer({"versions": list_versions()})
        for line in sys.stdin:
            answer(work(json.loads(line), pages))
            gc.collect()
            gc.freeze()  # what is left are codebooks, which stay
    os._exit(0)  # to tidy all that before it goes takes a tenth of a second


def rehearse() -> None:
    """Read an invented page, so that all that reading needs is there for the first."""
    report = parse(read(REHEARSAL.encode(), name="rehearsal.html"))
    with hide("pandas"):  # Arrow loads it for the first list it is given
        for name, rows in list_rows(report, "", {"sha256": ""}).items():
            pack_batches(name, [to_batch(name, rows)] if rows else [])


@contextmanager
def hide(module: str) -> Any:
    """Have a module that is not loaded not found, for those who look for it once."""

    def find_spec(name: str, *_: Any) -> None:
        if name == module:
            raise ModuleNotFoundError(name)

    finder = SimpleNamespace(find_spec=find_spec)
    sys.meta_path.insert(0, finder)
    try:
        yield
    finally:
        sys.meta_path.remove(finder)


def work(job: dict, pages: int) -> dict:
    """Do one job, a chunk or the last; the answer has its ``entry`` or an ``error``."""
    is_last = "head" in job
    limit_memory(pages, None if is_last else job["memory"])
    try:
        return {"entry": finish(job) if is_last else read_chunk(job)}
    except OSError as error:
        why = error.strerror or error
        return {"error": f"{job['out']}: {why}; make room, then build again"}
    except Exception as error:
        if not is_last:
            raise
        return {"error": f"the last step failed: {type(error).__name__}: {error}"}


def count_pages() -> int:
    """The pages of memory mapped now, 0 where the system does not tell."""
    try:
        return int(Path("/proc/self/statm").read_text("ascii").split()[0])
    except OSError:
        return 0


def limit_memory(pages: int, megabytes: float | None) -> None:
    """Let this process map so much more than ``pages``, where the system can."""
    if pages:
        import resource

        limit = hard = resource.getrlimit(resource.RLIMIT_AS)[1]
        if megabytes is not None:
            limit = pages * resource.getpagesize() + int(megabytes * 2**20)
        resource.setrlimit(resource.RLIMIT_AS, (limit, hard))


def read_chunk(job: dict) -> dict:
    """
    Read the files of one job, write their rows, give the chunk's journal entry.

    ``job`` has ``root``, ``paths``, ``target`` (a folder to write to), ``name``,
    ``seconds``, ``memory`` and ``bad``: paths that broke an earlier try, with the
    kind and reason. The number of each file is noted before it is begun.
    """
    writer, files, seen = Writer(), [], set()
    for path in note_each(Path(job["target"], NUMBER), job["paths"]):
        shown = show_path(path)
        known: dict[str, Any] = {"sha256": None, "size": None}
        try:
            data = load(Path(job["root"], path), known)
            if path in job["bad"]:
                raise _Refused(*job["bad"][path])
            with limit_seconds(job["seconds"]):
                report = parse(read(data, name=shown.replace("/", "~")))
                rows = list_rows(report, shown, known)
            if report.report_id in seen:
                raise _Refused("duplicate", "the same name and bytes as another file")
        except (Exception, Overtime) as error:
            failure = to_failure(error, shown, known, job)
            writer.add("failures", None, [failure])
            files.append({"path": path, **known, "failure": failure.kind})
            continue
        seen.add(report.report_id)
        for name, found in rows.items():
            writer.add(name, report.identity.year, found)
        files.append({"path": path, **known, "report_id": report.report_id})
    return {
        "files": files,
        "parts": list(writer.write(Path(job["target"]), job["name"])),
    }


def note_each(note: Path, paths: list[str]) -> Iterator[str]:
    """
    Give each path when its number stands in the file, at the end how many there are.

    A file outlives a kill, and unlike a message to the parent it wakes nobody.
    """
    with note.open("wb", buffering=0) as file:
        for number in range(len(paths) + 1):
            file.seek(0)
            file.write(b"%d" % number)
            yield from paths[number : number + 1]


def show_path(path: str) -> str:
    """The path as text that can be stored, whatever bytes the name has."""
    return os.fsencode(path).decode("utf-8", "backslashreplace")


class _Refused(Exception):
    """A file not to be read, with the kind of failure and the reason."""


@contextmanager
def limit_seconds(seconds: float) -> Any:
    """Raise Overtime in this thread when the time is up."""

    def ring(*_: Any) -> None:
        raise Overtime

    if hasattr(signal, "setitimer"):
        signal.signal(signal.SIGALRM, ring)
        signal.setitimer(signal.ITIMER_REAL, seconds)
        try:
            yield
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
    else:
        yield


def load(path: Path, known: dict[str, Any]) -> bytes:
    """Read one regular file and note its size and hash; refuse links and pipes."""
    found = path.lstat()
    if stat.S_ISLNK(found.st_mode):
        raise _Refused("link", "a symbolic link is not followed; put the file here")
    if not stat.S_ISREG(found.st_mode):
        what = "a folder" if stat.S_ISDIR(found.st_mode) else "no regular file"
        raise _Refused("unreadable", f"{what} that cannot be read; check its rights")
    known["size"] = found.st_size
    if found.st_size > MAX_BYTES:
        raise ReadError(f"larger than {MAX_BYTES >> 20} MB; split the file")
    data = path.read_bytes()
    known["size"], known["sha256"] = len(data), hashlib.sha256(data).hexdigest()
    return data


def list_rows(report: Report, shown: str, known: dict) -> dict[str, list[tuple]]:
    """The rows of one report for each dataset; the path stands for the bare name."""
    facts = list(to_facts(report))
    entry = to_entry(report)._replace(file=shown, sha256=known["sha256"])
    return {
        "reports": [entry],
        "facts": facts,
        "sections": list(to_section_rows(report)),
        "claims": list(to_claim_rows(report)),
        "findings": list(check_facts(facts).rows),
    }


def to_failure(
    error: BaseException, shown: str, known: dict[str, Any], job: dict
) -> Failure:
    """Say what stopped a file, without the machine's own paths."""
    kind, reason = "bug", f"{type(error).__name__}: {error}; please report this file"
    if isinstance(error, _Refused):
        kind, reason = error.args
    elif isinstance(error, Overtime):
        kind, reason = "timeout", f"not read in {job['seconds']:g} s"
    elif isinstance(error, MemoryError):
        kind, reason = "memory", f"needs more than {job['memory']:g} MB of memory"
    elif isinstance(error, OSError):
        kind, reason = "unreadable", error.strerror or type(error).__name__
    elif isinstance(error, GiError):
        kinds = {ParseError: "no report", ReadError: "unread"}
        kind = kinds.get(type(error), "unread")
        name = shown.replace("/", "~")
        reason = str(error).replace(name, PurePosixPath(shown).name)
    return Failure(shown, known["sha256"], known["size"], kind, reason[:LONGEST_REASON])


if __name__ == "__main__":
    main()

"""A chunk's job to its journal entry, through a reading process that may be killed."""

from __future__ import annotations

import json
import queue
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from gi_tools.errors import DataError

GRACE = 5  # seconds past a file's own limit until its process is killed
START = 120  # seconds a process may take to load the package
WRITING = 600  # seconds it may take to write a chunk
LOOK = 0.5  # seconds between two looks at how far a process is
MOST_DEATHS = 3  # of a process outside any file
NUMBER = "number"  # the file in the draft of a chunk that says which file is read


class Child:
    """A reading process; started again for the next job when it is gone."""

    def __init__(self) -> None:
        self._closed = False
        self._start()

    def _start(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "gi_tools.corpus.child"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            encoding="utf-8",
        )
        self._answers: queue.SimpleQueue[str] = queue.SimpleQueue()
        listener = (self._process.stdout, self._answers)
        threading.Thread(target=_listen, args=listener, daemon=True).start()
        self._versions: dict | None = None

    def tell(self, job: dict) -> None:
        """Send one job. Raises DataError when no process of these versions starts."""
        if self._closed:
            raise DataError("the build has ended")
        if self._process.poll() is not None:
            self.kill()  # which closes its pipe too
            self._start()
        if self._versions is None:
            with suppress(TimeoutError):
                self._versions = (self.hear(START) or {}).get("versions")
        if self._versions is None:
            self.kill()
            raise DataError(
                "the reading process does not start; "
                "try python -m gi_tools.corpus.child"
            )
        if self._versions != job["versions"]:
            raise DataError(
                "a worker has another version of gi_tools or its codebooks; "
                "install the same everywhere, then build again"
            )
        with suppress(OSError):  # it is dead, and hear() will say so
            self._process.stdin.write(json.dumps(job) + "\n")
            self._process.stdin.flush()

    def hear(self, seconds: float | None) -> Any:
        """Its next answer, None when it died. Raises TimeoutError when it is late."""
        try:
            line = self._answers.get(timeout=seconds)
        except queue.Empty:
            raise TimeoutError from None
        return json.loads(line) if line.endswith("\n") else None

    def kill(self) -> int:
        """End it; give its exit code, negative for a signal it died of itself."""
        late = self._is_alive_after(0.2)
        self._process.kill()
        code = self._process.wait()
        with suppress(OSError):
            self._process.stdin.close()
        return 0 if late else code

    def _is_alive_after(self, seconds: float) -> bool:
        try:
            self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            return True
        return False

    def dismiss(self) -> None:
        """Tell it that nothing more can come."""
        self._closed = True
        with suppress(OSError):
            self._process.stdin.close()

    def wait(self) -> None:
        """Wait until it has ended, and end it when that takes long."""
        if self._is_alive_after(GRACE):
            self._process.kill()
            self._process.wait()


def _listen(lines: Any, answers: queue.SimpleQueue[str]) -> None:
    with lines:
        for line in lines:
            answers.put(line)
    answers.put("")


class Pool:
    """Reading processes; a job takes one and gives it back."""

    def __init__(self, size: int) -> None:
        self._children = [Child() for _ in range(size)]
        self._idle: queue.SimpleQueue[Child] = queue.SimpleQueue()
        for child in self._children:
            self._idle.put(child)

    @contextmanager
    def lend(self) -> Iterator[Child]:
        """A process that is idle, as soon as one is."""
        child = self._idle.get()
        try:
            yield child
        finally:
            self._idle.put(child)

    def close(self) -> None:
        """End all of them."""
        for child in self._children:
            child.dismiss()
        for child in self._children:
            child.wait()


_pools: dict[str, Pool] = {}
_lock = threading.Lock()


@contextmanager
def open_pool(name: str, size: int) -> Iterator[None]:
    """Keep ``size`` reading processes for jobs whose ``pool`` is that name."""
    pool = _pools[name] = Pool(size)
    try:
        yield
    finally:
        del _pools[name]
        pool.close()


def _find_pool(name: str) -> Pool:
    """The pool of that name; the worker of a cluster makes its own."""
    with _lock:
        if name not in _pools:
            from distributed import get_worker

            _pools[name] = Pool(get_worker().state.nthreads)
        return _pools[name]


def run_job(job: dict) -> dict:
    """
    Have one chunk read, file by file within the limits, and give its journal entry.

    A file during which the process dies or is late is passed over in the next try,
    with its reason. Raises DataError when the results cannot be written.
    """
    bad: dict[str, tuple[str, str]] = {}
    deaths = 0
    note = Path(job["target"], NUMBER)
    with _find_pool(job["pool"]).lend() as child:
        while True:
            note.unlink(missing_ok=True)
            child.tell({**job, "bad": bad})
            answer = _watch(child, note, job)
            if answer is not None:
                return _accept(answer)
            code, number = child.kill(), _read_number(note)
            if number is not None and number < len(job["paths"]):
                bad[job["paths"][number]] = _explain(code, job)
                continue
            deaths += 1
            if deaths == MOST_DEATHS:
                raise DataError(
                    f"chunk {job['name']}: the reading process died {deaths} times "
                    "while writing; give it more --memory or smaller chunks"
                )


def run_last(job: dict) -> dict:
    """Have the last step of a build done. Raises DataError when it fails."""
    with _find_pool(job["pool"]).lend() as child:
        child.tell(job)
        died = {"error": "the last step was killed; make room in memory, build again"}
        return _accept(child.hear(None) or died)


def _accept(answer: dict) -> dict:
    if "error" in answer:
        raise DataError(answer["error"])
    return answer["entry"]


def _watch(child: Child, note: Path, job: dict) -> dict | None:
    """The answer to a job; None when the process dies or a file takes too long."""
    number, since = None, time.monotonic()
    while True:
        with suppress(TimeoutError):
            return child.hear(LOOK)
        last, number = number, _read_number(note)
        if number != last:
            since = time.monotonic()
        elif time.monotonic() - since > _find_limit(number, job):
            return None


def _find_limit(number: int | None, job: dict) -> float:
    if number is None:
        return START
    return job["seconds"] + GRACE if number < len(job["paths"]) else WRITING


def _read_number(note: Path) -> int | None:
    try:
        return int(note.read_bytes())
    except (OSError, ValueError):
        return None


def _explain(code: int, job: dict) -> tuple[str, str]:
    if code:
        return "crash", f"the reading process died of it (exit code {code})"
    return "timeout", f"not read in {job['seconds']:g} s; its process was ended"

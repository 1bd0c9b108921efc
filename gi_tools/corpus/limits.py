"""A chunk's job to its journal entry, through a reading process that may be killed."""

from __future__ import annotations

import json
import queue
import subprocess
import sys
import threading
from collections import defaultdict
from contextlib import suppress
from typing import Any

from gi_tools.errors import DataError

GRACE = 5  # seconds past a file's own limit until its process is killed
START = 120  # seconds a process may take to load the package
WRITING = 600  # seconds it may take to write a chunk
MOST_DEATHS = 3  # of a process outside any file


class Child:
    """One reading process; ``ask`` gives its answers until one is late."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "gi_tools.corpus.child"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            encoding="utf-8",
        )
        self._answers: queue.SimpleQueue[str] = queue.SimpleQueue()
        threading.Thread(target=self._listen, daemon=True).start()
        self.versions = (self.hear(START) or {}).get("versions")

    def _listen(self) -> None:
        with self._process.stdout as lines:
            for line in lines:
                self._answers.put(line)
        self._answers.put("")

    def tell(self, job: dict) -> None:
        """Send one job."""
        with suppress(OSError):  # it is dead, and hear() will say so
            self._process.stdin.write(json.dumps(job) + "\n")
            self._process.stdin.flush()

    def hear(self, seconds: float) -> Any:
        """Its next answer; None when it died or is late."""
        try:
            line = self._answers.get(timeout=seconds)
        except queue.Empty:
            return None
        return json.loads(line) if line.endswith("\n") else None

    def is_alive(self) -> bool:
        """Whether it runs."""
        return self._process.poll() is None

    def kill(self) -> int:
        """End it; give its exit code, negative for a signal it died of itself."""
        late = self.is_alive_after(0.2)
        self._process.kill()
        code = self._process.wait()
        self._process.stdin.close()
        return 0 if late else code

    def is_alive_after(self, seconds: float) -> bool:
        """Whether it still runs when it has had time to end."""
        try:
            self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            return True
        return False

    def close(self) -> None:
        """Let it end, as it does when nothing more can come."""
        with suppress(OSError):
            self._process.stdin.close()
        if self.is_alive_after(GRACE):
            self._process.kill()
            self._process.wait()


_ours = threading.local()
_started: dict[str, list[Child]] = defaultdict(list)


def close_children(out: str) -> None:
    """End the reading processes that work on one corpus has left."""
    for child in _started.pop(out, ()):
        child.close()


def run_job(job: dict) -> dict:
    """
    Have one chunk read, file by file within the limits, and give its journal entry.

    A file during which the process dies or is late is passed over in the next try,
    with its reason. Raises DataError when the results cannot be written.
    """
    bad: dict[str, tuple[str, str]] = {}
    deaths = 0
    while True:
        child = _get_child(job)
        child.tell({**job, "bad": bad})
        number, seconds = None, START
        while (answer := child.hear(seconds)) is not None:
            if isinstance(answer, int):
                number, is_file = answer, answer < len(job["paths"])
                seconds = job["seconds"] + GRACE if is_file else WRITING
            elif "error" in answer:
                raise DataError(f"{answer['error']}; make room, then build again")
            else:
                return answer["entry"]
        code = child.kill()
        if number is not None and number < len(job["paths"]):
            bad[job["paths"][number]] = _explain(code, job)
            continue
        deaths += 1
        if deaths == MOST_DEATHS:
            raise DataError(
                f"chunk {job['name']}: the reading process died {deaths} times while "
                "writing; give it more --memory or smaller chunks"
            )


def _explain(code: int, job: dict) -> tuple[str, str]:
    if code:
        return "crash", f"the reading process died of it (exit code {code})"
    return "timeout", f"not read in {job['seconds']:g} s; its process was ended"


def _get_child(job: dict) -> Child:
    """The reading process of this thread, started again if it is gone."""
    child = getattr(_ours, "child", None)
    if child is None or not child.is_alive():
        child = _ours.child = Child()
        _started[job["out"]].append(child)
    if child.versions is None:
        raise DataError(
            "the reading process does not start; try python -m gi_tools.corpus.child"
        )
    if child.versions != job["versions"]:
        raise DataError(
            "a worker has another version of gi_tools or its codebooks; "
            "install the same everywhere, then build again"
        )
    return child

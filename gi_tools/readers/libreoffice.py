"""A file that only LibreOffice can open to .docx or .xlsx, by LibreOffice, headless."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from pathlib import Path
from tempfile import TemporaryDirectory

from gi_tools.errors import ReadError

TIMEOUT = 90  # seconds; a report takes one or two
_NAMES = ("soffice", "libreoffice")
_FILTERS = {"docx": "docx:MS Word 2007 XML", "xlsx": "xlsx:Calc MS Excel 2007 XML"}


def find_office() -> str | None:
    """The command of LibreOffice on the PATH, if there is one."""
    return next(filter(None, map(shutil.which, _NAMES)), None)


def convert(data: bytes, suffix: str, name: str, kind: str = "docx") -> bytes:
    """
    Convert a file to ``kind``, docx or xlsx.

    Raises ReadError when LibreOffice is absent or fails.
    """
    office = find_office()
    if office is None:
        raise ReadError(
            f"{name}: reading it needs LibreOffice on the PATH; install it, "
            f"or save the file as .{kind}"
        )
    with TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        path = Path(folder, f"report{suffix}")
        path.write_bytes(data)
        _run([office, *_make_arguments(path, kind)], name)
        made = path.with_suffix(f".{kind}")
        if not made.is_file():
            raise ReadError(
                f"{name}: LibreOffice could not open it; save it as .{kind} or .pdf"
            )
        return made.read_bytes()


def _make_arguments(path: Path, kind: str) -> list[str]:
    # A profile of its own: otherwise a running LibreOffice takes the job and is quit.
    return [
        f"-env:UserInstallation={path.with_name('profile').as_uri()}",
        "--headless",
        "--norestore",
        "--nolockcheck",
        "--convert-to",
        _FILTERS[kind],
        "--outdir",
        str(path.parent),
        str(path),
    ]


def _run(command: list[str], name: str) -> None:
    quiet = subprocess.DEVNULL
    process = subprocess.Popen(
        command, stdin=quiet, stdout=quiet, stderr=quiet, start_new_session=True
    )
    try:
        process.wait(TIMEOUT)
    except subprocess.TimeoutExpired:
        raise ReadError(
            f"{name}: LibreOffice took more than {TIMEOUT} s; save it as .docx"
        ) from None
    finally:
        _kill(process)


def _kill(process: subprocess.Popen) -> None:
    """End the command and all it started: soffice is a script around the program."""
    if process.poll() is None:
        if hasattr(os, "killpg"):
            os.killpg(process.pid, signal.SIGKILL)
        process.kill()
        process.wait()

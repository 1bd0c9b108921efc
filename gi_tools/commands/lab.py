"""The command ``gi lab``: JupyterLab on a folder of notebooks."""

from __future__ import annotations

import argparse
import subprocess
import sys
from pathlib import Path

from gi_tools.commands.files import Verbs, add_verb
from gi_tools.errors import DataError


def add_commands(verbs: Verbs) -> None:
    """Add lab."""
    verb = add_verb(verbs, "lab", _run_lab)
    verb.add_argument("folder", nargs="?", type=Path, metavar="DIR")
    verb.add_argument("--no-browser", action="store_true", help="print the address")


def _run_lab(args: argparse.Namespace) -> int:
    folder = args.folder or Path("notebooks")
    if not folder.is_dir():
        raise DataError(f"{folder}: no such folder; name the one with your notebooks")
    command = [sys.executable, "-m", "jupyterlab", str(folder)]
    command += ["--no-browser"] if args.no_browser else []
    try:
        return subprocess.run(command, check=False).returncode
    except KeyboardInterrupt:
        return 0

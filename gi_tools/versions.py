"""The package's own files to versions: what a result depends on besides its source."""

from __future__ import annotations

import hashlib
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable

VERSION = "0.1.0"


@cache
def list_versions() -> dict[str, str]:
    """
    Name what decides a reading: the package, a digest of its code and codebooks.

    The digests are the first 16 hex digits of SHA-256 over names and bytes.
    """
    root = files("gi_tools")
    return {
        "package": VERSION,
        "code": _digest(root, (".py",)),
        "codebooks": _digest(root.joinpath("codebooks"), (".toml", ".csv")),
    }


def _digest(root: Traversable, suffixes: tuple[str, ...]) -> str:
    found = hashlib.sha256()
    for name, file in sorted(_walk(root, "")):
        if name.endswith(suffixes):
            data = file.read_bytes()
            found.update(f"{name}\0{len(data)}\0".encode() + data)
    return found.hexdigest()[:16]


def _walk(folder: Traversable, prefix: str) -> list[tuple[str, Traversable]]:
    found = []
    for entry in folder.iterdir():
        name = f"{prefix}{entry.name}"
        found += _walk(entry, f"{name}/") if entry.is_dir() else [(name, entry)]
    return found

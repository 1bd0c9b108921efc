"""The files of codebooks/ to the data in them."""

from __future__ import annotations

import csv
import tomllib
from collections.abc import Iterator
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any

from gi_tools.errors import CodebookError

CODEBOOKS = files("gi_tools").joinpath("codebooks")


def read_toml(path: Traversable) -> dict[str, Any]:
    """Read a codebook; CodebookError where it is no TOML."""
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except tomllib.TOMLDecodeError as error:
        raise CodebookError(f"{path.name}: {error}; mend the TOML there") from None


def read_csv(path: Traversable) -> Iterator[dict[str, str]]:
    """Read the rows of a codebook by the names of its first line."""
    with path.open(encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file)

"""Fuzz the readers and the parser with atheris, guided by what code is reached.

atheris is no dependency. Where it can be installed:

    pip install --target build/atheris atheris
    PYTHONPATH=build/atheris:. python tests/fuzz_atheris.py -max_total_time=60
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["gi_tools"]):
    from fuzz import try_one
    from mutations import list_seeds


def main() -> None:
    """Start from the good reports of every kind; anything but a GiError is a find."""
    with tempfile.TemporaryDirectory() as folder:
        for kind in ("light", "office"):
            for number, data in enumerate(list_seeds()[kind]):
                Path(folder, f"{kind}{number}").write_bytes(data)
        options = ["-max_len=60000", "-timeout=20", *sys.argv[1:], folder]
        atheris.Setup([sys.argv[0], *options], try_one)
        atheris.Fuzz()


if __name__ == "__main__":
    main()

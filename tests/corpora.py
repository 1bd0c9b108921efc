"""Sample reports to a folder of many: copies whose table figures differ."""

from __future__ import annotations

import random
from pathlib import Path

import regex

SAMPLES = Path(__file__).parents[1] / "data" / "samples"
LIGHT = [path for path in sorted(SAMPLES.glob("*.*")) if path.name[-4:] != ".csv"]
LIGHT = [path for path in LIGHT if path.name != "README.md"]
# A figure alone in its cell, with at most four digits and so no year, in bytes, as
# samples come in several charsets.
_FIGURE = regex.compile(rb"(?<=[>|\t ])\d{1,3}(?=\s{0,3}[<|\t\n])")


def make_folder(folder: Path, count: int, seed: int = 1, names: str = "") -> Path:
    """Write ``count`` reports below ``folder``, 500 a folder, the same for a seed."""
    chance, samples = random.Random(seed), [(p, p.read_bytes()) for p in LIGHT]
    for number in range(count):
        path, data = samples[number % len(samples)]
        data = _FIGURE.sub(lambda _: b"%d" % chance.randrange(1000), data)
        place = folder / f"{number // 500:04d}"
        place.mkdir(parents=True, exist_ok=True)
        (place / f"{path.stem}_{number:06d}{names}{path.suffix}").write_bytes(data)
    return folder

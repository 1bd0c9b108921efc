"""Long work to a bar on standard error: how much is done, how fast, how long still."""

from __future__ import annotations

import sys
from typing import Any

QUIET_SECONDS = 30  # between two lines of a log that is no terminal


def make_bar(total: int, unit: str, shown: bool = True) -> Any:
    """Make a bar of tqdm, as text or in a notebook; ``update(n)`` moves it on."""
    from tqdm.auto import tqdm

    seconds = 0.2 if sys.stderr.isatty() else QUIET_SECONDS
    return tqdm(
        total=total,
        unit=unit,
        disable=not shown,
        mininterval=seconds,
        maxinterval=seconds,
        smoothing=0.05,
        dynamic_ncols=True,
    )

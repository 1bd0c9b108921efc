"""When Python looks for cycles: not while a report or a picture is at work."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def hold_collector() -> Iterator[None]:
    """
    Hold the collector of cycles back until the block ends, if it is at work.

    A report or a picture makes thousands of objects; left to itself the collector
    searches all of the process meanwhile, which can take as long as the work. Held
    back it finds them young, and never counts them among what lasts.
    """
    is_at_work = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if is_at_work:
            gc.enable()

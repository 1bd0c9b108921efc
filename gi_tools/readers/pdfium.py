"""PDFium's functions on plain addresses, each asked about many things at once."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable
from ctypes import PYFUNCTYPE, c_int, c_void_p, cast
from functools import cache
from types import ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from numpy import ndarray

SIZE = 4  # bytes of every number that PDFium writes: a float or an int

Pointer = Any  # what ctypes passes on as an address
to_pointer = c_void_p.from_param  # of an address


@cache
def bind(api: ModuleType, name: str, result: type = c_int) -> Callable:
    """
    Bind a function of PDFium without the types of its arguments: a third of the time.

    It takes numbers as C ints and addresses as pointers, never as numbers.
    """
    place = cast(getattr(api, name), c_void_p).value
    return PYFUNCTYPE(result)(place)


def point_at(raw: Any) -> Pointer:
    """The address that a handle of pypdfium2 holds."""
    return cast(raw, c_void_p)


def gather(
    call: Callable,
    arguments: Iterable[Iterable],
    count: int,
    width: int,
    *,
    apart: bool = False,
    kind: str = "f4",
) -> ndarray:
    """
    Call a function that writes numbers for each of many things: a row for each.

    It is given one address for all numbers of a row, or with ``apart`` one for each.
    """
    import numpy as np

    room = np.zeros((count, width), kind)
    start, step = room.ctypes.data, SIZE * width
    firsts = range(start, start + step, SIZE) if apart else (start,)
    places = (range(first, first + step * count, step) for first in firsts)
    calls = map(call, *arguments, *(map(to_pointer, column) for column in places))
    deque(calls, maxlen=0)
    return room

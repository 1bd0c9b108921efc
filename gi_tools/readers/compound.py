"""The streams of an OLE2 compound file, within the bounds of the file itself."""

from __future__ import annotations

import io
from collections.abc import Iterable

from gi_tools.errors import ReadError
from gi_tools.readers.blocks import needing


def read_streams(data: bytes, names: Iterable[str], name: str) -> dict[str, bytes]:
    """
    Read those of the named streams that are there.

    Raises ReadError where one is said to be longer than the file: its chain of
    sectors then runs in a ring, which has no end. olefile raises other errors too.
    """
    with needing("olefile", name):
        import olefile
    with olefile.OleFileIO(io.BytesIO(data)) as ole:
        found = [stream for stream in names if ole.exists(stream)]
        if any(ole.get_size(stream) > len(data) for stream in found):
            raise ReadError(f"{name}: damaged (a stream without end); fetch it again")
        return {stream: ole.openstream(stream).read() for stream in found}

"""A zip file with one report in it to that report's document; nothing is written."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import PurePosixPath

from gi_tools.documents import Document, Source
from gi_tools.errors import ReadError
from gi_tools.readers.containers import Container
from gi_tools.readers.kinds import UNREAD, find_kind

SHOWN = 10
_REPORTS = frozenset(
    ".doc .docx .wps .rtf .odt .pdf .htm .html .mht .mhtml .shtml .txt .md "
    ".xls .xlsx .et .ods".split()
)
_PICTURES = frozenset(".png .jpg .jpeg .tif .tiff .bmp".split())
_HIDDEN = (".", "~$", "__MACOSX")

Reader = Callable[[Source, bytes], Document]


def read_archive(
    source: Source, data: bytes, readers: Mapping[str, Reader]
) -> Document:
    """
    Read the one report in a zip file by its reader of ``readers``.

    Raises ReadError when there is none, or several: their names are in the message.
    """
    container = Container(data, source.name)
    member = _find_report(container)
    inner = container.read(member)
    kind = find_kind(inner)
    name = f"{source.name}/{member}"
    if kind not in readers or kind == "zip":
        raise ReadError(f"{name}: {UNREAD.get(kind, 'not read')}")
    document = readers[kind](source._replace(name=name, format=kind), inner)
    note = f"read from the zip file {source.name}"
    others = len(container.members) - 1
    note += f"; {others} other files in it are not read" if others else ""
    return replace(document, notes=(*document.notes, note))


def _find_report(container: Container) -> str:
    shown = [m for m in container.members if not _is_hidden(m)]
    for suffixes in (_REPORTS, _PICTURES):
        found = [m for m in shown if PurePosixPath(m).suffix.lower() in suffixes]
        if len(found) == 1:
            return found[0]
        if found:
            listed = _list(found)
            raise ReadError(
                f"{container.name}: {len(found)} files in it could be the report "
                f"({listed}); unpack it and read the right one"
            )
    listed = _list(shown) or "nothing"
    raise ReadError(f"{container.name}: no report in it, only {listed}; unpack it")


def _is_hidden(member: str) -> bool:
    parts = (part for part in member.split("/") if part.strip("."))
    return any(part.startswith(_HIDDEN) for part in parts)


def _list(members: list[str]) -> str:
    more = f" and {len(members) - SHOWN} more" if len(members) > SHOWN else ""
    return ", ".join(member[:80] for member in members[:SHOWN]) + more

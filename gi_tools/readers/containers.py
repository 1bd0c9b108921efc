"""A zip container to its members, within limits: bytes or XML, nothing written."""

from __future__ import annotations

import io
import posixpath
import zipfile
from typing import Any

import regex

from gi_tools.errors import ReadError
from gi_tools.readers.blocks import needing
from gi_tools.readers.kinds import DAMAGED, MAX_MEMBERS

MAX_TOTAL = 256 * 1024 * 1024
MAX_MEMBER = 64 * 1024 * 1024
MAX_XML = 32 * 1024 * 1024
MAX_RATIO = 400  # a table of empty cells shrinks to a hundredth; a bomb far more
SMALL = 4 * 1024 * 1024  # below this no ratio does harm
_UTF8_NAME = 0x800
_SECRET = 0x1
# A DOCTYPE is the door to entities; no Office part has one.
_DOCTYPE = regex.compile(rb"<!(?:DOCTYPE|ENTITY)", regex.I)


class Container:
    """The members of one zip file; every way to fail is a ReadError."""

    def __init__(self, data: bytes, name: str) -> None:
        self.name = name
        # Counted in the bytes first: a million entries would fill the memory.
        if data.count(b"PK\x01\x02") > MAX_MEMBERS:
            raise ReadError(f"{name}: more than {MAX_MEMBERS:,} members; unpack it")
        try:
            self._zip = zipfile.ZipFile(io.BytesIO(data))
        except (NotImplementedError, *DAMAGED):
            raise ReadError(f"{name}: damaged or cut short; fetch it again") from None
        self._members = {_member_name(m): m for m in self._zip.infolist()}
        total = sum(member.file_size for member in self._members.values())
        if total > MAX_TOTAL:
            size = f"{total >> 20:,} MB unpacked"
            raise ReadError(f"{name}: {size}, more than any report; not opened")

    @property
    def members(self) -> list[str]:
        """The names of the files in it."""
        return [name for name in self._members if name and not name.endswith("/")]

    def __contains__(self, member: str) -> bool:
        return member in self._members

    def read(self, member: str) -> bytes:
        """Unpack one member in memory; raises ReadError past the limits."""
        info = self._members[member]
        ratio = info.file_size / max(info.compress_size, 1)
        large = info.file_size > MAX_MEMBER
        if large or (info.file_size > SMALL and ratio > MAX_RATIO):
            size = f"{info.file_size:,} bytes from {info.compress_size:,}"
            raise ReadError(f"{self.name}: {member} unpacks to {size}; not opened")
        if info.flag_bits & _SECRET:
            raise ReadError(
                f"{self.name}: {member} is locked by a password; save it without"
            )
        try:
            return self._zip.read(info)
        except DAMAGED:
            why = "is damaged or cut short; fetch it again"
        except NotImplementedError:
            why = "is packed in a way not read here; pack it again as plain zip"
        raise ReadError(f"{self.name}: {member} {why}")

    def read_xml(self, member: str) -> Any:
        """Parse one member as XML; None when it is not there."""
        if member not in self:
            return None
        if self._members[member].file_size > MAX_XML:
            raise ReadError(f"{self.name}: {member} is larger than any report")
        return parse_xml(self.read(member), self.name, member)

    def find_related(self, member: str) -> dict[str, tuple[str, str]]:
        """The parts that a part refers to: id to (last word of the type, name)."""
        folder, file = posixpath.split(member)
        root = self.read_xml(posixpath.join(folder, "_rels", f"{file}.rels"))
        related = {}
        for link in () if root is None else root:
            if link.get("TargetMode") != "External":
                target = posixpath.join("/", folder, link.get("Target", ""))
                kind = link.get("Type", "").rpartition("/")[2]
                related[link.get("Id")] = kind, posixpath.normpath(target).lstrip("/")
        return related


def parse_xml(data: bytes, name: str, part: str) -> Any:
    """Parse XML to an lxml element: no DTD, no entities, no network, no huge trees."""
    with needing("lxml", name):
        from lxml import etree
    refuse_entities(data, name, part)
    parser = etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )
    try:
        root = etree.fromstring(data, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        why = str(error).split("\n")[0][:120]
        raise ReadError(f"{name}: {part} is damaged ({why}); fetch it again") from None
    if root.getroottree().docinfo.internalDTD is not None:
        raise ReadError(f"{name}: {part} declares entities; not opened")
    return root


def refuse_entities(data: bytes, name: str, part: str) -> None:
    """Raise ReadError when XML declares a document type or entities."""
    if _DOCTYPE.search(data.replace(b"\x00", b"") if b"\x00" in data[:99] else data):
        raise ReadError(f"{name}: {part} declares entities; not opened")


def to_int(text: str | None, default: int) -> int:
    """Read a whole number of an attribute; ``default`` where it is none."""
    text = (text or "").strip()[:8]
    return int(text) if text.isascii() and text.isdigit() else default


def _member_name(member: zipfile.ZipInfo) -> str:
    """The name as its maker wrote it: without the UTF-8 flag Chinese names are GBK."""
    if member.flag_bits & _UTF8_NAME or member.filename.isascii():
        return member.filename
    try:
        raw = member.filename.encode("cp437")
    except UnicodeEncodeError:
        return member.filename
    for charset in ("utf-8", "gb18030"):
        try:
            return raw.decode(charset)
        except UnicodeDecodeError:
            continue
    return member.filename

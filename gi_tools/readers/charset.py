"""Bytes to text: the charset that fits the bytes, whatever the page declares."""

from __future__ import annotations

import codecs
import re
from typing import NamedTuple

from gi_tools.errors import ReadError

SAMPLE = 65_536
SAMPLES = (4_096, 16_384, SAMPLE)  # bytes that tell the charset where they are clear
FEWEST = 120  # bytes beyond ASCII; a sample with fewer gives way to the next
CLEAR = 0.2  # share of frequent characters; true texts have 0.3, wrong ones none
_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_DECLARED = re.compile(rb"charset\s{0,4}=\s{0,4}[\"']?\s{0,4}([\w.:-]{2,40})")
_CHARSETS = ("utf-8", "gb18030", "big5hkscs")
_LINE_END = re.compile("\r\n?")
_NARROW = re.compile(r"[\x00-\x7f]+")
_WIDE = re.compile(rb"[\x80-\xff]")
# What every report prints, in both scripts: a wrong decoding has hardly any of these.
_COMMON = frozenset(
    "的一不是在有年月日政府信息公开公開工作报告報告申请申請情况情況数量數行政机关機關主动動本局市县縣区區"
    "镇鎮人民办辦理和及与與为為件条條项項其他总計计无無第三二十中文件规範范性许可許处處罚罰收费費"
)


class Decoded(NamedTuple):
    """
    Text, the charset it was read with, the one declared, and what was odd.

    ``is_plain``: the bytes are UTF-8 and hold this very text, unchanged.
    """

    text: str
    charset: str
    declared: str | None
    notes: tuple[str, ...]
    is_plain: bool


def decode(data: bytes, name: str) -> Decoded:
    """
    Decode the bytes of a report as UTF-8, GB18030, Big5 or UTF-16.

    The declared charset is recorded, never obeyed. Raises ReadError on binary data.
    """
    found = _DECLARED.search(data[:4096].lower())
    declared = found[1].decode("ascii", "replace") if found else None
    charset, text = "utf-8", _decode_plain(data)
    is_plain = text is not None and "\r" not in text
    if text is None:
        charset = _find_charset(data, name)
        text = data.decode(charset, "replace")
    # One sign is found far faster than two: most texts have none of these.
    if not is_plain and "\r" in text:
        text = _LINE_END.sub("\n", text)
    notes = []
    if declared and not _is_same(declared, charset):
        notes.append(f"declared {declared}, but the bytes are {charset}")
    if "\ufffd" in text:
        bad = text.count("\ufffd")
        notes.append(f"{bad} places could not be decoded as {charset}")
    if "锟" in text and "锟斤拷" in text:
        notes.append("锟斤拷: characters were lost before the file was saved")
    if not text or text.isspace():
        raise ReadError(f"{name}: no text in it; fetch it again")
    if "\x00" in text:
        text = text.replace("\x00", "")
    return Decoded(text, charset, declared, tuple(notes), is_plain)


def _decode_plain(data: bytes) -> str | None:
    """The text of bytes that are UTF-8 and need no second look, as most are."""
    if b"\x00" in data or data.startswith(codecs.BOM_UTF8):
        return None
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return None


def _find_charset(data: bytes, name: str) -> str:
    for bom, charset in _BOMS:
        if data.startswith(bom):
            return charset
    sample = data[:SAMPLE]
    if b"\x00" in sample:
        return _find_wide(sample, name)
    try:
        codecs.getincrementaldecoder("utf-8")().decode(data)
    except UnicodeDecodeError:
        # A page can begin with more scripts and styles than the sample holds.
        start = _WIDE.search(data).start()
        for size in SAMPLES:
            sample = data[start : start + size]
            if size < SAMPLE and len(_WIDE.findall(sample)) < FEWEST:
                continue
            found = {charset: _fitness(sample, charset) for charset in _CHARSETS}
            best = max(_CHARSETS, key=found.__getitem__)
            if found[best] > CLEAR:
                break
        return best
    return "utf-8"


def _find_wide(sample: bytes, name: str) -> str:
    """UTF-16 without a mark has many NULs in every other place; a binary has not."""
    for charset in ("utf-16-le", "utf-16-be"):
        if _fitness(sample[: len(sample) // 2 * 2], charset) > 0.02:
            return charset
    raise ReadError(
        f"{name}: binary data, no text in it; give the page, text or Word file"
    )


def _fitness(sample: bytes, charset: str) -> float:
    """Share of frequent report characters among non-ASCII ones, minus bad bytes."""
    text = sample.decode(charset, "replace")
    wide = _NARROW.sub("", text)
    good = sum(map(wide.count, _COMMON))
    return (good - 3 * text.count("\ufffd")) / max(len(wide), 1)


def _is_same(declared: str, charset: str) -> bool:
    kin = {"gb2312": "gb18030", "gbk": "gb18030", "big5": "big5hkscs", "utf8": "utf-8"}
    kin |= {"utf-8-sig": "utf-8", "gb_2312-80": "gb18030", "big5-hkscs": "big5hkscs"}
    return kin.get(declared, declared).startswith(kin.get(charset, charset))

"""Good reports to bad ones: bytes cut, doubled, swapped, spliced and spiced."""

from __future__ import annotations

import io
import os
import random
import re
import zipfile
import zlib
from functools import cache
from pathlib import Path

from office_files import make_page, to_rtf
from printing import to_pdf

from gi_tools.simulation.office import to_docx, to_xlsx

ROOT = Path(__file__).parents[1]
SPICES = [
    b"<table>", b"</table>", b"<tr>", b"<td colspan=99999999 rowspan=99999999>",
    b"<td>", b"<script>", b"<!--", b"-->", b"<div>" * 500, b"&#xD800;",
    b"&#x110000;", b"&nbsp;",
    b"&lt;script&gt;", b"\x00", b"\xff\xfe", b"\xef\xbb\xbf", b"\xe2\x80\xae", b"\r",
    b"9" * 400, b"1e308", b"-0", b"1,2,3,4", "１２３".encode(), "万亿亿".encode(),
    "零".encode(), "〇" .encode() * 20, "第".encode() * 3000, "（".encode() * 2000,
    b"|" * 3000, b"\t" * 3000, b" " * 5000, b"\n" * 3000, "年".encode() * 500,
    "2021年".encode(), "总计".encode(), b"0", "收到申请件，办结件".encode(),
    b"-" * 90 + b"x", b":-" * 90 + b"x", b"|---" * 90 + b"x", "—".encode() * 900,
    b"PK\x03\x04", b"%PDF-1.7", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", b"{\\rtf1",
    b"obj", b"endstream", b"<w:tbl>", b"</w:tbl>", b"<!DOCTYPE x [<!ENTITY a 'b'>]>",
]  # fmt: skip

ELEMENT = re.compile(rb"<((?:w:|table:|text:)?(?:[tprvcf]|t[rcbl]|tbl|si|row|td))\b")
PARTS = (".xml", ".html", ".rels")
BODY = re.compile(r"document\.xml$|sheet\d|\.html$")
HOUR = re.compile(rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d")
STREAM = re.compile(
    rb"/Length (\d+)([^>]*>>\s*stream\r?\n)(.*?)(?=\r?\nendstream)", re.S
)


@cache
def list_seeds() -> dict[str, list[bytes]]:
    """Good reports by kind: pages and texts, Office files, PDF."""
    folder = ROOT / "data" / "samples"
    light = [p.read_bytes() for p in sorted(folder.glob("*.*")) if p.suffix != ".csv"]
    light = [data for data in light if len(data) < 30_000]
    blocks = make_page("2021", "full").blocks
    office = [repack(to_docx(blocks)), repack(to_xlsx(blocks)), to_rtf(blocks)]
    office.append(pack({"report.html": light[0], "word/x.xml": b"<a/>"}))
    cases = ROOT / "tests" / "cases" / "office"
    office += [path.read_bytes() for path in sorted(cases.iterdir())]
    os.environ["SOURCE_DATE_EPOCH"] = "1600000000"  # the font in the PDF has a date
    return {"light": light, "office": office, "pdf": [to_pdf(blocks[:6])]}


def mutate(chance: random.Random, data: bytes, other: bytes) -> bytes:
    """Spoil some bytes in one to six ways; the same chance gives the same bytes."""
    for _ in range(chance.randint(1, 6)):
        at, to = sorted(chance.randrange(len(data) + 1) for _ in range(2))
        to = min(to, at + chance.choice((1, 8, 200, 5000)))
        way = chance.randrange(8)
        if way == 0:  # flip
            spoilt = bytes(b ^ (1 << chance.randrange(8)) for b in data[at : at + 3])
            data = data[:at] + spoilt + data[at + 3 :]
        elif way == 1:  # cut out
            data = data[:at] + data[to:]
        elif way == 2:  # double
            data = data[:to] + data[at:to] * chance.choice((1, 2, 30)) + data[to:]
        elif way == 3:  # end early
            data = data[: max(at, 1)]
        elif way == 4:  # splice
            start = chance.randrange(len(other))
            data = data[:at] + other[start : start + 3000] + data[at:]
        elif way == 5:  # noise
            data = data[:at] + chance.randbytes(chance.randrange(1, 60)) + data[at:]
        else:  # spice
            data = data[:at] + chance.choice(SPICES) + data[at:]
        data = data[:400_000] or b"x"
    return data


def pack(members: dict[str, bytes]) -> bytes:
    """A zip file that is the same at any hour."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as made:
        for name, content in members.items():
            made.writestr(zipfile.ZipInfo(name), content)
    return file.getvalue()


def unpack(data: bytes) -> dict[str, bytes]:
    """The members of a zip file."""
    with zipfile.ZipFile(io.BytesIO(data)) as file:
        return {name: file.read(name) for name in file.namelist()}


def repack(data: bytes) -> bytes:
    """The same zip file without the hour at which it was made."""
    members = unpack(data)
    return pack({n: HOUR.sub(b"2021-01-31T00:00:00", c) for n, c in members.items()})


def find_element(chance: random.Random, data: bytes) -> tuple[int, int]:
    """Where one element begins and, at the first end of its name, ends."""
    begins = list(ELEMENT.finditer(data))
    if not begins:
        return 0, 0
    begin = chance.choice(begins)
    end = data.find(b"</%b>" % begin[1], begin.end())
    return begin.start(), end + len(begin[1]) + 3 if end > 0 else begin.end()


def mutate_marks(chance: random.Random, data: bytes) -> bytes:
    """Drop, double, move or refill whole elements, so that the file stays one."""
    for _ in range(chance.randint(1, 8)):
        (at, to), (start, end) = (find_element(chance, data) for _ in range(2))
        way, whole = chance.randrange(5), data[at:to]
        if way == 0:
            data = data[:at] + data[to:]
        elif way == 1:
            most = max(600_000 - len(data), 0) // (len(whole) + 1) + 1
            copies = min(chance.choice((2, 2, 5, 30, 1000)), most)
            data = data[:at] + whole * copies + data[to:]
        elif way == 2:
            data = data[:at] + data[start:end] + data[to:]
        else:
            spice = chance.choice(SPICES).translate(None, b"<>&\x00\xff\xfe")
            whole = re.sub(
                rb">[^<>]+<", lambda _, s=spice: b">" + s + b"<", whole, count=2
            )
            data = data[:at] + whole + data[to:]
    return data


def mutate_within(chance: random.Random, data: bytes) -> bytes:
    """Spoil what a zip, an OLE or a PDF file holds and leave the file whole."""
    if data[:2] == b"PK":
        members = unpack(data)
        names = sorted(n for n in members if n.endswith(PARTS))
        bodies = [name for name in names if BODY.search(name)]
        name = chance.choice(bodies if chance.randrange(4) else names)
        whole = mutate_marks(chance, members[name])
        if not chance.randrange(4):
            whole = mutate(chance, whole, whole)
        return pack(members | {name: whole})
    if data[:4] == b"%PDF":
        found = chance.choice([m for m in STREAM.finditer(data) if len(m[3]) < 20_000])
        text = zlib.decompress(found[3])
        text = zlib.compress(mutate(chance, text, text))
        new = b"/Length %d%b%b" % (len(text), found[2], text)
        return data[: found.start()] + new + data[found.end() :]
    spoilt = bytearray(data)
    for _ in range(chance.randint(1, 12)):  # no byte moves: the sectors stay in place
        at, many = chance.randrange(len(data)), chance.choice((1, 2, 4, 64))
        spoilt[at : at + many] = chance.choice((chance.randbytes(many), bytes(many)))
    return bytes(spoilt[: len(data)])


# Of a hundred, how many are spoilt within. A PDF whose text is lost is recognised as
# a picture, for ten seconds and more; that is one of the rarer things to try.
WITHIN = {"light": 0, "office": 70, "pdf": 5}


def spoil(kind: str, number: int) -> bytes:
    """The spoilt report of a kind and number."""
    chance = random.Random(f"{kind} {number}")
    seeds = list_seeds()[kind]
    data, other = chance.choice(seeds), chance.choice(seeds)
    if WITHIN[kind] and chance.randrange(100) < WITHIN[kind]:
        return mutate_within(chance, data)
    return mutate(chance, data, other)

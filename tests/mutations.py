"""Good reports to bad ones: bytes cut, doubled, swapped, spliced and spiced."""

from __future__ import annotations

import random
from functools import cache
from pathlib import Path

from office_files import make_page, to_rtf, to_zip
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


@cache
def list_seeds() -> dict[str, list[bytes]]:
    """Good reports by kind: pages and texts, Office files, PDF."""
    folder = ROOT / "data" / "samples"
    light = [p.read_bytes() for p in sorted(folder.glob("*.*")) if p.suffix != ".csv"]
    light = [data for data in light if len(data) < 30_000]
    blocks = make_page("2021", "full").blocks
    office = [write(blocks) for write in (to_docx, to_xlsx, to_rtf)]
    office.append(to_zip({"report.html": light[0], "word/x.xml": "<a/>"}))
    cases = ROOT / "tests" / "cases" / "office"
    office += [path.read_bytes() for path in sorted(cases.iterdir())]
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


def spoil(kind: str, number: int) -> bytes:
    """The spoilt report of a kind and number."""
    chance = random.Random(f"{kind} {number}")
    seeds = list_seeds()[kind]
    return mutate(chance, chance.choice(seeds), chance.choice(seeds))

"""The objects of a PDF file: an embedded CJK font, page contents, pictures."""

from __future__ import annotations

import zlib
from collections.abc import Iterable
from functools import cache
from importlib.resources import files
from io import BytesIO
from typing import NamedTuple

WIDTH, HEIGHT = 595.0, 842.0
FIRST_PAGE = 8  # the number of its object


class Picture(NamedTuple):
    """A JPEG, grey or coloured, and its size in pixels."""

    data: bytes
    wide: int
    high: int
    is_grey: bool = True


class Font:
    """A subset of the CJK font that matplotlib's helper brings, ready to embed."""

    def __init__(self, characters: frozenset[str]) -> None:
        from fontTools import subset
        from fontTools.ttLib import TTFont

        path = files("zhplot") / "fonts" / "NotoSansSC-Regular.ttf"
        font = TTFont(BytesIO(path.read_bytes()), lazy=True)
        cutter = subset.Subsetter(subset.Options(layout_features=[], hinting=False))
        cutter.populate(text="".join(characters))
        cutter.subset(font)
        names, metrics = font.getBestCmap(), font["hmtx"]
        self.glyphs = {chr(c): font.getGlyphID(name) for c, name in names.items()}
        scale = 1000 / font["head"].unitsPerEm
        self.widths = {chr(c): metrics[n][0] * scale for c, n in names.items()}
        out = BytesIO()
        font.save(out)
        self.data = out.getvalue()

    def measure(self, text: str, size: float) -> float:
        """Width of a text in points."""
        return sum(self.widths.get(char, 1000) for char in text) * size / 1000

    def encode(self, text: str) -> str:
        """The glyph numbers of a text, as a PDF string."""
        return "<" + "".join(f"{self.glyphs.get(c, 0):04X}" for c in text) + ">"


@cache
def make_font(characters: frozenset[str]) -> Font:
    """Make the subset for some characters once."""
    return Font(characters)


def to_objects(pages: list[list[str]], font: Font) -> list[bytes]:
    """The objects of a PDF file: catalogue, pages, contents and one font."""
    first = FIRST_PAGE
    kids = " ".join(f"{first + 2 * n} 0 R" for n in range(len(pages)))
    widths = " ".join(f"{font.glyphs[c]} [{w:.0f}]" for c, w in font.widths.items())
    pairs = "\n".join(
        f"<{glyph:04X}> <{char.encode('utf-16-be').hex()}>"
        for char, glyph in font.glyphs.items()
    )
    meaning = (
        "/CIDInit /ProcSet findresource begin 12 dict begin begincmap\n"
        "1 begincodespacerange <0000> <FFFF> endcodespacerange\n"
        f"{len(font.glyphs)} beginbfchar\n{pairs}\nendbfchar\nendcmap end end"
    )
    objects: list[bytes] = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        f"<< /Type /Pages /Kids [{kids}] /Count {len(pages)} >>".encode(),
        b"<< /Type /Font /Subtype /Type0 /BaseFont /GI /Encoding /Identity-H "
        b"/DescendantFonts [4 0 R] /ToUnicode 7 0 R >>",
        b"<< /Type /Font /Subtype /CIDFontType2 /BaseFont /GI /CIDToGIDMap /Identity "
        b"/CIDSystemInfo << /Registry (Adobe) /Ordering (Identity) /Supplement 0 >> "
        b"/FontDescriptor 5 0 R /W [" + widths.encode() + b"] >>",
        b"<< /Type /FontDescriptor /FontName /GI /Flags 4 /FontBBox [0 -120 1000 880] "
        b"/ItalicAngle 0 /Ascent 880 /Descent -120 /CapHeight 700 /StemV 80 "
        b"/FontFile2 6 0 R >>",
        to_stream(font.data),
        to_stream(meaning.encode()),
    ]
    box = f"[0 0 {WIDTH:g} {HEIGHT:g}]"
    for number, page in enumerate(pages):
        objects.append(
            f"<< /Type /Page /Parent 2 0 R /MediaBox {box} /Rotate 0 /Contents "
            f"{first + 2 * number + 1} 0 R /Resources << /Font << /F 3 0 R >> >> >>"
            "".encode()
        )
        objects.append(to_stream("\n".join(["1 0 0 1 0 0 cm", *page]).encode()))
    return objects


def to_picture_pdf(pictures: Iterable[Picture]) -> bytes:
    """Write JPEG pictures as the pages of a PDF without text."""
    pictures = list(pictures)
    first = 3
    kids = " ".join(f"{first + 3 * n} 0 R" for n in range(len(pictures)))
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        f"<< /Type /Pages /Kids [{kids}] /Count {len(pictures)} >>".encode(),
    ]
    for n, picture in enumerate(pictures):
        page = first + 3 * n
        box = f"[0 0 {WIDTH:g} {HEIGHT:g}]"
        objects += [
            f"<< /Type /Page /Parent 2 0 R /MediaBox {box} /Contents {page + 1} 0 R "
            f"/Resources << /XObject << /I {page + 2} 0 R >> >> >>".encode(),
            to_stream(f"{WIDTH:g} 0 0 {HEIGHT:g} 0 0 cm /I Do".encode()),
            to_image(picture),
        ]
    return write_objects(objects)


def to_image(picture: Picture) -> bytes:
    """Write a picture as an object that pages can lay out."""
    colours = "Gray" if picture.is_grey else "RGB"
    head = (
        f"<< /Type /XObject /Subtype /Image /Width {picture.wide} /Height "
        f"{picture.high} /ColorSpace /Device{colours} /BitsPerComponent 8 "
        f"/Filter /DCTDecode /Length {len(picture.data)} >>\nstream\n"
    )
    return head.encode() + picture.data + b"\nendstream"


def to_stream(data: bytes) -> bytes:
    """Pack some data as the stream of an object."""
    packed = zlib.compress(data)
    head = f"<< /Length {len(packed)} /Filter /FlateDecode >>\nstream\n".encode()
    return head + packed + b"\nendstream"


def write_objects(objects: list[bytes]) -> bytes:
    """Put the objects of a PDF one after another, with the table of their places."""
    out, places = BytesIO(), []
    out.write(b"%PDF-1.7\n")
    for number, one in enumerate(objects, 1):
        places.append(out.tell())
        out.write(b"%d 0 obj\n%b\nendobj\n" % (number, one))
    start = out.tell()
    out.write(b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1))
    for place in places:
        out.write(b"%010d 00000 n \n" % place)
    size = len(objects) + 1
    out.write(b"trailer\n<< /Size %d /Root 1 0 R >>\n" % size)
    out.write(b"startxref\n%d\n%%%%EOF\n" % start)
    return out.getvalue()

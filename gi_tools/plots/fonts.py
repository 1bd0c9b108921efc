"""Names to drawable text: a font with Chinese glyphs, and what it cannot draw told."""

from __future__ import annotations

import unicodedata
import warnings
from functools import cache
from importlib.util import find_spec
from pathlib import Path

# Sans-serif faces for simplified Chinese, as systems ship them.
INSTALLED = (
    "Noto Sans CJK SC",
    "Noto Sans SC",
    "Source Han Sans SC",
    "Source Han Sans CN",
    "Microsoft YaHei",
    "PingFang SC",
    "Hiragino Sans GB",
    "Heiti SC",
    "WenQuanYi Micro Hei",
    "WenQuanYi Zen Hei",
    "SimHei",
)
LATIN = "DejaVu Sans"
PROBE = "政府信息公开申请龘"
LACKING = "〓"  # the printers' sign for a character that is not at hand
LONGEST = 24


@cache
def find_font() -> str | None:
    """
    Name a font that has Chinese glyphs: an installed one, else that of zhplot.

    None when there is neither, with one warning; plots then speak English.
    """
    from matplotlib import font_manager

    known = {entry.name for entry in font_manager.fontManager.ttflist}
    for name in (name for name in INSTALLED if name in known):
        if set(map(ord, PROBE)) <= read_glyphs(name):
            return name
    # The file alone: importing zhplot would set the font of the whole process.
    spec = find_spec("zhplot")
    for folder in (spec and spec.submodule_search_locations) or ():
        for path in sorted(Path(folder, "fonts").glob("*.ttf")):
            font_manager.fontManager.addfont(path)
            return font_manager.get_font(path).family_name
    warnings.warn(
        "no font with Chinese glyphs: labels are English and Chinese names are"
        " replaced; install Noto Sans CJK SC or the package zhplot",
        stacklevel=2,
    )
    return None


@cache
def read_glyphs(name: str) -> frozenset[int]:
    """List the code points that a font can draw, by its own character map."""
    from matplotlib import font_manager

    path = font_manager.findfont(name, fallback_to_default=False)
    return frozenset(font_manager.get_font(path).get_charmap())


def list_families(lang: str) -> list[str]:
    """Order the fonts for a language; matplotlib falls back glyph by glyph."""
    chinese = find_font()
    found = [LATIN, chinese] if lang == "en" else [chinese, LATIN]
    return [name for name in found if name]


@cache
def _join_glyphs(*names: str) -> frozenset[int]:
    return frozenset().union(*map(read_glyphs, names))


def to_label(text: object, longest: int = LONGEST) -> str:
    """
    Make any text of a report safe to draw: one short line of glyphs that exist.

    A character without a glyph becomes 〓 (or ? without a Chinese font); $ loses its
    meaning for mathtext.
    """
    text = unicodedata.normalize("NFC", str(text))[: 4 * longest]
    line = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    line = line if len(line) <= longest else line[: longest - 1] + "…"
    drawn = _join_glyphs(*list_families("zh"))
    lacking = LACKING if ord(LACKING) in drawn else "?"
    return "".join(c if ord(c) in drawn else lacking for c in line).replace("$", r"\$")

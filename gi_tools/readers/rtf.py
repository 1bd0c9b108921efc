"""An RTF file to blocks: paragraphs, tables by their cell and row marks."""

from __future__ import annotations

from typing import NamedTuple

import regex

from gi_tools.documents import Document, Source
from gi_tools.errors import ReadError
from gi_tools.readers.blocks import Builder
from gi_tools.readers.layout import Definition, Tables
from gi_tools.readers.numbering import join_label

MAX_GROUPS = 2_000  # groups open at once
_TOKEN = regex.compile(
    r"\\(?P<word>[a-zA-Z]{1,32})(?P<number>-?\d{1,10})? ?"
    r"|\\'(?P<byte>[0-9a-fA-F]{2})|\\(?P<sign>[^a-zA-Z])|(?P<brace>[{}])"
    r"|(?P<text>[^\\{}\r\n]+)|[\r\n]+|\\"
)
_SKIPPED = frozenset(
    "fonttbl colortbl stylesheet info pict object objdata sp shprslt nonesttables "
    "listtable listoverridetable rsidtbl generator themedata datastore xmlnstbl "
    "fldinst footnote annotation atnid atnauthor bkmkstart bkmkend revtbl "
    "filetbl pgptbl latentstyles mmathPr datafield pntxtb pntxta".split()
)
# These follow \* yet hold text, or tell how inner tables are laid out.
_KEPT = frozenset(("shpinst", "nesttableprops", "shptxt"))
_ASIDE = frozenset(f"{kind}{page}" for kind in ("header", "footer") for page in "lrf")
_ASIDE |= {"header", "footer"}
_SIGNS = {
    "tab": "\t",
    "line": "\n",
    "emdash": "—",
    "endash": "–",
    "lquote": "‘",
    "rquote": "’",
    "ldblquote": "“",
    "rdblquote": "”",
    "bullet": "•",
    "emspace": "\u3000",
    "enspace": " ",
}
_SHOWN = frozenset(("body", "label", "aside"))
_SYMBOLS = {"~": " ", "_": "-", "\\": "\\", "{": "{", "}": "}", "\t": "\t"}
_PARAGRAPHS = frozenset(("par", "sect", "page", "\n", "\r"))
_CHARSETS = {134: "gb18030", 136: "big5hkscs", 128: "cp932", 129: "cp949"}
_PAGES = {936: "gb18030", 54936: "gb18030", 950: "big5hkscs", 65001: "utf-8"}
_MERGES = {"mgf": "start", "mrg": "continue"}


class _State(NamedTuple):
    """What a group inherits and gives back when it ends."""

    place: str = "body"  # or "label", "aside", "fonts", "skip"
    font: int = -1
    fallback: int = 1
    hidden: bool = False
    in_table: bool = False
    depth: int = 1


class _Row:
    """The layout of the row being read."""

    def __init__(self) -> None:
        self.edges: list[int] = []
        self.merges: list[tuple[str, str]] = []
        self.across = self.down = ""

    def add_cell(self, edge: int) -> None:
        self.edges.append(edge)
        self.merges.append((self.across, self.down))
        self.across = self.down = ""

    def define(self, left: int) -> Definition:
        across, down = zip(*self.merges, strict=True) if self.merges else ((), ())
        return Definition((left, *self.edges), across, down)


def read_rtf(source: Source, data: bytes) -> Document:
    """
    Turn an RTF file into a document: tables keep their merged cells.

    Deleted and hidden text, pictures and footnotes are left out; list numbers are
    there when the file holds them as text. Raises ReadError when it holds no text.
    """
    builder = Builder(source)
    flow = _Flow(builder)
    flow.read(data.decode("latin-1"))
    flow.end()
    return builder.to_document()


class _Flow:
    """Read the tokens once; the state says where text goes."""

    def __init__(self, builder: Builder) -> None:
        self._name = builder.source.name
        self._builder = builder
        self._tables = Tables(builder)
        self._stack: list[_State] = []
        self._state = _State()
        self._rows: dict[int, tuple[_Row, int]] = {}
        self._fonts: dict[int, str] = {}
        self._page = "cp1252"
        self._text: list[str] = []
        self._label = ""
        self._bytes = bytearray()
        self._owed = 0
        self._high = ""
        self._starred = False

    def read(self, text: str) -> None:
        at = 0
        while token := _TOKEN.match(text, at):
            at = token.end()
            if token["word"] == "bin":
                at += max(int(token["number"] or 0), 0)
            else:
                self._take(token)

    def end(self) -> None:
        self._end_paragraph()
        self._tables.end()
        if self._tables.uneven:
            note = "table rows have no layout, merged cells are lost"
            self._builder.add_note(f"{self._tables.uneven} {note}")

    def _take(self, token: regex.Match) -> None:
        kind = token.lastgroup
        if kind == "brace":
            self._take_brace(token["brace"])
        elif kind in ("word", "number"):
            number = token["number"]
            self._take_word(token["word"], None if number is None else int(number))
        elif kind == "byte":
            self._add_bytes(bytes.fromhex(token["byte"]))
        elif kind == "text":
            self._add_bytes(token["text"].encode("latin-1"))
        elif kind == "sign":
            self._take_sign(token["sign"])

    def _take_brace(self, brace: str) -> None:
        self._starred = False
        if brace == "{":
            self._stack.append(self._state)
            if len(self._stack) > MAX_GROUPS:
                raise ReadError(f"{self._name}: nested too deep for a report")
            return
        self._flush()
        ended = self._state
        self._state = self._stack.pop() if self._stack else _State()
        if ended.place == "aside" and self._state.place != "aside":
            self._builder.add_furniture(self._take_text())
        elif ended.place == "label" and self._state.place != "label":
            self._label = self._take_text().strip()

    def _take_sign(self, sign: str) -> None:
        if sign == "*":
            self._starred = True
        elif sign in _PARAGRAPHS:
            self._end_paragraph()
        elif sign in _SYMBOLS:
            self._add_text(_SYMBOLS[sign])

    def _take_word(self, word: str, number: int | None) -> None:
        starred, self._starred = self._starred, False
        if word in _SKIPPED or (starred and word not in _KEPT):
            place = "fonts" if word == "fonttbl" else "skip"
            self._change(place=place)
        elif word in _ASIDE:
            self._flush()
            self._end_paragraph()
            self._change(place="aside")
        elif word in ("listtext", "pntext"):
            self._change(place="label")
        elif word in _SIGNS:
            self._add_text(_SIGNS[word])
        elif word in _PARAGRAPHS:
            self._end_paragraph()
        elif word == "u" and number is not None:
            self._add_character(number & 0xFFFF)
        elif not self._take_style(word, number):
            self._take_table(word, number or 0)

    def _take_style(self, word: str, number: int | None) -> bool:
        on = number != 0
        if word == "f":
            self._flush()
            self._change(font=number or 0)
        elif word == "fcharset" and self._state.place == "fonts":
            self._fonts[self._state.font] = _CHARSETS.get(number or 0, "")
        elif word == "ansicpg":
            self._page = _PAGES.get(number or 0, "cp1252")
        elif word == "uc":
            self._change(fallback=number or 0)
        elif word in ("deleted", "v"):
            self._flush()
            self._change(hidden=on)
        elif word == "plain":
            self._flush()
            self._change(hidden=False)
        else:
            return False
        return True

    def _take_table(self, word: str, number: int) -> None:
        depth = self._state.depth if self._state.in_table else 1
        row, left = self._rows.setdefault(depth, (_Row(), 0))
        if word == "pard":
            self._change(in_table=False, depth=1)
        elif word == "intbl":
            self._change(in_table=True)
        elif word == "itap":
            self._change(in_table=number > 0, depth=max(number, 1))
        elif word == "trowd":
            self._rows[depth] = _Row(), 0
        elif word == "trleft":
            self._rows[depth] = row, number
        elif word == "cellx":
            row.add_cell(number)
        elif word[:3] == "clm" and word[2:] in _MERGES:
            row.across = _MERGES[word[2:]]
        elif word[:3] == "clv" and word[3:] in _MERGES:
            row.down = _MERGES[word[3:]]
        elif word in ("cell", "nestcell"):
            self._tables.end_cell(self._take_text(), depth)
        elif word in ("row", "nestrow"):
            self._take_text()
            self._tables.end_row(row.define(left), depth)

    def _change(self, **changes: object) -> None:
        self._state = self._state._replace(**changes)

    def _is_shown(self) -> bool:
        return self._state.place in _SHOWN and not self._state.hidden

    def _add_character(self, code: int) -> None:
        """Add a \\u character; the signs that stand for it in old readers are owed."""
        self._flush()
        self._owed = self._state.fallback
        if not self._is_shown():
            return
        if 0xD800 <= code < 0xDC00:
            self._high = chr(code)
            return
        pair, self._high = self._high + chr(code), ""
        raw = pair.encode("utf-16-le", "surrogatepass")
        self._text.append(raw.decode("utf-16-le", "replace"))

    def _add_bytes(self, data: bytes) -> None:
        self._starred = False
        if self._owed:
            owed, self._owed = self._owed, max(self._owed - len(data), 0)
            data = data[owed:]
        if self._is_shown():
            self._bytes += data

    def _add_text(self, text: str) -> None:
        if self._owed:
            self._owed -= 1
        elif self._is_shown():
            self._flush()
            self._text.append(text)

    def _flush(self) -> None:
        """Decode the bytes so far by the font's charset, or by the page's."""
        self._owed = 0
        if self._bytes:
            charset = self._fonts.get(self._state.font) or self._page
            self._text.append(self._bytes.decode(charset, "replace"))
            self._bytes.clear()

    def _take_text(self) -> str:
        self._flush()
        text = "".join(self._text)
        label, self._label = self._label, ""
        self._text.clear()
        return join_label(label, text)

    def _end_paragraph(self) -> None:
        state = self._state
        if state.place == "aside":
            self._add_text("\n")
        elif state.place == "body":
            depth = state.depth if state.in_table else 0
            self._tables.add_line(self._take_text(), depth)

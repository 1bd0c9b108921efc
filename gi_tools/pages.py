"""A document in; the lines that can say who reports, folded for matching, out."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, cached_property, partial
from html import unescape
from itertools import islice
from typing import Any, NamedTuple

from gi_tools.dates import YEAR, to_digits
from gi_tools.documents import Document, Grid, Paragraph, Place
from gi_tools.knowledge import CODEBOOKS, read_toml
from gi_tools.regions import Mention, find_mentions
from gi_tools.text import (
    HAN,
    LETTER,
    PINYIN,
    READING,
    WIDE,
    may_change,
    simplify_script,
    widen,
)

_SIGNS = [*zip("：，（）；．＠｜　﹝﹞", ":,();.@| ()", strict=True), ("\xa0", " ")]
_SIGNS += [("\r", " "), ("\t", " ")]
_WIDE = re.compile(f"[{WIDE}]")
# A set at the start lets a search skip what cannot begin a match; so throughout.
_PINYIN = re.compile(rf"[(（](?<={LETTER}.){READING}[)）]")
# Blanks go, but for one between two figures.
_BLANKS, _ODD = (
    re.compile(
        rf"{blank}(?:(?<!{blank}{blank})(?:(?<!\d.)[^\S\n]*+|[^\S\n]*+(?!\d))"
        rf"|(?<=\d{blank}{blank})[^\S\n]*+(?=\d))"
    )
    for blank in (" ", r"[^\S\n]")
)
_MARKDOWN = re.compile(r"^[#*>•·\-\s]{1,8}|[*#]{1,3}$")
_MARKS = frozenset("#*>-•·")
_META = re.compile(
    r'<meta\s{1,9}name="(ArticleTitle|PubDate|ContentSource)"\s{1,9}'
    r'content="([^"<>]{1,200})"|<(title)>([^<>]{1,200})</title>',
    re.I,
)
_LABELS = {"pubdate": "发布日期:", "contentsource": "来源:"}
_HEADING = re.compile(r"(?:第?一\s?(?:[、.,:部]|[是、])|一概|引言|[(]一[)])")
_CLOSED = "。;:.!?)|》】>"
WRAPPED = 20  # characters of a line that may go on in the next one
AROUND = 300  # lines of page furniture that are looked at
GRID_ROWS = 6
SHORT = 2  # characters of a line that is but a table cell (0, 件, |)


Piece = tuple[str, Place | None]


class Line(NamedTuple):
    """One line: as printed, folded for matching, and its place."""

    raw: str
    text: str
    place: Place | None


_make_line = partial(tuple.__new__, Line)


@dataclass(frozen=True)
class Page:
    """
    What is looked at: lines of the beginning and the end, and the opening as a text.

    ``body`` is the number of the line with the first heading. ``card`` holds the
    page's own lines (date, source), ``heads`` its titles from the markup.
    """

    lines: list[Line]
    body: int
    flow: str
    starts: list[int]
    card: str
    heads: list[str]

    @cached_property
    def lined(self) -> str:
        """The opening behind a line end, so that one stands before each line."""
        return "\n" + self.flow

    @cached_property
    def mentions(self) -> list[Mention]:
        """The places that the opening names."""
        return find_mentions(self.flow)

    def line_at(self, offset: int) -> int:
        """Give the number of the line that holds a place of ``flow``."""
        return max(bisect_right(self.starts, offset) - 1, 0)


@cache
def book() -> dict[str, Any]:
    """Give the codebook of phrases, its patterns compiled."""
    data = read_toml(CODEBOOKS / "identity.toml")
    kinds = ("formal", "town", "zone")
    endings = "|".join(word for kind in kinds for word in data["name"][kind])
    firsts = "".join({word[0] for kind in kinds for word in data["name"][kind]})
    words = {
        "{name}": rf"[{HAN}()·]{{2,40}}",
        # The sets before and within spare a try of every ending at every sign.
        "{body}": rf"[{HAN}()·]{{1,36}}?(?=[{firsts}])(?:{endings})",
        "{han}": rf"[{HAN}()·]",
        "{year}": YEAR,
    }
    return _compile(data, words)


def fold_lines(text: str) -> str:
    """Fold line by line: half width, simplified, no pinyin, blanks only in digits."""
    for wide, half in _SIGNS:
        text = text.replace(wide, half)
    blanks = _BLANKS
    if may_change(text):
        text = simplify_script(_WIDE.sub(lambda found: widen(found[0]), text))
        blanks = _ODD
    if "讯" in text:
        text = text.replace("资讯", "信息")
    return to_digits(blanks.sub("", PINYIN.sub("", text)))


def drop_pinyin(text: str) -> str:
    """Drop the readings that mirror sites put behind characters, nothing else."""
    return _PINYIN.sub("", text)


def read_page(document: Document) -> Page:
    """Read the windows of a document that can say who reports."""
    pieces, seen = _windows(document)
    around = islice(document.furniture, AROUND)
    card = [p.text for p in around if len(p.text) <= 200]
    heads, facts = _read_markup(document)
    texts = [text.replace("\n", " ") for text, _ in pieces]
    texts = fold_lines("\n".join([*texts, *card, *facts])).split("\n")
    lines = [
        _make_line(
            (raw, _MARKDOWN.sub("", text) if text[:1] in _MARKS else text, place)
        )
        for (raw, place), text in zip(pieces, texts, strict=False)
    ]
    heading = (n for n, line in enumerate(lines) if _HEADING.match(line.text))
    body = next(heading, min(seen, 12))
    flow, starts = _to_flow(lines, book()["limits"]["sentence"])
    around = [line.text for line in lines[: min(body, 30)]]
    card_text = "\n".join(texts[len(pieces) :] + around)
    return Page(lines, body, flow, starts, card_text, heads)


def _compile(value: Any, words: dict[str, str]) -> Any:
    """Compile every text of the codebook; a list of texts means any of them."""
    if isinstance(value, dict):
        return {key: _compile(item, words) for key, item in value.items()}
    if isinstance(value, list) and isinstance(value[0], str):
        value = f"(?:{'|'.join(value)})"
    if isinstance(value, list):
        return [_compile(item, words) for item in value]
    if not isinstance(value, str):
        return value
    for word, pattern in words.items():
        value = value.replace(word, pattern)
    return re.compile(value)


def _windows(document: Document) -> tuple[list[Piece], int]:
    """The lines of the beginning, then of the end; how many belong to the first."""
    room, tail, longest = (book()["limits"][key] for key in ("head", "tail", "line"))
    pieces: list[Piece] = []
    blocks, seen = document.blocks, 0
    while seen < len(blocks) and room > 0:
        block = blocks[seen]
        for piece in (block,) if isinstance(block, Paragraph) else _rows(block):
            size = len(piece[0])
            if size > SHORT and not piece[0].isspace():
                if size > longest:
                    piece, size = (piece[0][:longest], piece[1]), longest
                pieces.append(piece)
                room -= size
        seen += 1
    first = len(pieces)
    ends = []
    if seen == len(blocks) and pieces and _is_prose(block):  # all in one line, perhaps
        ends = [(block.text[longest:][-tail:], block.place)]
    for last in islice(reversed(blocks), len(blocks) - seen):
        if tail <= 0:
            break
        if _is_prose(last):
            ends.append((last.text[-tail:], last.place))
            tail -= len(last.text)
    return pieces + [end for end in ends[::-1] if end[0]], first


def _is_prose(block: Paragraph | Grid) -> bool:
    return isinstance(block, Paragraph) and not block.text.isspace()


def _rows(grid: Grid) -> Iterator[Piece]:
    for row in grid.rows[:GRID_ROWS]:
        yield "|".join([cell.text[:200] for cell in row]), None


def _read_markup(document: Document) -> tuple[list[str], list[str]]:
    """Titles and metadata that a web page carries outside its text."""
    if document.source.format != "html":
        return [], []
    titles, facts = [], []
    for found in _META.finditer(document.text, 0, 20_000):
        kind = (found[1] or found[3]).lower()
        value = unescape(found[2] or found[4]).strip()
        if kind in _LABELS:
            facts.append(_LABELS[kind] + value)
        else:
            titles.append(value)
    return titles, facts


def _to_flow(lines: list[Line], room: int) -> tuple[str, list[int]]:
    """Join the opening lines, those that a fixed width broke without a sign between."""
    parts, starts, at = [], [], 0
    texts = [line.text for line in lines]
    for text, after in zip(texts, [*texts[1:], ""], strict=False):
        starts.append(at)
        broken = len(text) >= WRAPPED and _goes_on(text, after)
        parts.append(text[: room - at] + ("" if broken else "\n"))
        at += len(parts[-1])
        if at >= room:
            break
    return "".join(parts), starts


def _goes_on(text: str, after: str) -> bool:
    return (
        text[-1] not in _CLOSED
        and not text.endswith(("报告", "年报"))
        and not after[:1].isdigit()
        and not _HEADING.match(after)
    )

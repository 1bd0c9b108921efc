"""Paragraphs to numbered sections, as a tree in reading order."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from typing import NamedTuple

from gi_tools.documents import Document, Paragraph, Place, Span
from gi_tools.text import LETTER, fold

LONGEST_HEADING = 44
_HAN = "一二三四五六七八九十"
_TITLE = r"(?P<title>[^\n。；;：:|｜]{0,60})(?P<rest>[。；;：:|｜].{0,60000})?"
_LEVELS = (
    re.compile(
        rf"\s{{0,20}}(?:第(?=[{_HAN}]{{1,3}}(?:部分|章)))?(?P<number>[{_HAN}]{{1,3}})"
        rf"(?:(?:部分|章)(?=[\s、.．：:]))?(?:\s{{0,3}}[、.．,，：:]|\s){_TITLE}"
    ),
    re.compile(rf"\s{{0,20}}(?P<number>[(（][{_HAN}]{{1,3}}[)）])[.、]?{_TITLE}"),
    re.compile(rf"\s{{0,20}}(?P<number>\d{{1,2}}(?:[、．]|\.(?!\d))){_TITLE}"),
)
_STARTS = frozenset(_HAN + "第(（0123456789")
# A second heading on a line of running text: pages that lost their line ends.
_INLINE = re.compile(
    rf"(?P<heading>[{_HAN}](?<=[\s。].)[{_HAN}]{{0,2}}、[^\s。，,；;：:|｜]{{2,30}})(?=[\s：:]|$)"
)
_NAMES = re.compile(
    r"(?:情况|概述|概况|事项|措施|问题|说明|附件|附表|数据|打算|计划|建议|引言|收费|工作|方面|总结|成效|成果|做法|亮点|安排|思路|经费|报告\d{0,4})$"
)
# 二、依申请公开情况 本年没有收到: the heading ends at the blank.
_RUN_ON = re.compile(r"[^\s，,]{4,30}(?=\s+[^\s\d])")
_ENDS_IN_FIGURE = re.compile(r"(?<![\d.])(?!(?:19|20)\d\d$)\d{1,9}(?:\.\d{1,4})?$")
_SPOKEN = re.compile(LETTER)
_SENTENCE = re.compile(r"[，,；;！!？?]")


class Section(NamedTuple):
    """
    One numbered part of a report; ``level`` 1 is 一、, 2 is （一）, 3 is 1.

    ``first`` and ``last`` bound its blocks in ``Document.blocks``, last excluded.
    """

    level: int
    number: str
    heading: str
    place: Place | None
    first: int
    last: int
    children: tuple[Section, ...] = ()

    def walk(self) -> Iterator[Section]:
        """Yield the section and everything under it in reading order."""
        yield self
        for child in self.children:
            yield from child.walk()


class _Head(NamedTuple):
    level: int
    number: str
    heading: str
    place: Place
    block: int


def read_sections(
    document: Document, taken: Collection[Place] = ()
) -> tuple[Section, ...]:
    """
    Read the numbered headings of a document as a tree.

    ``taken`` are the places of table labels, which number themselves like headings.
    """
    starts = {p.start if isinstance(p, Span) else p for p in taken}
    heads = [
        head
        for number, block in enumerate(document.blocks)
        if isinstance(block, Paragraph) and not _is_taken(block, starts)
        for head in _find_heads(block, number)
    ]
    return _nest(heads, 0, len(document.blocks))


def _is_taken(block: Paragraph, starts: set[int | Place]) -> bool:
    if not isinstance(block.place, Span):
        return block.place in starts
    return block.place.start + len(block.text) - len(block.text.lstrip()) in starts


def _find_heads(block: Paragraph, number: int) -> Iterator[_Head]:
    text = block.text.lstrip("#")  # the marks of Markdown
    if text.lstrip()[:1] in _STARTS:
        for level, pattern in enumerate(_LEVELS, start=1):
            if found := pattern.match(text[:60_100]):
                if heading := _to_heading(found, level, text):
                    yield _Head(level, found["number"], heading, block.place, number)
                break
    if len(text) > LONGEST_HEADING or "。" in text[:-1]:
        for found in _INLINE.finditer(text[:20_000], 1):
            heading = found["heading"]
            if _NAMES.search(fold(heading)):
                yield _Head(1, heading.split("、")[0], heading, block.place, number)


def _to_heading(found: re.Match, level: int, text: str) -> str | None:
    """The heading of a line, without the text that runs on behind it."""
    title, rest = found["title"], found["rest"] or ""
    end = found.end("title")
    short = _RUN_ON.match(title) if level == 1 else None
    if short and _NAMES.search(fold(short[0])):
        behind = title[short.end() :].lstrip()
        if behind[0] in "(（" or not _NAMES.search(fold(title)):
            title, rest, end = short[0], "", found.start("title") + short.end()
    words = fold(title)
    if not words:
        return text.strip() if level == 1 and not rest and "、" in text[:8] else None
    named = _NAMES.search(words) is not None
    figured = not named and _ENDS_IN_FIGURE.search(words)
    if level == 1 and (figured or "\t" in title.strip()):
        return None  # a row of a table
    if len(words) > LONGEST_HEADING or not _SPOKEN.search(words):
        return None
    if _SENTENCE.search(title) and not (named and not rest.strip("。|｜ ")):
        return None
    if rest.strip("。：:|｜ ") and level == 1 and not (named or rest[0] in "：:"):
        return None
    return text[:end].strip()


def _nest(heads: list[_Head], first: int, last: int) -> tuple[Section, ...]:
    """Put each heading under the nearest one of a smaller level before it."""
    sections, number = [], 0
    while number < len(heads):
        head, end = heads[number], number + 1
        while end < len(heads) and heads[end].level > head.level:
            end += 1
        stop = heads[end].block if end < len(heads) else last
        children = _nest(heads[number + 1 : end], head.block, stop)
        sections.append(
            Section(*head[:4], first=head.block, last=stop, children=children)
        )
        number = end
    return tuple(sections)

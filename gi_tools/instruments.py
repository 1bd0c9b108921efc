"""A document to the instruments it cites and the problems and measures it names."""

from __future__ import annotations

from typing import NamedTuple

import regex

from gi_tools.documents import Document, Place
from gi_tools.prose import Prose

MOST = 500  # of each kind in one document
_HAN = "一二三四五六七八九十"
_NUMBER = (
    r"\p{Han}{2,12}[(\[【]\d{4}[)\]】]\d{1,4}号"
    r"|(?:国务院|主席)(?:第?\d{1,4}号令|令第?\d{1,4}号)"
)
_CITED = regex.compile(
    rf"《(?P<name>[^《》\n]{{2,80}})》(?:\((?P<own>{_NUMBER})[,)])?"
    rf"|(?:和|及|与|按照|根据|依据|依照|参照|按|据|见|印发|下发){{0,2}}(?P<number>{_NUMBER})"
)
_KINDS = regex.compile(
    r"(?:条例|规定|办法|细则|意见|通知|决定|方案|规则|[^办]法|规范|指引|要点|公告|命令"
    r"|函|批复|解释|标准|规程|纲要|格式|规划|计划|制度|清单|通报)(?:□{1,80}|\([^()]{1,20}\))?"
)
_SHORT = 4  # characters of an alias: 《条例》, 《实施办法》
_SECTION = regex.compile(
    rf"(?:[{_HAN}]{{1,3}}[、.,]|#{{1,4}})[^,;。\d\n]{{0,30}}(?:问题|不足|改进|措施|打算)[^,;。\n]{{0,20}}"
)
_TOP = regex.compile(rf"\n(?:[{_HAN}]{{1,3}}[、.,]|#{{1,4}})")
_TURN = regex.compile(
    r"下一步|改进(?:情况|措施|工作|方向|打算|意见)|针对(?:以上|上述|存在|这些|此)|采取(?:以下|了以下)"
    r"|整改(?:措施|情况)|今后|下步"
)
_ITEM = regex.compile(
    rf"(?<=[\n。;:,!])(?:(?P<han>[{_HAN}]{{1,2}})(?:是|、)|\((?P<round>[{_HAN}\d]{{1,2}})\)"
    rf"|第(?P<nth>[{_HAN}]{{1,2}})[,、]|(?P<digit>\d{{1,2}})[.、](?!\d))"
    r"(?P<text>[^。;\n]{4,400})"
)
_TITLE = regex.compile(
    r"[^,、]{0,6}(?:存在|主要|改进|整改|下一?步|工作)[^,、]{0,8}"
    r"(?:问题|不足|情况|措施|打算|方面|方向):?"
)


class Instrument(NamedTuple):
    """A legal instrument that a report cites; name or number may be missing."""

    name: str | None
    number: str | None
    place: Place
    raw: str


class Problem(NamedTuple):
    """One numbered problem, or measure (``kind``), of the last sections."""

    kind: str
    number: str
    text: str
    place: Place


def read_instruments(document: Document) -> tuple[Instrument, ...]:
    """
    List the laws, orders and official papers that a report cites, each once.

    Short forms such as 《条例》 and the number of the report itself are left out.
    """
    prose = Prose(document, (), {})
    found: dict[tuple[str | None, str | None], Instrument] = {}
    for match in _CITED.finditer(prose.text):
        name, number = match["name"], match["own"] or match["number"]
        if not number and (len(name) <= _SHORT or not _KINDS.search(name)):
            continue
        if match["number"] and _stands_alone(prose.text, match):
            continue
        if (name, number) not in found:
            parts = [_print(prose, match, "name")]
            parts.append(_print(prose, match, "own") or _print(prose, match, "number"))
            span = match.span("number" if match["number"] else 0)
            found[name, number] = Instrument(*parts, *prose.locate(*span))
        if len(found) >= MOST:
            break
    return tuple(found.values())


def _print(prose: Prose, match: regex.Match, group: str) -> str | None:
    """A part of a citation as the report prints it, line breaks left out."""
    if match[group] is None:
        return None
    return "".join(prose.locate(*match.span(group))[1].split())


def _stands_alone(text: str, match: regex.Match) -> bool:
    """The number on a line of its own is that of the report."""
    start, end = match.span()
    return text[start - 1 : start] in ("", "\n") and text[end : end + 1] in ("", "\n")


def read_problems(document: Document) -> tuple[Problem, ...]:
    """
    List the numbered problems and measures of the section that is about them.

    What a report does not number (一是, 1., （一）) is left out.
    """
    prose = Prose(document, (), {})
    text = prose.text
    problems: list[Problem] = []
    for head in _SECTION.finditer(text):
        if head.start() and text[head.start() - 1] != "\n":
            continue
        end = _TOP.search(text, head.end())
        stop = end.start() if end else len(text)
        turn = _TURN.search(text, head.end(), stop)
        turned = turn.start() if turn else stop
        if "问题" not in head[0] and "不足" not in head[0]:
            turned = head.end()
        for item in _ITEM.finditer(text, head.end(), stop):
            if _TITLE.fullmatch(item["text"]):
                continue
            kind = "problem" if item.start() < turned else "measure"
            number = next(filter(None, item.group("han", "round", "nth", "digit")))
            place, raw = prose.locate(*item.span("text"))
            problems.append(Problem(kind, number, "".join(raw.split()), place))
            if len(problems) >= MOST:
                return tuple(problems)
    return tuple(problems)

"""The lines of a report in; the name of the body that reports, out."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from functools import cache
from itertools import islice
from typing import NamedTuple

from gi_tools.dates import DATE, YEAR, read_date
from gi_tools.pages import Page, book
from gi_tools.regions import find_mentions, find_region, find_stem, is_lowest
from gi_tools.text import HAN

_YEAR_TOKEN = re.compile(rf"[(\[【]?{YEAR}\s?(?:年度|年|度)?[)\]】]?")
_CUT = re.compile(
    r"(?P<name>.{0,44}?)(?:的)?(?:(?:政府|政务|党务|政务服务)?(?:网站)?(?:信息)?(?:年度)?公开"
    r"|(?:年度|工作|信息){0,3}(?:报告|年报))"
)
_HAN = re.compile(rf"[{HAN}()·、A-Za-z]{{2,40}}")
_SIGNED = re.compile(rf"(?P<name>[{HAN}()·]{{2,40}})?[(]?{DATE.pattern}[)]?")
_INSIDE = re.compile("[的了在把被将]")
_TOWN_OFFICE = re.compile("(?:人民政府|政府|街道办事处|办事处)$")
_BARE = re.compile("(?P<task>.{2,6}?)(?:局|委|办|厅|委员会)")
ENDS = 40  # characters of a signature, at most


class Claim(NamedTuple):
    """A name for the body that reports, what says so, and on which line."""

    name: str
    source: str
    line: int


class Signature(NamedTuple):
    """The date under a report, the name above or beside it, and the line."""

    date: str
    name: str
    line: int


def title_to_name(title: str) -> str | None:
    """Take the body's name out of a folded title; None when it names none."""
    cut = _CUT.match(_YEAR_TOKEN.sub("", title.strip()))
    name = cut["name"] if cut else ""
    # 海安县人民政府信息公开年报: the word 政府 belongs to both.
    name += "政府" if name.endswith("人民") else ""
    return _trim(name)


def find_agency(
    page: Page, title: Claim | None, signed: Signature | None, year: int | None
) -> Claim | None:
    """
    Find the body that reports, by trust: title, opening sentences, signature, sheet.

    ``title`` is the folded title. A town or a bare department takes the place that it
    lacks only from words of the text.
    """
    claims = _claims(page, title, signed)
    best = next(claims, None) or _find_in_prose(page)
    if best is None:
        return None
    if not _has_place(best.name, year):
        for claim in (*claims, *_find_anchored(page, {best.name})):
            if _is_fuller(claim.name, best.name):
                best = claim
    name = _complete(best.name, page, year)
    added = name.partition(best.name)[0]
    source = f"{best.source}, {added} from the text" if added else best.source
    return Claim(name, source, best.line)


def find_signature(page: Page, first: int) -> Signature | None:
    """Find the last line below ``first`` that is a date, with the name at it."""
    for number in range(len(page.lines) - 1, first, -1):
        text = page.lines[number].text
        if not text[-1:].isdigit() and text[-1:] not in "日号)":
            continue
        found = _SIGNED.fullmatch(text[-ENDS * 2 :])
        if found and (date := read_date(found)):
            name = found["name"] or page.lines[number - 1].text
            return Signature(date, _trim(name) or "", number)
    return None


def is_body(name: str | None) -> bool:
    """Whether a text is the name of an office, a town or a zone, and nothing more."""
    if not name or not 3 <= len(name) <= 40 or not _HAN.fullmatch(name):
        return False
    names = book()["name"]
    if names["never"].match(name) or names["not_body"].search(name):
        return False
    return _shapes()["end"].search(name, 2) is not None


def is_town(name: str) -> bool:
    """Whether a name is that of a town, a township or a street office."""
    return book()["name"]["town_end"].search(name) is not None


@cache
def _shapes() -> dict[str, re.Pattern]:
    """Patterns put together from the codebook's words."""
    names, agency = book()["name"], book()["agency"]
    formal, town, zone = (names[key].pattern for key in ("formal", "town", "zone"))
    return {
        "end": re.compile(rf"(?:{formal}|{town}|{zone})(?:\([^()]{{1,12}}\))?$"),
        "office": re.compile(rf"{formal}$"),
        "anchored": re.compile(rf"[{HAN}]{{2,26}}?(?:{formal}|{zone}|{town})"),
        "subject": re.compile(
            rf"[\n。;:),](?<![^下中],)(?:{YEAR}年度?(?:以来|来)?,?)?"
            rf"(?P<name>[{HAN}]{{2,20}}?(?:{formal}|{town}|{zone}))"
            rf"(?={agency['verbs'].pattern})"
        ),
        "account": re.compile(
            rf"[\n。;:,、“](?P<name>(?P<stem>[{HAN}]{{2,5}}?)"
            rf"{agency['tasks'].pattern})”?{agency['account'].pattern}"
        ),
    }


def _claims(
    page: Page, title: Claim | None, signed: Signature | None
) -> Iterator[Claim]:
    if title and (name := title_to_name(title.name)):
        yield title._replace(name=name)
    beside = list(_beside_title(page, title))
    # A line with a government's name may be the site's head and not the report's.
    yield from (claim for claim in beside if not _is_site(claim.name))
    yield from _in_flow(page, "named")
    if signed and is_body(signed.name):
        yield Claim(signed.name, "signature", signed.line)
    yield from _on_sheet(page)
    yield from _in_flow(page, "made")
    for found in islice(book()["agency"]["page"].finditer(page.card), 6):
        if is_body(name := _trim(found["name"])):
            yield Claim(name, "page", -1)
    yield from beside


def _is_site(name: str) -> bool:
    return name.endswith("人民政府") and not is_town(name)


def _beside_title(page: Page, title: Claim | None) -> Iterator[Claim]:
    """A line near the title, or on top, that is only a body's name with its place."""
    first, last = (title.line - 4, title.line + 4) if title else (0, 8)
    for number in range(max(first, 0), min(last, page.body, len(page.lines))):
        name = page.lines[number].text
        if is_body(name) and find_mentions(name):
            yield Claim(name, "line at the title", number)


def _in_flow(page: Page, group: str) -> Iterator[Claim]:
    for source, pattern in book()["agency"][group].items():
        for found in islice(pattern.finditer(page.lined), 6):
            parts = found.groupdict()
            name = (
                title_to_name(parts["title"])
                if "title" in parts
                else _cut_office(_trim(parts["name"]), group == "made")
            )
            if is_body(name):
                yield Claim(name, source, page.line_at(found.start() - 1))


def _on_sheet(page: Page) -> Iterator[Claim]:
    pattern = book()["agency"]["sheet"]
    for number, line in enumerate(page.lines):
        found = pattern.search(line.text) if "单位" in line.text else None
        if found and is_body(name := _trim(found["name"])):
            yield Claim(name, "sheet", number)


def _trim(name: str) -> str | None:
    """Strip what stands around a name in titles; None when no name is left."""
    names = book()["name"]
    for _ in range(4):
        shorter = names["suffix"].sub("", names["prefix"].sub("", name))
        if shorter == name:
            break
        name = shorter
    return name if _HAN.fullmatch(name) and not names["never"].match(name) else None


def _cut_office(name: str | None, compiled: bool) -> str | None:
    """
    Cut the office that answers questions off the body it sits in.

    Only a street's or a town's office that itself ``compiled`` the report stays.
    """
    found = book()["name"]["inner"].search(name) if name else None
    if not found:
        return name
    body = name[: found.start()]
    body += "政府" if body.endswith("人民") else ""
    if is_town(body):
        return name if compiled and not _TOWN_OFFICE.search(body) else body
    return body if _shapes()["office"].search(body) else None


def _has_place(name: str, year: int | None) -> bool:
    mentions = find_mentions(name)
    if is_town(name):
        return any(is_lowest(mention.name, year) for mention in mentions)
    return bool(mentions)


def _is_fuller(other: str, name: str) -> bool:
    if len(other) <= len(name) or not is_body(other):
        return False
    if is_town(name):
        return _TOWN_OFFICE.sub("", name) in other and is_town(other)
    return other.endswith(name) and bool(find_mentions(other))


def _complete(name: str, page: Page, year: int | None) -> str:
    """Put the place before a name that lacks it, if the text names just one."""
    if is_town(name):
        if not _has_place(name, year):
            county = _only_county(page, year)
            return _formal_town(county + name) if county else name
        return _formal_town(name)
    bare = _BARE.fullmatch(name)
    if not bare or find_mentions(name) or find_region(name):
        return name
    if any(pattern.match(name) for pattern in book()["level"]["relative"].values()):
        return name
    return (_channel_place(page, bare["task"]) or "") + name


def _formal_town(name: str) -> str:
    if name.endswith("街道"):
        return name + "办事处"
    return name + "人民政府" if name.endswith(("镇", "乡", "苏木")) else name


def _only_county(page: Page, year: int | None) -> str | None:
    names = {m.name for m in page.mentions if is_lowest(m.name, year)}
    return names.pop() if len(names) == 1 else None


def _channel_place(page: Page, task: str) -> str | None:
    """樟树科技网 beside 科技局: the place whose channel bears the same task."""
    channel = book()["agency"]["channel"].pattern
    pattern = rf"(?P<stem>[{HAN}]{{2,5}}){re.escape(task)}{channel}"
    for found in islice(re.finditer(pattern, page.flow), 4):
        for size in range(min(4, len(found["stem"])), 1, -1):
            if place := find_stem(found["stem"][-size:]):
                return place.county or place.city or place.province
    return None


def _find_in_prose(page: Page) -> Claim | None:
    """The body a sentence is about, or the one named with its place most often."""
    kinds = {found[1] for found in book()["agency"]["own"].finditer(page.flow)}
    for found in islice(_shapes()["subject"].finditer(page.lined), 40):
        name = found["name"]
        if not is_body(name):
            continue
        if _stands_alone(name):
            return Claim(name, "prose", page.line_at(found.start("name") - 1))
        fuller = _find_anchored(page, {name})
        if fuller or _is_own(name, kinds):
            own = Claim(name, "prose", page.line_at(found.start("name") - 1))
            return fuller[0] if fuller else own
    return next(iter(_find_anchored(page, kinds)), None) or _find_account(page)


def _find_anchored(page: Page, kinds: set[str]) -> list[Claim]:
    """Names that stand with their place in the opening, the most frequent first."""
    agency, flow = book()["agency"], page.flow
    places: dict[str, int] = {}
    count: Counter[str] = Counter()
    floor = -1
    for mention in page.mentions:
        chained, floor = mention.start == floor, mention.end
        found = _shapes()["anchored"].match(flow, mention.start)
        if chained or not found or _INSIDE.search(found[0], len(mention.name)):
            continue
        before, after = flow[max(0, mention.start - 4) : mention.start], found.end()
        if agency["others"].search(before) or agency["not_own"].match(flow, after):
            continue
        site = agency["site"].match(flow, after) and not _is_site(found[0])
        if is_body(found[0]) and (site or _is_own(found[0], kinds)):
            count[found[0]] += 1
            places.setdefault(found[0], mention.start)
    names = sorted(count, key=lambda key: (-count[key], places[key]))
    return [Claim(name, "prose", page.line_at(places[name])) for name in names]


def _is_own(name: str, kinds: set[str]) -> bool:
    """Whether a name ends as the body calls itself: 局 where the text says 我局."""
    return any(name.endswith((k, f"{k}员会", f"{k}公室", f"{k}公厅")) for k in kinds)


def _stands_alone(name: str) -> bool:
    """Whether a name tells one body from others: a town, a zone, one with its place."""
    zone = book()["name"]["zone"].search(name)
    return bool(is_town(name) or zone or find_mentions(name) or find_region(name))


def _find_account(page: Page) -> Claim | None:
    """A body known only by its public account, which bears its place and its task."""
    for found in _shapes()["account"].finditer(page.lined):
        if find_stem(found["stem"]):
            return Claim(
                found["name"], "account", page.line_at(found.start("name") - 1)
            )
    return None

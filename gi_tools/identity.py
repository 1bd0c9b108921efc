"""A document in; who reports, for which place and year, and how to reach them, out."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import islice
from typing import NamedTuple

from gi_tools.agencies import (
    Claim,
    Signature,
    find_agency,
    find_signature,
    is_body,
    is_town,
    title_to_name,
)
from gi_tools.contacts import Contacts, find_contacts
from gi_tools.dates import DATE, Period, find_period, find_year, read_date, years_in
from gi_tools.documents import Document
from gi_tools.pages import Page, book, drop_pinyin, fold_lines, read_page
from gi_tools.regions import Region, find_region, is_lowest

TITLE_LINES = 60
SHOWN = 40  # characters of a line that evidence quotes
END_LINES, END = 12, 1500  # lines and characters at the end that may hold contacts
_AROUND = " \t\r\u3000\xa0#*•·|"
_DATED = re.compile(
    rf"[(]?{DATE.pattern}(?:\s?\d{{1,2}}:\d\d(?::\d\d)?)?[)]?(?=$|作者|来源|点击)"
)
_DATES = frozenset("(12")  # what a date begins with
_WHOLE = re.compile("报告|年报|:")
_PARTS = re.compile(r"\s?[|_–—]\s?|\s?-\s")


@dataclass(frozen=True, slots=True)
class Identity:
    """
    Who a report is from and what it covers; None where the document does not say.

    ``title`` is as printed, ``agency`` in simplified script. ``level`` is one of
    national, province, prefecture, county, township. ``period`` is a pair of ISO
    dates of which either may be None. ``evidence`` says what each rests on.
    """

    title: str | None
    agency: str | None
    level: str | None
    region: Region | None
    year: int | None
    period: tuple[str | None, str | None] | None
    published: str | None
    contacts: Contacts
    evidence: tuple[str, ...]


class Note(NamedTuple):
    """What was decided, what it rests on, and the line (None: no single line)."""

    about: str
    words: str
    line: int | None


def identify(document: Document) -> Identity:
    """
    Tell which body reports on which year, for which place.

    Only the beginning and the end of a document are looked at, so that a text of any
    length takes about the same time. Nothing is guessed: what the text does not show
    is None.
    """
    page = read_page(document)
    period = find_period(page.flow, book()["period"]["keys"])
    title, printed = _find_title(page, period.year if period else None)
    year, dated = _find_year(page, period, title)
    signed = find_signature(page, page.body)
    agency = find_agency(page, title, signed, year)
    contacts, at = find_contacts([page.flow, _end_of(page)])
    name = agency.name if agency else None
    region, placed = _find_region(page, name, year, title, contacts)
    published, issued = _find_published(page, signed, year)
    span = period[:2] if period and any(period[:2]) else None
    notes = [dated, placed, issued]
    if title:
        notes.append(Note("title", printed, title.line))
    if agency:
        notes.append(Note(f"agency {name}", agency.source, agency.line))
    if at is not None:
        notes.append(Note("contacts", page.flow[at : at + SHOWN], page.line_at(at)))
    return Identity(
        title=printed,
        agency=name,
        level=_find_level(name, region),
        region=region,
        year=year,
        period=span,
        published=published,
        contacts=contacts,
        evidence=tuple(_write(document, page, note) for note in notes if note),
    )


def _find_title(page: Page, year: int | None) -> tuple[Claim | None, str | None]:
    """The title, folded, with its line, and as printed; of several that of the year."""
    best = None
    for first in range(min(page.body, len(page.lines), TITLE_LINES)):
        if not any(["报" in line.text for line in page.lines[first : first + 3]]):
            continue
        if (found := _title_at(page, first)) is None:
            continue
        if year is None or year in years_in(found[0].name):
            return found
        best = best or found
    return best or _title_of_markup(page)


def _title_at(page: Page, first: int) -> tuple[Claim, str] | None:
    shapes = book()["title"]
    for count in (1, 2, 3):
        lines = page.lines[first : first + count]
        texts = [line.text.strip("|") for line in lines]
        text = shapes["label"].sub("", "".join(texts))
        if len(lines) < count:
            return None
        if len(text) > shapes["longest"]:
            return _run_on_title(page, first) if count == 1 else None
        if _is_title(text) and (count == 1 or _is_split(texts)):
            printed = drop_pinyin("".join(line.raw.strip(_AROUND) for line in lines))
            return Claim(text, "title", first), shapes["label"].sub("", printed)
    return None


def _run_on_title(page: Page, first: int) -> tuple[Claim, str] | None:
    found = book()["title"]["run_on"].match(page.lines[first].raw)
    text = fold_lines(found["title"]) if found else ""
    return (Claim(text, "title", first), found["title"]) if _is_title(text) else None


def _is_title(text: str) -> bool:
    shapes = book()["title"]
    if len(text) < 8 or not shapes["ending"].search(text):
        return False
    if shapes["never"].search(text):
        return False
    marks = bool(years_in(text)), is_body(title_to_name(text))
    return any(marks) if shapes["subject"].search(text) else all(marks)


def _is_split(lines: list[str]) -> bool:
    """Whether a title was broken over lines, and not set under a body's name."""
    heads, last = "".join(lines[:-1]), lines[-1]
    if heads.endswith("关于"):
        return True
    if (_is_title(last) and years_in(last)) or _WHOLE.search(heads):
        return False
    return bool(years_in(heads)) or is_body(title_to_name(heads + "报告"))


def _title_of_markup(page: Page) -> tuple[Claim | None, str | None]:
    for head in page.heads:
        for part in (head, *_PARTS.split(head)):
            if _is_title(fold_lines(part)):
                return Claim(fold_lines(part), "title of the page", -1), part.strip()
    return None, None


def _find_year(
    page: Page, period: Period | None, title: Claim | None
) -> tuple[int | None, Note | None]:
    if period:
        words = page.flow[period.at : period.at + SHOWN]
        return period.year, Note(f"year {period.year}", words, page.line_at(period.at))
    for year in years_in(title.name) if title else ():
        return year, Note(f"year {year}", title.name, title.line)
    if year := find_year(page.flow, book()["year"]["votes"]):
        line = page.line_at(page.flow.find(str(year)))
        return year, Note(f"year {year}", "most often spoken of", line)
    return None, None


def _find_region(
    page: Page, name: str | None, year: int | None, title: Claim | None, known: Contacts
) -> tuple[Region | None, Note | None]:
    address, printed = known.address or "", title.name if title else ""
    hints = [printed, address, page.card, page.flow]
    tries = {"agency": name or "", "title": printed, "address": address}
    if name and _is_national(name):  # its address does not make it a local body
        tries = {"agency": name}
    for source, text in tries.items():
        if text and (region := find_region(text, year, hints)):
            return region, Note(f"region {region.code}", f"{source}: {text}", None)
    place = _only_place(page, name, year) if name and len(tries) > 1 else ""
    if region := find_region(place, year, hints):
        words = f"the only place named: {place}"
        return region, Note(f"region {region.code}", words, None)
    return None, None


def _only_place(page: Page, name: str, year: int | None) -> str:
    """The one county of the opening, else the one place, that a short name lacks."""
    if len(name) > 8 and not is_town(name):
        return ""
    mentions = page.mentions
    lowest = {m.name for m in mentions if is_lowest(m.name, year)}
    places = lowest or {m.name for m in mentions}
    if name[0] in "县区":
        places = {place for place in places if place.endswith(name[0])}
    return places.pop() if len(places) == 1 else ""


def _find_level(name: str | None, region: Region | None) -> str | None:
    if name is None:
        return None
    if is_town(name):
        return "township"
    if region is None and _is_national(name):
        return "national"
    for level, pattern in book()["level"]["relative"].items():
        if pattern.search(name):
            return level
    zone = book()["name"]["zone"].search(name)
    return None if region is None or (zone and not region.county) else region.level


def _is_national(name: str) -> bool:
    return book()["level"]["national"].search(name) is not None


def _find_published(
    page: Page, signed: Signature | None, year: int | None
) -> tuple[str | None, Note | None]:
    if signed and int(signed.date[:4]) >= (year or 0):
        return signed.date, Note(f"published {signed.date}", "signature", signed.line)
    dates = []
    for label in islice(book()["published"]["labels"].finditer(page.card), 12):
        found = DATE.match(page.card, label.end())
        if found and (date := read_date(found)):
            words = label[0] + found[0]
            dates.append((not words.startswith("发布"), date, words))
    for line in page.lines[: min(page.body, TITLE_LINES)]:
        found = _DATED.match(line.text) if line.text[:1] in _DATES else None
        if found and (date := read_date(found)):
            dates.append((True, date, line.text))
    if not dates:
        return None, None
    _, date, words = min(dates, key=lambda entry: entry[0])
    return date, Note(f"published {date}", words, None)


def _end_of(page: Page) -> str:
    return "\n".join(line.text for line in page.lines[-END_LINES:])[-END:]


def _write(document: Document, page: Page, note: Note) -> str:
    words = note.words.strip().partition("\n")[0][:SHOWN]
    if note.line is None or not 0 <= note.line < len(page.lines):
        return f"{note.about}: {words}"
    where = document.locate(page.lines[note.line].place)
    return f"{note.about}: {where}, {words}" if where else f"{note.about}: {words}"

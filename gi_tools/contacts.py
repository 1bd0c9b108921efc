"""The contact sentence of a report to address, postcode, telephone, e-mail, website."""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import islice
from typing import NamedTuple

TRIES = 8  # matches of a label before a field counts as not printed

_COLON = r"(?:号码)?\s?(?:为|是|[:：;])?\s{0,4}"
_NUMBER = (
    r"(?P<value>[(（]?\d[\d()（）—–－―~.\- ]{5,24}(?:转\d{1,5})?)"
    r"(?!\s?[\d%余个条次件人])"
)
_NOT = "(?<!监督电|举报电|投诉电|热线电)"
_NEXT = "邮政?编|联系|电话|办公电话|传真"
_SITE = r"[\w.\-]{3,80}(?:[:/][A-Za-z0-9_./%?=&~#:\-]{0,150})?"
_HOST = (
    r"[A-Za-z0-9\-]{0,39}\.(?:[A-Za-z0-9\-]{1,40}\.){0,4}"
    r"(?:gov|org|com|net|edu|cn)(?:\.cn)?(?![A-Za-z])(?:/[A-Za-z0-9_./%?=&~#\-]{0,150})?"
)
# Each begins with a literal or a set, so that a search skips what cannot begin one.
_PATTERNS = {
    "address": (
        r"地(?<!网站地|网络地|邮箱地|电子地|IP地)\s?址\s?(?:为|是|[:：])\s{0,4}"
        rf"(?P<value>(?:(?!{_NEXT})[^,;。|\n()，；（）]"
        rf"|[(（](?!{_NEXT})[^()（）\n]{{0,30}}[)）]){{3,80}})"
    ),
    "postcode": rf"邮\s?政?\s?编\s?[码号]?{_COLON}(?P<value>\d{{6}})(?!\d)",
    "phone": rf"[电Tt联](?:(?<=电){_NOT}\s?话(?:[/、及和]传真)?{_COLON}"
    rf"|(?<=[Tt])(?<!\w.)[Ee][Ll]\b[.:：]?\s?|(?<=联)系[:：]\s?){_NUMBER}",
    "fax": rf"[传Ff](?:(?<=传)\s?真(?:电话)?{_COLON}"
    rf"|(?<=[Ff])(?<!\w.)[Aa][Xx]\b[.:：]?\s?){_NUMBER}",
    "email": (
        r"(?P<value>[A-Za-z0-9_.+\-](?<![\w.+\-].)[A-Za-z0-9_.+\-]{0,63}@"
        r"(?:[A-Za-z0-9\-]{1,40}\.){1,4}[A-Za-z]{2,10})"
    ),
    "website": (
        rf"(?P<value>[A-Za-z0-9/\-](?:(?:(?<=/)|(?<=h)ttps?:/)/{_SITE}"
        rf"|(?<=[A-Za-z0-9\-])(?<![\w@.\-].){_HOST}))"
    ),
}
_COMPILED = {key: re.compile(pattern, re.ASCII) for key, pattern in _PATTERNS.items()}
# Signs of which each must have one; to look for them is quicker than to search.
_SIGNS = {"address": "址", "postcode": "编", "phone": "话系lL", "fax": "真xX"}
_SIGNS |= {"email": "@", "website": "/."}
_TRIM = " \t-—–－―~.,:;、，：；"


class Contacts(NamedTuple):
    """How to reach the body that reports, each as printed, None where it is not."""

    address: str | None = None
    postcode: str | None = None
    phone: str | None = None
    fax: str | None = None
    email: str | None = None
    website: str | None = None


def find_contacts(texts: Iterable[str]) -> tuple[Contacts, int | None]:
    """
    Find the contacts in texts in order of trust, and where the first one stands.

    The offset counts in the first text; None when nothing was found there.
    """
    found: dict[str, str] = {}
    at = None
    for number, text in enumerate(texts):
        for key, pattern in _COMPILED.items():
            hopeless = key in found or not any([sign in text for sign in _SIGNS[key]])
            matches = () if hopeless else islice(pattern.finditer(text), TRIES)
            for match in matches:
                if value := _clean(key, match["value"]):
                    found[key] = value
                    at = match.start() if number == 0 and at is None else at
                    break
    return Contacts(**found), at


def _clean(key: str, value: str) -> str | None:
    value = value.strip(_TRIM)
    if key == "address" and (value.isascii() or "://" in value):
        return None
    if key in ("phone", "fax"):
        value = _close(value)
        digits = sum(char.isdigit() for char in value)
        return value if 7 <= digits <= 18 else None
    return value or None


def _close(value: str) -> str:
    """Cut a number at a bracket that was opened before it or is never closed."""
    for opening, closing in ("()", "（）"):
        if value.count(closing) > value.count(opening):
            value = value[: value.rfind(closing)]
        if value.count(opening) > value.count(closing):
            value = value[: value.rfind(opening)]
    return value.strip(_TRIM)

"""A page with hardly any text to the attachments that its report may sit in."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import unquote

from gi_tools.readers.charset import decode

if TYPE_CHECKING:
    from selectolax.lexbor import LexborHTMLParser, LexborNode

OWN_TEXT = 600  # characters outside links; a report's first section has more
SHOWN = 5
_SUFFIXES = "docx?|pdf|xlsx?|zip|rar|wps|et|ofd|rtf"
_FILE = re.compile(rf"\.(?:{_SUFFIXES})(?![a-z0-9])", re.I)
_NAME = re.compile(rf"[^/\\?&=#]{{1,200}}\.(?:{_SUFFIXES})(?![a-z0-9])", re.I)
_REPORT = re.compile("年报|年度报告|工作报告|信息公开")
_SILENT = frozenset("script style noscript template head title option a".split())
_SOURCES = {"a": "href", "iframe": "src", "embed": "src", "object": "data"}


def find_attachments(tree: LexborHTMLParser) -> tuple[str, ...]:
    """
    Notes that name the linked files of a page with hardly any text of its own.

    A page that holds its report gives none. Links that speak of a report come first.
    """
    body = tree.body
    named = list_links(tree)
    if not named or _count_own(body) > OWN_TEXT:
        return ()
    notes = [
        f"the report may be in the attachment {name} ({href}); fetch and read that"
        for href, name in named[:SHOWN]
    ]
    if len(named) > SHOWN:
        notes.append(f"{len(named) - SHOWN} more attachments are linked")
    return tuple(notes)


def list_links(tree: LexborHTMLParser) -> list[tuple[str, str]]:
    """The address and name of each linked file, those that speak of a report first."""
    if tree.body is None:
        return []
    nodes = tree.body.css("a, iframe, embed, object")
    links: dict[str, str] = {}
    for href, name in filter(None, map(_read_link, nodes)):
        # An icon may link the same file: the name that speaks of a report stands.
        if href not in links or _REPORT.search(name):
            links[href] = name
    return sorted(links.items(), key=lambda link: not _REPORT.search(link[1]))


def find_files(data: bytes) -> list[str]:
    """
    The addresses of the files that the bytes of a page link to as its report.

    A page that holds its report gives those alone whose names speak of one.
    """
    from selectolax.lexbor import LexborHTMLParser

    tree = LexborHTMLParser(decode(data, "page").text)
    links = list_links(tree)
    if links and _count_own(tree.body) > OWN_TEXT:
        links = [link for link in links if _REPORT.search(link[1])]
    return [href for href, _ in links]


def _read_link(node: LexborNode) -> tuple[str, str] | None:
    """The address of a linked file and its name; None for other links."""
    href = (node.attributes.get(_SOURCES[node.tag]) or "").strip()[:500]
    text = " ".join(node.text(deep=True).split())[:120]
    if not href or href.startswith(("javascript:", "mailto:", "data:")):
        return None
    if not (_FILE.search(href) or _FILE.search(text)):
        return None
    file = _NAME.search(unquote(href))
    return href, text or (file[0] if file else href)


def _count_own(body: LexborNode) -> int:
    """Characters that stand outside links, scripts and lists of choices."""
    count, stack = 0, [body]
    while stack and count <= OWN_TEXT:
        node = stack.pop()
        if node.tag == "-text":
            count += len("".join((node.text_content or "").split()))
        elif node.tag not in _SILENT:
            stack.extend(node.iter(include_text=True))
    return count

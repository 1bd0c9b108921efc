"""A list of addresses to files with their origin: politely, resumed at will."""

from __future__ import annotations

import csv
import threading
from collections import defaultdict
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from os import PathLike
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urldefrag, urljoin, urlsplit

from gi_tools.errors import DataError, GiError
from gi_tools.fetching.addresses import Refusal
from gi_tools.fetching.store import Store
from gi_tools.fetching.visits import Limits, Visit, Visitor
from gi_tools.progress import make_bar
from gi_tools.readers.attachments import find_files
from gi_tools.versions import VERSION

__all__ = ["Fetched", "Limits", "fetch"]

HOSTS = 8  # at work at once
MOST_FILES = 5  # attachments of a page
COLUMNS = ("agency", "region", "year", "title")
PLAIN = Limits()


class Fetched(NamedTuple):
    """What came of a list, in addresses: fetched now, here before, failed."""

    fetched: int
    kept: int
    failed: int


def fetch(
    sources: str | PathLike,
    out: str | PathLike,
    *,
    contact: str | None = None,
    limits: Limits = PLAIN,
    refresh: bool = False,
    progress: bool = True,
) -> Fetched:
    """
    Fetch the reports of a study list, a CSV with agency, region, year and url.

    The bytes go to ``out/files`` under their SHA-256, what is known of them to
    ``out/index.jsonl``. Files that a page links to as its report come too. Run again,
    it fetches what is not there; ``refresh`` asks whether the rest has changed.
    ``contact`` is an address for those whose servers are asked. Raises DataError for
    a list without addresses; an address that fails is a line in the index.
    """
    hosts = _read_sources(Path(sources))
    agent = make_agent(contact)
    total = sum(map(len, hosts.values()))
    stop = threading.Event()
    with (
        Store(Path(out)) as store,
        Visitor(agent, limits) as visitor,
        make_bar(total, " addresses", progress) as bar,
        ThreadPoolExecutor(HOSTS) as pool,
    ):

        def run(rows: list[dict]) -> list[str]:
            done = []
            for row in rows:
                if stop.is_set():
                    break
                done += _fetch_source(row, store, visitor, refresh)
                bar.update()
            return done

        try:
            found = [r for part in pool.map(run, hosts.values()) for r in part]
        finally:
            stop.set()  # after Ctrl-C the hosts finish what is under way, no more
    return Fetched(*(found.count(name) for name in Fetched._fields))


def make_agent(contact: str | None) -> str:
    """The name we go by. Raises DataError for a contact that no header can carry."""
    contact = contact or "none given"
    if not contact.isascii() or not contact.isprintable() or len(contact) > 100:
        raise DataError("contact: give a plain e-mail or web address")
    return f"gi_tools/{VERSION} (research on public annual reports; {contact})"


def _read_sources(path: Path) -> dict[str, list[dict]]:
    """The rows of the list by host, in order, each address once."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = list(csv.DictReader(file))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise DataError(f"{path}: no CSV in UTF-8 ({error}); check it") from None
    if not rows or "url" not in rows[0]:
        raise DataError(f"{path}: no column url; give agency, region, year, url")
    hosts: dict[str, dict[str, dict]] = defaultdict(dict)
    for row in rows:
        url = urldefrag((row["url"] or "").strip())[0]
        if url:
            kept = {name: row.get(name) or None for name in COLUMNS}
            kept["year"] = kept["year"] or row.get("report_year") or None
            hosts[_host(url)].setdefault(url, {"url": url, **kept})
    if not hosts:
        raise DataError(f"{path}: not one address in it; fill the column url")
    return {host: list(found.values()) for host, found in hosts.items()}


def _host(url: str) -> str:
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""


def _fetch_source(
    row: dict, store: Store, visitor: Visitor, refresh: bool
) -> Iterator[str]:
    """Fetch one page and the files it links to as its report; yield what came of it."""
    result, record = _fetch_one(row, store, visitor, refresh)
    yield result
    for url in record.get("attachments") or ():
        part = {**row, "url": url, "title": None, "parent": row["url"]}
        yield _fetch_one(part, store, visitor, refresh)[0]


def _fetch_one(
    row: dict, store: Store, visitor: Visitor, refresh: bool
) -> tuple[str, dict]:
    known = store.find(row["url"])
    if known and not refresh:
        return "kept", known
    record = {**row, "time": datetime.now(UTC).isoformat(timespec="seconds")}
    try:
        visit = visitor.fetch(row["url"], _ask_if_changed(known))
    except Refusal as refusal:
        if not known:  # what is here stays
            store.note(record | {"error": str(refusal)})
        return "failed", {}
    if visit.body is None:
        return "kept", known or {}
    record |= {"final_url": visit.url, "hops": visit.hops, "status": visit.status}
    record |= {"headers": visit.headers, "error": None, **store.save(visit.body)}
    record["attachments"] = [] if "parent" in row else _list_files(record, visit)
    store.note(record)
    return "fetched", record


def _ask_if_changed(known: dict[str, Any] | None) -> dict[str, str]:
    """The headers by which a server may say that nothing has changed."""
    had = dict(known["headers"]) if known else {}
    pairs = (("if-none-match", "etag"), ("if-modified-since", "last-modified"))
    return {asked: had[name] for asked, name in pairs if had.get(name)}


def _list_files(record: dict[str, Any], visit: Visit) -> list[str]:
    """The whole addresses of the files that a page links to as its report."""
    if record["kind"] != "html":
        return []
    try:
        links = find_files(visit.body)
    except GiError:
        return []
    found = []
    for link in links:
        try:
            url = urldefrag(urljoin(visit.url, link))[0].replace(" ", "%20")
        except ValueError:
            continue
        if url.startswith(("http://", "https://")) and url not in found:
            found.append(url)
    return found[:MOST_FILES]

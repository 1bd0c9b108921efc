"""A web address to its bytes: politely, within limits, by way of checked redirects."""

from __future__ import annotations

import re
import socket
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, NamedTuple
from urllib.parse import SplitResult, urljoin

from gi_tools.fetching.addresses import Refusal, Trouble, check_url, find_address

BUSY = frozenset((408, 425, 429, 500, 502, 503, 504))
REDIRECTS = frozenset((301, 302, 303, 307, 308))
ROBOTS_SIZE = 500_000
LONGEST_DELAY = 60.0  # of a Crawl-delay; more is no use to anyone


class Limits(NamedTuple):
    """Seconds between requests to a host, tries, bytes, seconds a file, hops, wait."""

    delay: float = 2.0
    tries: int = 4
    size: int = 64 * 1024 * 1024
    seconds: float = 120.0
    hops: int = 5
    wait: float = 120.0
    private: bool = False


class Visit(NamedTuple):
    """What came back: ``body`` is None where the server said nothing had changed."""

    url: str
    status: int
    headers: list[tuple[str, str]]
    body: bytes | None
    hops: tuple[str, ...]


class Visitor:
    """Fetch addresses, one request at a time for each host; threads may share it."""

    def __init__(self, agent: str, limits: Limits) -> None:
        import httpx

        self._agent, self._limits = agent, limits
        self._gates: dict[str | None, _Gate] = {}
        self._robots: dict[str, Any] = {}
        quick = min(limits.seconds, 30.0)
        # The environment's proxies would connect to what was never checked.
        # No connection is kept: each is watched from its beginning to its end.
        fresh = httpx.Limits(max_keepalive_connections=0)
        self._client = httpx.Client(trust_env=False, timeout=quick, limits=fresh)

    def __enter__(self) -> Visitor:
        return self

    def __exit__(self, *_: object) -> None:
        self._client.close()

    def fetch(self, url: str, headers: Mapping[str, str] | None = None) -> Visit:
        """
        Fetch one address as its robots.txt allows, with retries and redirects.

        Raises Refusal with the reason when it cannot or may not be had.
        """
        return self._try(url, dict(headers or {}), self._limits.size, robots=True)

    def _try(self, url: str, headers: dict, size: int, robots: bool) -> Visit:
        for attempt in range(self._limits.tries):
            try:
                return self._follow(url, headers, size, robots)
            except Trouble as trouble:
                reason, wait = str(trouble), trouble.wait
                if wait is None:
                    wait = self._limits.delay * 2**attempt
                if wait > self._limits.wait:
                    raise Refusal(f"{reason}; come back in {wait:.0f} s") from None
                if attempt + 1 < self._limits.tries:
                    time.sleep(wait)
        raise Refusal(f"{reason}; {self._limits.tries} tries")

    def _follow(self, url: str, headers: dict, size: int, robots: bool) -> Visit:
        hops: list[str] = []
        while True:
            parts = check_url(url)
            if robots and not self._is_allowed(url, parts):
                raise Refusal("robots.txt does not allow it")
            status, found, body = self._request(url, parts, headers, size)
            target = dict(found).get("location")
            if status not in REDIRECTS or not target:
                break
            hops.append(url)
            try:
                url = urljoin(url, target)
            except ValueError:
                raise Refusal("a redirect to no address") from None
            if url in hops:
                raise Refusal("redirects go in a circle")
            if len(hops) > self._limits.hops:
                raise Refusal(f"more than {self._limits.hops} redirects")
        if status == 304 and headers:  # else nothing is here that it could mean
            return Visit(url, status, found, None, tuple(hops))
        if status in BUSY:
            raise Trouble(f"HTTP {status}", _read_wait(dict(found).get("retry-after")))
        if status != 200:
            raise Refusal(f"HTTP {status}")
        if not body.strip() and robots:
            raise Trouble("an empty answer")
        return Visit(url, status, found, body, tuple(hops))

    def _request(
        self, url: str, parts: SplitResult, headers: dict, size: int
    ) -> tuple[int, list[tuple[str, str]], bytes]:
        """One request to the checked address, within size and time."""
        import httpx

        gate, watch = self._find_gate(parts), _Watch(self._limits.seconds)
        with gate.hold(max(self._limits.delay, gate.delay)), watch:
            try:
                request = self._aim(url, parts, headers)
                request.extensions["trace"] = watch.trace
                with closing(self._client.send(request, stream=True)) as answer:
                    body = _load(answer, size)
                watch.check()  # a connection cut by us can look like a whole answer
            except (httpx.HTTPError, httpx.InvalidURL, ValueError, OSError) as error:
                watch.check()
                why = str(error).replace("\n", " ")[:150]
                raise Trouble(f"{type(error).__name__}: {why}") from None
            finally:
                self._client.cookies.clear()
        raw = answer.headers.multi_items()
        return answer.status_code, [(k.lower()[:100], v[:1000]) for k, v in raw], body

    def _aim(self, url: str, parts: SplitResult, headers: dict) -> Any:
        """A request that goes to the checked IP address, in the name of the host."""
        import httpx

        target = httpx.URL(url)
        name = target.netloc.decode("ascii")
        own = {"User-Agent": self._agent, "Accept-Encoding": "identity", "Host": name}
        address = find_address(parts, self._limits.private)
        return self._client.build_request(
            "GET",
            target.copy_with(host=address, fragment=None),
            headers=headers | own,
            extensions={"sni_hostname": target.raw_host.decode("ascii")},
        )

    def _find_gate(self, parts: SplitResult) -> _Gate:
        # Two threads may ask for a new host at once; setdefault gives both one gate.
        return self._gates.setdefault(parts.hostname, _Gate())

    def _is_allowed(self, url: str, parts: SplitResult) -> bool:
        origin = f"{parts.scheme}://{parts.netloc}"
        if origin not in self._robots:
            self._robots[origin] = self._load_robots(origin)
        rules = self._robots[origin]
        if isinstance(rules, Refusal):
            raise Refusal(f"robots.txt cannot be read: {rules}")
        asked = min(rules.crawl_delay(self._agent) or 0, LONGEST_DELAY)
        gate = self._find_gate(parts)
        gate.delay = max(gate.delay, asked)
        return rules.can_fetch(url, self._agent)

    def _load_robots(self, origin: str) -> Any:
        """The rules of a host: all is open without a file, nothing when it is ill."""
        from protego import Protego

        try:
            visit = self._try(f"{origin}/robots.txt", {}, ROBOTS_SIZE, robots=False)
            text = visit.body.decode("utf-8", "replace")
        except Refusal as refusal:
            # 429 and its like come with what was tried: the host is ill, not open.
            if not re.fullmatch(r"HTTP 4\d\d", str(refusal)):
                return refusal
            text = ""
        return Protego.parse(text)


class _Gate:
    """The door to one host: one at a time, with a rest in between."""

    def __init__(self) -> None:
        self.delay = 0.0
        self._lock = threading.Lock()
        self._free = 0.0

    @contextmanager
    def hold(self, rest: float) -> Iterator[None]:
        with self._lock:
            time.sleep(max(0.0, self._free - time.monotonic()))
            try:
                yield
            finally:
                self._free = time.monotonic() + rest


class _Watch:
    """End a connection when its time is up, however slowly bytes still drip."""

    def __init__(self, seconds: float) -> None:
        self.is_over = False
        self._socket: Any = None
        self._timer = threading.Timer(seconds, self._end)

    def __enter__(self) -> _Watch:
        self._timer.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._timer.cancel()

    def check(self) -> None:
        """Raise Refusal when the time was up."""
        if self.is_over:
            raise Refusal("takes longer than it may")

    def trace(self, event: str, info: Mapping[str, Any]) -> None:
        """Learn the socket from the client's events; TLS gives another one."""
        if event in (
            "connection.connect_tcp.complete",
            "connection.start_tls.complete",
        ):
            self._socket = info["return_value"].get_extra_info("socket")

    def _end(self) -> None:
        self.is_over = True
        with suppress(OSError, AttributeError):
            self._socket.shutdown(socket.SHUT_RDWR)


def _load(answer: Any, size: int) -> bytes:
    """The body as it comes. Raises Refusal past the limits."""
    body = bytearray()
    if answer.status_code == 200:
        for part in answer.iter_bytes():
            body += part
            if len(body) > size:
                raise Refusal(f"larger than {size:,} bytes")
    return bytes(body)


def _read_wait(text: str | None) -> float | None:
    """The seconds of a Retry-After, a number or a date; None when it is neither."""
    if text is None:
        return None
    if text.isascii() and text.isdigit():
        return float(text[:9])
    try:
        date = parsedate_to_datetime(text)
        return max(0.0, (date - datetime.now(UTC)).total_seconds())
    except (ValueError, TypeError, OverflowError):
        return None

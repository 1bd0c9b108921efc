"""An address on the web to the one machine it may be fetched from, or a refusal."""

from __future__ import annotations

import ipaddress
import socket
from urllib.parse import SplitResult, urlsplit

LONGEST = 2000
PORTS = {"http": 80, "https": 443}


class Refusal(Exception):
    """Why an address is not fetched, for the index; no later try will change it."""


class Trouble(Refusal):
    """Why a try failed; another may do, after ``wait`` seconds where one is asked."""

    def __init__(self, reason: str, wait: float | None = None) -> None:
        super().__init__(reason)
        self.wait = wait


def check_url(url: str) -> SplitResult:
    """Take a web address apart. Raises Refusal when it is none that may be fetched."""
    if len(url) > LONGEST or any(c <= " " or c == "\x7f" for c in url):
        raise Refusal("no address: too long, or spaces in it")
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise Refusal("no address: it cannot be taken apart") from None
    if parts.scheme not in PORTS or not parts.hostname:
        raise Refusal(f"only http and https are fetched, not {parts.scheme or 'this'}")
    if parts.username is not None or port == 0:
        raise Refusal("an address with a user name or an odd port is not fetched")
    return parts


def find_address(parts: SplitResult, private: bool) -> str:
    """
    Resolve the host of an address to the IP address to connect to.

    That very address has been checked, so a second answer of the name server cannot
    lead elsewhere. Raises Refusal for addresses that are not public, unless
    ``private``, and Trouble when the name has none.
    """
    try:
        port = parts.port or PORTS[parts.scheme]
        found = socket.getaddrinfo(parts.hostname, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise Trouble(f"the name {parts.hostname} has no address") from None
    addresses = [str(entry[4][0]) for entry in found]
    for address in addresses:
        if private or is_public(address):
            return address
    raise Refusal(f"{parts.hostname} is {addresses[0]}, no public address")


def is_public(address: str) -> bool:
    """Whether an IP address is one of the open net, also inside another notation."""
    found = ipaddress.ip_address(address)
    if found.version == 6 and (found.ipv4_mapped or found.sixtofour or found.teredo):
        return False
    odd = found.is_multicast or found.is_reserved or found.is_unspecified
    odd = odd or (found.version == 6 and found.is_site_local)
    return found.is_global and not odd

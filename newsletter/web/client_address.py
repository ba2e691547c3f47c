"""
Find out which address a request comes from, also when trusted proxies have passed it on.

Anybody can send `Forwarded` and `X-Forwarded-For`, so what they say counts only as far as
`[web] proxies` vouches for it: from the right, each entry was written by the hop after it.
"""

from __future__ import annotations

import ipaddress
import logging
import time
from collections.abc import Iterable, Iterator, Sequence

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

IpAddress = ipaddress.IPv4Address | ipaddress.IPv6Address
IpNetwork = ipaddress.IPv4Network | ipaddress.IPv6Network

logger = logging.getLogger(__name__)

_LOG_EVERY_S = 3600.0
_HEADERS = ("forwarded", "x-forwarded-for")
_PRIVATE = [
    ipaddress.ip_network(network)
    for network in (
        "10.0.0.0/8",
        "127.0.0.0/8",
        "169.254.0.0/16",
        "172.16.0.0/12",
        "192.168.0.0/16",
        "::1/128",
        "fc00::/7",
        "fe80::/10",
    )
]


def client_of(request: Request) -> str:
    """
    Return the IP address of the client, without a port; empty if the server does not know any.
    """
    return request.client.host if request.client else ""


class ClientAddresses:
    """
    Replace the address of each request to *app* by that of the client, if *proxies* passed it on.
    """

    def __init__(self, app: ASGIApp, proxies: Sequence[str]) -> None:
        self.app = app
        self.proxies = [ipaddress.ip_network(proxy) for proxy in proxies]
        self._logged_at_s = float("-inf")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope.get("client"):
            host, port = scope["client"]
            headers = Headers(scope=scope)
            client = find_client(host, headers, self.proxies)
            self._notice_unknown_proxy(host, headers)
            # The port of a client behind a proxy is unknown.
            scope["client"] = (client, port if client == host else 0)
        await self.app(scope, receive, send)

    def _notice_unknown_proxy(self, peer: str, headers: Headers) -> None:
        """
        Log at most once an hour that the settings lack a proxy: a private address that passes on
        the addresses of others.
        """
        if time.monotonic() - self._logged_at_s < _LOG_EVERY_S:
            return
        if not any(name in headers for name in _HEADERS) or not is_private(peer):
            return
        address = _parse(peer)
        if address is not None and not _is_among(address, self.proxies):
            self._logged_at_s = time.monotonic()
            extra = {"event": "web.unknown_proxy"}
            message = "requests come through %s: if it is your proxy, add it to [web] proxies"
            logger.warning(message, address, extra=extra)


def is_private(address: str) -> bool:
    """
    Return True for the address of a private network or of this machine.
    """
    parsed = _parse(address)
    return parsed is not None and _is_among(parsed, _PRIVATE)


def find_client(peer: str, headers: Headers, proxies: Sequence[IpNetwork]) -> str:
    """
    Return the rightmost address of the chain that is not one of *proxies*: the last one that a
    trusted hop saw. *peer* is the address that the connection comes from.

    An entry that is no address ends the chain at the hop that wrote it. If both headers are there
    and disagree, nobody knows which of them the proxy has set and which the client, so the peer's
    own address is returned.
    """
    address = _parse(peer)
    if address is None:
        return peer
    if not _is_among(address, proxies):
        return str(address)
    chains = [
        hops
        for hops in (
            _forwarded(headers.getlist("forwarded")),
            _forwarded_for(headers.getlist("x-forwarded-for")),
        )
        if hops
    ]
    found = {_last_untrusted(hops, proxies, before=address) for hops in chains}
    return str(found.pop() if len(found) == 1 else address)


def _last_untrusted(
    hops: Sequence[str], proxies: Sequence[IpNetwork], *, before: IpAddress
) -> IpAddress:
    known = before
    for hop in reversed(hops):
        address = _parse(hop)
        if address is None:
            return known
        known = address
        if not _is_among(address, proxies):
            return known
    return known


def _is_among(address: IpAddress, networks: Iterable[IpNetwork]) -> bool:
    return any(address in network for network in networks)


def _parse(text: str) -> IpAddress | None:
    """
    Parse an address with or without a port; return None for anything else, such as the names
    `unknown` and `_hidden` of RFC 7239.
    """
    text = text.strip()
    if text.startswith("["):
        text, _, rest = text[1:].partition("]")
        if rest and not (rest.startswith(":") and _is_port(rest[1:])):
            return None
    elif text.count(":") == 1:
        text, _, port = text.partition(":")
        if not _is_port(port):
            return None
    try:
        address = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return mapped or address


def _is_port(text: str) -> bool:
    # RFC 7239 section 6 allows a made-up port, such as `_x7`.
    return 0 < len(text) <= 16 and text.isascii() and text.replace("_", "").isalnum()


def _forwarded_for(lines: Iterable[str]) -> list[str]:
    """
    Return the entries of all lines of X-Forwarded-For, the client's first.
    """
    return [entry.strip().strip('"') for line in lines for entry in line.split(",")]


def _forwarded(lines: Iterable[str]) -> list[str]:
    """
    Return the `for` of each element of all lines of Forwarded (RFC 7239), empty if it has none.
    """
    return [_for_of(element) for line in lines for element in _split(line, ",")]


def _for_of(element: str) -> str:
    pairs = [pair.partition("=") for pair in _split(element, ";")]
    values = [value.strip() for name, _, value in pairs if name.strip().lower() == "for"]
    # Two in one element are not allowed, so it is not known which is true.
    found = values[0] if len(values) == 1 else ""
    if found.startswith('"'):
        return found[1:].removesuffix('"').replace("\\", "")
    return found


def _split(text: str, separator: str) -> Iterator[str]:
    """
    Split *text* at each *separator* outside quotes.
    """
    start, is_quoted, is_escaped = 0, False, False
    for at, letter in enumerate(text):
        if is_escaped:
            is_escaped = False
        elif is_quoted and letter == "\\":
            is_escaped = True
        elif letter == '"':
            is_quoted = not is_quoted
        elif letter == separator and not is_quoted:
            yield text[start:at]
            start = at + 1
    yield text[start:]

"""
Decide which network addresses may be contacted, and open connections that can reach no others, for
`fetcher` and the IMAP login. Addresses are checked after resolving, never by the text of a URL.
"""

from __future__ import annotations

import ipaddress
import queue
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import httpcore

from newsletter.errors import SettingsError
from subscribers.text.phrases import phrase

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network
Resolve = Callable[[str, int], Sequence[str]]

# IANA's special-purpose registries (RFC 6890 and later), plus what ipaddress.is_global accepts in
# Python 3.11: multicast, 6to4, NAT64, IPv4-compatible and site-local addresses.
_REFUSED_V4 = {
    "0.0.0.0/8": phrase("this network"),
    "10.0.0.0/8": phrase("a private network"),
    "100.64.0.0/10": phrase("a carrier's private network"),
    "127.0.0.0/8": phrase("this machine"),
    "169.254.0.0/16": phrase("a link-local network"),
    "172.16.0.0/12": phrase("a private network"),
    "192.0.0.0/24": phrase("a reserved network"),
    "192.0.2.0/24": phrase("a documentation network"),
    "192.88.99.0/24": phrase("a 6to4 relay"),
    "192.168.0.0/16": phrase("a private network"),
    "198.18.0.0/15": phrase("a benchmark network"),
    "198.51.100.0/24": phrase("a documentation network"),
    "203.0.113.0/24": phrase("a documentation network"),
    "224.0.0.0/4": phrase("a multicast group"),
    "240.0.0.0/4": phrase("a reserved network"),
}
_REFUSED_V6 = {
    "::/128": phrase("this network"),
    "::1/128": phrase("this machine"),
    "::/96": phrase("an IPv4 address in IPv6 form"),
    "64:ff9b::/96": phrase("an IPv4 address behind NAT64"),
    "64:ff9b:1::/48": phrase("an IPv4 address behind NAT64"),
    "2001::/32": phrase("an IPv4 address behind Teredo"),
    "2001:2::/48": phrase("a benchmark network"),
    "2001::/23": phrase("a reserved network"),
    "2001:db8::/32": phrase("a documentation network"),
    "2002::/16": phrase("an IPv4 address behind 6to4"),
    "3fff::/20": phrase("a documentation network"),
    "fc00::/7": phrase("a private network"),
    "fe80::/10": phrase("a link-local network"),
    "fec0::/10": phrase("a site-local network"),
    "ff00::/8": phrase("a multicast group"),
}
_REFUSED: tuple[tuple[Network, str], ...] = tuple(
    (ipaddress.ip_network(cidr), reason) for cidr, reason in (_REFUSED_V4 | _REFUSED_V6).items()
)
# RFC 4291 section 2.4 and IANA's registry: every public IPv6 address so far starts with 001.
_PUBLIC_V6 = ipaddress.IPv6Network("2000::/3")


def reason_to_refuse(address: Address) -> str | None:
    """
    Return what kind of address *address* is, or None if it is public.
    """
    for network, reason in _REFUSED:
        if address in network:
            return reason
    if isinstance(address, ipaddress.IPv6Address) and address not in _PUBLIC_V6:
        return phrase("a reserved network")
    return None


def how_to_allow(address: Address) -> str:
    """
    Advise on a source at a refused *address*. Link-local networks are never to be allowed: clouds
    hand out the credentials of a machine there.
    """
    if address.is_link_local:
        return phrase("no source can be in such a network; check the address")
    return phrase(
        "if you trust it, add its network to [limits] fetch_networks in newsletter.toml, and "
        "restart newsletter"
    )


def read_address(text: str) -> Address:
    """
    Parse the address *text*. An IPv4 address mapped into IPv6 is returned as the IPv4 address that
    the system would connect to.
    """
    address = ipaddress.ip_address(text)
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is not None:
        return address.ipv4_mapped
    return address


class Allowed:
    """
    The networks that the operator allows although they are not public.
    """

    def __init__(self, networks: Sequence[str]) -> None:
        self._networks = tuple(_read_network(cidr) for cidr in networks)

    def __contains__(self, address: Address) -> bool:
        return any(address in network for network in self._networks)


def _read_network(cidr: str) -> Network:
    try:
        return ipaddress.ip_network(cidr)
    except ValueError as error:
        raise SettingsError(
            f"[limits] fetch_networks: {cidr!r} is not a valid network ({error}): "
            "write it as 10.20.0.0/16"
        ) from error


class Deadline:
    """
    The time by which a whole fetch must end. `left_s` raises TimeoutError after it.
    """

    def __init__(self, seconds: float) -> None:
        self._end = time.monotonic() + seconds

    def left_s(self) -> float:
        left = self._end - time.monotonic()
        if left <= 0:
            raise TimeoutError
        return left


def look_up(host: str, port: int) -> Sequence[str]:
    """
    Return every address that the system's resolver finds for *host*.
    """
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [str(sockaddr[0]) for *_, sockaddr in found]


def addresses_of(host: str, port: int, *, resolve: Resolve, deadline: Deadline) -> list[Address]:
    """
    Resolve *host*, and return its addresses, each once, in the resolver's order.

    getaddrinfo has no timeout, so it runs in a thread of its own, which is abandoned if the
    deadline passes first.

    Raises:
        OSError: there is no such host.
        TimeoutError: the deadline passed.
    """
    results: queue.Queue[Sequence[str] | Exception] = queue.Queue(maxsize=1)

    def ask() -> None:
        try:
            results.put(resolve(host, port))
        # A label of more than 63 characters is a UnicodeError from Python's idna codec.
        except (OSError, UnicodeError) as error:
            results.put(error)

    threading.Thread(target=ask, name="look-up", daemon=True).start()
    try:
        result = results.get(timeout=deadline.left_s())
    except queue.Empty:
        raise TimeoutError from None
    if isinstance(result, Exception):
        raise OSError(f"no such host: {host}") from result
    return list(dict.fromkeys(read_address(text) for text in result))


class PinnedBackend(httpcore.NetworkBackend):
    """
    Connects only to *addresses*, whatever the host name in the request.

    The URL of a request is unchanged, so httpcore still handles the Host header, the TLS server
    name and the certificate's name. (httpx's `sni_hostname` could pin too, but its timeouts start
    again at each read: only the stream can enforce a deadline.)
    """

    def __init__(self, addresses: Sequence[Address], *, deadline: Deadline) -> None:
        self._addresses = addresses
        self._deadline = deadline
        self._backend = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        for place, address in enumerate(self._addresses, start=1):
            # An unreachable first address must leave time for the second.
            share_s = self._deadline.left_s() / (len(self._addresses) - place + 1)
            try:
                stream = self._backend.connect_tcp(
                    str(address), port, share_s, local_address, socket_options
                )
            except (httpcore.ConnectError, httpcore.ConnectTimeout):
                if place == len(self._addresses):
                    raise
            else:
                return DeadlineStream(stream, deadline=self._deadline)
        raise httpcore.ConnectError(f"{host} has no address")


class DeadlineStream(httpcore.NetworkStream):
    """
    A connection on which every read and write gets only the time left until *deadline*, so that a
    server cannot extend it by sending one byte at a time.
    """

    def __init__(self, stream: httpcore.NetworkStream, *, deadline: Deadline) -> None:
        self._stream = stream
        self._deadline = deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, self._deadline.left_s())

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, self._deadline.left_s())

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore.NetworkStream:
        left_s = self._deadline.left_s()
        stream = self._stream.start_tls(ssl_context, server_hostname, left_s)
        return DeadlineStream(stream, deadline=self._deadline)

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)

"""
The poster, which sends requests to URLs that staff have typed, within limits: for outgoing
webhooks.

It has the rules of the fetcher, but follows no redirects, and uses http only for the allowed
networks, because the requests name people.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import ssl
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import httpcore
import httpx

from newsletter.errors import FetchError
from newsletter.isolation.guarded_request import (
    as_fetch_errors,
    require_port,
    require_public,
    retry_after_s,
    send,
)
from newsletter.isolation.network_policy import (
    Address,
    Allowed,
    Deadline,
    PinnedBackend,
    Resolve,
    addresses_of,
    look_up,
)
from newsletter.isolation.urls import place_of, read_url
from subscribers.text.phrases import phrase

DEADLINE_S = 15.0
# This much of a response is read, so that the receiver can finish it; nothing of it is used.
_MAX_READ = 16 * 1024
# How long the check of a new URL waits for its host to be found.
_CHECK_DEADLINE_S = 3.0
_HOW_TO_ALLOW = phrase(
    "if you trust it, add its network to [limits] fetch_networks in newsletter.toml, and restart "
    "newsletter"
)


@dataclass(frozen=True, kw_only=True)
class Posted:
    """
    The response to a request: its status, and how long it asks to wait.
    """

    status: int
    retry_after_s: float | None = None


class Poster:
    """
    Posts over https to public addresses, and over http too to the allowed *networks*, within
    limits.

    It uses no proxy from the environment, and keeps no cookies or connections. A response counts
    once its header is complete, and by its status alone. *resolve*, *tls* and *now* give the
    resolver, the trusted certificates and the clock.
    """

    def __init__(
        self,
        *,
        networks: Sequence[str] = (),
        ports: Sequence[int] = (80, 443),
        deadline_s: float = DEADLINE_S,
        user_agent: str = "newsletter",
        resolve: Resolve = look_up,
        tls: ssl.SSLContext | None = None,
        now: Callable[[], dt.datetime] = lambda: dt.datetime.now(dt.UTC),
    ) -> None:
        self._allowed = Allowed(networks)
        self._ports = frozenset(ports)
        self._deadline_s = deadline_s
        self._user_agent = user_agent
        self._resolve = resolve
        self._tls = tls or httpx.create_ssl_context(trust_env=False)
        self._now = now

    def check(self, url: str) -> None:
        """
        Look up the host of *url*, and refuse what `post` would refuse to contact. A host that is
        not found now may be found when something is sent.

        Raises:
            FetchError: nothing may be sent there.
        """
        target = read_url(url)
        host, port = place_of(target)
        try:
            found = addresses_of(
                host, port, resolve=self._resolve, deadline=Deadline(_CHECK_DEADLINE_S)
            )
        except OSError:
            return
        self._require_allowed(target, found)

    def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> Posted:
        """
        Post *body* to *url* and return the response, whatever its status.

        Raises:
            FetchError: the address is refused, or there was no response in time.
        """
        deadline, target = Deadline(self._deadline_s), read_url(url)
        with as_fetch_errors(
            target.host,
            too_late=phrase(
                "did not respond within {seconds:g} s: let it store the event and respond at once",
                seconds=self._deadline_s,
            ),
            unusable=lambda error: phrase("sent no usable response ({error})", error=error),
        ):
            addresses = self._check_addresses(target, deadline)
            return self._send(target, body, headers, PinnedBackend(addresses, deadline=deadline))

    def _check_addresses(self, url: httpx.URL, deadline: Deadline) -> list[Address]:
        """
        Resolve the URL's host and return its addresses.

        Raises:
            FetchError: one of them must not be contacted, or not on that port or without TLS.
        """
        host, port = place_of(url)
        addresses = addresses_of(host, port, resolve=self._resolve, deadline=deadline)
        self._require_allowed(url, addresses)
        return addresses

    def _require_allowed(self, url: httpx.URL, addresses: Sequence[Address]) -> None:
        outside = [address for address in addresses if address not in self._allowed]
        refusal = phrase("nothing is sent to {host}", host=url.host)
        require_public(
            outside, refusal=phrase("nothing is sent to {host},", host=url.host), advice=_advice
        )
        if outside and url.scheme != "https":
            raise FetchError(
                phrase(
                    "nothing is sent to {host} unencrypted: use an https:// address", host=url.host
                )
            )
        if outside:
            require_port(place_of(url)[1], self._ports, refusal=refusal)

    def _send(
        self, url: httpx.URL, body: bytes, headers: Mapping[str, str], backend: PinnedBackend
    ) -> Posted:
        fields = {"User-Agent": self._user_agent, "Content-Length": str(len(body)), **headers}
        with send("POST", url, fields, body=body, backend=backend, tls=self._tls) as response:
            self._read_some(response)
            return self._posted(response)

    def _read_some(self, response: httpcore.Response) -> None:
        read = 0
        # Whatever goes wrong after the header changes nothing.
        with contextlib.suppress(
            httpcore.NetworkError, httpcore.ProtocolError, httpcore.TimeoutException, OSError
        ):
            for part in response.iter_stream():
                read += len(part)
                if read > _MAX_READ:
                    return

    def _posted(self, response: httpcore.Response) -> Posted:
        fields = {name.lower(): value.decode("latin-1") for name, value in response.headers}
        wait_s = retry_after_s(response.status, fields.get(b"retry-after"), self._now())
        return Posted(status=response.status, retry_after_s=wait_s)


def _advice(address: Address) -> str:
    return phrase("check the address") if address.is_link_local else _HOW_TO_ALLOW

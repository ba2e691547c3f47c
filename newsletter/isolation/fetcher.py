"""
The fetcher, which requests URLs that other people wrote, within limits; nothing else does.
`network_policy` decides which addresses may be contacted.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import http
import ssl
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import httpcore
import httpx

from newsletter.errors import FetchError
from newsletter.isolation.decompression import DecompressedBody
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
    how_to_allow,
    look_up,
)
from newsletter.isolation.urls import next_url, parts_of, place_of, read_url
from subscribers.text.phrases import phrase

PERMANENT = frozenset({301, 308})
REDIRECTS = frozenset({301, 302, 303, 307, 308})
_NOWHERE = Allowed(())
_FROM_OTHERS = phrase("only a source's own address may lead there, not a link or redirect")
_ADVICE = {
    401: phrase("it requires a login, which sources do not support"),
    403: phrase("ask the site's owner to allow this program"),
    404: phrase("check the address"),
    429: phrase("poll it less often"),
}


@dataclass(frozen=True, kw_only=True)
class Fetched:
    """
    A response with status 2xx or 304. Header names are in lower case, `body` is unpacked, `url` is
    where the redirects ended; `moved_to` is the same URL if all of them were permanent.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes
    url: str
    moved_to: str | None = None


@dataclass(frozen=True, kw_only=True)
class Limits:
    deadline_s: float
    max_bytes: int
    max_ratio: int
    max_redirects: int


class Fetcher:
    """
    Fetches over http and https from public addresses and the allowed *networks*, within limits.

    It uses no proxy or .netrc from the environment, and keeps no cookies or connections.
    *max_bytes* limits the size before and after unpacking. *resolve*, *tls* and *now* give the
    resolver, the trusted certificates and the clock.
    """

    def __init__(
        self,
        *,
        networks: Sequence[str] = (),
        ports: Sequence[int] = (80, 443),
        deadline_s: float = 20.0,
        max_bytes: int = 5 * 1024 * 1024,
        max_ratio: int = 100,
        max_redirects: int = 5,
        user_agent: str = "newsletter",
        resolve: Resolve = look_up,
        tls: ssl.SSLContext | None = None,
        now: Callable[[], dt.datetime] = lambda: dt.datetime.now(dt.UTC),
    ) -> None:
        self._allowed = Allowed(networks)
        self._ports = frozenset(ports)
        self._limits = Limits(
            deadline_s=deadline_s,
            max_bytes=max_bytes,
            max_ratio=max_ratio,
            max_redirects=max_redirects,
        )
        self._user_agent = user_agent
        self._resolve = resolve
        self._tls = tls or httpx.create_ssl_context(trust_env=False)
        self._now = now
        self._closed = threading.Event()

    def get(
        self, url: str, headers: Mapping[str, str], *, is_trusted: bool = True, stays: bool = False
    ) -> Fetched:
        """
        Fetch *url*, following redirects. *headers* are sent to every host on the way, so they must
        not contain secrets.

        If a URL comes from other people's content, *is_trusted* is false: it may lead only to
        public addresses. The same holds for every redirect from a host outside the allowed
        networks and, with *stays*, for a redirect to another scheme, host or port.

        Raises:
            FetchError: the address is refused, or the response is an error or exceeds a limit.
        """
        deadline = Deadline(self._limits.deadline_s)
        before, target = None, read_url(url)
        statuses: list[int] = []
        while len(statuses) <= self._limits.max_redirects:
            answer, is_inside = self._hop(
                target, headers, deadline=deadline, is_trusted=is_trusted, before=before
            )
            is_trusted = is_trusted and is_inside
            if answer.status not in REDIRECTS:
                is_moved = bool(statuses) and PERMANENT.issuperset(statuses)
                return dataclasses.replace(answer, moved_to=answer.url if is_moved else None)
            statuses.append(answer.status)
            before, target = target, next_url(target, answer.headers.get("location", ""))
            is_trusted = is_trusted and not (stays and parts_of(target) != parts_of(read_url(url)))
        raise FetchError(
            phrase(
                "{host} redirects more than {limit} times: check the address",
                host=read_url(url).host,
                limit=self._limits.max_redirects,
            )
        )

    def close(self) -> None:
        """
        Refuse further fetches, and follow no more redirects of a fetch in progress.
        """
        self._closed.set()

    def _hop(
        self,
        url: httpx.URL,
        headers: Mapping[str, str],
        *,
        deadline: Deadline,
        is_trusted: bool,
        before: httpx.URL | None,
    ) -> tuple[Fetched, bool]:
        """
        Return the response of one host, and whether that host is in the allowed networks. *before*
        is the URL that redirected to *url*.
        """
        if self._closed.is_set():
            raise FetchError(
                phrase("{host} was not fetched: this process is stopping", host=url.host)
            )
        with as_fetch_errors(
            url.host,
            too_late=phrase(
                "did not respond in full within {seconds:g} s: try later, or raise [limits] "
                "fetch_deadline_s",
                seconds=self._limits.deadline_s,
            ),
            unusable=lambda error: phrase("could not be reached ({error}): try later", error=error),
        ):
            addresses = self._check_addresses(url, deadline, is_trusted=is_trusted, before=before)
            backend = PinnedBackend(addresses, deadline=deadline)
            is_inside = all(address in self._allowed for address in addresses)
            return self._ask(url, headers, backend), is_inside

    def _check_addresses(
        self, url: httpx.URL, deadline: Deadline, *, is_trusted: bool, before: httpx.URL | None
    ) -> list[Address]:
        """
        Resolve the URL's host and return its addresses.

        Raises:
            FetchError: one of them must not be contacted.
        """
        host, port = place_of(url)
        addresses = addresses_of(host, port, resolve=self._resolve, deadline=deadline)
        allowed = self._allowed if is_trusted else _NOWHERE
        outside = [address for address in addresses if address not in allowed]
        refusal = phrase("{host} was not fetched", host=url.host)
        if before:
            refusal = phrase(
                "{first} redirects to {host}, which was not fetched",
                first=before.host,
                host=url.host,
            )
        require_public(
            outside,
            refusal=refusal,
            advice=how_to_allow if is_trusted else lambda _: _FROM_OTHERS,
        )
        if outside:
            require_port(port, self._ports, refusal=refusal)
        return addresses

    def _ask(self, url: httpx.URL, headers: Mapping[str, str], backend: PinnedBackend) -> Fetched:
        fields = {"User-Agent": self._user_agent, "Accept-Encoding": "gzip", **headers}
        with send("GET", url, fields, backend=backend, tls=self._tls) as response:
            return self._read(response, url)

    def _read(self, response: httpcore.Response, url: httpx.URL) -> Fetched:
        fields = {
            name.decode("latin-1").lower(): value.decode("latin-1")
            for name, value in response.headers
        }
        status = response.status
        if not (200 <= status < 300 or status == 304 or status in REDIRECTS):
            raise self._refusal(url.host, status, fields.get("retry-after"))
        body = self._unpack(response, fields, url.host) if 200 <= status < 300 else b""
        return Fetched(
            status=status, headers=fields, body=body, url=str(url.copy_with(fragment=None))
        )

    def _unpack(self, response: httpcore.Response, fields: Mapping[str, str], host: str) -> bytes:
        body = DecompressedBody(
            coding=fields.get("content-encoding", "").strip().lower(),
            host=host,
            max_bytes=self._limits.max_bytes,
            max_ratio=self._limits.max_ratio,
        )
        return body.read(response.iter_stream())

    def _refusal(self, host: str, status: int, retry_after: str | None) -> FetchError:
        if status == 410:
            return FetchError(
                phrase(
                    "{host} responded with 410 Gone: the feed or site is gone, remove this source",
                    host=host,
                ),
                status=status,
                is_gone=True,
            )
        known = status in set(http.HTTPStatus)
        name = http.HTTPStatus(status).phrase if known else phrase("unknown")
        advice = _ADVICE.get(status, phrase("try later"))
        return FetchError(
            phrase(
                "{host} responded with {status} {name}: {advice}",
                host=host,
                status=status,
                name=name,
                advice=advice,
            ),
            status=status,
            retry_after_s=retry_after_s(status, retry_after, self._now()),
        )

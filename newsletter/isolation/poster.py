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
from newsletter.isolation.network_policy import (
    Address,
    Allowed,
    Deadline,
    PinnedBackend,
    Resolve,
    addresses_of,
    look_up,
    reason_to_refuse,
)
from newsletter.isolation.urls import place_of, read_url
from newsletter.model.rate import parse_retry_after

DEADLINE_S = 15.0
# This much of a response is read, so that the receiver can finish it; nothing of it is used.
_MAX_READ = 16 * 1024
_HOW_TO_ALLOW = "if you trust it, add its network to [limits] fetch_networks"


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

    def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> Posted:
        """
        Post *body* to *url* and return the response, whatever its status.

        Raises:
            FetchError: the address is refused, or there was no response in time.
        """
        deadline, target = Deadline(self._deadline_s), read_url(url)
        try:
            addresses = self._check_addresses(target, deadline)
            return self._send(target, body, headers, PinnedBackend(addresses, deadline=deadline))
        except (TimeoutError, httpcore.TimeoutException) as error:
            raise FetchError(
                f"{target.host} did not respond within {self._deadline_s:g} s: let it store the "
                "event and respond at once"
            ) from error
        except OSError as error:
            raise FetchError(f"{target.host} was not found: check the address") from error
        except (httpcore.NetworkError, httpcore.ProtocolError) as error:
            raise FetchError(f"{target.host} sent no usable response ({error})") from error

    def _check_addresses(self, url: httpx.URL, deadline: Deadline) -> list[Address]:
        """
        Resolve the URL's host and return its addresses.

        Raises:
            FetchError: one of them must not be contacted, or not on that port or without TLS.
        """
        host, port = place_of(url)
        addresses = addresses_of(host, port, resolve=self._resolve, deadline=deadline)
        outside = [address for address in addresses if address not in self._allowed]
        for address in outside:
            reason = reason_to_refuse(address)
            if reason is not None:
                advice = "check the address" if address.is_link_local else _HOW_TO_ALLOW
                raise FetchError(
                    f"nothing is sent to {url.host}, because its address is {address} ({reason}): "
                    f"{advice}"
                )
        if outside and url.scheme != "https":
            raise FetchError(f"nothing is sent to {url.host} unencrypted: use an https:// address")
        if outside and port not in self._ports:
            raise FetchError(
                f"nothing is sent to {url.host} on port {port}: "
                "if you trust it, add the port to [limits] fetch_ports"
            )
        return addresses

    def _send(
        self, url: httpx.URL, body: bytes, headers: Mapping[str, str], backend: PinnedBackend
    ) -> Posted:
        host, port = place_of(url)
        target = httpcore.URL(
            scheme=url.raw_scheme, host=host, port=port, target=url.raw_path or b"/"
        )
        fields = {
            "Host": url.netloc.decode("ascii"),
            "User-Agent": self._user_agent,
            "Content-Length": str(len(body)),
            "Connection": "close",
            **headers,
        }
        raw = [(name.encode("ascii"), value.encode("ascii")) for name, value in fields.items()]
        with (
            httpcore.HTTPConnection(
                target.origin, ssl_context=self._tls, network_backend=backend
            ) as connection,
            connection.stream("POST", target, headers=raw, content=body) as response,
        ):
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
        asked = {name.lower(): value for name, value in response.headers}.get(b"retry-after")
        wait_s = None
        if asked is not None and response.status in (429, 503):
            wait_s = parse_retry_after(asked.decode("latin-1"), self._now())
        return Posted(status=response.status, retry_after_s=wait_s)

"""
Lanes: HTTP out to providers, one connection each, with one deadline for a whole call.

A pool shared by many threads gets slower with each (https://github.com/encode/httpx/issues/3215),
lanes do not: each has an httpx client with one connection. httpx starts its timeouts anew at each
read, so a transport of our own puts the deadline into the connection itself, which holds it
against a server that drips. No redirects, no retries, no proxies from the environment, no HTTP/2.
"""

from __future__ import annotations

import functools
import queue
import ssl
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Protocol

import httpcore
import httpx

from newsletter.providers.deadline import TimedBackend

# Shorter than servers keep a connection: writing into one that is being closed is doubt.
KEEPALIVE_S = 4.0
MAX_ANSWER_BYTES = 4 * 1024 * 1024
# Lanes for questions alone: a hand-over that waited for one of them would lose of its deadline, and
# end in doubt.
LOOK_UP_CONNECTIONS = 2

# The words for how a call ended (httpcore's from below our transport, httpx's from above it) that
# say that no request was read by anyone: no connection, no TLS, or nothing that could be sent.
_NEVER_LEFT = (
    httpcore.ConnectError,
    httpcore.ConnectTimeout,
    httpcore.PoolTimeout,
    httpcore.LocalProtocolError,
    httpcore.UnsupportedProtocol,
    httpx.LocalProtocolError,
    httpx.UnsupportedProtocol,
    httpx.InvalidURL,
)
_MAY_HAVE_ARRIVED = (httpcore.TimeoutException, httpcore.NetworkError, httpcore.ProtocolError)


@dataclass(frozen=True, kw_only=True)
class HttpResponse:
    """
    A complete answer. Header names are in lower case; a body over 4 MB is cut.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, kw_only=True)
class HttpFailure:
    """
    A call without a complete answer. `may_have_arrived` is False when it is proved that the
    request never reached the server.
    """

    may_have_arrived: bool
    reason: str


class Http(Protocol):
    """
    What an adapter needs of `Lanes`.
    """

    def post(
        self, url: str, content: bytes, headers: Mapping[str, str], deadline_s: float
    ) -> HttpResponse | HttpFailure: ...

    def get(
        self, url: str, headers: Mapping[str, str], deadline_s: float
    ) -> HttpResponse | HttpFailure: ...


class HttpClient:
    """
    *count* lanes for `post` and some for `get`, which borrow a free one, so that any number of
    threads may call them. *tls* and *monotonic_s* are how it reaches the trusted certificates and
    the clock.
    """

    def __init__(
        self,
        count: int,
        *,
        tls: ssl.SSLContext | None = None,
        monotonic_s: Callable[[], float] = time.monotonic,
    ) -> None:
        self._monotonic_s = monotonic_s
        self._lanes = [
            _Connection(tls or _process_tls(), monotonic_s)
            for _ in range(count + LOOK_UP_CONNECTIONS)
        ]
        # Last in, first out: the lane used last has its connection still open.
        self._to_ask: queue.LifoQueue[_Connection] = queue.LifoQueue()
        self._to_hand_over: queue.LifoQueue[_Connection] = queue.LifoQueue()
        for number, lane in enumerate(self._lanes):
            (self._to_ask if number < LOOK_UP_CONNECTIONS else self._to_hand_over).put(lane)

    def __enter__(self) -> HttpClient:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def post(
        self, url: str, content: bytes, headers: Mapping[str, str], deadline_s: float
    ) -> HttpResponse | HttpFailure:
        """
        What *url* answers to *content*, waiting at most *deadline_s* for everything: a free lane,
        the connection, the request and the answer to its last byte.
        """
        return self._ask(
            self._to_hand_over, "POST", url, content=content, headers=headers, deadline_s=deadline_s
        )

    def get(
        self, url: str, headers: Mapping[str, str], deadline_s: float
    ) -> HttpResponse | HttpFailure:
        """
        What *url* answers to a question that changes nothing; else as `post`.
        """
        return self._ask(self._to_ask, "GET", url, headers=headers, deadline_s=deadline_s)

    def _ask(
        self,
        free: queue.LifoQueue[_Connection],
        method: str,
        url: str,
        *,
        headers: Mapping[str, str],
        deadline_s: float,
        content: bytes = b"",
    ) -> HttpResponse | HttpFailure:
        ends_at_s = self._monotonic_s() + deadline_s
        try:
            lane = free.get(timeout=deadline_s)
        except queue.Empty:
            return HttpFailure(may_have_arrived=False, reason="no lane became free in time")
        try:
            return lane.ask(method, url, content, headers=headers, ends_at_s=ends_at_s)
        finally:
            free.put(lane)

    def close(self) -> None:
        """
        Ends every connection. No call may be under way.
        """
        for lane in self._lanes:
            lane.close()


@functools.cache
def _process_tls() -> ssl.SSLContext:
    """
    One for the process: reading the certificates costs 8 ms.
    """
    return httpx.create_ssl_context(trust_env=False)


class _Body(httpx.SyncByteStream):
    """
    An answer's bytes as they come over the connection.
    """

    def __init__(self, answer: httpcore.Response) -> None:
        self._answer = answer

    def __iter__(self) -> Iterator[bytes]:
        yield from self._answer.iter_stream()

    def close(self) -> None:
        self._answer.close()


class _Transport(httpx.BaseTransport):
    """
    What an httpx client sends through: a pool of one connection, whose stream keeps the deadline.
    """

    def __init__(self, pool: httpcore.ConnectionPool) -> None:
        self._pool = pool

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """
        The answer, its body not read yet.
        """
        url = httpcore.URL(
            scheme=request.url.raw_scheme,
            host=request.url.raw_host,
            port=request.url.port,
            target=request.url.raw_path,
        )
        answer = self._pool.handle_request(
            httpcore.Request(
                request.method, url, headers=request.headers.raw, content=request.read()
            )
        )
        return httpx.Response(answer.status, headers=answer.headers, stream=_Body(answer))

    def close(self) -> None:
        self._pool.close()


class _Connection:
    """
    One httpx client with one connection, used by one thread at a time.
    """

    def __init__(self, tls: ssl.SSLContext, monotonic_s: Callable[[], float]) -> None:
        self._backend = TimedBackend(monotonic_s)
        pool = httpcore.ConnectionPool(
            ssl_context=tls,
            max_connections=1,
            keepalive_expiry=KEEPALIVE_S,
            http1=True,
            http2=False,
            retries=0,
            network_backend=self._backend,
        )
        self._client = httpx.Client(
            transport=_Transport(pool),
            headers={"Accept-Encoding": "identity", "User-Agent": "newsletter"},
            timeout=None,  # noqa: S113 - the connection holds one deadline for everything
            follow_redirects=False,
            trust_env=False,
        )

    def ask(
        self,
        method: str,
        url: str,
        content: bytes,
        *,
        headers: Mapping[str, str],
        ends_at_s: float,
    ) -> HttpResponse | HttpFailure:
        self._backend.ends_at_s = ends_at_s
        try:
            return self._answer(method, url, content, headers=headers)
        except _NEVER_LEFT as error:
            return HttpFailure(may_have_arrived=False, reason=_told(error))
        except _MAY_HAVE_ARRIVED as error:
            return HttpFailure(may_have_arrived=True, reason=_told(error))

    def _answer(
        self, method: str, url: str, content: bytes, *, headers: Mapping[str, str]
    ) -> HttpResponse:
        with self._client.stream(method, url, headers=dict(headers), content=content) as answer:
            return HttpResponse(
                status=answer.status_code,
                headers=dict(answer.headers),
                body=_read_up_to(answer.iter_raw(), MAX_ANSWER_BYTES),
            )

    def close(self) -> None:
        self._client.close()


def _told(error: Exception) -> str:
    kind = type(error).__name__
    return f"{kind}: {error}" if str(error) else kind


def _read_up_to(pieces: Iterator[bytes], most: int) -> bytes:
    body = b""
    for piece in pieces:
        body += piece
        if len(body) > most:
            break
    return body[:most]

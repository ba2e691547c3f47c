"""
Call providers over HTTP, with one connection per thread and one deadline for each whole call.

A pool shared by many threads gets slower with each of them
(https://github.com/encode/httpx/issues/3215), so every connection here has its own httpx client.
httpx restarts its timeouts at each read, so our own transport puts the deadline into the connection
itself, which also limits a server that sends a byte at a time. No redirects, no retries, no proxies
from the environment, no HTTP/2.
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

# Shorter than servers keep connections open, because a call over a closing connection is uncertain.
KEEPALIVE_S = 4.0
MAX_RESPONSE_BYTES = 4 * 1024 * 1024
# Reserved for look-ups, so that a send never waits behind one and loses part of its deadline.
LOOK_UP_CONNECTIONS = 2

# Errors (httpcore's from below our transport, httpx's from above it) that prove that the server got
# no request: no connection, no TLS, or a request that could not be sent.
_NEVER_SENT = (
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
    A complete response. Header names are in lower case; a body over 4 MB is truncated.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, kw_only=True)
class HttpFailure:
    """
    A call without a complete response.

    `may_have_arrived` is False if it is certain that the request never reached the server.
    """

    may_have_arrived: bool
    reason: str


class Http(Protocol):
    """
    The part of `HttpClient` that providers use.
    """

    def post(
        self, url: str, content: bytes, headers: Mapping[str, str], deadline_s: float
    ) -> HttpResponse | HttpFailure: ...

    def get(
        self, url: str, headers: Mapping[str, str], deadline_s: float
    ) -> HttpResponse | HttpFailure: ...


class HttpClient:
    """
    HTTP connections for `post`, and a few more for `get`. Any number of threads may call both.

    *connections* is the number for `post`; *tls* and *monotonic_s* are replaced in tests.
    """

    def __init__(
        self,
        connections: int,
        *,
        tls: ssl.SSLContext | None = None,
        monotonic_s: Callable[[], float] = time.monotonic,
    ) -> None:
        self._monotonic_s = monotonic_s
        self._connections = [
            _Connection(tls or _process_tls(), monotonic_s)
            for _ in range(connections + LOOK_UP_CONNECTIONS)
        ]
        # Last in, first out: the connection used last is the most likely to still be open.
        self._for_look_ups: queue.LifoQueue[_Connection] = queue.LifoQueue()
        self._for_submissions: queue.LifoQueue[_Connection] = queue.LifoQueue()
        for number, connection in enumerate(self._connections):
            (self._for_look_ups if number < LOOK_UP_CONNECTIONS else self._for_submissions).put(
                connection
            )

    def __enter__(self) -> HttpClient:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def post(
        self, url: str, content: bytes, headers: Mapping[str, str], deadline_s: float
    ) -> HttpResponse | HttpFailure:
        """
        Post *content* to *url* and return the response.

        *deadline_s* covers everything: waiting for a free connection, connecting, sending, and
        reading the response to its last byte.
        """
        return self._request(
            self._for_submissions,
            "POST",
            url,
            content=content,
            headers=headers,
            deadline_s=deadline_s,
        )

    def get(
        self, url: str, headers: Mapping[str, str], deadline_s: float
    ) -> HttpResponse | HttpFailure:
        """
        Request *url* and return the response, under one deadline like `post`.
        """
        return self._request(self._for_look_ups, "GET", url, headers=headers, deadline_s=deadline_s)

    def _request(
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
            connection = free.get(timeout=deadline_s)
        except queue.Empty:
            return HttpFailure(may_have_arrived=False, reason="no connection became free in time")
        try:
            return connection.request(method, url, content, headers=headers, ends_at_s=ends_at_s)
        finally:
            free.put(connection)

    def close(self) -> None:
        """
        Close every connection. There must be no call under way.
        """
        for connection in self._connections:
            connection.close()


@functools.cache
def _process_tls() -> ssl.SSLContext:
    """
    Return the TLS settings of this process, cached because reading the certificates takes 8 ms.
    """
    return httpx.create_ssl_context(trust_env=False)


class _ResponseStream(httpx.SyncByteStream):
    """
    The bytes of a response, as they arrive.
    """

    def __init__(self, response: httpcore.Response) -> None:
        self._response = response

    def __iter__(self) -> Iterator[bytes]:
        yield from self._response.iter_stream()

    def close(self) -> None:
        self._response.close()


class _Transport(httpx.BaseTransport):
    """
    httpx transport over a pool of one connection, whose stream enforces the deadline.
    """

    def __init__(self, pool: httpcore.ConnectionPool) -> None:
        self._pool = pool

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """
        Send *request* and return the response with its body still unread.
        """
        url = httpcore.URL(
            scheme=request.url.raw_scheme,
            host=request.url.raw_host,
            port=request.url.port,
            target=request.url.raw_path,
        )
        response = self._pool.handle_request(
            httpcore.Request(
                request.method, url, headers=request.headers.raw, content=request.read()
            )
        )
        return httpx.Response(
            response.status, headers=response.headers, stream=_ResponseStream(response)
        )

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

    def request(
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
            return self._exchange(method, url, content, headers=headers)
        except _NEVER_SENT as error:
            return HttpFailure(may_have_arrived=False, reason=_describe(error))
        except _MAY_HAVE_ARRIVED as error:
            return HttpFailure(may_have_arrived=True, reason=_describe(error))

    def _exchange(
        self, method: str, url: str, content: bytes, *, headers: Mapping[str, str]
    ) -> HttpResponse:
        with self._client.stream(method, url, headers=dict(headers), content=content) as response:
            return HttpResponse(
                status=response.status_code,
                headers=dict(response.headers),
                body=_read_up_to(response.iter_raw(), MAX_RESPONSE_BYTES),
            )

    def close(self) -> None:
        self._client.close()


def _describe(error: Exception) -> str:
    kind = type(error).__name__
    return f"{kind}: {error}" if str(error) else kind


def _read_up_to(chunks: Iterator[bytes], max_bytes: int) -> bytes:
    body = b""
    for chunk in chunks:
        body += chunk
        if len(body) > max_bytes:
            break
    return body[:max_bytes]

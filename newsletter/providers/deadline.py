"""
A connection that holds one deadline for each call made over it; `lanes` is the only user.

httpcore gives every read and write the whole timeout again, so a server that drips bytes could
keep a call for ever. (`networks` has the like for one single fetch, pinned to judged addresses.)
"""

from __future__ import annotations

import contextlib
import socket
import ssl
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import httpcore

CONNECT_S = 10.0


class TimedBackend(httpcore.NetworkBackend):
    """
    Connections whose every step gets only the time left until `ends_at_s`, which each call sets
    anew: a connection outlives the call that opened it.
    """

    def __init__(self, monotonic_s: Callable[[], float]) -> None:
        self._monotonic_s = monotonic_s
        self._sockets = httpcore.SyncBackend()
        self.ends_at_s = 0.0

    def left_s(self, too_late: type[httpcore.TimeoutException]) -> float:
        left_s = self.ends_at_s - self._monotonic_s()
        if left_s <= 0:
            raise too_late("the deadline passed")
        return left_s

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        left_s = min(CONNECT_S, self.left_s(httpcore.ConnectTimeout))
        with _as_connect_error():
            stream = self._sockets.connect_tcp(host, port, left_s, local_address, socket_options)
        return TimedStream(stream, self)


class TimedStream(httpcore.NetworkStream):
    def __init__(self, stream: httpcore.NetworkStream, backend: TimedBackend) -> None:
        self._stream = stream
        self._backend = backend

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, self._backend.left_s(httpcore.ReadTimeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """
        As httpcore writes, but with the time left measured again after each piece: a server that
        reads slowly gains nothing either.
        """
        connection: socket.socket = self._stream.get_extra_info("socket")
        rest = memoryview(buffer)
        try:
            while rest:
                connection.settimeout(self._backend.left_s(httpcore.WriteTimeout))
                rest = rest[connection.send(rest) :]
        except TimeoutError as error:
            raise httpcore.WriteTimeout("the deadline passed") from error
        except OSError as error:
            raise httpcore.WriteError(str(error)) from error

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore.NetworkStream:
        left_s = min(CONNECT_S, self._backend.left_s(httpcore.ConnectTimeout))
        with _as_connect_error():
            stream = self._stream.start_tls(ssl_context, server_hostname, left_s)
        return TimedStream(stream, self._backend)

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)


@contextlib.contextmanager
def _as_connect_error() -> Iterator[None]:
    """
    What httpcore lets through while connecting: a host name that IDNA or TLS refuses is a
    ValueError.
    """
    try:
        yield
    except ValueError as error:
        raise httpcore.ConnectError(str(error)) from error

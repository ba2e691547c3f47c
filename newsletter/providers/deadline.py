"""
Give each HTTP call one deadline for all of its reads and writes. Used by `http_client` alone.

httpcore applies the whole timeout to every read and write, so a server that sends a byte at a time
could keep a call open forever. (`isolation.network_policy` does the same for a single fetch.)
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
    Network backend whose connections share one deadline, `ends_at_s`.

    Each call sets `ends_at_s`, because a connection outlives the call that opened it.
    """

    def __init__(self, monotonic_s: Callable[[], float]) -> None:
        self._monotonic_s = monotonic_s
        self._sockets = httpcore.SyncBackend()
        self.ends_at_s = 0.0

    def remaining_s(self, timeout_error: type[httpcore.TimeoutException]) -> float:
        """
        Return the seconds left until the deadline; raise *timeout_error* if there are none.
        """
        remaining_s = self.ends_at_s - self._monotonic_s()
        if remaining_s <= 0:
            raise timeout_error("the deadline passed")
        return remaining_s

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        remaining_s = min(CONNECT_S, self.remaining_s(httpcore.ConnectTimeout))
        with _as_connect_error():
            stream = self._sockets.connect_tcp(
                host, port, remaining_s, local_address, socket_options
            )
        return TimedStream(stream, self)


class TimedStream(httpcore.NetworkStream):
    """
    A network stream whose reads and writes share the deadline of its backend.
    """

    def __init__(self, stream: httpcore.NetworkStream, backend: TimedBackend) -> None:
        self._stream = stream
        self._backend = backend

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, self._backend.remaining_s(httpcore.ReadTimeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """
        Write *buffer* in parts, each within the time left, so that a server that reads slowly
        cannot prolong the call.
        """
        connection: socket.socket = self._stream.get_extra_info("socket")
        unsent = memoryview(buffer)
        try:
            while unsent:
                connection.settimeout(self._backend.remaining_s(httpcore.WriteTimeout))
                unsent = unsent[connection.send(unsent) :]
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
        remaining_s = min(CONNECT_S, self._backend.remaining_s(httpcore.ConnectTimeout))
        with _as_connect_error():
            stream = self._stream.start_tls(ssl_context, server_hostname, remaining_s)
        return TimedStream(stream, self._backend)

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)


@contextlib.contextmanager
def _as_connect_error() -> Iterator[None]:
    """
    Turn a ValueError into a ConnectError, because httpcore does not catch those of IDNA and TLS.
    """
    try:
        yield
    except ValueError as error:
        raise httpcore.ConnectError(str(error)) from error

"""
Limit what clients can hold: how many connections, for how long, and how much of a request.

uvicorn's parser has no such limits. Anybody can open connections and send nothing, or headers
without end; without limits these take all the files and memory of the process that also sends.
"""

from __future__ import annotations

import asyncio
import resource
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

_MAX_CONNECTIONS = 512
# asyncio accepts this many before it runs anything else, even if the process has no file left.
_MAX_ACCEPTED_AT_ONCE = 128


def raise_file_limit() -> int:
    """
    Let this process open as many files as the system allows it to, and return how many.
    """
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return hard


@dataclass(frozen=True, kw_only=True)
class ConnectionLimits:
    """
    The limits on all connections, on one connection, and on one request. Times are in seconds:
    `headers_s` from connecting, or from the last response, to the end of a request's headers;
    `response_s` from there to the end of the response, `upload_s` for a path that `is_upload`;
    `rest_s` for the rest of a body that was answered without being read.
    """

    connections: int = _MAX_CONNECTIONS
    accepted_at_once: int = _MAX_ACCEPTED_AT_ONCE
    headers_s: float = 10.0
    response_s: float = 60.0
    rest_s: float = 2.0
    header_bytes: int = 32 * 1024
    message_bytes: int = 4 * 1024 * 1024
    # The pages have limits of their own, and read so much only from those they know.
    upload_bytes: int = 34 * 1024 * 1024
    upload_s: float = 180.0
    is_upload: Callable[[str], bool] = lambda path: False
    pipelined: int = 16


def limits_for(files: int, *, is_upload: Callable[[str], bool]) -> ConnectionLimits:
    """
    Return the limits of a process that may open *files* files. Half of them are left to the
    database, the providers and the child process; up to four rounds of accepting are under way
    before the first connection counts. *is_upload* tells the paths that may be sent large bodies.
    """
    return ConnectionLimits(
        connections=min(_MAX_CONNECTIONS, files // 2),
        accepted_at_once=max(1, min(_MAX_ACCEPTED_AT_ONCE, files // 16)),
        is_upload=is_upload,
    )


class ConnectionPool:
    """
    The open connections of one server, the one without progress for longest first. Once it
    `is_closed`, further ones are closed at once.
    """

    def __init__(self, limits: ConnectionLimits) -> None:
        self.limits = limits
        self.is_closed = False
        self._open: dict[GuardedProtocol, None] = {}

    def __len__(self) -> int:
        return len(self._open)

    def add(self, connection: GuardedProtocol) -> None:
        """
        Add *connection*. If there are too many, close the one that has made no progress for
        longest.
        """
        self._open[connection] = None
        if len(self._open) > self.limits.connections:
            oldest = next(iter(self._open))
            # It leaves the pool now, because its file is closed only in the next round of the loop.
            self.remove(oldest)
            oldest.transport.abort()

    def move_to_end(self, connection: GuardedProtocol) -> None:
        """
        Note that *connection* has made progress.
        """
        if connection in self._open:
            del self._open[connection]
            self._open[connection] = None

    def remove(self, connection: GuardedProtocol) -> None:
        self._open.pop(connection, None)


class GuardedProtocol(HttpToolsProtocol):
    """
    One connection of *pool*, with its limits.
    """

    def __init__(self, pool: ConnectionPool, **uvicorn: Any) -> None:
        super().__init__(**uvicorn)
        self._pool = pool
        self._limits = pool.limits
        self._has_headers = False
        self._most_bytes = self._limits.message_bytes
        self._received = self._header_bytes = 0
        self._ends_at = 0.0
        self._timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        if self._pool.is_closed:
            # It was accepted while the server was stopping.
            transport.abort()
            return
        self._pool.add(self)
        self._allow(self._limits.headers_s)
        self._close_late()

    def connection_lost(self, exc: Exception | None) -> None:
        self._pool.remove(self)
        if self._timer is not None:
            self._timer.cancel()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        self._received += len(data)
        super().data_received(data)
        most = self._most_bytes if self._has_headers else self._limits.header_bytes
        if self._received > most and not self.transport.is_closing():
            self.send_400_response("The request is too large.")

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._has_headers = False
        self._received = self._header_bytes = 0
        self._allow(self._limits.headers_s)

    def on_header(self, name: bytes, value: bytes) -> None:
        # 32 bytes for the objects of a field, as in HTTP/2 (RFC 9113 section 6.5.2).
        self._header_bytes += len(name) + len(value) + 32
        if self._header_bytes > self._limits.header_bytes:
            raise _TooMuch
        super().on_header(name, value)

    def on_headers_complete(self) -> None:
        self._has_headers = True
        if len(self.pipeline) >= self._limits.pipelined:
            raise _TooMuch
        limits = self._limits
        is_upload = limits.is_upload(self.url.partition(b"?")[0].decode("latin-1"))
        self._most_bytes = limits.upload_bytes if is_upload else limits.message_bytes
        self._allow(limits.upload_s if is_upload else limits.response_s)
        super().on_headers_complete()

    def on_response_complete(self) -> None:
        super().on_response_complete()
        if self.cycle.more_body:
            # Closing at once would reset the connection before the client has read the response.
            self._allow(self._limits.rest_s)
            self._close_late()
        elif not self.transport.get_write_buffer_size():
            self._allow(self._limits.headers_s)

    def _allow(self, seconds: float) -> None:
        """
        Give the client *seconds* for what it does now.
        """
        self._ends_at = self.loop.time() + seconds
        self._pool.move_to_end(self)

    def _close_late(self) -> None:
        """
        Close the connection if the client's time is over, else look again when it will be.
        """
        if self._timer is not None:
            self._timer.cancel()
        left_s = self._ends_at - self.loop.time()
        if left_s <= 0:
            self.transport.abort()
        else:
            # Every request moves the end, most often to a later time.
            self._timer = self.loop.call_later(
                min(left_s, self._limits.headers_s), self._close_late
            )


class _TooMuch(Exception):
    """
    The headers of a request are too large, or too many requests wait for their response.
    """

"""
A real HTTP server on the loopback interface that gives scripted answers and records the requests.
"""

from __future__ import annotations

import contextlib
import socket
import ssl
import struct
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from typing import Any

import httpx
from loopback import Listener, Loopback


@dataclass(frozen=True, kw_only=True)
class Received:
    """
    One request. `path` includes the query; `headers` are found in any case.
    """

    method: str
    path: str
    headers: httpx.Headers
    body: bytes


@dataclass(frozen=True, kw_only=True)
class Answer:
    """
    What the server answers. A body that is not bytes is sent piece by piece, without a length, and
    the connection is closed after it. `raw` replaces everything, status line and headers included;
    with `is_reset` the connection is then reset instead of closed.
    """

    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes | Iterable[bytes] = b""
    raw: Iterable[bytes] | None = None
    is_reset: bool = False


Script = Callable[[Received], Answer]


class ScriptedServer(Loopback):
    """
    `with ScriptedServer() as server:` listens on 127.0.0.1 until the block ends.

    Paths without an answer get a 404. With *tls* it speaks https.
    """

    def __init__(self, *, tls: ssl.SSLContext | None = None) -> None:
        self.requests: list[Received] = []
        self._answers: dict[str, Answer | Script] = {}
        self._scheme = "https" if tls else "http"
        super().__init__(_Server(self._reply_to, tls))

    def url(self, path: str = "/", *, host: str = "127.0.0.1") -> str:
        return f"{self._scheme}://{host}:{self.port}{path}"

    def answer(
        self,
        path: str,
        script: Script | None = None,
        *,
        status: int = 200,
        headers: Mapping[str, str] | None = None,
        body: bytes | Iterable[bytes] = b"",
        raw: Iterable[bytes] | None = None,
    ) -> None:
        """
        Answer *path* (with its query, or else without) like this from now on, or by *script*.
        """
        fixed = Answer(status=status, headers=headers or {}, body=body, raw=raw)
        self._answers[path] = script or fixed

    def _reply_to(self, request: Received) -> Answer:
        self.requests.append(request)
        bare = request.path.partition("?")[0]
        answer = self._answers.get(request.path) or self._answers.get(bare)
        if answer is None:
            return Answer(status=404, body=b"nothing here")
        return answer(request) if callable(answer) else answer


class _Server(Listener):
    def __init__(self, reply_to: Callable[[Received], Answer], tls: ssl.SSLContext | None) -> None:
        self.reply_to = reply_to
        self._tls = tls
        super().__init__(_Handler)

    def finish_request(self, request: Any, client_address: Any) -> None:
        # The handshake belongs into the connection's own thread: a client may break it off.
        if self._tls is None:
            super().finish_request(request, client_address)
            return
        with contextlib.suppress(OSError):
            wrapped = self._tls.wrap_socket(request, server_side=True)
            self.watch(wrapped)
            with wrapped:
                super().finish_request(wrapped, client_address)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def _serve(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        request = Received(
            method=self.command,
            path=self.path,
            headers=httpx.Headers(self.headers.items()),
            body=self.rfile.read(length),
        )
        answer = self.server.reply_to(request)
        if answer.raw is not None:
            self._write_all(answer.raw)
            if answer.is_reset:
                self._reset()
            return
        self.send_response(answer.status)
        for name, value in answer.headers.items():
            self.send_header(name, value)
        self._send_body(answer)

    def _reset(self) -> None:
        # A socket that may not linger answers with RST when it is closed.
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.connection.close()

    def __getattr__(self, name: str) -> Callable[[], None]:
        if name.startswith("do_"):
            return self._serve
        raise AttributeError(name)

    def _send_body(self, answer: Answer) -> None:
        if not isinstance(answer.body, bytes):
            self.send_header("Connection", "close")
            self.end_headers()
            self._write_all(answer.body)
            return
        if answer.status >= 200 and answer.status not in (204, 304):
            self.send_header("Content-Length", str(len(answer.body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(answer.body)

    def _write_all(self, pieces: Iterable[bytes]) -> None:
        self.close_connection = True
        for piece in pieces:
            self.wfile.write(piece)

    def log_message(self, format: str, *args: Any) -> None:
        """
        Print nothing: the requests are recorded.
        """

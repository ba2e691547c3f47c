"""
Stands in front of every page: a limit on what is sent in, headers on all that goes out, and one
plain page and one line in the log for whatever breaks behind it.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

logger = logging.getLogger(__name__)

MOST_BYTES = 64 * 1024
MOST_SECONDS = 10.0
HEADERS = {
    "Cache-Control": "private, no-store",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "X-Robots-Tag": "noindex",
}
# RFC 6797 section 7.2: only an installation that is reached by https may say so.
HSTS = {"Strict-Transport-Security": "max-age=31536000"}


class SafetyMiddleware:
    """
    *app* with its limits. *trouble* makes the page for a status; *headers* stand on every answer
    that has none of that name. More may be sent to addresses that begin with a key of *larger*.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        trouble: Callable[[int], Response],
        headers: Mapping[str, str],
        larger: Mapping[str, int] | None = None,
        most_seconds: float = MOST_SECONDS,
    ) -> None:
        self.app = app
        self.trouble = trouble
        self.headers = headers
        self.larger = larger or {}
        self.most_seconds = most_seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        answer = _Answer(send, self.headers)
        try:
            body = await self._read(scope, receive)
            await self.app(scope, _replay(body, receive), answer.send)
        except _RefusedError as refused:
            await self.trouble(refused.status_code)(scope, receive, answer.send)
        except _GoneError:
            return
        except Exception:
            # The path holds a token, so that it does not stand in this line.
            logger.exception("a page broke", extra={"event": "web.broke"})
            if not answer.has_begun:
                await self.trouble(500)(scope, receive, answer.send)

    async def _read(self, scope: Scope, receive: Receive) -> bytes:
        path = scope["path"]
        most = next((n for at, n in self.larger.items() if path.startswith(at)), MOST_BYTES)
        told = Headers(scope=scope).get("content-length", "")
        if told.isdigit() and int(told) > most:
            raise _RefusedError(413)
        try:
            async with asyncio.timeout(self.most_seconds):
                return await _whole_body(receive, most)
        except TimeoutError:
            raise _RefusedError(408) from None


async def _whole_body(receive: Receive, most: int) -> bytes:
    body = bytearray()
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise _GoneError
        body += message.get("body", b"")
        if len(body) > most:
            raise _RefusedError(413)
        if not message.get("more_body", False):
            return bytes(body)


def _replay(body: bytes, receive: Receive) -> Receive:
    """
    *receive* as the app sees it: the whole body first, then what comes after it.
    """
    waiting: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def replayed() -> Message:
        return waiting.pop() if waiting else await receive()

    return replayed


class _Answer:
    """
    The way out: puts the headers on, and knows whether anything has left.
    """

    def __init__(self, send: Send, headers: Mapping[str, str]) -> None:
        self._send = send
        self._headers = headers
        self.has_begun = False

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.has_begun = True
            headers = MutableHeaders(scope=message)
            for name, value in self._headers.items():
                headers.setdefault(name, value)
        await self._send(message)


class _RefusedError(Exception):
    """
    Too much was sent, or too slowly.
    """

    def __init__(self, status_code: int) -> None:
        super().__init__(status_code)
        self.status_code = status_code


class _GoneError(Exception):
    """
    The client hung up before it had said everything.
    """

"""
Protect every page: limit the size of request bodies, set security headers on every response, and
turn an exception into a plain error page and a line in the log.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

logger = logging.getLogger(__name__)

MAX_BYTES = 64 * 1024
MAX_SECONDS = 10.0
HEADERS = {
    "Cache-Control": "private, no-store",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "X-Robots-Tag": "noindex",
}
# RFC 6797 section 7.2: this header may only be sent over https.
HSTS = {"Strict-Transport-Security": "max-age=31536000"}


class SafetyMiddleware:
    """
    Wrap *app*. *error_page* returns what responds with a status code; *headers* are set on every
    response that does not set them itself. *limit_of* gives the body limit in bytes for a path, or
    None if its page does not read a body at all.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        error_page: Callable[[int], ASGIApp],
        headers: Mapping[str, str],
        limit_of: Callable[[str], int | None] = lambda path: MAX_BYTES,
        most_seconds: float = MAX_SECONDS,
    ) -> None:
        self.app = app
        self.error_page = error_page
        self.headers = headers
        self.limit_of = limit_of
        self.most_seconds = most_seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        response = _GuardedResponse(send, self.headers)
        try:
            body = await self._read(scope, receive)
            await self.app(scope, _replay(body, receive), response.send)
        except _RequestRejected as refused:
            await self.error_page(refused.status_code)(scope, receive, response.send)
        except _ClientGone:
            return
        except Exception:
            # The path holds a token, so it is not logged.
            logger.exception("a request failed unexpectedly", extra={"event": "web.crashed"})
            if not response.has_begun:
                await self.error_page(500)(scope, receive, response.send)

    async def _read(self, scope: Scope, receive: Receive) -> bytes:
        if "\0" in scope["path"]:
            # No page has such a name, and no database can look for it.
            raise _RequestRejected(404)
        limit = self.limit_of(scope["path"])
        if limit is None:
            return b""
        length = Headers(scope=scope).get("content-length", "")
        if length.isdigit() and int(length) > limit:
            raise _RequestRejected(413)
        try:
            async with asyncio.timeout(self.most_seconds):
                return await _whole_body(receive, limit)
        except TimeoutError:
            raise _RequestRejected(408) from None


async def _whole_body(receive: Receive, limit: int) -> bytes:
    body = bytearray()
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise _ClientGone
        body += message.get("body", b"")
        if len(body) > limit:
            raise _RequestRejected(413)
        if not message.get("more_body", False):
            return bytes(body)


def _replay(body: bytes, receive: Receive) -> Receive:
    """
    Return a *receive* that returns the whole body first, then the messages that follow it.
    """
    waiting: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def replayed() -> Message:
        return waiting.pop() if waiting else await receive()

    return replayed


class _GuardedResponse:
    """
    Sends a response with the headers, and records whether sending has started.
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


class _RequestRejected(Exception):
    """
    The request body is too large or too slow, or the path cannot be that of any page.
    """

    def __init__(self, status_code: int) -> None:
        super().__init__(status_code)
        self.status_code = status_code


class _ClientGone(Exception):
    """
    The client hung up before its request was complete.
    """

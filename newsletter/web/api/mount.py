"""
Load the API when it is first asked for: it takes half a second that no other page needs.
"""

from __future__ import annotations

import asyncio

from starlette.concurrency import run_in_threadpool
from starlette.types import ASGIApp, Receive, Scope, Send

from newsletter.app import App
from newsletter.web.write_pool import WritePool

PREFIX = "/api/"
MAX_BYTES = 1024 * 1024
MAX_IMAGE_BYTES = 5 * 1024 * 1024
_IMAGES = "/api/v1/media"


def body_limit(path: str) -> int:
    """
    Return how many bytes the body of a request may have. An image arrives in Base64, which adds a
    third.
    """
    return MAX_IMAGE_BYTES * 4 // 3 + 1024 if path == _IMAGES else MAX_BYTES


class LazyApi:
    """
    The API of one App, loaded in a thread by its first request.
    """

    def __init__(self, app: App, *, writes: WritePool) -> None:
        self.app = app
        self.writes = writes
        self._loaded: ASGIApp | None = None
        self._loading = asyncio.Lock()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async with self._loading:
            if self._loaded is None:
                self._loaded = await run_in_threadpool(self._load)
        await self._loaded(scope, receive, send)

    def _load(self) -> ASGIApp:
        from newsletter.web.api.application import make_api

        return make_api(self.app, writes=self.writes)


class ByPath:
    """
    Pass the requests of the API to *api*, and all others to *pages*.
    """

    def __init__(self, api: ASGIApp, pages: ASGIApp) -> None:
        self.api = api
        self.pages = pages

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        is_api = scope["type"] == "http" and scope["path"].startswith(PREFIX)
        await (self.api if is_api else self.pages)(scope, receive, send)

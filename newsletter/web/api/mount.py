"""
Load the API at its first request: that takes half a second, which no other page needs.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from newsletter.app import App
from newsletter.errors import StoreError
from newsletter.model.access import Permission
from newsletter.web.write_pool import WritePool

PREFIX = "/api/"
MAX_BYTES = 1024 * 1024
MAX_IMAGE_BYTES = 5 * 1024 * 1024
_MAX_FILES_BYTES = 32 * 1024 * 1024
# How many bytes the body of a request with files may have, by its path; it is read only if the
# token may do this. An image arrives in Base64, which adds a third.
UPLOADS: Mapping[str, int] = {
    "/api/v1/imports": _MAX_FILES_BYTES,
    "/api/v1/import-trials": _MAX_FILES_BYTES,
    "/api/v1/suppressions/import": _MAX_FILES_BYTES,
    "/api/v1/media": MAX_IMAGE_BYTES * 4 // 3 + 1024,
}
_NEEDS = {
    "/api/v1/imports": Permission.PEOPLE_WRITE,
    "/api/v1/import-trials": Permission.PEOPLE_WRITE,
    "/api/v1/suppressions/import": Permission.SUPPRESSIONS_WRITE,
    "/api/v1/media": Permission.BRIEFS_WRITE,
}
MAX_UPLOAD_S = 120.0


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


class ApiPrefixRouter:
    """
    Pass the requests of the API to *api*, and all others to *pages*. Those with files go to
    *uploads* if their token may do this, so that nobody else can send large bodies.
    """

    def __init__(self, app: App, *, api: ASGIApp, uploads: ASGIApp, pages: ASGIApp) -> None:
        self.app = app
        self.api = api
        self.uploads = uploads
        self.pages = pages

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not scope["path"].startswith(PREFIX):
            await self.pages(scope, receive, send)
            return
        # A token is in another header, and FastAPI would parse the cookies of each request.
        scope["headers"] = [each for each in scope["headers"] if each[0] != b"cookie"]
        if scope["path"] in UPLOADS and await run_in_threadpool(self._may_send, scope):
            await self.uploads(scope, receive, send)
        else:
            await self.api(scope, receive, send)

    def _may_send(self, scope: Scope) -> bool:
        from newsletter.web.api.refusals.problems import Problem
        from newsletter.web.api.requests.authentication import authenticate

        try:
            client = authenticate(self.app, Request(scope))
        except (Problem, StoreError):
            return False
        return _NEEDS[scope["path"]] in client.actor.permissions

"""
Let staff who are logged in send files: the forms that have one may be larger than others.
"""

from __future__ import annotations

import re

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from newsletter.actions.access.login import find_logged_in
from newsletter.app import App
from newsletter.errors import StoreError
from newsletter.web.admin.cookies import Cookie, StaffCookies

_KB = 1024
MOST_PICTURE_BYTES = 5 * _KB * _KB
MOST_PEOPLE_BYTES = 32 * _KB * _KB
MAX_UPLOAD_S = 120.0
# How many bytes the body of a form may have, by the path that it is sent to.
_LIMITS = (
    (re.compile(r"/admin/briefs/(new|picture|\d{1,18}/picture)"), MOST_PICTURE_BYTES + 256 * _KB),
    # In Arabic or Japanese a character of a text has nine bytes.
    (re.compile(r"/admin/briefs/(\d{1,18}|preview|pasted)"), 1024 * _KB),
    (re.compile(r"/admin/lists/[^/]{1,60}/logo"), MOST_PICTURE_BYTES + 64 * _KB),
    (re.compile(r"/admin/imports/new|/admin/suppressions/import"), MOST_PEOPLE_BYTES + 64 * _KB),
    # The names of columns.
    (re.compile(r"/admin/imports/\d{1,18}/columns"), 512 * _KB),
    (re.compile(r"/admin/issues/\d{1,18}/(edit|preview)"), 1024 * _KB),
)


def upload_limit(path: str) -> int | None:
    """
    Return how many bytes a form with a file or a long text may have at *path*; None if the forms
    there have neither.
    """
    return next((limit for pattern, limit in _LIMITS if pattern.fullmatch(path)), None)


class StaffUploads:
    """
    Pass forms with files to *uploads* if somebody is logged in, so that nobody else can send large
    bodies, and everything else to *pages*.
    """

    def __init__(self, app: App, *, uploads: ASGIApp, pages: ASGIApp) -> None:
        self.app = app
        self.uploads = uploads
        self.pages = pages
        self._cookies = StaffCookies(app.site.base_url)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        is_upload = scope["type"] == "http" and upload_limit(scope["path"]) is not None
        if (
            is_upload
            and scope["method"] == "POST"
            and await run_in_threadpool(self._is_open, scope)
        ):
            await self.uploads(scope, receive, send)
        else:
            await self.pages(scope, receive, send)

    def _is_open(self, scope: Scope) -> bool:
        cookie = self._cookies.value(Request(scope), Cookie.SESSION)
        try:
            return bool(cookie) and find_logged_in(self.app, cookie, is_open=True) is not None
        except StoreError:
            return False

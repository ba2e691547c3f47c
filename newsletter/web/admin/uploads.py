"""
Let staff who may do so send files: the forms that have one may be larger than others.
"""

from __future__ import annotations

import re

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from newsletter.actions.access.login import find_logged_in
from newsletter.app import App
from newsletter.errors import StoreError
from newsletter.model.access import Permission
from newsletter.web.admin.cookies import Cookie, StaffCookies
from newsletter.web.admin.form_guard import is_same_origin

_KB = 1024
MOST_PICTURE_BYTES = 20 * _KB * _KB
MOST_PEOPLE_BYTES = 32 * _KB * _KB
MAX_UPLOAD_S = 120.0
# How many bytes the body of a form may have, by the path that it is sent to, and what one needs to
# send it.
_PICTURE, _PEOPLE = MOST_PICTURE_BYTES + 256 * _KB, MOST_PEOPLE_BYTES + 64 * _KB
_LIMITS = tuple(
    (re.compile(path), limit, needed)
    for path, limit, needed in (
        (r"/admin/briefs/(new|picture|\d{1,18}/picture)", _PICTURE, Permission.BRIEFS_WRITE),
        # In Arabic or Japanese a character of a text has nine bytes.
        (r"/admin/briefs/(\d{1,18}|preview|pasted)", 1024 * _KB, Permission.BRIEFS_WRITE),
        # With the texts of the draft.
        (r"/admin/issues/\d{1,18}/picture", _PICTURE + 1024 * _KB, Permission.ISSUES_WRITE),
        (r"/admin/lists/[^/]{1,60}/logo", _PICTURE, Permission.LISTS_WRITE),
        (r"/admin/imports/new", _PEOPLE, Permission.PEOPLE_WRITE),
        (r"/admin/suppressions/import", _PEOPLE, Permission.SUPPRESSIONS_WRITE),
        # The names of columns.
        (r"/admin/imports/\d{1,18}/columns", 512 * _KB, Permission.PEOPLE_WRITE),
        (r"/admin/issues/\d{1,18}/(edit|preview)", 1024 * _KB, Permission.ISSUES_WRITE),
    )
)


def upload_limit(path: str) -> int | None:
    """
    Return how many bytes a form with a file or a long text may have at *path*; None if the forms
    there have neither.
    """
    return next((limit for pattern, limit, _ in _LIMITS if pattern.fullmatch(path)), None)


class StaffUploads:
    """
    Pass forms with files to *uploads* if a page of ours sends them for somebody who may do this, so
    that nobody else can send large bodies, and everything else to *pages*.
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
            and await run_in_threadpool(self._may_send, scope)
        ):
            await self.uploads(scope, receive, send)
        else:
            await self.pages(scope, receive, send)

    def _may_send(self, scope: Scope) -> bool:
        request, path = Request(scope), scope["path"]
        cookie = self._cookies.value(request, Cookie.SESSION)
        if not cookie or not is_same_origin(request):
            return False
        try:
            logged_in = find_logged_in(self.app, cookie, is_open=True)
        except StoreError:
            return False
        needs = {needed for pattern, _, needed in _LIMITS if pattern.fullmatch(path)}
        return logged_in is not None and needs <= logged_in.member.actor("").permissions

"""
What staff see if a request below `/admin/` goes wrong before a page can answer: a form that is too
large or too slow, a database that is away, a crash.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from newsletter.access.sessions import LoggedIn
from newsletter.actions.access.login import find_logged_in
from newsletter.web.admin.cookies import Cookie
from newsletter.web.admin.frame.words import StaffWords
from newsletter.web.admin.staff_pages import StaffPages
from newsletter.web.admin.uploads import upload_limit
from newsletter.web.middleware import MAX_BYTES

logger = logging.getLogger(__name__)

Handler = Callable[[Request, Exception], Response]
_KB, _MB = 1024, 1024 * 1024
_UNAVAILABLE = 503


class StaffErrorPages:
    """
    The error pages below `/admin/`, in the frame of whoever is logged in. *others* makes the page
    for a status code at other addresses.
    """

    def __init__(self, pages: StaffPages, others: Callable[[int], Response]) -> None:
        self.pages = pages
        self.app = pages.app
        self._others = others

    def page(self, status_code: int) -> ASGIApp:
        """
        Return an application that responds with the page for *status_code*.
        """

        async def respond(scope: Scope, receive: Receive, send: Send) -> None:
            response = await run_in_threadpool(self._response, Request(scope), status_code)
            await response(scope, receive, send)

        return respond

    def handlers(self, others: Mapping[type[Exception], Handler]) -> dict[type[Exception], Handler]:
        """
        Return a handler of each exception that *others* handle: below `/admin/` it responds with a
        page for staff that has the same status.
        """
        return {kind: self._handler(handle) for kind, handle in others.items()}

    def _handler(self, others: Handler) -> Handler:
        def handle(request: Request, error: Exception) -> Response:
            response = others(request, error)
            if not _is_for_staff(request):
                return response
            shown = self._response(request, response.status_code)
            for name in ("retry-after", "allow"):
                if name in response.headers:
                    shown.headers[name] = response.headers[name]
            return shown

        return handle

    def _response(self, request: Request, status_code: int) -> Response:
        if not _is_for_staff(request):
            return self._others(status_code)
        if status_code != _UNAVAILABLE:
            try:
                return self._message(request, status_code, self._logged_in(request))
            except Exception:
                # What broke the page may break its frame too.
                extra = {"event": "web.crashed"}
                logger.exception("an error page failed in its frame", extra=extra)
        return self._message(request, status_code, None)

    def _logged_in(self, request: Request) -> LoggedIn | None:
        cookie = self.pages.cookies.value(request, Cookie.SESSION)
        return find_logged_in(self.app, cookie, is_use=False) if cookie else None

    def _message(self, request: Request, status_code: int, logged_in: LoggedIn | None) -> Response:
        words = self.pages.words(request, logged_in)
        title, text = _texts(status_code, request.url.path, words)
        return self.pages.message(request, title, text, status_code, logged_in=logged_in)


def _is_for_staff(request: Request) -> bool:
    path = str(request.scope["path"])
    return path == "/admin" or path.startswith("/admin/")


def _texts(status_code: int, path: str, words: StaffWords) -> tuple[str, str]:
    """
    Return the title and the text of the page.
    """
    _ = words.gettext
    if status_code == 413:
        most = _("What was sent is larger than the %(most)s that fit here.", most=_most(path))
        nothing = _("Nothing was saved. Go back, and choose a smaller file or a shorter text.")
        return _("This is too large"), f"{most} {nothing}"
    if status_code == 408:
        return (
            _("This took too long"),
            _("The form did not arrive in time, and nothing was saved. Go back, and try again."),
        )
    if status_code == _UNAVAILABLE:
        return (
            _("The database cannot be used now"),
            _("Nothing was saved. Try again in a minute."),
        )
    if status_code in (404, 405):
        text = _("There is no page at this address. If you typed it, check it for mistakes.")
        return _("Page not found"), text
    return (
        _("Something went wrong"),
        _(
            "This is a mistake in the program, not yours. Look whether it was done before you try "
            "again. The log of the program says what happened."
        ),
    )


def _most(path: str) -> str:
    limit = upload_limit(path) or MAX_BYTES
    return f"{limit // _MB} MB" if limit >= _MB else f"{limit // _KB} KB"

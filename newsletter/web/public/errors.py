"""
The pages for what went wrong: unknown and damaged links, lost rows, a database that is away.
"""

from __future__ import annotations

from collections.abc import Callable

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from newsletter.errors import NotFound, StoreError
from newsletter.web.page_templates import PageTemplates
from subscribers.errors import SubscribersError

Handler = Callable[[Request, Exception], Response]

RETRY_AFTER_S = 30
ERROR_TEXTS = {
    400: ("This request is not valid", "Please open the link in the email again."),
    405: ("This request is not allowed", "Please open the link in the email again."),
    408: ("The request took too long", "Please try again."),
    413: ("The request is too large", "Please open the link in the email again."),
    421: ("There is no newsletter at this address", "Please open the link in the email again."),
    500: ("Something went wrong", "We have logged the error. Please try again later."),
    503: ("This page is temporarily unavailable", "Please try again in a minute."),
}


class ErrorPages:
    """
    The error pages of one site.
    """

    def __init__(self, templates: PageTemplates) -> None:
        self.templates = templates

    def handlers(self) -> dict[type[Exception], Handler]:
        """
        Return the handler of each exception. A token that was not signed here gets the same 404 as
        any unknown URL.
        """
        return {
            HTTPException: self._refused,
            SubscribersError: self._not_found,
            NotFound: self._not_found,
            StoreError: self._unavailable,
        }

    def page(self, status_code: int) -> Response:
        """
        Return the page that explains *status_code*.
        """
        heading, text = ERROR_TEXTS.get(status_code, ERROR_TEXTS[500])
        return self.templates.page("error.html", status_code, heading=heading, text=text)

    def lost(self, words: tuple[str, str]) -> Response:
        """
        Return the page for a link that was signed here, but whose issue or subscription was lost in
        a restore; *words* are its heading and its text.
        """
        heading, text = words
        return self.templates.page("error.html", 410, heading=heading, text=text)

    def _refused(self, request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        if error.status_code == 404:
            return self._not_found(request, error)
        page = self.page(error.status_code)
        page.headers.update(error.headers or {})
        return page

    def _not_found(self, request: Request, error: Exception) -> Response:
        return self.templates.page("not-found.html", 404)

    def _unavailable(self, request: Request, error: Exception) -> Response:
        page = self.page(503)
        page.headers["Retry-After"] = str(RETRY_AFTER_S)
        return page

"""
The pages for what went wrong: unknown and damaged links, lost rows, a database that is away.
"""

from __future__ import annotations

from collections.abc import Callable

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from newsletter.errors import NotFound, StoreError
from newsletter.web.page.templates import PageTemplates
from newsletter.web.public.page_values import MessagePage
from subscribers.errors import SubscribersError

Handler = Callable[[Request, Exception], Response]

RETRY_AFTER_S = 30
# The words have a heading and a text for each.
EXPLAINED = (400, 404, 405, 408, 413, 421, 429, 500, 503)


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

    def page(self, status_code: int, request: Request | None = None) -> Response:
        """
        Return the page that explains *status_code*, in the language of the *request* if it is
        known.
        """
        word = f"error_{status_code if status_code in EXPLAINED else 500}"
        return self._message(word, status_code, request)

    def lost(self, word: str, request: Request) -> Response:
        """
        Return the page for a link that was signed here, but whose issue or subscription was lost in
        a restore; *word* is the beginning of its entries in the words.
        """
        return self._message(word, 410, request)

    def _message(self, word: str, status_code: int, request: Request | None) -> Response:
        known, language = self.templates.languages, self.templates.site.language
        if request is not None:
            language = self.templates.language(request, [language, *known])
        page = MessagePage(word=word)
        return self.templates.page(
            "readers/message.html", status_code, language=language, page=page
        )

    def _refused(self, request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        page = self.page(error.status_code, request)
        page.headers.update(error.headers or {})
        return page

    def _not_found(self, request: Request, error: Exception) -> Response:
        return self.page(404, request)

    def _unavailable(self, request: Request, error: Exception) -> Response:
        page = self.page(503, request)
        page.headers["Retry-After"] = str(RETRY_AFTER_S)
        return page

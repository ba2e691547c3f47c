"""
The one-click unsubscribe.

GET and HEAD never change anything for a reader, because mail scanners open every link. The POST
follows RFC 8058: it needs no cookie and no login, responds with 200 instead of a redirect, and can
be repeated with the same result.
"""

from __future__ import annotations

from collections.abc import Callable

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from newsletter.app import App
from newsletter.mail.links import TEST_TOKEN, UNSUBSCRIBE
from newsletter.store.flow_control import kill_switch
from newsletter.web.page_templates import PageTemplates
from newsletter.web.public.errors import ErrorPages
from newsletter.web.public.page_values import Form, MessagePage
from newsletter.web.public.settings_values import UnsubscribedPage, UnsubscribePage
from newsletter.web.write_pool import WritePool
from subscribers.errors import UnknownSubscriber
from subscribers.history.model import Origin, OriginKind
from subscribers.subscriptions.end import unsubscribe
from subscribers.unsubscribe_view import UnsubscribeView, find_unsubscribe_view

# For links that were signed here, but whose subscription was lost in a restore.
LOST_SUBSCRIPTION = "lost_subscription"
BY_LINK = Origin(kind=OriginKind.READER, through="unsubscribe link")


class UnsubscribePages:
    """
    The unsubscribe pages of one App.
    """

    def __init__(
        self, app: App, templates: PageTemplates, errors: ErrorPages, *, writes: WritePool
    ) -> None:
        self.app = app
        self.templates = templates
        self.errors = errors
        self.writes = writes

    def routes(self) -> list[Route]:
        """
        Return the routes of these pages.
        """
        return [Route("/u/{token}", self.unsubscribe, methods=["GET", "POST"])]

    async def unsubscribe(self, request: Request) -> Response:
        """
        Show a page with an unsubscribe button; on POST, end the subscription.
        """
        if request.method == "POST":
            return await self.writes.run(self._page, request, self._unsubscribe)
        return await run_in_threadpool(self._page, request, self._view)

    def _page(self, request: Request, view_of: Callable[[int], UnsubscribeView]) -> Response:
        token = request.path_params["token"]
        language = self.app.site.language
        if token == TEST_TOKEN:
            test = MessagePage(word="unsubscribe_test")
            return self.templates.page("readers/message.html", language=language, page=test)
        number = self.app.links.keys.read(UNSUBSCRIBE, token)
        try:
            view = view_of(number)
        except UnknownSubscriber:
            return self.errors.lost(LOST_SUBSCRIPTION)
        if view.is_ended:
            left = UnsubscribedPage(
                name=view.list_name, language=view.language, masked_address=view.masked_address
            )
            return self.templates.page("readers/unsubscribed.html", language=language, page=left)
        asked = UnsubscribePage(
            name=view.list_name,
            language=view.language,
            masked_address=view.masked_address,
            form=Form(),
        )
        return self.templates.page("readers/unsubscribe.html", language=language, page=asked)

    def _view(self, number: int) -> UnsubscribeView:
        with self.app.database.read() as connection:
            return find_unsubscribe_view(connection, number)

    def _unsubscribe(self, number: int) -> UnsubscribeView:
        with self.app.database.write() as connection:
            kill_switch.require_not_migrated(connection)
            unsubscribe(
                connection, number, reason="by the reader", by=BY_LINK, now=self.app.clock()
            )
            return find_unsubscribe_view(connection, number)

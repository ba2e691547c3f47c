"""
Readers' pages: an issue in the browser, and the one-click unsubscribe.

GET and HEAD never change anything for a reader, because mail scanners open every link. The POST
follows RFC 8058: it needs no cookie and no login, responds with 200 instead of a redirect, and can
be repeated with the same result.
"""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy.exc import SQLAlchemyError
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response
from starlette.routing import Route

from newsletter.app import App
from newsletter.errors import NewsletterError, NotFound, StoreError
from newsletter.issues.corrections import Archive
from newsletter.mail.links import TEST_TOKEN, UNSUBSCRIBE, VIEW
from newsletter.mail.render import fill_for_browser
from newsletter.model.issue import IssueState
from newsletter.store.delivery import freeze
from newsletter.store.flow_control import kill_switch
from newsletter.store.issues import issues
from newsletter.store.migrate import require_current
from newsletter.web.page_templates import MAIL_POLICY, NO_FRAMES, PageTemplates
from newsletter.web.public.correction_note import with_note
from newsletter.web.write_pool import WritePool
from subscribers.errors import SubscribersError, UnknownSubscriber
from subscribers.subscriptions import unsubscribe
from subscribers.unsubscribe_view import UnsubscribeView, find_unsubscribe_view

Handler = Callable[[Request, Exception], Response]

# An issue is private until it is sent, and again once it is cancelled.
PUBLISHED = frozenset({IssueState.SENDING, IssueState.PAUSED, IssueState.SUBMITTED})
RETRY_AFTER_S = 30
ERROR_TEXTS = {
    405: ("This request is not allowed", "Please open the link in the email again."),
    408: ("The request took too long", "Please try again."),
    413: ("The request is too large", "Please open the link in the email again."),
    500: ("Something went wrong", "We have logged the error. Please try again later."),
    503: ("This page is temporarily unavailable", "Please try again in a minute."),
}
# For links that were signed here, but whose issue or subscription was lost in a restore.
LOST_ISSUE = (
    "This issue is no longer here",
    "It was lost when this newsletter was restored from a backup. The email has all of it.",
)
LOST_SUBSCRIPTION = (
    "This subscription is no longer here",
    "If you still receive this newsletter, please open the link in the latest email.",
)
ISSUE_POLICY = f"{MAIL_POLICY}; {NO_FRAMES}"


class PublicPages:
    """
    The public pages of one App.
    """

    def __init__(self, app: App, *, writes: WritePool, is_stopping: Callable[[], bool]) -> None:
        self.app = app
        self.writes = writes
        self.is_stopping = is_stopping
        self.templates = PageTemplates(app.site)
        self.archive = Archive(app.publishing)

    def routes(self) -> list[Route]:
        """
        Return the routes of these pages.
        """
        return [
            Route("/", self.home),
            Route("/u/{token}", self.unsubscribe, methods=["GET", "POST"]),
            Route("/v/{token}", self.view),
            Route("/healthz", self.health),
            Route("/readyz", self.ready),
        ]

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

    def home(self, request: Request) -> Response:
        """
        Show the name of the site and how to unsubscribe.
        """
        return self.templates.page("home.html")

    async def unsubscribe(self, request: Request) -> Response:
        """
        Show a page with an unsubscribe button; on POST, end the subscription.
        """
        if request.method == "POST":
            return await self.writes.run(self._unsubscribe_page, request, self._unsubscribe)
        return await run_in_threadpool(self._unsubscribe_page, request, self._unsubscribe_view)

    def _unsubscribe_page(
        self, request: Request, view_of: Callable[[int], UnsubscribeView]
    ) -> Response:
        token = request.path_params["token"]
        if token == TEST_TOKEN:
            return self.templates.page("unsubscribe-test.html")
        number = self.app.links.keys.read(UNSUBSCRIBE, token)
        try:
            view = view_of(number)
        except UnknownSubscriber:
            return self._lost(LOST_SUBSCRIPTION)
        return self.templates.page("unsubscribe.html", subscription=view)

    def _unsubscribe_view(self, number: int) -> UnsubscribeView:
        with self.app.database.read() as connection:
            return find_unsubscribe_view(connection, number)

    def _unsubscribe(self, number: int) -> UnsubscribeView:
        with self.app.database.write() as connection:
            kill_switch.require_not_migrated(connection)
            unsubscribe(connection, number, reason="by the reader", now=self.app.clock())
            return find_unsubscribe_view(connection, number)

    def view(self, request: Request) -> Response:
        """
        Show a frozen issue without any reader's data: with the current text of its briefs and a
        note if they changed, or with `?as=sent` as it was sent.
        """
        token = request.path_params["token"]
        number, epoch = self.app.links.read(VIEW, token)
        with self.app.database.read() as connection:
            try:
                issue = issues.load_issue(connection, number)
            except NotFound:
                return self._lost(LOST_ISSUE)
            frozen = freeze.load_mail(connection, number)
        if issue.created_epoch != epoch:
            return self._lost(LOST_ISSUE)
        if frozen is None or issue.state not in PUBLISHED:
            raise HTTPException(404)
        as_sent = request.query_params.get("as") == "sent"
        shown = self.archive.show(number, frozen[0], as_sent=as_sent)
        page = fill_for_browser(shown.mail, own_url=self.app.links.view(number, epoch))
        page = with_note(page, shown, token=token, language=self.app.site.language)
        return HTMLResponse(page, headers={"Content-Security-Policy": ISSUE_POLICY})

    def health(self, request: Request) -> Response:
        """
        Respond with 200 as long as the process runs.
        """
        return PlainTextResponse("ok\n")

    def ready(self, request: Request) -> Response:
        """
        Respond with 200 if this process can serve requests. Otherwise respond with 503 and the
        reason: it is shutting down, the disk is full, or the database is unavailable.
        """
        if self.is_stopping():
            return PlainTextResponse("shutting down\n", status_code=503)
        try:
            self.app.database.require_space()
        except StoreError:
            return PlainTextResponse("disk full\n", status_code=503)
        try:
            require_current(self.app.database)
            with self.app.database.read() as connection:
                kill_switch.require_not_migrated(connection)
        except (NewsletterError, SQLAlchemyError):
            return PlainTextResponse("database unavailable\n", status_code=503)
        return PlainTextResponse("ready\n")

    def error_page(self, status_code: int) -> Response:
        """
        Return the page that explains *status_code*.
        """
        heading, text = ERROR_TEXTS.get(status_code, ERROR_TEXTS[500])
        return self.templates.page("error.html", status_code, heading=heading, text=text)

    def _lost(self, words: tuple[str, str]) -> Response:
        heading, text = words
        return self.templates.page("error.html", 410, heading=heading, text=text)

    def _refused(self, request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        if error.status_code == 404:
            return self._not_found(request, error)
        page = self.error_page(error.status_code)
        page.headers.update(error.headers or {})
        return page

    def _not_found(self, request: Request, error: Exception) -> Response:
        return self.templates.page("not-found.html", 404)

    def _unavailable(self, request: Request, error: Exception) -> Response:
        page = self.error_page(503)
        page.headers["Retry-After"] = str(RETRY_AFTER_S)
        return page

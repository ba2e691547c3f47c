"""
Readers' pages: an issue in the browser, and the one click that ends a subscription.

GET and HEAD never change anything for a reader, for mail scanners open every link. The POST is
RFC 8058's: no cookie, no login, 200 and no redirect, twice as well as once. `guard` stands in
front.
"""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy.exc import SQLAlchemyError
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
from newsletter.store.delivery import freeze as freezing
from newsletter.store.flow_control import kill_switch as stops
from newsletter.store.issues import issues
from newsletter.store.migrate import require_current
from newsletter.web.page_templates import MAIL_POLICY, NO_FRAMES, PageTemplates
from newsletter.web.public.correction_note import with_mark
from subscribers.errors import SubscribersError
from subscribers.subscriptions import unsubscribe
from subscribers.unsubscribe_view import UnsubscribeView, find_unsubscribe_view

Handler = Callable[[Request, Exception], Response]

# An issue is private until it goes out, and again when it was called off.
PUBLISHED = frozenset({IssueState.SENDING, IssueState.PAUSED, IssueState.SUBMITTED})
RETRY_AFTER_S = 30
TROUBLE = {
    405: ("That cannot be done here", "Open the link from the mail again."),
    408: ("That took too long", "Please try again."),
    413: ("That was too much", "Nothing this large is expected here."),
    500: ("Something went wrong here", "It was written down. Please try again later."),
    503: ("This cannot be done just now", "Please try again in a minute."),
}
ISSUE_POLICY = f"{MAIL_POLICY}; {NO_FRAMES}"


class PublicPages:
    """
    The public pages of one App.
    """

    def __init__(self, app: App, *, is_stopping: Callable[[], bool]) -> None:
        self.app = app
        self.is_stopping = is_stopping
        self.sheets = PageTemplates(app.site)
        self.archive = Archive(app.publishing)

    def routes(self) -> list[Route]:
        """
        Each address with what answers there.
        """
        return [
            Route("/", self.home),
            Route("/u/{token}", self.leave, methods=["GET", "POST"]),
            Route("/v/{token}", self.view),
            Route("/healthz", self.health),
            Route("/readyz", self.ready),
        ]

    def handlers(self) -> dict[type[Exception], Handler]:
        """
        What answers instead of an exception. A token that was not signed here, and a number that
        is no longer there, look the same as any address that leads nowhere.
        """
        return {
            HTTPException: self._refused,
            SubscribersError: self._not_found,
            NotFound: self._not_found,
            StoreError: self._not_now,
        }

    def home(self, request: Request) -> Response:
        """
        Who sends from here.
        """
        return self.sheets.page("home.html")

    def leave(self, request: Request) -> Response:
        """
        GET: a page with one button. POST: the subscription is over.
        """
        token = request.path_params["token"]
        if token == TEST_TOKEN:
            return self.sheets.page("unsubscribe-test.html")
        number = self.app.links.keys.read(UNSUBSCRIBE, token)
        end = request.method == "POST"
        return self.sheets.page(
            "unsubscribe.html", leaving=self._ended(number) if end else self._seen(number)
        )

    def _seen(self, number: int) -> UnsubscribeView:
        with self.app.database.read() as connection:
            return find_unsubscribe_view(connection, number)

    def _ended(self, number: int) -> UnsubscribeView:
        with self.app.database.write() as connection:
            stops.require_not_migrated(connection)
            unsubscribe(connection, number, reason="by the reader", now=self.app.clock())
            return find_unsubscribe_view(connection, number)

    def view(self, request: Request) -> Response:
        """
        A frozen issue in the browser, with nobody's data in it: as its briefs are now, marked where
        they changed, or with `?as=sent` as its readers got it.
        """
        token = request.path_params["token"]
        number = self.app.links.keys.read(VIEW, token)
        with self.app.database.read() as connection:
            issue = issues.load_issue(connection, number)
            frozen = freezing.load_mail(connection, number)
        if frozen is None or issue.state not in PUBLISHED:
            raise HTTPException(404)
        as_sent = request.query_params.get("as") == "sent"
        shown = self.archive.show(number, frozen[0], as_sent=as_sent)
        page = fill_for_browser(shown.mail, own_url=self.app.links.view(number))
        page = with_mark(page, shown, token=token, language=self.app.site.language)
        return HTMLResponse(page, headers={"Content-Security-Policy": ISSUE_POLICY})

    def health(self, request: Request) -> Response:
        """
        The process lives.
        """
        return PlainTextResponse("ok\n")

    def ready(self, request: Request) -> Response:
        """
        200 when work can be done here, 503 while not, and why: stopping, a full disk, no database.
        """
        if self.is_stopping():
            return PlainTextResponse("stopping\n", status_code=503)
        try:
            self.app.database.require_space()
        except StoreError:
            return PlainTextResponse("the disk is full\n", status_code=503)
        try:
            require_current(self.app.database)
            with self.app.database.read() as connection:
                stops.require_not_migrated(connection)
        except (NewsletterError, SQLAlchemyError):
            return PlainTextResponse("no database\n", status_code=503)
        return PlainTextResponse("ready\n")

    def error_page(self, status_code: int) -> Response:
        """
        The page that says with *status_code* why nothing was done.
        """
        heading, text = TROUBLE.get(status_code, TROUBLE[500])
        return self.sheets.page("trouble.html", status_code, heading=heading, text=text)

    def _refused(self, request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        if error.status_code == 404:
            return self._not_found(request, error)
        page = self.error_page(error.status_code)
        page.headers.update(error.headers or {})
        return page

    def _not_found(self, request: Request, error: Exception) -> Response:
        return self.sheets.page("not-found.html", 404)

    def _not_now(self, request: Request, error: Exception) -> Response:
        page = self.error_page(503)
        page.headers["Retry-After"] = str(RETRY_AFTER_S)
        return page

"""
Readers' pages: an issue in the browser, and the one click that ends a subscription.

GET and HEAD never change anything, for mail scanners open every link. The POST is RFC 8058's: no
cookie, no login, 200 and no redirect, twice as well as once.
"""

from __future__ import annotations

from jinja2 import Environment, FileSystemLoader, select_autoescape
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from newsletter.app import App
from newsletter.errors import NewsletterError
from newsletter.mail.template_files import project_templates
from newsletter.model.issue import IssueState
from newsletter.recipients import TEST_TOKEN, UNSUBSCRIBE, VIEW
from newsletter.render import fill_for_browser
from newsletter.store import freezing, issues
from newsletter.store.migrate import require_current
from subscribers.errors import SubscribersError
from subscribers.lists import find_list
from subscribers.model import MailingList, Subscription, SubscriptionState
from subscribers.subscriptions import find_subscription, unsubscribe

HEADERS = {
    "Cache-Control": "private, no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Robots-Tag": "noindex",
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self' 'unsafe-inline'; img-src https: http: data:; "
        "form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
    ),
}


class PublicPages:
    """
    The public pages of one App.
    """

    def __init__(self, app: App) -> None:
        self.app = app
        self._templates = Environment(
            loader=FileSystemLoader(project_templates() / "page"),
            autoescape=select_autoescape(),
        )

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

    def home(self, request: Request) -> Response:
        """
        Who sends from here.
        """
        return self._page("home.html")

    def leave(self, request: Request) -> Response:
        """
        GET: a page with one button. POST: the subscription is over.
        """
        token = request.path_params["token"]
        if token == TEST_TOKEN:
            return self._page("unsubscribe-test.html")
        number = self._number(UNSUBSCRIBE, token)
        if request.method == "POST":
            with self.app.database.write() as connection:
                unsubscribe(connection, number, reason="by the reader", now=self.app.clock())
        found, mailing_list = self._subscription(number)
        has_left = found.state is SubscriptionState.ENDED
        return self._page("unsubscribe.html", mailing_list=mailing_list, has_left=has_left)

    def _subscription(self, number: int) -> tuple[Subscription, MailingList]:
        with self.app.database.read() as connection:
            found = find_subscription(connection, number)
            return found, find_list(connection, found.list_slug)

    def view(self, request: Request) -> Response:
        """
        A frozen issue in the browser, with nobody's data in it.
        """
        number = self._number(VIEW, request.path_params["token"])
        with self.app.database.read() as connection:
            issue = issues.load_issue(connection, number)
            frozen = freezing.load_mail(connection, number)
        if frozen is None or issue.state is IssueState.CANCELLED:
            raise HTTPException(404)
        return HTMLResponse(fill_for_browser(frozen[0]), headers=HEADERS)

    def health(self, request: Request) -> Response:
        """
        The process lives.
        """
        return PlainTextResponse("ok\n")

    def ready(self, request: Request) -> Response:
        """
        200 when work can be done here, 503 while not (stopping, or the database is away).
        """
        if request.app.state.is_stopping():
            return PlainTextResponse("stopping\n", status_code=503)
        try:
            require_current(self.app.database)
        except NewsletterError:
            return PlainTextResponse("no database\n", status_code=503)
        return PlainTextResponse("ready\n")

    def not_found(self, request: Request, error: Exception) -> Response:
        """
        One page for every address that leads nowhere, tokens that were not signed here included.
        """
        return self._page("not-found.html", status_code=404)

    def _number(self, purpose: str, token: str) -> int:
        return self.app.links.keys.read(purpose, token)

    def _page(self, name: str, *, status_code: int = 200, **values: object) -> Response:
        page = self._templates.get_template(name).render(site=self.app.site, **values)
        return HTMLResponse(page, status_code=status_code, headers=HEADERS)


def error_pages(pages: PublicPages) -> dict[type[Exception] | int, object]:
    """
    What is shown instead of an exception.
    """

    def broken(request: Request, error: Exception) -> Response:
        return JSONResponse({"error": "something went wrong here"}, status_code=500)

    return {404: pages.not_found, SubscribersError: pages.not_found, 500: broken}

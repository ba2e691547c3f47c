"""
An issue in the browser.
"""

from __future__ import annotations

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from newsletter.app import App
from newsletter.errors import NotFound
from newsletter.issues.corrections import Archive
from newsletter.mail.links import VIEW
from newsletter.mail.render import fill_for_browser
from newsletter.store.delivery import freeze
from newsletter.store.issues import issues
from newsletter.web.page.style import NO_FRAMES
from newsletter.web.page.templates import MAIL_POLICY
from newsletter.web.public.correction_note import with_note
from newsletter.web.public.errors import ErrorPages

# An issue is private until it is sent, and again once it is cancelled.
# For links that were signed here, but whose issue was lost in a restore.
LOST_ISSUE = "lost_issue"
ISSUE_POLICY = f"{MAIL_POLICY}; {NO_FRAMES}"


class ViewPages:
    """
    The issues of one App in the browser.
    """

    def __init__(self, app: App, errors: ErrorPages) -> None:
        self.app = app
        self.errors = errors
        self.archive = Archive(app.publishing)

    def routes(self) -> list[Route]:
        """
        Return the routes of these pages.
        """
        return [Route("/v/{token}", self.view)]

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
                return self.errors.lost(LOST_ISSUE, request)
            frozen = freeze.load_mail(connection, number)
        if issue.created_epoch != epoch:
            return self.errors.lost(LOST_ISSUE, request)
        if frozen is None or not issue.is_published:
            raise HTTPException(404)
        as_sent = request.query_params.get("as") == "sent"
        shown = self.archive.show(number, frozen[0], as_sent=as_sent)
        page = fill_for_browser(shown.mail, own_url=self.app.links.view(number, epoch))
        templates = self.errors.templates
        language = templates.language(request)
        page = with_note(page, shown, templates, token=token, language=language)
        return HTMLResponse(page, headers={"Content-Security-Policy": ISSUE_POLICY})

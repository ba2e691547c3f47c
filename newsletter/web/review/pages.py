"""
The editors' page: a preview of a draft, and two buttons. The link in their mail is the only
credential: there is no cookie and no login, and the token is never logged. It lets an editor do
what their account may do at that moment (`editor_for`).

GET and HEAD never change anything, because mail scanners open every link. A POST approves exactly
what the page showed. It only changes the state of the issue; the pipeline then sends it.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from newsletter.actions.issues import issues
from newsletter.app import App
from newsletter.errors import Forbidden, NewsletterError, Refused, StoreError
from newsletter.issues import review as reviewing
from newsletter.issues.approval import REVIEWABLE, ChangedSinceReview
from newsletter.mail.links import REVIEW
from newsletter.model.access import Actor, Permission
from newsletter.store.flow_control import kill_switch
from newsletter.web.page.style import BASE_POLICY
from newsletter.web.page.templates import MAIL_POLICY, SANDBOXED, PageTemplates
from newsletter.web.typed_form import parse_form
from newsletter.web.write_pool import WritePool

logger = logging.getLogger(__name__)

# The page shows the mail in a frame; no other site may.
_FRAMED = {
    "Content-Security-Policy": f"{MAIL_POLICY}; frame-ancestors 'self'; {BASE_POLICY}; {SANDBOXED}",
    "X-Frame-Options": "SAMEORIGIN",
}


@dataclass(frozen=True, kw_only=True)
class _Editor:
    """
    The editor who was sent the link, the issue to decide about, and the number in the link.
    """

    actor: Actor
    issue_id: int
    delivery_id: int


class ReviewPages:
    """
    The editors' pages of one App.
    """

    def __init__(self, app: App, templates: PageTemplates, *, writes: WritePool) -> None:
        self.app = app
        self.writes = writes
        self.templates = templates

    def routes(self) -> list[Route]:
        """
        Return the routes of these pages.
        """
        return [
            Route("/r/{token}", self.show),
            Route("/r/{token}/mail", self.mail),
            Route("/r/{token}/approve", self.approve, methods=["POST"]),
            Route("/r/{token}/hold", self.hold, methods=["POST"]),
        ]

    def show(self, request: Request) -> Response:
        """
        Show the issue, with the two buttons if it is still waiting for a decision.
        """
        return self._page(request)

    def mail(self, request: Request) -> Response:
        """
        Show the mail as it would be sent, without any reader's data. Its links open in a new
        window.
        """
        review = reviewing.review_of(self.app.publishing, self._editor(request).issue_id)
        if review.view is None:
            raise HTTPException(404)
        page = reviewing.preview_of(self.app.publishing, review.view).html
        page = page.replace("<head>", '<head><base target="_blank">', 1)
        return HTMLResponse(page, headers=_FRAMED)

    async def approve(self, request: Request) -> Response:
        """
        Approve and send the issue, unless it has changed since the page was shown.
        """
        shown = parse_form(await request.body()).one("shown")
        return await self.writes.run(self._approve, request, shown)

    def _approve(self, request: Request, shown: str) -> Response:
        editor = self._editor(request)
        try:
            issues.approve_and_send(self.app, editor.issue_id, by=editor.actor, shown_sha256=shown)
        except StoreError:
            raise
        except ChangedSinceReview:
            return self._page(request, 409, has_changed=True)
        except NewsletterError:
            # It was already decided, cannot be rendered at the moment, or somebody else has to
            # approve it; the page says which.
            return self._page(request)
        extra = {"event": "issue.approved", "issue_id": editor.issue_id}
        message = "issue %s was approved by the editor of delivery %s"
        logger.info(message, editor.issue_id, editor.delivery_id, extra=extra)
        return self._page(request)

    async def hold(self, request: Request) -> Response:
        """
        Hold the issue, so that only a person can send it.
        """
        return await self.writes.run(self._hold, request)

    def _hold(self, request: Request) -> Response:
        editor = self._editor(request)
        try:
            issues.hold(self.app, editor.issue_id, by=editor.actor, states=REVIEWABLE)
        except (Forbidden, Refused):
            return self._page(request)
        extra = {"event": "issue.held", "issue_id": editor.issue_id}
        message = "issue %s was put on hold by the editor of delivery %s"
        logger.info(message, editor.issue_id, editor.delivery_id, extra=extra)
        return self._page(request)

    def _editor(self, request: Request) -> _Editor:
        number, epoch = self.app.links.read(REVIEW, request.path_params["token"])
        with self.app.database.read() as connection:
            kill_switch.require_not_migrated(connection)
            found = reviewing.editor_for(connection, number, epoch=epoch)
            if found is None:
                raise HTTPException(404)
        return _Editor(actor=found[0], issue_id=found[1], delivery_id=number)

    def _page(
        self, request: Request, status_code: int = 200, *, has_changed: bool = False
    ) -> Response:
        editor = self._editor(request)
        review = reviewing.review_of(self.app.publishing, editor.issue_id)
        reason = review.issue.pause_reason or ""
        values: dict[str, Any] = {
            "review": review,
            "is_held": review.is_held,
            "reason": reason[:1].upper() + reason[1:],
            "here": f"/r/{request.path_params['token']}",
            "has_changed": has_changed,
        }
        language = review.language
        if not review.is_open:
            return self.templates.page(
                "staff/review-over.html", status_code, language=language, **values
            )
        values |= {
            "may_approve": reviewing.may_approve(self.app.publishing, review.issue, editor.actor),
            "may_hold": Permission.ISSUES_WRITE in editor.actor.permissions,
        }
        subject = (
            reviewing.preview_of(self.app.publishing, review.view).subject if review.view else ""
        )
        return self.templates.page(
            "staff/review.html",
            status_code,
            language=language,
            policy="frame-src 'self'",
            subject=subject,
            **values,
        )

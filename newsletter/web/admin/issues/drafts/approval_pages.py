"""
The last page before a draft is sent: who gets it, what the check found, what changed since it was
approved, and the approval itself.
"""

from __future__ import annotations

from starlette.responses import Response
from starlette.routing import Route

from newsletter.actions.issues import issue_delivery, issue_pages, issues, sending
from newsletter.actions.issues.drafts import approval
from newsletter.actions.issues.drafts.approval import NotADraft
from newsletter.model.issue import EDITABLE
from newsletter.web.admin.issues.drafts.draft_view import (
    MemberRights,
    TimeTyping,
    names_seen,
    subject_of,
)
from newsletter.web.admin.issues.drafts.findings import sort_findings, titles_of, without_command
from newsletter.web.admin.issues.drafts.text_changes import pair_changes
from newsletter.web.admin.issues.send_choice import AT, SendChoice
from newsletter.web.admin.path_numbers import number_in
from newsletter.web.admin.routes import Needs, StaffRequest, StaffRoutes
from newsletter.web.admin.staff_pages import FieldError, StaffPages

_HERE = "/admin/issues/{number}"
_APPROVE = f"{_HERE}/approve"


class ApprovalPages:
    """
    The pages on which a draft of one App is approved, held or cancelled.
    """

    def __init__(self, pages: StaffPages, routes: StaffRoutes) -> None:
        self.pages = pages
        self.app = pages.app
        self.staff_routes = routes

    def routes(self) -> list[Route]:
        """
        Return the routes of these pages.
        """
        page, session = self.staff_routes.page, Needs.SESSION
        return [
            page(_APPROVE, needs=session, show=self.show, submit=self.approve),
            page(f"{_HERE}/time", needs=session, submit=self.reschedule, back=_APPROVE),
            page(f"{_HERE}/hold", needs=session, submit=self.hold),
            page(f"{_HERE}/discard", needs=session, submit=self.discard),
        ]

    def show(self, staff_request: StaffRequest, *errors: FieldError) -> Response:
        """
        Show what would be sent to whom, and the forms that approve and send it, with what is wrong
        in them.
        """
        number, by = number_in(staff_request.request), staff_request.actor
        try:
            details = approval.details(self.app, number, by=by)
        except NotADraft:
            return self.pages.redirect(_HERE.format(number=number))
        typing = TimeTyping.of(staff_request.logged_in.member, details.lists.timezone)
        choice = SendChoice.of(staff_request.request.query_params)
        if staff_request.request.query_params.get("again"):
            fault = choice.fault(staff_request.words, now=self.app.clock(), timezone=typing.zone)
            errors = (fault,) if fault else ()
        return self.pages.page(
            staff_request.request,
            "issues/approve.html",
            section="issues",
            logged_in=staff_request.logged_in,
            here=_HERE.format(number=number),
            number=number,
            issue=details.issue,
            heading=_name(details),
            details=details,
            audience=details.audience,
            findings=sort_findings(
                details.findings,
                details.briefs,
                intro=details.issue.intro,
                base_url=self.app.site.base_url,
            ),
            titles=titles_of(details.briefs),
            changes=pair_changes(details.changes),
            without_command=without_command,
            named=names_seen(details.lists, by),
            rights=MemberRights.of(by),
            typing=typing,
            errors=errors,
            choice=choice,
            new_time=staff_request.typed.one("at") or typing.local(details.issue.send_at),
            is_own=details.issue.changed_by == by.key,
        )

    def approve(self, staff_request: StaffRequest) -> Response:
        """
        Approve the draft that was shown. That of a deadline is also sent.
        """
        number, _ = number_in(staff_request.request), staff_request.words.gettext
        shown = staff_request.typed.one("shown")
        is_sent = approval.approve_shown(
            self.app, number, shown_sha256=shown, by=staff_request.actor
        )
        if is_sent:
            text = _("It is approved, and is being sent.")
            return self.pages.done(staff_request.request, _HERE.format(number=number), text)
        path = _APPROVE.format(number=number)
        return self.pages.done(staff_request.request, path, _("It is approved."))

    def reschedule(self, staff_request: StaffRequest) -> Response:
        """
        Give a scheduled issue another time. It stays approved.
        """
        number, words = number_in(staff_request.request), staff_request.words
        own = staff_request.logged_in.member.timezone
        zone = own or issue_delivery.timezone_of(self.app, number, by=staff_request.actor)
        choice = SendChoice(when=AT, at=staff_request.typed.one("at"))
        now = self.app.clock()
        if fault := choice.fault(words, now=now, timezone=zone):
            return self.show(staff_request, fault)
        at = choice.moment(now, zone).isoformat()
        sending.reschedule(self.app, number, at=at, by=staff_request.actor)
        text = words.gettext("It has another time.")
        return self.pages.done(staff_request.request, _APPROVE.format(number=number), text)

    def hold(self, staff_request: StaffRequest) -> Response:
        """
        Make it a draft that only a person can send.
        """
        number, _ = number_in(staff_request.request), staff_request.words.gettext
        issues.hold(self.app, number, by=staff_request.actor)
        text = _("It is on hold, and waits until somebody sends it.")
        return self.pages.done(staff_request.request, _HERE.format(number=number), text)

    def discard(self, staff_request: StaffRequest) -> Response:
        """
        Cancel the draft for good, if the person has said that they are sure.
        """
        number, _ = number_in(staff_request.request), staff_request.words.gettext
        here = _HERE.format(number=number)
        if not staff_request.typed.one("sure"):
            text = _("Nothing was cancelled: tick that you are sure.")
            return self.pages.done(staff_request.request, here, text, kind="warn")
        # Somebody may have sent it while this one looked at the draft.
        stored = issue_pages.content(self.app, number, by=staff_request.actor)
        if stored.issue.state not in EDITABLE:
            text = _("It is no longer a draft. Look at it again.")
            return self.pages.done(staff_request.request, here, text, kind="warn")
        reason = " ".join(staff_request.typed.one("cancel_reason").split()) or None
        issue_delivery.cancel(self.app, number, reason=reason, by=staff_request.actor)
        return self.pages.done(staff_request.request, here, _("It is cancelled."))


def _name(details: approval.ApprovalDetails) -> str:
    return subject_of(details.view.mail) if details.view else (details.issue.subject or "")

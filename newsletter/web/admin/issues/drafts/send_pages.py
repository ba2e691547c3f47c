"""
Send a draft: the question with the number of readers, and the answer.
"""

from __future__ import annotations

import datetime as dt
from urllib.parse import urlencode

from starlette.responses import Response
from starlette.routing import Route

from newsletter.actions.issues import checks, issue_delivery, issue_status, sending
from newsletter.actions.issues.issue_delivery import SendRequest
from newsletter.actions.operations import open_work
from newsletter.model.access import Permission
from newsletter.model.issue import EDITABLE
from newsletter.web.admin.frame.notices import NextLink
from newsletter.web.admin.issues.drafts.draft_view import names_seen, subject_of
from newsletter.web.admin.issues.drafts.findings import (
    sort_findings,
    titles_of,
    without_command,
)
from newsletter.web.admin.issues.send_choice import AT, BY_CLOCK, NOW, SendChoice
from newsletter.web.admin.path_numbers import number_in
from newsletter.web.admin.routes import Needs, StaffRequest, StaffRoutes
from newsletter.web.admin.staff_pages import StaffPages

_HERE = "/admin/issues/{number}"
_APPROVE = f"{_HERE}/approve"


class SendPages:
    """
    The pages on which a draft of one App is sent.
    """

    def __init__(self, pages: StaffPages, routes: StaffRoutes) -> None:
        self.pages = pages
        self.app = pages.app
        self.staff_routes = routes

    def routes(self) -> list[Route]:
        """
        Return the route of the question and its answer.
        """
        page = self.staff_routes.page
        path = f"{_HERE}/send"
        return [page(path, needs=Needs.SESSION, show=self.ask, submit=self.send, back=_APPROVE)]

    def ask(self, staff_request: StaffRequest) -> Response:
        """
        Ask whether the draft is to be sent, with the number of its readers.
        """
        number, by = number_in(staff_request.request), staff_request.actor
        choice = SendChoice.of(staff_request.request.query_params)
        if not choice.shown:
            return self.pages.redirect(_APPROVE.format(number=number))
        zone = self._zone(staff_request, number, choice)
        if choice.fault(staff_request.words, now=self.app.clock(), timezone=zone):
            return self._choose_again(number, choice)
        moment = self._moment(choice, zone)
        asked = issue_delivery.prepare_send(
            self.app,
            number,
            at=moment.isoformat() if moment and choice.when == AT else None,
            fallback_provider=None,
            ignore_quiet=choice.ignores_quiet,
            by=by,
        )
        if asked.issue.state not in EDITABLE:
            return self.pages.redirect(_HERE.format(number=number))
        return self._question(staff_request, choice, asked, moment)

    def _question(
        self,
        staff_request: StaffRequest,
        choice: SendChoice,
        asked: SendRequest,
        moment: dt.datetime | None,
    ) -> Response:
        number = asked.issue.id
        by = staff_request.actor
        question = checks.ask_to_send(self.app, asked, by=by)
        check = question.check
        briefs = check.rendered.content.briefs if check.rendered else ()
        return self.pages.page(
            staff_request.request,
            "issues/send.html",
            section="issues",
            logged_in=staff_request.logged_in,
            here=_HERE.format(number=number),
            number=number,
            choice=choice,
            asked=asked,
            check=check,
            findings=sort_findings(
                check.warnings, briefs, intro=asked.issue.intro, base_url=self.app.site.base_url
            ),
            audience=question.audience,
            sees_people=Permission.PEOPLE_READ in by.permissions,
            titles=titles_of(briefs),
            without_command=without_command,
            reaches_people=self.app.settings.reaches_people(asked.issue.provider),
            named=names_seen(asked.lists, by),
            moment=moment,
            wall=choice.wall() if choice.when == BY_CLOCK else None,
            back=f"{_APPROVE.format(number=number)}?{urlencode(choice.query)}#decide",
            subject=subject_of(check.rendered.mail) if check.rendered else "",
        )

    def send(self, staff_request: StaffRequest) -> Response:
        """
        Send the draft as the question said.
        """
        number, _ = number_in(staff_request.request), staff_request.words.gettext
        typed = staff_request.typed
        choice = SendChoice.of(typed)
        zone = self._zone(staff_request, number, choice)
        if choice.fault(staff_request.words, now=self.app.clock(), timezone=zone):
            return self._choose_again(number, choice)
        if not (typed.one("sure") and choice.shown):
            text = _("Nothing was sent: tick that you are sure.")
            path = _APPROVE.format(number=number)
            return self.pages.done(staff_request.request, path, text, kind="warn")
        self._send(staff_request, number, choice, self._moment(choice, zone))
        return self._done(staff_request, number, choice)

    def _done(self, staff_request: StaffRequest, number: int, choice: SendChoice) -> Response:
        """
        Say what becomes of the issue, and what keeps it from readers.
        """
        _, by, request = staff_request.words.gettext, staff_request.actor, staff_request.request
        is_scheduled, here = choice.when == AT, _HERE.format(number=number)
        if open_work.count(self.app, by=by).stop:
            text = _("It is queued: all sending is stopped.")
            if is_scheduled:
                text = _("It is scheduled, but all sending is stopped.")
            why = NextLink(path="/admin/stop", label=_("See why"))
            return self.pages.done(request, here, text, kind="warn", then=why)
        text = _("It is scheduled.") if is_scheduled else _("It is being sent.")
        provider = issue_status.progress(self.app, number, by=by).sent.issue.provider
        if self.app.settings.reaches_people(provider):
            return self.pages.done(request, here, text)
        stays = _(
            "Its emails stay here, with the provider %(provider)s: no reader gets one.",
            provider=provider,
        )
        return self.pages.done(request, here, f"{text} {stays}", kind="warn")

    def _send(
        self,
        staff_request: StaffRequest,
        number: int,
        choice: SendChoice,
        moment: dt.datetime | None,
    ) -> None:
        reason = " ".join(staff_request.typed.one("reason").split()) or None
        if choice.when == BY_CLOCK:
            sending.send_by_clock(
                self.app,
                number,
                wall=choice.wall(),
                override_reason=reason,
                ignore_quiet=choice.ignores_quiet,
                shown_sha256=choice.shown,
                by=staff_request.actor,
            )
            return
        sending.send_at_once(
            self.app,
            number,
            at=moment,
            override_reason=reason,
            ignore_quiet=choice.ignores_quiet,
            shown_sha256=choice.shown,
            by=staff_request.actor,
        )

    def _zone(self, staff_request: StaffRequest, number: int, choice: SendChoice) -> str:
        """
        Return the time zone in which times are typed: the member's own, or else that of the list.
        """
        if choice.when == NOW:
            return "UTC"
        own = staff_request.logged_in.member.timezone
        return own or issue_delivery.timezone_of(self.app, number, by=staff_request.actor)

    def _moment(self, choice: SendChoice, zone: str) -> dt.datetime | None:
        return None if choice.when == NOW else choice.moment(self.app.clock(), zone)

    def _choose_again(self, number: int, choice: SendChoice) -> Response:
        """
        Go back to the page of the approval, which says at the field what is wrong.
        """
        path = _APPROVE.format(number=number)
        return self.pages.redirect(path, again="yes", **choice.query)

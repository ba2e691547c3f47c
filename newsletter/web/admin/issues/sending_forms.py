"""
What staff can do to an issue that is being sent: pause and resume it, cancel the rest, decide
about uncertain readers, and make a draft of it.
"""

from __future__ import annotations

from starlette.responses import Response
from starlette.routing import Route

from newsletter.actions.issues import issue_delivery, issue_status, issues
from newsletter.errors import Refused
from newsletter.model.delivery import DeliveryState
from newsletter.web.admin.issues.issue import ISSUE
from newsletter.web.admin.issues.sending_page import SendingPage
from newsletter.web.admin.path_numbers import number_in
from newsletter.web.admin.routes import Needs, StaffRequest, StaffRoutes
from newsletter.web.admin.staff_pages import FieldError, StaffPages

_OUTCOMES = {state.value: state for state in (DeliveryState.ACCEPTED, DeliveryState.REJECTED)}


class SendingForms:
    """
    The forms on the page of an issue of one App.
    """

    def __init__(self, pages: StaffPages, routes: StaffRoutes) -> None:
        self.pages = pages
        self.app = pages.app
        self.staff_routes = routes
        self.sending = SendingPage(pages)

    def routes(self) -> list[Route]:
        """
        Return the routes of these forms.
        """
        forms = {
            "pause": self.pause,
            "resume": self.resume,
            "end-quiet-wait": self.end_quiet_wait,
            "cancel": self.cancel,
            "resolve": self.resolve,
            "duplicate": self.duplicate,
        }
        return [
            self.staff_routes.page(f"{ISSUE}/{name}", needs=Needs.SESSION, submit=submit)
            for name, submit in forms.items()
        ]

    def pause(self, staff_request: StaffRequest) -> Response:
        """
        Pause the issue.
        """
        _, actor = staff_request.words.gettext, staff_request.actor
        reason = _line(staff_request, "reason") or _("by %(who)s", who=actor.name)
        number = number_in(staff_request.request)
        issue_delivery.pause(self.app, number, reason=reason, by=actor)
        text = _("The issue is paused. Calls that had begun are finished; nobody is lost.")
        return self._done(staff_request, text, kind="warn")

    def resume(self, staff_request: StaffRequest) -> Response:
        """
        Resume the issue, or end the wait after its first readers.
        """
        number, typed = number_in(staff_request.request), staff_request.typed
        reason = _line(staff_request, "resume_reason")
        try:
            issue_delivery.resume(
                self.app,
                number,
                reason=reason or None,
                fallback_provider=typed.one("fallback_provider") or None,
                by=staff_request.actor,
            )
        except Refused:
            if reason or not self._needs_reason(staff_request):
                raise
            text = staff_request.words.gettext("Say why it is safe to resume.")
            return self._refused(staff_request, FieldError(name="resume_reason", text=text))
        return self._done(staff_request, staff_request.words.gettext("The issue is resumed."))

    def _needs_reason(self, staff_request: StaffRequest) -> bool:
        number = number_in(staff_request.request)
        found = issue_status.progress(self.app, number, by=staff_request.actor)
        return found.sent.auto_paused_at is not None

    def end_quiet_wait(self, staff_request: StaffRequest) -> Response:
        """
        Let the issue go out in the quiet hours.
        """
        number = number_in(staff_request.request)
        issue_delivery.end_quiet_wait(self.app, number, by=staff_request.actor)
        text = staff_request.words.gettext("The issue goes out in the quiet hours too.")
        return self._done(staff_request, text)

    def cancel(self, staff_request: StaffRequest) -> Response:
        """
        Cancel the issue for those who have not got it.
        """
        _, number = staff_request.words.gettext, number_in(staff_request.request)
        reason = _line(staff_request, "cancel_reason")
        if not reason:
            error = FieldError(name="cancel_reason", text=_("Say why, for the record."))
            return self._refused(staff_request, error)
        issue_delivery.cancel(self.app, number, reason=reason, by=staff_request.actor)
        text = _("The rest is cancelled. Those who have the email keep it.")
        return self._done(staff_request, text, kind="warn")

    def resolve(self, staff_request: StaffRequest) -> Response:
        """
        Count the uncertain readers as accepted or rejected.
        """
        _, number = staff_request.words.gettext, number_in(staff_request.request)
        outcome = _OUTCOMES.get(staff_request.typed.one("outcome"))
        if outcome is None:
            return self.pages.redirect(ISSUE.format(number=number))
        issue_delivery.resolve(self.app, number, as_state=outcome, by=staff_request.actor)
        return self._done(staff_request, _("Your decision is recorded. Nothing was sent."))

    def duplicate(self, staff_request: StaffRequest) -> Response:
        """
        Make a draft like the issue, and show it.
        """
        number = number_in(staff_request.request)
        made = issues.duplicate(self.app, number, by=staff_request.actor)
        text = staff_request.words.gettext(
            "This is a new draft with the lists, texts and briefs of issue %(number)s.",
            number=number,
        )
        return self.pages.done(staff_request.request, ISSUE.format(number=made), text)

    def _done(self, staff_request: StaffRequest, text: str, *, kind: str = "good") -> Response:
        path = ISSUE.format(**staff_request.request.path_params)
        return self.pages.done(staff_request.request, path, text, kind=kind)

    def _refused(self, staff_request: StaffRequest, error: FieldError) -> Response:
        number = number_in(staff_request.request)
        found = issue_status.progress(self.app, number, by=staff_request.actor)
        return self.sending.show(staff_request, found, errors=[error])


def _line(staff_request: StaffRequest, name: str) -> str:
    """
    Return a field as one line.
    """
    return " ".join(staff_request.typed.one(name).split())

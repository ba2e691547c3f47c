"""
The page of requests under data protection law: what is to be done, and until when.
"""

from __future__ import annotations

import datetime as dt

from starlette.responses import Response
from starlette.routing import Route

from newsletter.actions.people import privacy
from newsletter.actions.people.newsroom import person_page
from newsletter.errors import InvalidValue
from newsletter.model.access import Permission
from newsletter.web.admin.field_errors import invalid_email
from newsletter.web.admin.path_numbers import number_in
from newsletter.web.admin.refusals import line_of
from newsletter.web.admin.routes import Needs, StaffRequest, StaffRoutes
from newsletter.web.admin.staff_pages import FieldError, StaffPages
from subscribers.errors import InvalidAddress, InvalidText

REQUESTS = "/admin/requests"
_FIELDS = ("email", "kind", "received")
# So many that are done are shown.
_DONE = 50
_SOON = dt.timedelta(days=7)


def place_of(number: int) -> str:
    """
    Return where a request stands on the page.
    """
    return f"{REQUESTS}#request-{number}"


class RequestPages:
    """
    The page of privacy requests of one App.
    """

    def __init__(self, pages: StaffPages, routes: StaffRoutes) -> None:
        self.pages = pages
        self.app = pages.app
        self.staff_routes = routes

    def routes(self) -> list[Route]:
        """
        Return the routes of this page.
        """
        page = self.staff_routes.page
        return [
            page(REQUESTS, needs=Needs.SESSION, show=self.show, submit=self.add),
            page(f"{REQUESTS}/{{number}}/done", needs=Needs.SESSION, submit=self.close),
        ]

    def show(self, staff_request: StaffRequest) -> Response:
        """
        Show the requests, the one that is due first first.
        """
        return self._page(staff_request)

    def add(self, staff_request: StaffRequest) -> Response:
        """
        Record a request.
        """
        _, typed = staff_request.words.gettext, staff_request.typed
        try:
            received = (
                dt.date.fromisoformat(typed.one("received")) if typed.one("received") else None
            )
        except ValueError:
            wrong = FieldError(name="received", text=_("This is not a day."))
            return self._page(staff_request, wrong)
        try:
            privacy.add(
                self.app,
                typed.one("email"),
                typed.one("kind"),
                by=staff_request.actor,
                received=received,
            )
        except InvalidAddress:
            return self._page(staff_request, invalid_email(staff_request))
        except InvalidValue:
            wrong = FieldError(name="received", text=_("This day is still to come."))
            return self._page(staff_request, wrong)
        return self.pages.done(staff_request.request, REQUESTS, _("The request is recorded."))

    def close(self, staff_request: StaffRequest) -> Response:
        """
        Close a request with what was done.
        """
        number = number_in(staff_request.request)
        try:
            privacy.done(
                self.app,
                number,
                outcome=staff_request.typed.one("outcome"),
                by=staff_request.actor,
            )
        except InvalidText as error:
            return self._page(
                staff_request,
                FieldError(name=f"outcome-{number}", text=line_of(error, staff_request.words)),
            )
        done = staff_request.words.gettext("The request is closed.")
        return self.pages.done(staff_request.request, REQUESTS, done)

    def _page(self, staff_request: StaffRequest, *errors: FieldError) -> Response:
        by, now = staff_request.actor, self.app.clock()
        every = privacy.all_of(self.app, by=by)
        waiting = [each for each in every if each.done_at is None]
        done = sorted(
            (each for each in every if each.done_at is not None),
            key=lambda each: each.done_at or now,
            reverse=True,
        )[:_DONE]
        keys = [each.email_key for each in waiting if each.email_key]
        return self.pages.page(
            staff_request.request,
            "people/requests.html",
            section="people",
            logged_in=staff_request.logged_in,
            errors=errors,
            typed={name: staff_request.typed.one(name) for name in _FIELDS},
            waiting=waiting,
            done=done,
            late=sum(each.is_overdue(now) for each in waiting),
            now=now,
            soon=now + _SOON,
            numbers=person_page.numbers_by_key(self.app, keys, by=by),
            may_write=Permission.PEOPLE_WRITE in by.permissions,
        )

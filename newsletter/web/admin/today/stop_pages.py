"""
The page of the kill switch: stop all sending, and start it again.
"""

from __future__ import annotations

from starlette.responses import Response
from starlette.routing import Route

from newsletter.actions.operations import kill_switch
from newsletter.model.access import Permission
from newsletter.web.admin.routes import Needs, StaffRequest, StaffRoutes
from newsletter.web.admin.staff_pages import FieldError, StaffPages
from subscribers.errors import InvalidText
from subscribers.text.phrases import phrase

STOP = "/admin/stop"
START = "/admin/stop/start"
_MOST_LETTERS = 200


class StopPages:
    """
    The page of the kill switch of one App.
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
            page(STOP, needs=Needs.SESSION, show=self.show, submit=self.stop),
            page(START, needs=Needs.SESSION, submit=self.start, back=STOP),
        ]

    def show(self, staff_request: StaffRequest) -> Response:
        """
        Show whether sending is on, and whom a stop or its end concerns.
        """
        return self._page(staff_request)

    def stop(self, staff_request: StaffRequest) -> Response:
        """
        Stop all sending, if the member is sure.
        """
        _, typed = staff_request.words.gettext, staff_request.typed
        if typed.one("sure") != "yes":
            text = _("Tick the box to show that you are sure.")
            return self._page(staff_request, FieldError(name="sure", text=text))
        try:
            engaged = kill_switch.engage(
                self.app, reason=_reason(staff_request), by=staff_request.actor
            )
        except InvalidText:
            text = _("Write the reason in one line of at most 200 letters.")
            return self._page(staff_request, FieldError(name="reason", text=text))
        text = _("All sending is stopped.")
        if not engaged.is_new:
            text = _("All sending was stopped already. The first reason is kept.")
        if flying := engaged.batches_in_flight:
            text += " " + staff_request.words.ngettext(
                "One call to a provider is under way and will finish.",
                "%(n)s calls to providers are under way and will finish.",
                flying,
                n=flying,
            )
        return self.pages.done(staff_request.request, STOP, text)

    def start(self, staff_request: StaffRequest) -> Response:
        """
        Let everything continue.
        """
        _ = staff_request.words.gettext
        was_stopped = kill_switch.disengage(self.app, by=staff_request.actor)
        text = _("Sending is on again.") if was_stopped else _("Sending was on already.")
        return self.pages.done(staff_request.request, STOP, text)

    def _page(self, staff_request: StaffRequest, *errors: FieldError) -> Response:
        actor, typed = staff_request.actor, staff_request.typed
        return self.pages.page(
            staff_request.request,
            "today/stop.html",
            section="today",
            logged_in=staff_request.logged_in,
            action=STOP,
            errors=errors,
            typed={name: typed.one(name) for name in ("sure", "reason")},
            stop=kill_switch.show(self.app, by=actor),
            pending=kill_switch.count_pending(self.app, by=actor),
            start=START,
            can_send=Permission.ISSUES_SEND in actor.permissions,
        )


def _reason(staff_request: StaffRequest) -> str:
    """
    Return the reason that every status shows: who stopped it, by their name, and why.

    Raises:
        InvalidText: it is too long.
    """
    typed = staff_request.typed.one("reason").strip()
    if len(typed) > _MOST_LETTERS:
        raise InvalidText(phrase("the reason is too long"))
    name = staff_request.logged_in.member.name
    by = f"by {name}" if name else "by staff"
    return f"{by}: {typed}" if typed else by

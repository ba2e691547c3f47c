"""
The page on which staff look for people.
"""

from __future__ import annotations

from typing import Any

from starlette.responses import Response
from starlette.routing import Route

from newsletter.actions.people.newsroom import bulk_jobs, choices, quick_search
from newsletter.actions.people.newsroom.bulk_acts import acts_of
from newsletter.actions.people.newsroom.quick_search import PeoplePage
from newsletter.actions.people.sync import suppression_pages
from newsletter.errors import NotFound
from newsletter.model.access import Permission
from newsletter.web.admin.people.people_filter import AskedPeople, read_asked
from newsletter.web.admin.people.person_status import status_of
from newsletter.web.admin.routes import Needs, StaffRequest, StaffRoutes
from newsletter.web.admin.staff_pages import StaffPages
from newsletter.web.write_pool import WritePool
from subscribers.errors import InvalidAddress, UnknownTag
from subscribers.filters.quick_search import MOST
from subscribers.suppression.model import Suppression

PEOPLE = "/admin/people"
AT_ONCE = 50


class PeoplePages:
    """
    The page of people of one App.
    """

    def __init__(self, pages: StaffPages, routes: StaffRoutes) -> None:
        self.pages = pages
        self.app = pages.app
        self.staff_routes = routes
        # A search is sent as a form, but it only reads: it does not wait for what writes.
        self.searches = WritePool()

    def routes(self) -> list[Route]:
        """
        Return the routes of this page.
        """
        return [
            self.staff_routes.page(
                PEOPLE,
                needs=Needs.SESSION,
                show=self.show,
                submit=self.search,
                writes=self.searches,
            )
        ]

    def show(self, staff_request: StaffRequest) -> Response:
        """
        Show the people whom the filter in the URL matches.
        """
        query = staff_request.request.query_params
        return self._found(
            staff_request, read_asked(lambda name: query.get(name, "").replace("\0", ""))
        )

    def search(self, staff_request: StaffRequest) -> Response:
        """
        Show the people who were asked for: those that a text was typed for at once, others at
        their URL.
        """
        asked = read_asked(staff_request.typed.one)
        if staff_request.request.headers.get("hx-request"):
            return self._found(staff_request, asked, is_part=True)
        if not asked.text:
            return self.pages.redirect(asked.path())
        return self._found(staff_request, asked)

    def _suppressed(
        self, staff_request: StaffRequest, asked: AskedPeople, found: PeoplePage | None
    ) -> list[Suppression]:
        """
        Return the suppressions of the address that was typed, if nobody has it.
        """
        actor = staff_request.actor
        is_address = bool(asked.text.partition("@")[0]) and "@" in asked.text
        if (found and found.people) or not is_address:
            return []
        if Permission.SUPPRESSIONS_READ not in actor.permissions:
            return []
        try:
            return suppression_pages.of_address(self.app, asked.text, by=actor)
        except (NotFound, InvalidAddress):
            return []

    def _found(
        self, staff_request: StaffRequest, asked: AskedPeople, *, is_part: bool = False
    ) -> Response:
        offered = choices.show(self.app, with_count=True, by=staff_request.actor)
        found = self._find(staff_request, asked)
        values: dict[str, Any] = {
            "section": "people",
            "logged_in": staff_request.logged_in,
            "asked": asked,
            "found": found,
            "suppressed": self._suppressed(staff_request, asked, found),
            "choices": offered,
            "list_names": {each.slug: each.name for each in offered.lists},
            "most": MOST,
            "is_part": is_part,
            "status_of": lambda person: status_of(person, self.app.clock()),
            "can_act": bool(acts_of(staff_request.actor)),
            "may_write": Permission.PEOPLE_WRITE in staff_request.actor.permissions,
            "may_export": Permission.PEOPLE_EXPORT in staff_request.actor.permissions,
        }
        if is_part:
            return self.pages.fragment(staff_request.request, "people/parts/found.html", **values)
        is_shown = values["can_act"] and not asked.text and not asked.narrowed
        running = bulk_jobs.running(self.app, by=staff_request.actor) if is_shown else []
        return self.pages.page(
            staff_request.request, "people/people.html", running=running, **values
        )

    def _find(self, staff_request: StaffRequest, asked: AskedPeople) -> PeoplePage | None:
        """
        Return the people, or None if nobody can be found because there is no such tag.
        """
        by = staff_request.actor
        try:
            if asked.text and not asked.is_anywhere:
                return quick_search.find_typed(
                    self.app, asked.text, asked.which, after=asked.after, limit=AT_ONCE, by=by
                )
            return quick_search.browse(
                self.app, asked.which, after=asked.after, seen=asked.seen, limit=AT_ONCE, by=by
            )
        except UnknownTag:
            return None

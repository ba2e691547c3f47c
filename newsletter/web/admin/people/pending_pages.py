"""
The page of people who have to confirm that they want a list, and the form that drops those who
waited long.
"""

from __future__ import annotations

import datetime as dt

from starlette.responses import Response
from starlette.routing import Route

from newsletter.actions.people import pending
from newsletter.actions.people.newsroom import choices
from newsletter.actions.people.sync import pending_pages
from newsletter.model.access import Permission
from newsletter.web.admin.path_numbers import number_or_none
from newsletter.web.admin.routes import Needs, StaffRequest, StaffRoutes
from newsletter.web.admin.staff_pages import FieldError, StaffPages

PENDING = "/admin/pending"
AT_ONCE = 50
_USUAL_DAYS, _MOST_DAYS = "30", 3_660


class PendingPages:
    """
    The page of pending people of one App.
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
            page(PENDING, needs=Needs.SESSION, show=self.show),
            page(f"{PENDING}/drop", needs=Needs.SESSION, submit=self.drop, back=PENDING),
        ]

    def show(self, staff_request: StaffRequest) -> Response:
        """
        Show those who wait on a list, or on all, the first to subscribe first.
        """
        return self._page(staff_request)

    def drop(self, staff_request: StaffRequest) -> Response:
        """
        Ask whether those who waited so many days are to be dropped, or drop them.
        """
        typed, by = staff_request.typed, staff_request.actor
        slug, days = typed.one("list"), number_or_none(typed.one("days").strip())
        if days is None or not 1 <= days <= _MOST_DAYS:
            text = staff_request.words.gettext("Write a number of days.")
            return self._page(staff_request, FieldError(name="days", text=text))
        older = dt.timedelta(days=days)
        count = pending.count_to_drop(self.app, older_than=older, list_slug=slug or None, by=by)
        if typed.one("expected") != str(count) or not count:
            return self._question(staff_request, slug, days, count)
        dropped = pending.drop(self.app, older_than=older, list_slug=slug or None, by=by)
        done = staff_request.words.ngettext(
            "%(n)s subscription that was never confirmed is dropped.",
            "%(n)s subscriptions that were never confirmed are dropped.",
            dropped,
            n=dropped,
        )
        return self.pages.done(staff_request.request, PENDING, done)

    def _question(self, staff_request: StaffRequest, slug: str, days: int, count: int) -> Response:
        return self.pages.page(
            staff_request.request,
            "people/drop-pending.html",
            section="people",
            logged_in=staff_request.logged_in,
            list_slug=slug,
            list_name=self._names(staff_request).get(slug, slug),
            days=days,
            count=count,
        )

    def _page(self, staff_request: StaffRequest, *errors: FieldError) -> Response:
        query, typed, by = (
            staff_request.request.query_params,
            staff_request.typed,
            staff_request.actor,
        )
        names = self._names(staff_request)
        slug = typed.one("list") if typed.values else query.get("list", "")
        if by.lists is not None and not slug:
            # Somebody who is limited to some lists sees them one by one.
            slug = next(iter(names), "")
        after, seen = (number_or_none(query.get(name, "")) or 0 for name in ("after", "seen"))
        found = (
            pending_pages.page(
                self.app,
                list_slug=slug or None,
                after=after,
                seen=seen,
                limit=AT_ONCE + 1,
                by=by,
            )
            if slug or by.lists is None
            else ()
        )
        return self.pages.page(
            staff_request.request,
            "people/pending.html",
            section="people",
            logged_in=staff_request.logged_in,
            errors=errors,
            typed={"days": typed.one("days") if typed.values else _USUAL_DAYS},
            found=found[:AT_ONCE],
            has_more=len(found) > AT_ONCE,
            is_first=not after,
            seen=seen + AT_ONCE,
            list_slug=slug,
            list_names=names,
            is_unlimited=by.lists is None,
            may_write=Permission.PEOPLE_WRITE in by.permissions,
        )

    def _names(self, staff_request: StaffRequest) -> dict[str, str]:
        offered = choices.show(self.app, by=staff_request.actor)
        return {each.slug: each.name for each in offered.lists}

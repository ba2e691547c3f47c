"""
The page of imports: what was imported, by whom, and what waits.
"""

from __future__ import annotations

from starlette.responses import Response
from starlette.routing import Route

from newsletter.actions.people.files import imports
from newsletter.model.access import Permission
from newsletter.web.admin.imports.import_view import IMPORTS, MOVING
from newsletter.web.admin.path_numbers import number_or_none
from newsletter.web.admin.routes import Needs, StaffRequest, StaffRoutes
from newsletter.web.admin.staff_pages import StaffPages
from subscribers.import_export.jobs.model import JobState

_ON_A_PAGE = 50
_WAITS = frozenset({JobState.DRAFT, JobState.STOPPED})


class ImportListPage:
    """
    The page of the imports of one App.
    """

    def __init__(self, pages: StaffPages, routes: StaffRoutes) -> None:
        self.pages = pages
        self.app = pages.app
        self.staff_routes = routes

    def routes(self) -> list[Route]:
        """
        Return the route of this page.
        """
        return [self.staff_routes.page(IMPORTS, needs=Needs.SESSION, show=self.show)]

    def show(self, staff_request: StaffRequest) -> Response:
        """
        Show the latest imports, or those before the one in the query.
        """
        by = staff_request.actor
        before = number_or_none(staff_request.request.query_params.get("before", ""))
        found = imports.list_imports(self.app, before=before, limit=_ON_A_PAGE + 1, by=by)
        shown = [each.job for each in found[:_ON_A_PAGE]]
        return self.pages.page(
            staff_request.request,
            "imports/imports.html",
            section="people",
            logged_in=staff_request.logged_in,
            jobs=shown,
            moving=sum(job.state in MOVING for job in shown),
            waiting=sum(job.state in _WAITS for job in shown),
            is_first=before is None,
            older=shown[-1].id if len(found) > _ON_A_PAGE else None,
            may_write=Permission.PEOPLE_WRITE in by.permissions,
            may_export=Permission.PEOPLE_EXPORT in by.permissions,
        )

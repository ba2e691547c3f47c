"""
The page of one import: what it would change, how far it is, or what it came to.
"""

from __future__ import annotations

from typing import Any

from starlette.responses import Response
from starlette.routing import Route

from newsletter.actions.people.files import imports
from newsletter.model.access import Permission
from newsletter.web.admin.imports.import_view import (
    IMPORTS,
    UNDOABLE,
    ImportView,
    path_of,
    view_of,
    without_folders,
)
from newsletter.web.admin.path_numbers import number_in
from newsletter.web.admin.routes import Needs, StaffRequest, StaffRoutes
from newsletter.web.admin.staff_pages import StaffPages
from subscribers.import_export.drafts.trial import samples_of
from subscribers.import_export.jobs.model import JobState


class ImportPage:
    """
    The page of one import of one App.
    """

    def __init__(self, pages: StaffPages, routes: StaffRoutes) -> None:
        self.pages = pages
        self.app = pages.app
        self.staff_routes = routes

    def routes(self) -> list[Route]:
        """
        Return the routes of this page.
        """
        page, path = self.staff_routes.page, f"{IMPORTS}/{{number}}"
        return [
            page(f"{path}/progress", needs=Needs.POLL, show=self.show_progress),
            page(path, needs=Needs.SESSION, show=self.show),
        ]

    def show(self, staff_request: StaffRequest) -> Response:
        """
        Show the import: a draft without a trial at its columns.
        """
        view = self._view(staff_request)
        may = staff_request.actor.permissions
        can_prepare = view.job.state is JobState.DRAFT and Permission.PEOPLE_WRITE in may
        if can_prepare and not view.counts:
            return self.pages.redirect(f"{path_of(view.job.id)}/columns")
        return self.pages.page(
            staff_request.request,
            "imports/trial.html" if can_prepare else "imports/import.html",
            section="people",
            logged_in=staff_request.logged_in,
            samples=samples_of(view.job) if can_prepare else {},
            may_write=Permission.PEOPLE_WRITE in may,
            may_export=Permission.PEOPLE_EXPORT in may,
            can_undo=Permission.PEOPLE_WRITE in may and view.job.state in UNDOABLE,
            error=without_folders(view.job.error, staff_request.words),
            **self._values(view),
        )

    def show_progress(self, staff_request: StaffRequest) -> Response:
        """
        Show what changes while a process works on the import. If its state changed, the browser is
        told to load the whole page.
        """
        view = self._view(staff_request)
        response = self.pages.fragment(
            staff_request.request,
            "imports/parts/progress.html",
            logged_in=staff_request.logged_in,
            **self._values(view),
        )
        if view.job.state.value != staff_request.request.query_params.get("state", ""):
            response.headers["HX-Refresh"] = "true"
        return response

    def _view(self, staff_request: StaffRequest) -> ImportView:
        number = number_in(staff_request.request)
        return view_of(imports.show(self.app, number, by=staff_request.actor))

    def _values(self, view: ImportView) -> dict[str, Any]:
        return {"view": view, "job": view.job, "path": path_of(view.job.id)}

"""
The pages of exports: start one of the people that a filter matches or of the suppressions, see how
far it is, and download its file.
"""

from __future__ import annotations

from typing import Any

from starlette.responses import FileResponse, Response
from starlette.routing import Route

from newsletter.actions.people.files import exports
from newsletter.actions.people.newsroom import choices
from newsletter.errors import InvalidValue
from newsletter.model.access import Permission
from newsletter.web.admin.imports.column_fields import product_name
from newsletter.web.admin.imports.import_view import MOVING, without_folders
from newsletter.web.admin.path_numbers import number_in, number_or_none
from newsletter.web.admin.people.people_filter import read_asked
from newsletter.web.admin.routes import Needs, StaffRequest, StaffRoutes
from newsletter.web.admin.staff_pages import FieldError, StaffPages
from subscribers.import_export.export.presets.write_preset import PRESETS
from subscribers.import_export.jobs.model import FileJob, JobState

EXPORTS = "/admin/exports"
_ON_A_PAGE = 50
_CSV, _RAW, _JSON_LINES = "csv", "raw", "jsonl"
_FIELDS = ("list", "state", "segment", "tag", "q", "anywhere", "format", "notes")


class ExportPages:
    """
    The pages of the exports of one App.
    """

    def __init__(self, pages: StaffPages, routes: StaffRoutes) -> None:
        self.pages = pages
        self.app = pages.app
        self.staff_routes = routes

    def routes(self) -> list[Route]:
        """
        Return the routes of these pages.
        """
        page, needs = self.staff_routes.page, Needs.SESSION
        return [
            page(EXPORTS, needs=needs, show=self.show, submit=self.start),
            page(f"{EXPORTS}/new", needs=needs, show=self.ask, submit=self.ask),
            page(f"{EXPORTS}/list", needs=Needs.POLL, show=self.show_list),
            page(
                f"{EXPORTS}/suppressions",
                needs=needs,
                submit=self.start_suppressions,
                back=EXPORTS,
            ),
            page(f"{EXPORTS}/{{number}}/file", needs=needs, submit=self.download, back=EXPORTS),
        ]

    def show(self, staff_request: StaffRequest) -> Response:
        """
        Show the exports, the last one first.
        """
        return self.pages.page(
            staff_request.request,
            "imports/exports.html",
            section="people",
            logged_in=staff_request.logged_in,
            is_unlimited=staff_request.actor.lists is None,
            **self._found(staff_request),
        )

    def show_list(self, staff_request: StaffRequest) -> Response:
        """
        Show the part of the page that changes while exports are written.
        """
        return self.pages.fragment(
            staff_request.request,
            "imports/parts/exports.html",
            logged_in=staff_request.logged_in,
            **self._found(staff_request),
        )

    def ask(self, staff_request: StaffRequest) -> Response:
        """
        Ask who is to be in an export, and in which format. What a page of people shows comes as a
        form, because a text may be a part of an address.
        """
        return self._form(staff_request)

    def start(self, staff_request: StaffRequest) -> Response:
        """
        Start an export of people.
        """
        _, typed = staff_request.words.gettext, staff_request.typed
        form = typed.one("format")
        preset = form.removeprefix("for-") if form.startswith("for-") else ""
        try:
            exports.start(
                self.app,
                read_asked(typed.one).which,
                by=staff_request.actor,
                is_raw=form == _RAW,
                as_json_lines=form == _JSON_LINES,
                preset=preset,
                with_notes=typed.one("notes") == "yes",
            )
        except InvalidValue:
            text = _("Choose one list: another product takes the people of one.")
            return self._form(staff_request, FieldError(name="list", text=text))
        return self._started(staff_request)

    def start_suppressions(self, staff_request: StaffRequest) -> Response:
        """
        Start an export of the suppressions.
        """
        is_hashed = staff_request.typed.one("hashed") == "yes"
        exports.start_suppressions(self.app, is_hashed=is_hashed, by=staff_request.actor)
        return self._started(staff_request)

    def download(self, staff_request: StaffRequest) -> Response:
        """
        Return the file of an export that is done.
        """
        number = number_in(staff_request.request)
        path = exports.file_of(self.app, number, by=staff_request.actor)
        return FileResponse(path, filename=f"export-{number}-{path.name}")

    def _started(self, staff_request: StaffRequest) -> Response:
        text = staff_request.words.gettext(
            "The export has begun. Its file can be downloaded here for seven days."
        )
        return self.pages.done(staff_request.request, EXPORTS, text)

    def _found(self, staff_request: StaffRequest) -> dict[str, Any]:
        before = number_or_none(staff_request.request.query_params.get("before", ""))
        found = exports.list_exports(
            self.app, before=before, limit=_ON_A_PAGE + 1, by=staff_request.actor
        )
        jobs = found[:_ON_A_PAGE]
        return {
            "jobs": jobs,
            "moving": sum(job.state in MOVING for job in jobs),
            "has_file": {job.id for job in jobs if self._has_file(job)},
            "refusals": {
                job.id: without_folders(job.error, staff_request.words) for job in jobs if job.error
            },
            "kept_until": {job.id: job.ended_at + exports.KEPT_FOR for job in jobs if job.ended_at},
            "before": before,
            "older": jobs[-1].id if len(found) > _ON_A_PAGE else None,
        }

    def _has_file(self, job: FileJob) -> bool:
        return job.state is JobState.DONE and any(
            file.is_copy and file.path.is_file() for file in job.files
        )

    def _form(self, staff_request: StaffRequest, *errors: FieldError) -> Response:
        by, typed = staff_request.actor, staff_request.typed
        asked = read_asked(typed.one)
        if not typed.values:
            query = staff_request.request.query_params
            asked = read_asked(lambda name: "" if name == "q" else query.get(name, ""))
        return self.pages.page(
            staff_request.request,
            "imports/new-export.html",
            section="people",
            action=EXPORTS,
            logged_in=staff_request.logged_in,
            errors=errors,
            typed={name: typed.one(name) for name in _FIELDS},
            asked=asked,
            choices=choices.show(self.app, by=by),
            presets=[(f"for-{name}", product_name(name)) for name in PRESETS],
            may_export=Permission.PEOPLE_EXPORT in by.permissions,
            is_unlimited=by.lists is None,
        )

"""
The first step of an import: the file, and the list that its people are to be on.
"""

from __future__ import annotations

from starlette.responses import Response
from starlette.routing import Route

from newsletter.actions.people.files import drafts
from newsletter.actions.people.newsroom import choices
from newsletter.model.access import Permission
from newsletter.web.admin.imports.import_view import IMPORTS, path_of, without_folders
from newsletter.web.admin.imports.uploaded import uploaded_in
from newsletter.web.admin.routes import Needs, StaffRequest, StaffRoutes
from newsletter.web.admin.staff_pages import FieldError, StaffPages
from newsletter.web.admin.uploads import MOST_PEOPLE_BYTES
from newsletter.web.write_pool import WritePool
from subscribers.errors import ImportRefused, UnknownList

NEW = f"{IMPORTS}/new"
SAMPLE = f"{IMPORTS}/sample.csv"
_SAMPLE_FILE = (
    "email,name,language,tags,consent\n"
    "ada@example.org,Ada Berg,en,press;board,asked at the conference on 3 May 2026\n"
    "bo@example.org,Bo Lind,de,,signed the list at the door\n"
)


class NewImportPage:
    """
    The page of one App on which staff choose a file of people.
    """

    def __init__(self, pages: StaffPages, routes: StaffRoutes, *, files: WritePool) -> None:
        self.pages = pages
        self.app = pages.app
        self.staff_routes = routes
        self.files = files

    def routes(self) -> list[Route]:
        """
        Return the routes of this page.
        """
        page, needs = self.staff_routes.page, Needs.SESSION
        return [
            page(NEW, needs=needs, show=self.show, submit=self.submit, writes=self.files),
            page(SAMPLE, needs=needs, show=self.show_sample),
        ]

    def show(self, staff_request: StaffRequest) -> Response:
        """
        Ask for the file.
        """
        return self._form(staff_request)

    def show_sample(self, staff_request: StaffRequest) -> Response:
        """
        Return a file that can be imported, as a pattern for others.
        """
        headers = {"Content-Disposition": 'attachment; filename="people-sample.csv"'}
        return Response(_SAMPLE_FILE, media_type="text/csv", headers=headers)

    def submit(self, staff_request: StaffRequest) -> Response:
        """
        Store the file, and go on to its columns.
        """
        _, typed = staff_request.words.gettext, staff_request.typed
        file = uploaded_in(typed)
        if file is None:
            return self._form(
                staff_request,
                FieldError(name="file", text=_("Choose a file that is not empty, or paste text.")),
            )
        try:
            number = drafts.prepare(self.app, file, typed.one("list"), by=staff_request.actor)
        except UnknownList:
            return self._form(staff_request, FieldError(name="list", text=_("Choose a list.")))
        except ImportRefused as error:
            return self._form(
                staff_request,
                FieldError(name="file", text=without_folders(str(error), staff_request.words)),
            )
        return self.pages.redirect(f"{path_of(number)}/columns")

    def _form(self, staff_request: StaffRequest, *errors: FieldError) -> Response:
        by = staff_request.actor
        offered = choices.show(self.app, by=by).lists
        return self.pages.page(
            staff_request.request,
            "imports/new.html",
            section="people",
            logged_in=staff_request.logged_in,
            errors=errors,
            typed={name: staff_request.typed.one(name) for name in ("list", "pasted")},
            lists=[(each.slug, each.name) for each in offered],
            may_write=Permission.PEOPLE_WRITE in by.permissions,
            most_mb=MOST_PEOPLE_BYTES // (1024 * 1024),
        )

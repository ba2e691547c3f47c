"""
The page on which staff import a file of suppressions: what is in it, then the question.
"""

from __future__ import annotations

import datetime as dt

from starlette.responses import Response
from starlette.routing import Route

from newsletter.actions.people import suppressions
from newsletter.actions.people.files import suppression_uploads
from newsletter.actions.people.newsroom import choices
from newsletter.actions.people.suppressions import SuppressionValues
from newsletter.errors import InvalidValue, NotFound
from newsletter.model.access import Permission
from newsletter.web.admin.imports.import_view import without_folders
from newsletter.web.admin.imports.uploaded import uploaded_in
from newsletter.web.admin.refusals import line_of
from newsletter.web.admin.routes import Needs, StaffRequest, StaffRoutes
from newsletter.web.admin.staff_pages import FieldError, StaffPages
from newsletter.web.admin.suppressions.suppression_pages import SUPPRESSIONS
from newsletter.web.admin.uploads import MOST_PEOPLE_BYTES
from newsletter.web.write_pool import WritePool
from subscribers.errors import ImportRefused, InvalidText
from subscribers.suppression.model import SuppressionReason

IMPORT = f"{SUPPRESSIONS}/import"
_FIELDS = ("list", "reason", "until", "note", "pasted")


class SuppressionFilePage:
    """
    The page of one App for files of suppressions.
    """

    def __init__(self, pages: StaffPages, routes: StaffRoutes, *, files: WritePool) -> None:
        self.pages = pages
        self.app = pages.app
        self.staff_routes = routes
        self.files = files

    def routes(self) -> list[Route]:
        """
        Return the route of this page.
        """
        page = self.staff_routes.page
        return [
            page(
                IMPORT,
                needs=Needs.SESSION,
                show=self.show,
                submit=self.submit,
                writes=self.files,
            )
        ]

    def show(self, staff_request: StaffRequest) -> Response:
        """
        Ask for the file.
        """
        return self._form(staff_request)

    def submit(self, staff_request: StaffRequest) -> Response:
        """
        Show what is in the file; then suppress it.
        """
        try:
            values = _values(staff_request)
            if kept := staff_request.typed.one("kept"):
                return self._import(staff_request, kept, values)
            return self._look(staff_request, values)
        except ImportRefused as error:
            return self._wrong(
                staff_request, "file", without_folders(str(error), staff_request.words)
            )
        except InvalidText as error:
            return self._wrong(staff_request, "note", line_of(error, staff_request.words))
        except (InvalidValue, ValueError):
            text = staff_request.words.gettext("This is not a day to come.")
            return self._wrong(staff_request, "until", text)

    def _look(self, staff_request: StaffRequest, values: SuppressionValues) -> Response:
        _, by = staff_request.words.gettext, staff_request.actor
        file = uploaded_in(staff_request.typed)
        if file is None:
            text = _("Choose a file that is not empty, or paste text.")
            return self._wrong(staff_request, "file", text)
        found = suppression_uploads.look(self.app, file, values=values, by=by)
        return self.pages.page(
            staff_request.request,
            "imports/suppressions-question.html",
            section="people",
            logged_in=staff_request.logged_in,
            typed=_typed(staff_request),
            found=found.counts,
            kept=found.kept,
            file_name=file.name,
            total=found.counts.addresses + found.counts.domains + found.counts.hashes,
        )

    def _import(
        self, staff_request: StaffRequest, kept: str, values: SuppressionValues
    ) -> Response:
        words, by = staff_request.words, staff_request.actor
        try:
            with suppression_uploads.kept_file(self.app, kept) as file:
                done = suppressions.import_file(self.app, file, values=values, by=by)
        except NotFound:
            text = words.gettext("The file is not here any more. Choose it again.")
            return self._wrong(staff_request, "file", text)
        text = words.ngettext(
            "%(n)s is suppressed that was not before.",
            "%(n)s are suppressed that were not before.",
            done.added,
            n=done.added,
        )
        return self.pages.done(staff_request.request, SUPPRESSIONS, text)

    def _wrong(self, staff_request: StaffRequest, field: str, text: str) -> Response:
        return self._form(staff_request, FieldError(name=field, text=text))

    def _form(self, staff_request: StaffRequest, *errors: FieldError) -> Response:
        by = staff_request.actor
        may_read = Permission.PEOPLE_READ in by.permissions
        lists = choices.show(self.app, by=by).lists if may_read else ()
        may_write = Permission.SUPPRESSIONS_WRITE in by.permissions and by.lists is None
        return self.pages.page(
            staff_request.request,
            "imports/suppressions.html",
            section="people",
            logged_in=staff_request.logged_in,
            errors=errors,
            typed=_typed(staff_request),
            lists=[(each.slug, each.name) for each in lists],
            may_write=may_write,
            most_mb=MOST_PEOPLE_BYTES // (1024 * 1024),
        )


def _typed(staff_request: StaffRequest) -> dict[str, str]:
    return {name: staff_request.typed.one(name) for name in _FIELDS}


def _values(staff_request: StaffRequest) -> SuppressionValues:
    typed = staff_request.typed
    until = typed.one("until")
    return SuppressionValues(
        list_slug=typed.one("list"),
        until=dt.date.fromisoformat(until) if until else None,
        note=typed.one("note"),
        reason=typed.one("reason") or SuppressionReason.MANUAL,
    )

"""
What staff do with an import: start it, drop it, continue it, undo it, and download the rows that
were not imported.
"""

from __future__ import annotations

from starlette.responses import FileResponse, Response
from starlette.routing import Route

from newsletter.actions.people.files import drafts, import_requests, imports
from newsletter.actions.people.files.imports import ImportChoices
from newsletter.web.admin.imports.import_view import IMPORTS, UNDOABLE, path_of
from newsletter.web.admin.path_numbers import number_in
from newsletter.web.admin.routes import Needs, StaffRequest, StaffRoutes
from newsletter.web.admin.staff_pages import FieldError, StaffPages
from newsletter.web.write_pool import WritePool
from subscribers.errors import JobRefused
from subscribers.import_export.jobs.model import FileJob

# To count what the undo of more rows changes takes longer than somebody waits for a page.
_MOST_COUNTED = 20_000


class ImportActs:
    """
    The forms about one import of one App.
    """

    def __init__(self, pages: StaffPages, routes: StaffRoutes, *, files: WritePool) -> None:
        self.pages = pages
        self.app = pages.app
        self.staff_routes = routes
        self.files = files

    def routes(self) -> list[Route]:
        """
        Return the routes of these forms.
        """
        page, path, needs = self.staff_routes.page, f"{IMPORTS}/{{number}}", Needs.SESSION
        acts = {
            "try": self.try_again,
            "run": self.run,
            "drop": self.drop,
            "resume": self.resume,
            "refused": self.download_refused,
        }
        return [
            page(
                f"{path}/undo",
                needs=needs,
                show=self.ask_undo,
                submit=self.undo,
                back=path,
                reads=self.files,
            ),
            *(
                page(f"{path}/{name}", needs=needs, submit=act, back=path, writes=self.files)
                for name, act in acts.items()
            ),
        ]

    def try_again(self, staff_request: StaffRequest) -> Response:
        """
        Find out again what a draft would change.
        """
        number, by = number_in(staff_request.request), staff_request.actor
        job = imports.show(self.app, number, by=by).job
        choices = ImportChoices(
            consent=job.options.get("consent"),
            product=job.options.get("product"),
            columns=job.options.get("columns") or {},
            keeps_values=bool(job.options.get("keep_values")),
            is_only_listed=bool(job.options.get("only_listed")),
            new_fields=job.options.get("new_fields") or {},
        )
        drafts.set_up(self.app, number, job.list_slug, choices=choices, by=by)
        return self.pages.redirect(path_of(number))

    def run(self, staff_request: StaffRequest) -> Response:
        """
        Start the import.
        """
        number = number_in(staff_request.request)
        made = drafts.run(self.app, number, by=staff_request.actor).options.get("new_fields") or {}
        if not made:
            return self.pages.redirect(path_of(number))
        text = staff_request.words.ngettext(
            "The field %(names)s was made. It stays, even if the import is undone.",
            "The fields %(names)s were made. They stay, even if the import is undone.",
            len(made),
            names=", ".join(made),
        )
        return self.pages.done(staff_request.request, path_of(number), text)

    def drop(self, staff_request: StaffRequest) -> Response:
        """
        Delete a draft and its file.
        """
        drafts.drop(self.app, number_in(staff_request.request), by=staff_request.actor)
        text = staff_request.words.gettext("The file is deleted, and nothing was imported.")
        return self.pages.done(staff_request.request, IMPORTS, text)

    def resume(self, staff_request: StaffRequest) -> Response:
        """
        Continue an import that was stopped.
        """
        number = number_in(staff_request.request)
        import_requests.ask_to_resume(self.app, number, by=staff_request.actor)
        return self.pages.redirect(path_of(number))

    def download_refused(self, staff_request: StaffRequest) -> Response:
        """
        Return the rows that were not imported, each with the reason.
        """
        number = number_in(staff_request.request)
        path = imports.errors_file(self.app, number, by=staff_request.actor)
        return FileResponse(path, media_type="text/csv", filename=f"import-{number}-refused.csv")

    def ask_undo(self, staff_request: StaffRequest) -> Response:
        """
        Ask whether the import is to be undone, with what that comes to.
        """
        return self._question(staff_request)

    def undo(self, staff_request: StaffRequest) -> Response:
        """
        Undo the import.
        """
        _, number = staff_request.words.gettext, number_in(staff_request.request)
        if staff_request.typed.one("sure") != "yes":
            text = _("Tick that it is to be undone.")
            return self._question(staff_request, FieldError(name="sure", text=text))
        import_requests.ask_to_undo(self.app, number, by=staff_request.actor)
        return self.pages.redirect(path_of(number))

    def _question(self, staff_request: StaffRequest, *errors: FieldError) -> Response:
        number, by = number_in(staff_request.request), staff_request.actor
        job = imports.show(self.app, number, by=by).job
        if job.state not in UNDOABLE:
            return self.pages.redirect(path_of(number))
        counts = _most_undone(job)
        if job.position <= _MOST_COUNTED:
            try:
                counts = imports.count_undo(self.app, number, by=by)
            except JobRefused:
                return self.pages.redirect(path_of(number))
        return self.pages.page(
            staff_request.request,
            "imports/undo.html",
            section="people",
            logged_in=staff_request.logged_in,
            errors=errors,
            job=job,
            is_exact=job.position <= _MOST_COUNTED,
            path=path_of(number),
            counts=counts,
            people=counts.get("people", 0) + counts.get("subscriptions", 0),
        )


def _most_undone(job: FileJob) -> dict[str, int]:
    """
    Return how many people an undo changes at most, where they are too many to look at each.
    """
    return {"people": job.counts.get("created", 0) + job.counts.get("updated", 0)}

"""
The sources of briefs: the list, and the page of each with its standing and settings.
"""

from __future__ import annotations

from starlette.responses import Response
from starlette.routing import Route

from newsletter.actions.content import source_pauses, sources
from newsletter.actions.guard.requires import require_permission
from newsletter.model.access import Permission
from newsletter.model.source import SourceStanding
from newsletter.web.admin.refusals import REFUSALS, RefusalKind, kind_of, line_of
from newsletter.web.admin.routes import Needs, StaffRequest, StaffRoutes
from newsletter.web.admin.sources.new_source import SOURCES
from newsletter.web.admin.sources.source_form import as_typed, problem_with, typed_settings
from newsletter.web.admin.staff_pages import FieldError, StaffPages

_SOURCE = f"{SOURCES}/{{name}}"


class SourcePages:
    """
    The pages of one App's sources.
    """

    def __init__(self, pages: StaffPages, routes: StaffRoutes) -> None:
        self.pages = pages
        self.app = pages.app
        self.staff_routes = routes

    def routes(self) -> list[Route]:
        """
        Return the routes of these pages.
        """
        page = self.staff_routes.page
        return [
            page(SOURCES, needs=Needs.SESSION, show=self.show_all),
            page(_SOURCE, needs=Needs.SESSION, show=self.show, submit=self.save),
            page(f"{_SOURCE}/read", needs=Needs.SESSION, submit=self.read),
            page(f"{_SOURCE}/pause", needs=Needs.SESSION, submit=self.pause),
            page(f"{_SOURCE}/resume", needs=Needs.SESSION, submit=self.resume),
            page(f"{_SOURCE}/remove", needs=Needs.SESSION, submit=self.remove),
        ]

    def show_all(self, staff_request: StaffRequest) -> Response:
        """
        Show all sources with their standing.
        """
        return self.pages.page(
            staff_request.request,
            "sources/sources.html",
            section="briefs",
            logged_in=staff_request.logged_in,
            standings=sources.standings(self.app, by=staff_request.actor),
            may_write=Permission.SOURCES_WRITE in staff_request.actor.permissions,
        )

    def show(self, staff_request: StaffRequest) -> Response:
        """
        Show one source.
        """
        found = self._load(staff_request)
        return self._page(staff_request, found, as_typed(found.source))

    def save(self, staff_request: StaffRequest) -> Response:
        """
        Change the settings of a source.
        """
        require_permission(staff_request.actor, Permission.SOURCES_WRITE)
        found, typed = self._load(staff_request), staff_request.typed
        changed, errors = typed_settings(found.source, typed, staff_request.words)
        if not errors and (problem := problem_with(changed, staff_request.words)) is not None:
            errors.append(problem)
        if not errors:
            try:
                _, warning = sources.edit(
                    self.app,
                    found.source.name,
                    lambda source: typed_settings(source, typed, staff_request.words)[0],
                    by=staff_request.actor,
                )
                return self._done(staff_request, self._saved(staff_request), warning)
            except REFUSALS as refused:
                if kind_of(refused) is not RefusalKind.REFUSED:
                    raise
                errors.append(
                    FieldError(name="location", text=line_of(refused, staff_request.words))
                )
        shown = {**as_typed(found.source), **{n: typed.one(n) for n in as_typed(found.source)}}
        shown |= {"name": found.source.name, "kind": found.source.kind}
        return self._page(staff_request, found, shown, *errors)

    def _saved(self, staff_request: StaffRequest) -> str:
        return staff_request.words.gettext("The source is saved.")

    def read(self, staff_request: StaffRequest) -> Response:
        """
        Let the running program poll the source at once.
        """
        sources.poll_soon(self.app, _name(staff_request), by=staff_request.actor)
        _ = staff_request.words.gettext
        return self._done(staff_request, _("The source is read in a moment."))

    def pause(self, staff_request: StaffRequest) -> Response:
        """
        Pause the source.
        """
        reason = staff_request.typed.one("reason")
        source_pauses.pause(self.app, _name(staff_request), reason=reason, by=staff_request.actor)
        _ = staff_request.words.gettext
        text = _("The source is paused: nothing is read until somebody resumes it.")
        return self._done(staff_request, text)

    def resume(self, staff_request: StaffRequest) -> Response:
        """
        End the pause or the hold of the source.
        """
        source_pauses.resume(self.app, _name(staff_request), by=staff_request.actor)
        _ = staff_request.words.gettext
        return self._done(staff_request, _("The source is read again."))

    def remove(self, staff_request: StaffRequest) -> Response:
        """
        Remove the source, if the box is ticked.
        """
        require_permission(staff_request.actor, Permission.SOURCES_WRITE)
        gettext = staff_request.words.gettext
        if staff_request.typed.one("sure") != "yes":
            text = gettext("Nothing was removed: tick the box first.")
            return self._done(staff_request, text, kind="warn")
        removed, rules = sources.remove(self.app, _name(staff_request), by=staff_request.actor)
        text = gettext("The source %(name)s is removed. Its briefs stay.", name=removed.name)
        if rules:
            text += " " + gettext(
                "Runs of these schedules fail until they have another: %(names)s.",
                names=", ".join(rules),
            )
        kind = "warn" if rules else "good"
        return self.pages.done(staff_request.request, SOURCES, text, kind=kind)

    def _load(self, staff_request: StaffRequest) -> SourceStanding:
        return sources.standing(self.app, _name(staff_request), by=staff_request.actor)

    def _done(
        self, staff_request: StaffRequest, text: str, warning: str | None = None, *, kind: str = ""
    ) -> Response:
        kind = kind or ("warn" if warning else "good")
        path = f"{SOURCES}/{_name(staff_request)}"
        return self.pages.done(staff_request.request, path, warning or text, kind=kind)

    def _page(
        self,
        staff_request: StaffRequest,
        found: SourceStanding,
        typed: dict[str, str],
        *errors: FieldError,
    ) -> Response:
        may_write = Permission.SOURCES_WRITE in staff_request.actor.permissions
        return self.pages.page(
            staff_request.request,
            "sources/source.html",
            section="briefs",
            action=f"{SOURCES}/{found.source.name}",
            logged_in=staff_request.logged_in,
            errors=errors,
            typed=typed,
            found=found,
            source=found.source,
            may_write=may_write,
            may_edit=may_write and "://" in found.source.location,
        )


def _name(staff_request: StaffRequest) -> str:
    name: str = staff_request.request.path_params["name"]
    return name

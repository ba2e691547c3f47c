"""
Add a source in two steps: say where it is, see what it would bring, then save it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from starlette.responses import Response
from starlette.routing import Route

from newsletter.actions.content import source_trials, sources
from newsletter.actions.guard.requires import require_permission
from newsletter.errors import SourceError
from newsletter.ingest.images.trial_pictures import TrialPicture
from newsletter.ingest.source_trial import SourceTrial
from newsletter.model.access import Permission
from newsletter.model.source import SourceSettings
from newsletter.web.admin.frame.page_policy import POLICY
from newsletter.web.admin.refusals import REFUSALS, RefusalKind, kind_of, line_of
from newsletter.web.admin.routes import Needs, StaffRequest, StaffRoutes
from newsletter.web.admin.sources.source_form import (
    FIND_OUT,
    KINDS,
    as_typed,
    first_poll_of,
    is_valid_name,
    name_of,
    problem_with,
    typed_settings,
)
from newsletter.web.admin.staff_pages import FieldError, StaffPages
from newsletter.web.admin.today.first_steps import next_step
from newsletter.web.write_pool import WritePool

SOURCES = "/admin/sources"
NEW = f"{SOURCES}/new"
_WITH_PICTURES = POLICY.replace("img-src 'self'", "img-src 'self' data:")
_MOST_CHARS = 2_000


class NewSourcePages:
    """
    The pages on which one App's staff add a source. *waiting* has the threads that wait for other
    servers.
    """

    def __init__(self, pages: StaffPages, routes: StaffRoutes, *, waiting: WritePool) -> None:
        self.pages = pages
        self.app = pages.app
        self.staff_routes = routes
        self.waiting = waiting

    def routes(self) -> list[Route]:
        """
        Return the route of these pages.
        """
        page = self.staff_routes.page
        return [
            page(NEW, needs=Needs.SESSION, show=self.show, submit=self.save, writes=self.waiting)
        ]

    def show(self, staff_request: StaffRequest) -> Response:
        """
        Ask where the source is.
        """
        require_permission(staff_request.actor, Permission.SOURCES_WRITE)
        given = staff_request.request.query_params.get("location", "")[:_MOST_CHARS]
        empty = SourceSettings(id=0, name="", kind=FIND_OUT, location=given)
        return self._page(staff_request, as_typed(empty), None)

    def save(self, staff_request: StaffRequest) -> Response:
        """
        Show what the source would bring, or add it.
        """
        require_permission(staff_request.actor, Permission.SOURCES_WRITE)
        typed = staff_request.typed
        source, errors = self._read(staff_request)
        if not errors and typed.one("then") == "save":
            return self._add(staff_request, source)
        trial = None
        if not errors:
            trial, errors = self._try(staff_request, source)
        if trial is not None:
            source = trial.settings
        return self._page(staff_request, _shown(source, staff_request), trial, *errors)

    def _read(self, staff_request: StaffRequest) -> tuple[SourceSettings, list[FieldError]]:
        typed, _ = staff_request.typed, staff_request.words.gettext
        kind = typed.one("kind") if typed.one("kind") in KINDS else FIND_OUT
        name = typed.one("name").strip() or name_of(typed.one("location"))
        empty = SourceSettings(
            id=0, name=name, kind=kind, location="", first_poll=first_poll_of(typed)
        )
        source, errors = typed_settings(empty, typed, staff_request.words)
        if not is_valid_name(name):
            text = _("Use letters, digits, hyphens, underscores and full stops.")
            errors.append(FieldError(name="name", text=text))
        checked = replace(source, kind=KINDS[0]) if kind == FIND_OUT else source
        if not errors and (problem := problem_with(checked, staff_request.words)) is not None:
            errors.append(problem)
        return source, errors

    def _try(
        self, staff_request: StaffRequest, source: SourceSettings
    ) -> tuple[SourceTrial | None, list[FieldError]]:
        """
        Poll the source as each kind that it may be, until one brings something.
        """
        error, empty = "", None
        for kind in KINDS if source.kind == FIND_OUT else (source.kind,):
            try:
                trial = sources.try_out(
                    self.app, replace(source, kind=kind), by=staff_request.actor
                )
            except SourceError as failed:
                error = error or line_of(failed, staff_request.words)
                continue
            except REFUSALS as refused:
                if kind_of(refused) is not RefusalKind.REFUSED:
                    raise
                error = error or line_of(refused, staff_request.words)
                continue
            if trial.items:
                return trial, []
            empty = empty or trial
        if empty is not None:
            return empty, []
        return None, [FieldError(name="location", text=error)]

    def _add(self, staff_request: StaffRequest, source: SourceSettings) -> Response:
        _ = staff_request.words.gettext
        if source.kind == FIND_OUT:
            error = FieldError(name="kind", text=_("Choose what it is, or look for briefs first."))
            return self._page(staff_request, _shown(source, staff_request), None, error)
        try:
            warning = sources.add(self.app, source, by=staff_request.actor)
        except REFUSALS as refused:
            if kind_of(refused) is not RefusalKind.REFUSED:
                raise
            error = FieldError(name="name", text=line_of(refused, staff_request.words))
            return self._page(staff_request, _shown(source, staff_request), None, error)
        text = warning or _("The source is added, and read in a moment.")
        path = f"{SOURCES}/{source.name}"
        kind = "warn" if warning else "good"
        then = next_step(self.app, staff_request.actor, staff_request.words)
        return self.pages.done(staff_request.request, path, text, kind=kind, then=then)

    def _page(
        self,
        staff_request: StaffRequest,
        typed: dict[str, str],
        trial: SourceTrial | None,
        *errors: FieldError,
    ) -> Response:
        pictures: Mapping[str, TrialPicture] = {}
        if trial is not None:
            pictures = source_trials.pictures_of(self.app, trial, by=staff_request.actor)
        response = self.pages.page(
            staff_request.request,
            "sources/new.html",
            section="briefs",
            action=NEW,
            logged_in=staff_request.logged_in,
            errors=errors,
            typed=typed,
            trial=trial,
            pictures=pictures,
            now=self.app.clock(),
        )
        # The small pictures stand in the page, because nothing of a trial is stored.
        response.headers["Content-Security-Policy"] = _WITH_PICTURES
        return response


def _shown(source: SourceSettings, staff_request: StaffRequest) -> dict[str, str]:
    """
    Return the values of the form: what was typed, and what was found out.
    """
    typed = {name: staff_request.typed.one(name) for name in as_typed(source)}
    return {**typed, "name": source.name, "kind": source.kind}

"""
The page on which staff ask the people of a list whether they want it: whom, with which email, and
how far it is.
"""

from __future__ import annotations

from typing import Any

from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from newsletter.actions.people import ask_again, segments
from newsletter.actions.people.newsroom import asking_sample, choices
from newsletter.errors import NotFound, Refused
from newsletter.model.access import Permission
from newsletter.web.admin.issues.drafts.preview_pages import framed_headers, in_scheme
from newsletter.web.admin.refusals import line_of
from newsletter.web.admin.routes import Needs, StaffRequest, StaffRoutes
from newsletter.web.admin.settings.lists.ask_form import FIELDS, USUAL, TypedRun, read_run
from newsletter.web.admin.settings.menu import SettingsPages
from newsletter.web.admin.staff_pages import FieldError
from newsletter.web.page.templates import MAIL_POLICY
from newsletter.web.write_pool import WritePool
from subscribers.ask_again.model import AskAudience, AskedState, AskRunState, AskRunStatus
from subscribers.errors import UnknownJob, UnknownSegment
from subscribers.text.phrases import phrase

PAGE = "/admin/lists/{slug}/ask-again"
_SETTLED = (
    AskedState.ANSWERED,
    AskedState.NO_ANSWER,
    AskedState.LEFT,
    AskedState.UNREACHED,
    AskedState.ASKED,
    AskedState.WAITING,
)


class AskAgainPages:
    """
    The pages of one App that ask people again.
    """

    def __init__(self, settings: SettingsPages, routes: StaffRoutes) -> None:
        self.settings = settings
        self.app = settings.app
        self.staff_routes = routes
        # Counting whom a segment selects takes seconds with a million people.
        self.counting = WritePool(2, 4)

    def routes(self) -> list[Route]:
        """
        Return the routes of these pages.
        """
        page, session = self.staff_routes.page, Needs.SESSION
        return [
            page(PAGE, needs=session, show=self.show, submit=self.ask, writes=self.counting),
            page(f"{PAGE}/progress", needs=Needs.POLL, show=self.show_progress),
            page(f"{PAGE}/email", needs=session, show=self.show_email),
            page(f"{PAGE}/stop", needs=session, submit=self.stop, back=PAGE),
        ]

    def show(self, staff_request: StaffRequest) -> Response:
        """
        Show the latest run, and ask for a new one unless it is running.
        """
        return self._page(staff_request)

    def show_progress(self, staff_request: StaffRequest) -> Response:
        """
        Return the part of the page that says how far the run is.
        """
        status = self._status(staff_request)
        if status is None:
            raise NotFound(phrase("nobody of this list was asked again"))
        return self.settings.pages.fragment(
            staff_request.request,
            "settings/lists/parts/ask-progress.html",
            logged_in=staff_request.logged_in,
            **self._shown_run(staff_request, status),
        )

    def show_email(self, staff_request: StaffRequest) -> Response:
        """
        Show the email that asks, in a frame.
        """
        query, slug = staff_request.request.query_params, self._slug(staff_request)
        audience = AskAudience.PENDING if query.get("pending") else AskAudience.ALL
        message = asking_sample.show(self.app, slug, audience, by=staff_request.actor)
        scheme = "dark" if query.get("scheme") == "dark" else "light"
        html = in_scheme(message.html, scheme)
        return HTMLResponse(html, headers=framed_headers(MAIL_POLICY))

    def ask(self, staff_request: StaffRequest) -> Response:
        """
        Ask whether so many people are to be asked, or start the run.
        """
        run = read_run(staff_request.typed, staff_request.words)
        if run.errors:
            return self._page(staff_request, *run.errors)
        slug, by = self._slug(staff_request), staff_request.actor
        _ = staff_request.words.gettext
        try:
            count = ask_again.count(self.app, slug, run.terms, by=by)
            if count and staff_request.typed.one("expected") == str(count):
                ask_again.start(self.app, slug, run.terms, by=by)
                text = _("The run is started. The first people are asked within minutes.")
                return self.settings.pages.done(staff_request.request, PAGE.format(slug=slug), text)
        except UnknownJob:
            error = FieldError(name="import", text=_("There is no import with this number."))
            return self._page(staff_request, error)
        except UnknownSegment:
            error = FieldError(name="segment", text=_("There is no such segment any more."))
            return self._page(staff_request, error)
        except Refused as refused:
            return self._page(
                staff_request,
                FieldError(name="audience", text=line_of(refused, staff_request.words)),
            )
        return self._question(staff_request, run, count)

    def stop(self, staff_request: StaffRequest) -> Response:
        """
        Stop the run.
        """
        slug = self._slug(staff_request)
        ask_again.stop(self.app, slug, by=staff_request.actor)
        text = staff_request.words.gettext("The run is stopped. Nobody else is asked.")
        return self.settings.pages.done(staff_request.request, PAGE.format(slug=slug), text)

    def _question(self, staff_request: StaffRequest, run: TypedRun, count: int) -> Response:
        typed = staff_request.typed
        return self.settings.page(
            staff_request,
            "lists/ask-question",
            here="lists",
            action=PAGE.format(slug=self._slug(staff_request)),
            list_name=self._name(staff_request),
            terms=run.terms,
            count=count,
            asking_days=-(-count // run.terms.per_day),
            given={name: typed.one(name) for name in FIELDS},
        )

    def _page(self, staff_request: StaffRequest, *errors: FieldError) -> Response:
        status, typed = self._status(staff_request), staff_request.typed
        shown = {"status": None} if status is None else self._shown_run(staff_request, status)
        by = staff_request.actor
        return self.settings.page(
            staff_request,
            "lists/ask-again",
            here="lists",
            action=PAGE.format(slug=self._slug(staff_request)),
            errors=errors,
            typed={
                name: typed.one(name) if typed.values else USUAL.get(name, "") for name in FIELDS
            },
            list_name=self._name(staff_request),
            audiences=tuple(AskAudience),
            segments=[each.name for each in segments.show_all(self.app, by=by)],
            may_start={Permission.ISSUES_SEND, Permission.PEOPLE_READ} <= by.permissions,
            **({"slug": self._slug(staff_request)} | shown),
        )

    def _shown_run(self, staff_request: StaffRequest, status: AskRunStatus) -> dict[str, Any]:
        done, bar = 0, []
        for state in _SETTLED:
            people = status.counts.get(state, 0)
            bar.append((state.value, done, people))
            done += people
        return {
            "slug": self._slug(staff_request),
            "status": status,
            "run": status.run,
            "is_running": status.run.state is AskRunState.RUNNING,
            "bar": bar,
            "asked": status.people - status.counts.get(AskedState.WAITING, 0),
            "may_stop": Permission.ISSUES_SEND in staff_request.actor.permissions,
        }

    def _status(self, staff_request: StaffRequest) -> AskRunStatus | None:
        return ask_again.status(self.app, self._slug(staff_request), by=staff_request.actor)

    def _name(self, staff_request: StaffRequest) -> str:
        """
        Return the name of the list; of those who may not see people, its slug.
        """
        slug, by = self._slug(staff_request), staff_request.actor
        if Permission.PEOPLE_READ not in by.permissions:
            return slug
        names = {each.slug: each.name for each in choices.show(self.app, by=by).lists}
        return names.get(slug, slug)

    def _slug(self, staff_request: StaffRequest) -> str:
        slug: str = staff_request.request.path_params["slug"]
        return slug

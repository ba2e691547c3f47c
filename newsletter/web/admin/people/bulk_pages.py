"""
The pages on which staff do something with many people at once: what it is to be, and the question
with the numbers before it is done.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from starlette.responses import Response
from starlette.routing import Route

from newsletter.actions.people import bulk
from newsletter.actions.people.bulk import BulkRun, Whom
from newsletter.actions.people.newsroom import bulk_jobs, choices, ticked
from newsletter.actions.people.newsroom.bulk_acts import (
    AT_ONCE,
    CHANGED,
    FIELDS,
    MOST,
    acts_of,
    require_act,
    run,
)
from newsletter.errors import Refused
from newsletter.model.bulk_job import BulkActKind
from newsletter.web.admin.path_numbers import numbers_in
from newsletter.web.admin.people.bulk_job_pages import job_path
from newsletter.web.admin.people.people_filter import AskedPeople, read_asked
from newsletter.web.admin.people.people_pages import PEOPLE
from newsletter.web.admin.refusals import line_of
from newsletter.web.admin.routes import Needs, StaffRequest, StaffRoutes
from newsletter.web.admin.staff_pages import FieldError, StaffPages
from subscribers.bulk.targets import Targets
from subscribers.errors import ImportRefused, InvalidText

BULK = f"{PEOPLE}/bulk"
# More than a page has.
_MOST_TICKED = 1_000


class BulkPages:
    """
    The pages for many people of one App.
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
        return [page(BULK, needs=Needs.SESSION, submit=self.submit, back=PEOPLE)]

    def submit(self, staff_request: StaffRequest) -> Response:
        """
        Ask what is to be done; or with that, whether it is to be done; or do it.
        """
        _, typed = staff_request.words.gettext, staff_request.typed
        people = self._people(staff_request)
        if not people.numbers:
            return self._back(staff_request, _("Nobody was ticked."), "warn")
        name = typed.one("act")
        if name not in list(BulkActKind):
            return self._choose(staff_request, people)
        kind = BulkActKind(name)
        require_act(kind, staff_request.actor)
        if len(people.numbers) > MOST[kind]:
            text = _("These are too many to wait for. Narrow the search, or use the command line.")
            return self._choose(staff_request, people, FieldError(name=kind.value, text=text))
        return self._ask_or_do(staff_request, kind, people)

    def _ask_or_do(
        self, staff_request: StaffRequest, kind: BulkActKind, people: Targets
    ) -> Response:
        typed, by = staff_request.typed, staff_request.actor
        given = _given(staff_request, kind)
        try:
            counts = run(self.app, kind, people, BulkRun(by=by, dry_run=True), given)
        except (InvalidText, Refused, ImportRefused) as error:
            wrong = FieldError(name=FIELDS[kind][0], text=line_of(error, staff_request.words))
            return self._choose(staff_request, people, wrong)
        number = str(counts[CHANGED[kind]])
        is_sure = kind is not BulkActKind.ERASE or typed.one("sure").strip() == number
        if typed.one("expected") == number and is_sure:
            return self._do(staff_request, kind, people)
        return self._question(staff_request, kind, people, counts)

    def _do(self, staff_request: StaffRequest, kind: BulkActKind, people: Targets) -> Response:
        """
        Do it at once; or with many people, let the server do it step by step.
        """
        given, by = _given(staff_request, kind), staff_request.actor
        if len(people.numbers) > AT_ONCE[kind]:
            number = bulk_jobs.start(self.app, kind, people, given, by=by)
            return self.pages.redirect(job_path(number))
        counts = run(self.app, kind, people, BulkRun(by=by), given)
        return self._back(staff_request, self._said(staff_request, counts[CHANGED[kind]]))

    def _said(self, staff_request: StaffRequest, number: int) -> str:
        return staff_request.words.ngettext(
            "Done: %(n)s person was changed.", "Done: %(n)s people were changed.", number, n=number
        )

    def _people(self, staff_request: StaffRequest) -> Targets:
        by, typed = staff_request.actor, staff_request.typed
        if typed.one("whom") == "all":
            return bulk.find(self.app, Whom(which=read_asked(typed.one).which), by=by)
        return ticked.find(self.app, numbers_in(typed.many("p")[:_MOST_TICKED]), by=by)

    def _back(self, staff_request: StaffRequest, text: str, kind: str = "good") -> Response:
        path = read_asked(staff_request.typed.one).path()
        return self.pages.done(staff_request.request, path, text, kind=kind)

    def _choose(
        self, staff_request: StaffRequest, people: Targets, *errors: FieldError
    ) -> Response:
        typed = staff_request.typed
        names = {name for fields in FIELDS.values() for name in fields}
        return self._page(
            staff_request,
            "people/bulk.html",
            people,
            errors=errors,
            typed={name: typed.one(name) for name in names},
            acts=acts_of(staff_request.actor),
        )

    def _question(
        self,
        staff_request: StaffRequest,
        kind: BulkActKind,
        people: Targets,
        counts: Mapping[str, int],
    ) -> Response:
        wrong: list[FieldError] = []
        typed, number = staff_request.typed, counts[CHANGED[kind]]
        if typed.one("expected"):
            text = staff_request.words.gettext("This is not the number of people.")
            wrong.append(FieldError(name="sure", text=text))
        return self._page(
            staff_request,
            "people/bulk-question.html",
            people,
            errors=wrong if kind is BulkActKind.ERASE else [],
            typed={"sure": typed.one("sure")},
            kind=kind.value,
            counts=counts,
            number=number,
            given=_given(staff_request, kind),
        )

    def _page(
        self,
        staff_request: StaffRequest,
        name: str,
        people: Targets,
        *,
        errors: Sequence[FieldError],
        typed: dict[str, str],
        **values: Any,
    ) -> Response:
        asked: AskedPeople = read_asked(staff_request.typed.one)
        lists = choices.show(self.app, by=staff_request.actor).lists
        return self.pages.page(
            staff_request.request,
            name,
            section="people",
            action=BULK,
            logged_in=staff_request.logged_in,
            errors=errors,
            typed=typed,
            asked=asked,
            lists=[(each.slug, each.name) for each in lists],
            list_names={each.slug: each.name for each in lists},
            is_unlimited=staff_request.actor.lists is None,
            is_all=staff_request.typed.one("whom") == "all",
            ticked=people.numbers,
            count=len(people.numbers),
            **values,
        )


def _given(staff_request: StaffRequest, kind: BulkActKind) -> dict[str, str]:
    """
    Return what was typed for an act, by the names of its fields.
    """
    return {name: staff_request.typed.one(name) for name in FIELDS[kind]}

"""
What staff do with a person's lists and suppressions, by the forms on the person's page.
"""

from __future__ import annotations

import datetime as dt

from starlette.responses import Response
from starlette.routing import Route

from newsletter.actions.people import asking, bulk, subscribers, suppressions
from newsletter.actions.people.bulk import BulkRun
from newsletter.actions.people.newsroom import person_page
from newsletter.actions.people.suppressions import SuppressionValues
from newsletter.errors import InvalidValue, Refused
from newsletter.web.admin.path_numbers import number_in
from newsletter.web.admin.people.person_pages import PERSON, PersonPages, path_of
from newsletter.web.admin.refusals import line_of
from newsletter.web.admin.routes import Needs, StaffRequest
from newsletter.web.admin.staff_pages import FieldError
from subscribers.bulk.targets import Targets
from subscribers.errors import ImportRefused, InvalidText


class PersonActs:
    """
    The forms about lists and suppressions on the pages of *people*.
    """

    def __init__(self, people: PersonPages) -> None:
        self.people = people
        self.pages = people.pages
        self.app = people.app

    def routes(self) -> list[Route]:
        """
        Return the routes of these forms.
        """
        acts = {
            "join": self.join,
            "leave": self.leave,
            "resend": self.resend,
            "confirm": self.confirm,
            "suppress": self.suppress,
            "release": self.release,
        }
        page = self.people.staff_routes.page
        return [
            page(f"{PERSON}/{name}", needs=Needs.SESSION, submit=act, back=PERSON)
            for name, act in acts.items()
        ]

    def join(self, staff_request: StaffRequest) -> Response:
        """
        Add the person to a list.
        """
        _, typed = staff_request.words.gettext, staff_request.typed
        consent = typed.one("consent").strip()
        number, address = self._person(staff_request)
        try:
            made, _person = subscribers.add(
                self.app,
                address,
                typed.one("join_list"),
                by=staff_request.actor,
                consent=consent or None,
                resubscribe=bool(consent) and typed.one("resubscribe") == "yes",
            )
        except Refused:
            text = _(
                "They left this list. If they agreed again since, say how, and tick the box below."
            )
            return self._again(staff_request, number, "consent", text)
        if made.note:
            return self._done(
                staff_request, number, line_of(Refused(made.note), staff_request.words), kind="warn"
            )
        if made.state == "pending":
            return self._done(
                staff_request,
                number,
                _("They are on the list, and get no issue until they confirm. You can ask them."),
                kind="warn",
            )
        return self._done(staff_request, number, _("They are on the list."))

    def leave(self, staff_request: StaffRequest) -> Response:
        """
        End the person's subscription to a list.
        """
        _ = staff_request.words.gettext
        number, address = self._person(staff_request)
        slug = staff_request.typed.one("list")
        subscribers.unsubscribe(self.app, address, slug, by=staff_request.actor)
        return self._done(staff_request, number, _("1 person is unsubscribed from this list."))

    def resend(self, staff_request: StaffRequest) -> Response:
        """
        Ask the person again to confirm that they want to be on a list.
        """
        _ = staff_request.words.gettext
        number, address = self._person(staff_request)
        slug = staff_request.typed.one("list")
        try:
            asking.resend_to_address(self.app, address, slug, by=staff_request.actor)
        except Refused:
            text = _(
                "They were not asked: they were asked within the last 24 hours, or three times "
                "already, or they are suppressed."
            )
            return self._done(staff_request, number, text, kind="bad")
        return self._done(staff_request, number, _("An email asks them to confirm."))

    def confirm(self, staff_request: StaffRequest) -> Response:
        """
        Make the person's pending subscription to a list active, with proof that they agreed.
        """
        typed, by = staff_request.typed, staff_request.actor
        number, _address = self._person(staff_request)
        slug, evidence = typed.one("list"), typed.one("evidence")
        people, run = Targets(numbers=[number]), BulkRun(by=by)
        try:
            done = bulk.confirm(self.app, people, run, evidence=evidence, list_slug=slug)
        except ImportRefused as error:
            return self._again(
                staff_request, number, "evidence", line_of(error, staff_request.words)
            )
        _ = staff_request.words.gettext
        if not done["confirmed"]:
            text = _("Nothing was changed: they left this list, or are suppressed.")
            return self._done(staff_request, number, text, kind="warn")
        return self._done(staff_request, number, _("They are confirmed, and get email."))

    def suppress(self, staff_request: StaffRequest) -> Response:
        """
        Suppress the person's address on all lists.
        """
        _, typed = staff_request.words.gettext, staff_request.typed
        number, address = self._person(staff_request)
        try:
            until = dt.date.fromisoformat(typed.one("until")) if typed.one("until") else None
        except ValueError:
            return self._again(staff_request, number, "until", _("This is not a day."))
        values = SuppressionValues(until=until, note=typed.one("why"))
        try:
            suppressions.add(self.app, address, by=staff_request.actor, values=values)
        except InvalidValue:
            return self._again(staff_request, number, "until", _("This day is over."))
        except InvalidText as error:
            return self._again(staff_request, number, "why", line_of(error, staff_request.words))
        return self._done(staff_request, number, _("The address is suppressed."))

    def release(self, staff_request: StaffRequest) -> Response:
        """
        End a suppression of the person's address.
        """
        typed = staff_request.typed
        number, address = self._person(staff_request)
        suppressions.remove(
            self.app,
            address,
            by=staff_request.actor,
            list_slug=typed.one("list"),
            why=typed.one("why"),
        )
        text = staff_request.words.gettext("The suppression has ended.")
        return self._done(staff_request, number, text)

    def _person(self, staff_request: StaffRequest) -> tuple[int, str]:
        number = number_in(staff_request.request)
        return number, person_page.address_of(self.app, number, by=staff_request.actor)

    def _again(self, staff_request: StaffRequest, number: int, field: str, text: str) -> Response:
        return self.people.page_of(
            staff_request,
            number,
            [FieldError(name=field, text=text)],
            {name: staff_request.typed.one(name) for name in staff_request.typed.values},
        )

    def _done(
        self, staff_request: StaffRequest, number: int, text: str, *, kind: str = "good"
    ) -> Response:
        return self.pages.done(staff_request.request, path_of(number), text, kind=kind)

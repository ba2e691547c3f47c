"""
The page on which staff edit a person: address, name, language, time zone and fields.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence

from starlette.responses import Response
from starlette.routing import Route

from newsletter.actions.people import subscribers
from newsletter.actions.people.newsroom import new_address, person_page
from newsletter.actions.people.newsroom.person_page import PersonPage
from newsletter.errors import Refused
from newsletter.model.access import Permission
from newsletter.web.admin.field_errors import invalid_email, invalid_name
from newsletter.web.admin.path_numbers import number_in
from newsletter.web.admin.people.person_pages import PERSON, path_of
from newsletter.web.admin.refusals import line_of
from newsletter.web.admin.routes import Needs, StaffRequest, StaffRoutes
from newsletter.web.admin.staff_pages import FieldError, StaffPages
from newsletter.web.preferences.timezones import timezone_regions
from subscribers.errors import InvalidAddress, InvalidText, UnknownTimezone
from subscribers.fields.model import Field, FieldType
from subscribers.fields.parse import parse_value


class PersonEdit:
    """
    The page of one App on which a person is edited.
    """

    def __init__(self, pages: StaffPages, routes: StaffRoutes) -> None:
        self.pages = pages
        self.app = pages.app
        self.staff_routes = routes

    def routes(self) -> list[Route]:
        """
        Return the routes of this page.
        """
        page, edit = self.staff_routes.page, f"{PERSON}/edit"
        return [
            page(edit, needs=Needs.SESSION, show=self.show, submit=self.save),
            page(f"{PERSON}/address", needs=Needs.SESSION, submit=self.move, back=edit),
        ]

    def show(self, staff_request: StaffRequest) -> Response:
        """
        Show what can be edited.
        """
        return self._page(staff_request, self._person(staff_request))

    def save(self, staff_request: StaffRequest) -> Response:
        """
        Change name, language, time zone and fields.
        """
        found, typed = self._person(staff_request), staff_request.typed
        errors = _wrong_fields(staff_request, found)
        if errors:
            return self._page(staff_request, found, errors)
        language = typed.one("language").strip()
        try:
            subscribers.edit(
                self.app,
                found.address,
                by=staff_request.actor,
                name=typed.one("name"),
                language=language or None,
                timezone=typed.one("timezone"),
                fields={field.name: _typed(staff_request, field) for field, _ in found.fields},
            )
        except UnknownTimezone:
            text = staff_request.words.gettext("This time zone is not known.")
            return self._page(staff_request, found, [FieldError(name="timezone", text=text)])
        except InvalidText as error:
            return self._page(staff_request, found, [_wrong_text(staff_request, error)])
        done = staff_request.words.gettext("Your changes are saved.")
        return self.pages.done(staff_request.request, path_of(found.person.id), done)

    def move(self, staff_request: StaffRequest) -> Response:
        """
        Give the person another address.
        """
        _, found = staff_request.words.gettext, self._person(staff_request)
        typed, by = staff_request.typed.one("email"), staff_request.actor
        try:
            new_address.change(self.app, found.address, new_address=typed, by=by)
        except InvalidAddress:
            return self._page(staff_request, found, [invalid_email(staff_request)])
        except Refused:
            text = _("Somebody else has this address.")
            return self._page(staff_request, found, [FieldError(name="email", text=text)])
        done = _("The address is changed. An email to the old one says so.")
        return self.pages.done(staff_request.request, path_of(found.person.id), done)

    def _person(self, staff_request: StaffRequest) -> PersonPage:
        number = number_in(staff_request.request)
        return person_page.show(self.app, number, by=staff_request.actor)

    def _page(
        self, staff_request: StaffRequest, found: PersonPage, errors: Sequence[FieldError] = ()
    ) -> Response:
        may_write = Permission.PEOPLE_WRITE in staff_request.actor.permissions
        return self.pages.page(
            staff_request.request,
            "people/edit.html",
            section="people",
            logged_in=staff_request.logged_in,
            errors=errors,
            typed=_shown(staff_request, found),
            action=f"{path_of(found.person.id)}/edit",
            path=path_of(found.person.id),
            found=found,
            regions=timezone_regions(staff_request.words.language),
            chosen=_chosen(staff_request, found),
            can_change=may_write and found.is_within_reach,
        )


def _typed(staff_request: StaffRequest, field: Field) -> str:
    many = staff_request.typed.many(f"field_{field.name}")
    return ",".join(many) if field.type is FieldType.CHOICES else "".join(many[:1])


def _wrong_fields(staff_request: StaffRequest, found: PersonPage) -> list[FieldError]:
    wrong = []
    for field, _ in found.fields:
        try:
            parse_value(field, _typed(staff_request, field), found.person.language)
        except InvalidText as error:
            wrong.append(
                FieldError(name=f"field_{field.name}", text=line_of(error, staff_request.words))
            )
    return wrong


def _wrong_text(staff_request: StaffRequest, error: InvalidText) -> FieldError:
    if error.field == "name":
        return invalid_name(staff_request)
    text = staff_request.words.gettext("This is not the code of a language, such as en or pt-BR.")
    return FieldError(name="language", text=text)


def _shown(staff_request: StaffRequest, found: PersonPage) -> dict[str, str]:
    """
    Return what stands in the form: what was typed, or what is stored.
    """
    person = found.person
    stored = {"name": person.name, "language": person.language, "timezone": person.timezone}
    stored |= {f"field_{field.name}": value for field, value in found.fields}
    given: Callable[[str], str] = staff_request.typed.one
    if "name" in staff_request.typed.values:
        stored = {name: given(name) for name in stored}
    elif staff_request.typed.values:
        stored["email"] = given("email")
    return {name: value or "" for name, value in stored.items()}


def _chosen(staff_request: StaffRequest, found: PersonPage) -> dict[str, tuple[str, ...]]:
    """
    Return the options that are ticked of each field with several.
    """
    typed = staff_request.typed
    return {
        field.name: typed.many(f"field_{field.name}") if typed.values else _options_in(value)
        for field, value in found.fields
        if field.type is FieldType.CHOICES
    }


def _options_in(value: str) -> tuple[str, ...]:
    return tuple(json.loads(value)) if value else ()

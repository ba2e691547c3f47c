"""
The pages of declared fields: all of them, a new one, and one.
"""

from __future__ import annotations

from typing import Any

from starlette.responses import Response
from starlette.routing import Route

from newsletter.actions.people import fields
from newsletter.actions.people.fields import FieldDetails
from newsletter.errors import InvalidValue, Refused
from newsletter.model.access import Permission
from newsletter.web.admin.fields.field_form import (
    CHOICES,
    TypedField,
    as_typed,
    languages_of_form,
    read_field,
)
from newsletter.web.admin.refusals import line_of
from newsletter.web.admin.routes import Needs, StaffRequest, StaffRoutes
from newsletter.web.admin.staff_pages import FieldError, StaffPages
from subscribers.errors import FieldExists, InvalidText
from subscribers.fields.model import FieldType

FIELDS = "/admin/fields"
# Not below FIELDS: a field may be called "new".
NEW = "/admin/new-field"
ONE = f"{FIELDS}/{{name}}"


class FieldPages:
    """
    The pages of declared fields of one App.
    """

    def __init__(self, pages: StaffPages, routes: StaffRoutes) -> None:
        self.pages = pages
        self.app = pages.app
        self.staff_routes = routes

    def routes(self) -> list[Route]:
        """
        Return the routes of these pages.
        """
        page, session = self.staff_routes.page, Needs.SESSION
        return [
            page(FIELDS, needs=session, show=self.show_all),
            page(NEW, needs=session, show=self.show_new, submit=self.add),
            page(ONE, needs=session, show=self.show, submit=self.save),
            page(f"{ONE}/remove", needs=session, submit=self.remove, back=ONE),
        ]

    def show_all(self, staff_request: StaffRequest) -> Response:
        """
        Show every field.
        """
        return self.pages.page(
            staff_request.request,
            "fields/fields.html",
            section="people",
            logged_in=staff_request.logged_in,
            found=fields.show_all(self.app, by=staff_request.actor),
            may_write=_may_write(staff_request),
        )

    def show_new(self, staff_request: StaffRequest) -> Response:
        """
        Ask for a new field.
        """
        languages = languages_of_form(self.app.site.language)
        return self._new(staff_request, TypedField(labels=dict.fromkeys(languages, "")))

    def add(self, staff_request: StaffRequest) -> Response:
        """
        Declare a field.
        """
        typed = read_field(staff_request.typed, languages_of_form(self.app.site.language))
        try:
            fields.add(
                self.app,
                typed.own_name,
                typed.type,
                labels={tag: text for tag, text in typed.labels.items() if text},
                options=typed.options,
                is_public=typed.is_public,
                is_personal=typed.is_personal,
                by=staff_request.actor,
            )
        except (FieldExists, InvalidText, InvalidValue) as error:
            return self._new(staff_request, typed, _wrong(staff_request, error))
        text = staff_request.words.gettext(
            "The field is made. A list asks for it once its settings say so."
        )
        return self.pages.done(staff_request.request, f"{FIELDS}/{typed.own_name}", text)

    def show(self, staff_request: StaffRequest) -> Response:
        """
        Show one field.
        """
        found = self._find(staff_request)
        return self._one(staff_request, found, as_typed(found.field, self._languages(found)))

    def save(self, staff_request: StaffRequest) -> Response:
        """
        Change a field.
        """
        found = self._find(staff_request)
        typed = read_field(staff_request.typed, self._languages(found))
        typed = TypedField(
            **{**vars(typed), "name": found.field.name, "type": found.field.type.value}
        )
        try:
            fields.edit(
                self.app,
                found.field.name,
                labels=typed.labels,
                options=typed.options if found.field.type in CHOICES else None,
                is_public=typed.is_public,
                is_personal=typed.is_personal,
                position=typed.position or None,
                by=staff_request.actor,
            )
        except (InvalidText, Refused) as error:
            return self._one(staff_request, found, typed, _wrong(staff_request, error))
        text = staff_request.words.gettext("The field is saved.")
        return self.pages.done(staff_request.request, f"{FIELDS}/{found.field.name}", text)

    def remove(self, staff_request: StaffRequest) -> Response:
        """
        Remove a field, if it has as many values as the question said.
        """
        found, typed = self._find(staff_request), staff_request.typed
        is_sure = typed.one("sure") == "yes" and typed.one("expected") == str(found.values)
        if found.values and not is_sure:
            text = staff_request.words.gettext(
                "Nothing was removed: tick the box, and look at the number of values again."
            )
            path = f"{FIELDS}/{found.field.name}"
            return self.pages.done(staff_request.request, path, text, kind="warn")
        fields.remove(self.app, found.field.name, by=staff_request.actor)
        text = staff_request.words.ngettext(
            "The field is removed, with %(n)s value.",
            "The field is removed, with %(n)s values.",
            found.values,
            n=found.values,
        )
        return self.pages.done(staff_request.request, FIELDS, text)

    def _find(self, staff_request: StaffRequest) -> FieldDetails:
        name = staff_request.request.path_params["name"]
        return fields.show(self.app, name, by=staff_request.actor)

    def _languages(self, found: FieldDetails) -> list[str]:
        return list(languages_of_form(self.app.site.language, found.field))

    def _new(self, staff_request: StaffRequest, typed: TypedField, *errors: FieldError) -> Response:
        return self._page(staff_request, "fields/new.html", typed, *errors, path=NEW)

    def _one(
        self,
        staff_request: StaffRequest,
        found: FieldDetails,
        typed: TypedField,
        *errors: FieldError,
    ) -> Response:
        path = f"{FIELDS}/{found.field.name}"
        return self._page(
            staff_request, "fields/field.html", typed, *errors, path=path, found=found
        )

    def _page(
        self,
        staff_request: StaffRequest,
        template: str,
        field: TypedField,
        *errors: FieldError,
        **values: Any,
    ) -> Response:
        typed = staff_request.typed
        return self.pages.page(
            staff_request.request,
            template,
            section="people",
            logged_in=staff_request.logged_in,
            errors=errors,
            typed={"name": field.name}
            | {name: typed.one(name) for name in ("language", "label-added")}
            | {f"label-{tag}": text for tag, text in field.labels.items()},
            field=field,
            languages=languages_of_form(
                self.app.site.language, values["found"].field if "found" in values else None
            ),
            types=tuple(FieldType),
            has_options=CHOICES,
            may_write=_may_write(staff_request),
            **values,
        )


def _may_write(staff_request: StaffRequest) -> bool:
    """
    Return True if the member may change fields, which belong to all lists.
    """
    by = staff_request.actor
    return Permission.FIELDS_WRITE in by.permissions and by.lists is None


def _wrong(staff_request: StaffRequest, error: Exception) -> FieldError:
    if isinstance(error, FieldExists):
        text = staff_request.words.gettext("There is a field of this name already.")
        return FieldError(name="name", text=text)
    place = error.field if isinstance(error, InvalidText) else ""
    return FieldError(name=place or "labels", text=line_of(error, staff_request.words))

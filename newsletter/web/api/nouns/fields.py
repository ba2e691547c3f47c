"""
Declared fields: list, make, show, change and remove them.
"""

from __future__ import annotations

from newsletter.actions.people import fields
from newsletter.model.access import Permission
from newsletter.web.api.bodies.fields import (
    FieldBody,
    FieldChanges,
    FieldInPath,
    FieldToMake,
    PeopleCountBody,
)
from newsletter.web.api.body import ResourcePage
from newsletter.web.api.call import Call
from newsletter.web.api.operations import PREFIX, Noun
from newsletter.web.api.requests.paging import CursorText, Limit
from subscribers.fields.model import Field

noun = Noun("fields", "What can be known about people, beside their name and address.")


@noun.get("/fields", Permission.FIELDS_READ)
def list_fields(
    call: Call, limit: Limit = 100, cursor: CursorText = None
) -> ResourcePage[FieldBody]:
    """
    List the declared fields, by name.
    """
    after = call.after(cursor, str, "")
    found = sorted((each.field for each in fields.show_all(call.app, by=call.actor)), key=_name)
    behind = [each for each in found if each.name > after]
    return call.page(behind[: limit + 1], limit, key=_name, show=FieldBody.of)


@noun.post("/fields", Permission.FIELDS_WRITE, status=201)
def make_field(call: Call, body: FieldToMake) -> FieldBody:
    """
    Declare a field.
    """
    made = fields.add(
        call.app,
        body.name,
        body.type,
        labels=body.labels,
        options=[each.as_option() for each in body.options],
        is_public=body.is_public,
        is_personal=body.is_personal,
        by=call.actor,
    )
    call.made(f"{PREFIX}/fields/{body.name}")
    return FieldBody.of(made.field)


@noun.get("/fields/{field}", Permission.FIELDS_READ)
def show_field(call: Call, field: FieldInPath) -> FieldBody:
    """
    Show a field.
    """
    return FieldBody.of(fields.show(call.app, field, by=call.actor).field)


@noun.patch("/fields/{field}", Permission.FIELDS_READ, Permission.FIELDS_WRITE)
def change_field(call: Call, field: FieldInPath, body: FieldChanges) -> FieldBody:
    """
    Change the given values of a field.
    """
    options = None if body.options is None else [each.as_option() for each in body.options]
    changed = fields.edit(
        call.app,
        field,
        labels=body.labels,
        options=options,
        is_public=body.is_public,
        is_personal=body.is_personal,
        position=body.position,
        by=call.actor,
    )
    return FieldBody.of(changed.field)


@noun.delete("/fields/{field}", Permission.FIELDS_WRITE)
def remove_field(call: Call, field: FieldInPath) -> None:
    """
    Remove a field with every value of it.
    """
    fields.remove(call.app, field, by=call.actor)


@noun.get("/fields/{field}/counts", Permission.FIELDS_READ)
def count_field(call: Call, field: FieldInPath) -> PeopleCountBody:
    """
    Count the people who have a value of a field.
    """
    return PeopleCountBody(people=fields.show(call.app, field, by=call.actor).values)


def _name(field: Field) -> str:
    return field.name

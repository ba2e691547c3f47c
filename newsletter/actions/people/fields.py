"""
Actions on declared fields: add, edit, list and remove them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from newsletter.actions.guard.objects import shared, unlimited
from newsletter.actions.guard.requires import requires
from newsletter.app import App
from newsletter.errors import InvalidValue
from newsletter.issues.settings.field_uses import require_not_shown
from newsletter.model.access import Actor, ObjectKind, Permission
from newsletter.store.delivery.segments.rules import require_rules
from subscribers.fields import declare, uses
from subscribers.fields.model import Field, FieldOption, FieldType
from subscribers.text.phrases import phrase


@dataclass(frozen=True, kw_only=True)
class FieldDetails:
    """
    A field, and how many people have a value of it.
    """

    field: Field
    values: int = 0


@requires(Permission.FIELDS_WRITE, "field.add", about=unlimited(ObjectKind.FIELD, "name"))
def add(
    app: App,
    name: str,
    field_type: str,
    *,
    labels: Mapping[str, str],
    options: Sequence[FieldOption] = (),
    is_public: bool = False,
    is_personal: bool = False,
    by: Actor,
) -> FieldDetails:
    """
    Declare a field.

    Raises:
        InvalidValue, InvalidText: the type, the name, a label or an option is not valid.
        FieldExists: there is a field of that name.
    """
    if field_type not in list(FieldType):
        raise InvalidValue(
            phrase(
                "type {field_type!r} is not valid: write one of {known}",
                field_type=field_type,
                known=", ".join(FieldType),
            )
        )
    with app.database.write() as connection:
        added = declare.add_field(
            connection,
            name,
            FieldType(field_type),
            labels=labels,
            options=options,
            is_public=is_public,
            is_personal=is_personal,
        )
    return FieldDetails(field=added)


@requires(Permission.FIELDS_WRITE, "field.edit", about=unlimited(ObjectKind.FIELD, "name"))
def edit(
    app: App,
    name: str,
    *,
    labels: Mapping[str, str] | None = None,
    options: Sequence[FieldOption] | None = None,
    is_public: bool | None = None,
    is_personal: bool | None = None,
    position: int | None = None,
    by: Actor,
) -> FieldDetails:
    """
    Change a field; None leaves a value as it is. A label replaces the one in its language, an empty
    one removes it; options replace all others.

    Raises:
        UnknownField: there is no such field.
        InvalidText: a label or an option is not valid, somebody has chosen an option that would be
            gone, or a form asks for a field that would not be public.
        Refused: a segment uses an option that would be gone.
    """
    with app.database.write() as connection:
        if labels is not None:
            known = declare.find_field(connection, name).labels
            labels = {tag: text for tag, text in {**known, **labels}.items() if text}
        changed = declare.edit_field(
            connection,
            name,
            labels=labels,
            options=options,
            is_public=is_public,
            is_personal=is_personal,
            position=position,
        )
        require_rules(connection)
        return FieldDetails(field=changed, values=uses.count_values(connection, changed))


@requires(Permission.FIELDS_WRITE, "field.remove", about=unlimited(ObjectKind.FIELD, "name"))
def remove(app: App, name: str, *, by: Actor) -> FieldDetails:
    """
    Remove a field with every value of it, and return what it was.

    Raises:
        UnknownField: there is no such field.
        Refused: an issue that is not sent yet or a schedule shows it, or a segment uses it.
    """
    with app.database.write() as connection:
        found = declare.find_field(connection, name)
        require_not_shown(app.publishing, connection, found.name)
        removed = FieldDetails(field=found, values=uses.count_values(connection, found))
        declare.remove_field(connection, found)
        require_rules(connection)
    return removed


@requires(Permission.FIELDS_READ, "field.show", about=shared(ObjectKind.FIELD, "name"))
def show(app: App, name: str, *, by: Actor) -> FieldDetails:
    """
    Return one field; its values are those of the people within reach.

    Raises:
        UnknownField: there is no such field.
    """
    with app.database.read() as connection:
        found = declare.find_field(connection, name)
        values = uses.count_values(connection, found, among=by.lists)
        return FieldDetails(field=found, values=values)


@requires(Permission.FIELDS_READ, "field.list", about=shared(ObjectKind.FIELD))
def show_all(app: App, *, by: Actor) -> list[FieldDetails]:
    """
    Return every field, in the order in which forms show them.
    """
    with app.database.read() as connection:
        counts = uses.count_all_values(connection, among=by.lists)
        return [
            FieldDetails(field=each, values=counts.get(each.id, 0))
            for each in declare.all_fields(connection)
        ]

"""
Fields that are made for columns of a file, because nothing that there is fits them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from newsletter.actions.people import fields
from newsletter.app import App
from newsletter.errors import InvalidValue
from newsletter.model.access import Actor, Permission
from newsletter.web.admin.fields.field_form import name_from
from subscribers.errors import FieldExists, InvalidText
from subscribers.fields.model import FieldType

# What stands in the form for a field that is to be made. No field can be called so.
NEW_FIELD = "new-field"


@dataclass(frozen=True, kw_only=True)
class MadeFields:
    """
    What each column is read as once the fields in `made` are there. `refusal` is why one of them
    could not be made.
    """

    columns: Mapping[str, str]
    made: tuple[str, ...] = ()
    refusal: Exception | None = None


def may_add_fields(actor: Actor) -> bool:
    """
    Return True if the member may declare fields.
    """
    return Permission.FIELDS_WRITE in actor.permissions and actor.lists is None


def make_fields(app: App, chosen: Mapping[str, str], *, by: Actor) -> MadeFields:
    """
    Make a field for text of each column that is to be read as a new one, called like the column.

    Raises:
        Forbidden: the actor may not declare fields.
    """
    columns, made = dict(chosen), list[str]()
    for position, (column, read_as) in enumerate(chosen.items(), start=1):
        if read_as != NEW_FIELD:
            continue
        labels = {app.site.language: column}
        # Of letters that are not Latin no name is left.
        name = name_from(column, "_") or f"column_{position}"
        try:
            fields.add(app, name, FieldType.TEXT, labels=labels, by=by)
        except (FieldExists, InvalidText, InvalidValue) as error:
            return MadeFields(columns=columns, made=tuple(made), refusal=error)
        columns[column] = name
        made.append(name)
    return MadeFields(columns=columns, made=tuple(made))

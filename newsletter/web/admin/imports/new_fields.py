"""
Fields that are made for columns of a file, because nothing that there is fits them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from newsletter.actions.people.files.imports import ImportChoices
from newsletter.model.access import Actor, Permission
from newsletter.web.admin.fields.field_form import name_from

# What stands in the form for a field that is to be made. No field can be called so.
NEW_FIELD = "new-field"


def may_add_fields(actor: Actor) -> bool:
    """
    Return True if the member may declare fields.
    """
    return Permission.FIELDS_WRITE in actor.permissions and actor.lists is None


def with_new_fields(chosen: ImportChoices, language: str) -> ImportChoices:
    """
    Return *chosen* with a field for text, called like the column, for each column that is to be
    read as a new one. It is made when the import begins.
    """
    columns, made = dict(chosen.columns), dict[str, Mapping[str, str]]()
    for position, (column, read_as) in enumerate(chosen.columns.items(), start=1):
        if read_as == NEW_FIELD:
            # Of letters that are not Latin no name is left.
            name = name_from(column, "_") or f"column_{position}"
            columns[column] = name if name not in made else f"{name}_{position}"
            made[columns[column]] = {language: column}
    return replace(chosen, columns=columns, new_fields=made)

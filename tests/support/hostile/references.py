"""
What belongs to another list, as its rows and the names that a form could send.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import sqlalchemy as sa
from filled_newsroom import Filled
from list_reach.other_list import OTHER, OWN, OtherList

from hostile.stored_rows import Change
from newsletter.model.issue import IssueState
from subscribers.database.tables import metadata

# What objects are called in their tables, by the names that the walk has for them.
_NAMED = {
    "mailing_list": ("slug", ("list",)),
    "subscriber": ("email_key", ("person", "pending")),
    "segment": ("name", ("segment", "segment_of_none")),
    "schedule": ("name", ("schedule", "schedule_of_both")),
    "outgoing_webhook": ("name", ("webhook",)),
    "staff_member": ("email_key", ("member",)),
    "file_job": ("id", ("import", "export", "draft")),
    "api_token": ("id", ("token",)),
    "privacy_request": ("id", ("request",)),
    "issue": ("id", (*(f"issue_{state}" for state in IssueState), "issue_to_both")),
}


class ForeignRows:
    """
    The rows of the other list in a filled installation, by their numbers.
    """

    def __init__(self, filled: Filled) -> None:
        self.numbers: dict[str, set[Any]] = {}
        with filled.installation.app.database.read() as connection:
            for name, (column, objects) in _NAMED.items():
                table = metadata.tables[name]
                keys = [filled.other.objects[each] for each in objects]
                query = sa.select(table.c.id).where(table.c[column].in_(keys))
                self.numbers[name] = set(connection.scalars(query))
        self.names = sorted(
            {str(filled.other.objects[each]) for _, objects in _NAMED.values() for each in objects}
        )

    def touched(self, changes: Iterable[Change]) -> list[str]:
        """
        Return a line on each change of a row of the other list, or of one that refers to such.
        """
        return [
            f"{change.table}.{name} {'was' if side is change.old else 'is'} {side[name]}"
            for change in changes
            for side in (change.old, change.new)
            for name in _references(change.table, self.numbers, side)
        ]


def _references(table: str, numbers: Mapping[str, set[Any]], row: Mapping[str, Any]) -> list[str]:
    """
    Return the columns of a row that name a row of the other list.
    """
    found = []
    for column in metadata.tables[table].columns if table in metadata.tables else ():
        targets = [key.column.table.name for key in column.foreign_keys]
        if column.name == "id":
            targets.append(table)
        if any(row.get(column.name) in numbers.get(target, ()) for target in targets):
            found.append(column.name)
    return found


def own_objects(filled: Filled) -> OtherList:
    """
    Return the objects within reach of somebody who is limited to other lists than that one, where
    there are any.
    """
    objects = filled.other.objects
    issue = dict.fromkeys((f"issue_{state}" for state in IssueState), objects["own_issue"])
    own = {"list": OWN, "person": "own@example.org", "schedule": "own"}
    assert OTHER not in own.values()
    own["segment"] = objects["segment_of_both"]
    return OtherList(objects={**objects, **issue, **own}, nothing=filled.other.nothing)

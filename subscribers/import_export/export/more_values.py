"""
Read the tags, notes and values of fields of many people, unless nobody has any.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple

import sqlalchemy as sa

from subscribers.database.segment_tables import note, tag
from subscribers.fields.declare import all_fields
from subscribers.fields.values import values_of_all
from subscribers.reach import known_among
from subscribers.tags.notes import notes_of
from subscribers.tags.records import tags_of

_Texts = Mapping[int, Sequence[str]]
_NONE: _Texts = {}


class PartValues(NamedTuple):
    """
    The tags, notes and values of fields, in the order of the fields, of some people by number.
    """

    tags: _Texts
    notes: _Texts
    values: _Texts


class MoreValues:
    """
    Reads what more is known about the people of an export. `declared` are the fields, and `fields`
    their names. For staff limited to the lists of *reach*, it reads what they see.
    """

    def __init__(self, connection: sa.Connection, reach: frozenset[str] | None = None) -> None:
        self._connection = connection
        self._reach = reach
        self.declared = all_fields(connection)
        self.fields = [field.name for field in self.declared]
        self._has_tags = _has_rows(connection, tag)
        self.has_notes = _has_rows(connection, note)

    def of(self, numbers: Collection[int]) -> PartValues:
        """
        Return what is known about the people of these numbers.
        """
        connection = self._connection
        numbers = known_among(connection, numbers, self._reach)
        tags = tags_of(connection, numbers) if self._has_tags else _NONE
        notes, values = _NONE, _NONE
        if self.has_notes:
            found = notes_of(connection, numbers)
            notes = {number: [note.text for note in texts] for number, texts in found.items()}
        if self.fields:
            given = values_of_all(connection, numbers)
            values = {
                number: [theirs.get(name, "") for name in self.fields]
                for number, theirs in given.items()
            }
        return PartValues(tags, notes, values)


def _has_rows(connection: sa.Connection, table: sa.Table) -> bool:
    return connection.execute(sa.select(table.c.id).limit(1)).first() is not None

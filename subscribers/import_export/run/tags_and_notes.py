"""
Give the people of a batch the tags and notes of their rows.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence

import sqlalchemy as sa

from subscribers.history.model import Origin
from subscribers.import_export.cells import clean_note, join_notes
from subscribers.import_export.declared_fields.apply_values import may_change
from subscribers.import_export.import_policy import RowDecision
from subscribers.tags.notes import add_notes, notes_of
from subscribers.tags.records import add_tags_to_many, tags_of


def find_tagged(
    connection: sa.Connection, decisions: Sequence[RowDecision]
) -> dict[str, RowDecision]:
    """
    Return the decisions that add a tag or note that the person does not have yet, by address key.
    They are without a note that the person has.
    """
    given = [d for d in decisions if (d.row.tags or d.row.note) and may_change(d)]
    if not given:
        return {}
    known = [d.known.subscriber_id for d in given if d.known.subscriber_id is not None]
    tags = tags_of(connection, known) if known else {}
    notes = notes_of(connection, known)
    new = {}
    for each in given:
        number = each.known.subscriber_id or 0
        row = each.row
        if row.note and _has_note([note.text for note in notes.get(number, ())], row.note):
            row = row._replace(note="")
        if row.note or set(row.tags) - set(tags.get(number, ())):
            new[row.address.key] = each._replace(row=row)
    return new


def _has_note(texts: Sequence[str], note: str) -> bool:
    """
    Return True if one of the *texts* says the same as *note*, or if an export wrote them as this
    one cell, perhaps before the last ones were added.
    """
    exported = clean_note(join_notes(texts))
    return note in map(clean_note, texts) or f"{exported}\n\n".startswith(f"{note}\n\n")


def add_tags_and_notes(
    connection: sa.Connection,
    tagged: Mapping[str, RowDecision],
    begun: Mapping[str, int],
    *,
    by: Origin,
    now: dt.datetime,
) -> None:
    """
    Add the tags and notes of these decisions. *begun* has the numbers of those who are new, by
    address key.
    """
    rows = [(d.known.subscriber_id or begun[key], d.row) for key, d in tagged.items()]
    pairs = [(number, row.tags) for number, row in rows if row.tags]
    add_tags_to_many(connection, pairs, by=by, now=now)
    notes = [(number, row.note) for number, row in rows if row.note]
    if notes:
        add_notes(connection, notes, by_name=note_author(by), now=now)


def note_author(by: Origin) -> str:
    """
    Return the name under which an import adds notes.
    """
    return f"import {by.name}"

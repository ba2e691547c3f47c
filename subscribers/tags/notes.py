"""
Notes: what staff wrote down about a person. They are kept until the person is erased.
"""

from __future__ import annotations

import datetime as dt
import unicodedata
from collections.abc import Collection, Iterable
from dataclasses import dataclass

import sqlalchemy as sa

from subscribers.database.bulk_insert import insert_many
from subscribers.database.segment_tables import note as _notes
from subscribers.errors import InvalidText
from subscribers.text.phrases import phrase

MAX_NOTE = 10_000
_COLUMNS = ("subscriber_id", "text", "by_name", "written_at")
_OF_PEOPLE = (
    sa.select(_notes)
    .where(_notes.c.subscriber_id.in_(sa.bindparam("people", expanding=True)))
    .order_by(_notes.c.id)
)
_ALLOWED_CONTROLS = frozenset("\n\t")


@dataclass(frozen=True, kw_only=True)
class Note:
    """
    A note about a person, who wrote it and when.
    """

    text: str
    by_name: str
    written_at: dt.datetime


def parse_note(text: str) -> str:
    """
    Return the text of a note without the blank space around it. It may have several lines.

    Raises:
        InvalidText: it is empty or too long, or has a control character.
    """
    note = text.replace("\r\n", "\n").strip()
    if not note:
        raise InvalidText(phrase("the note is empty: write a text"))
    if len(note) > MAX_NOTE:
        raise InvalidText(
            phrase(
                "the note has {number:,} characters: write at most {limit:,}",
                number=len(note),
                limit=MAX_NOTE,
            )
        )
    if any(unicodedata.category(c) in {"Cc", "Cs"} and c not in _ALLOWED_CONTROLS for c in note):
        raise InvalidText(phrase("the note contains a control character: remove it"))
    return note


def add_note(
    connection: sa.Connection, subscriber_id: int, text: str, *, by_name: str, now: dt.datetime
) -> None:
    """
    Add a note, as `parse_note` returned it, to a person.
    """
    insert_many(connection, _notes, _COLUMNS, [(subscriber_id, text, by_name, now)])


def add_notes(
    connection: sa.Connection,
    rows: Iterable[tuple[int, str]],
    *,
    by_name: str,
    now: dt.datetime,
) -> None:
    """
    Add notes to people by their numbers. One that says the same as a note of that person is left
    out, so that an import can be run again.
    """
    wanted = list(dict.fromkeys(rows))
    theirs = notes_of(connection, {number for number, _ in wanted})
    known = {(number, note.text) for number, notes in theirs.items() for note in notes}
    new = [(*row, by_name, now) for row in wanted if row not in known]
    insert_many(connection, _notes, _COLUMNS, new)


def notes_of(connection: sa.Connection, subscriber_ids: Collection[int]) -> dict[int, list[Note]]:
    """
    Return the notes about several people by their numbers, the oldest first. Who has none is left
    out.
    """
    if not subscriber_ids:
        return {}
    rows = connection.execute(_OF_PEOPLE, {"people": list(subscriber_ids)})
    found: dict[int, list[Note]] = {}
    for row in rows:
        note = Note(text=row.text, by_name=row.by_name, written_at=row.written_at)
        found.setdefault(row.subscriber_id, []).append(note)
    return found

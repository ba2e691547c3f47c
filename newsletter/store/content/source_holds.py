"""
Hold a source, resume it, and let it be polled at once.
"""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa

from newsletter.errors import Refused
from newsletter.model.source import CollectReport, SourceSettings
from newsletter.store.content.sources import find_source
from newsletter.store.tables import poll, source
from subscribers.text.phrases import phrase


def hold_source(
    connection: sa.Connection, polled: SourceSettings, *, reason: str, now: dt.datetime
) -> None:
    """
    Hold a source whose items have new ids, and remember its last poll with the old ones.
    """
    report = CollectReport(source=polled.name, error=phrase("held: {reason}", reason=reason))
    connection.execute(sa.insert(poll).values(source_id=polled.id, at=now, report=report.as_json()))
    connection.execute(
        sa.update(source)
        .where(source.c.id == polled.id)
        .values(
            last_polled_at=now,
            held_since=now,
            hold_reason=reason,
            ids_changed_at=polled.failing_since or polled.last_polled_at or now,
        )
    )


def resume_source(connection: sa.Connection, name: str) -> None:
    """
    End the hold of a source, so that it is polled at once.

    Raises:
        UnknownSource: there is no source of that name.
        Refused: it is not held.
    """
    found = find_source(connection, name)
    if found.held_since is None:
        raise Refused(
            phrase(
                "source {name} is not held: `newsletter source list` shows which sources are",
                name=name,
            )
        )
    connection.execute(
        sa.update(source)
        .where(source.c.id == found.id)
        .values(held_since=None, hold_reason=None, next_poll_at=None)
    )


def poll_soon(connection: sa.Connection, name: str) -> None:
    """
    Let a source be polled at once.

    Raises:
        UnknownSource: there is no source of that name.
        Refused: it is held or gone.
    """
    found = find_source(connection, name)
    if not found.is_polled:
        why = found.hold or phrase("it is gone: give it a new location")
        raise Refused(phrase("source {name} is not polled: {why}", name=name, why=why))
    connection.execute(sa.update(source).where(source.c.id == found.id).values(next_poll_at=None))

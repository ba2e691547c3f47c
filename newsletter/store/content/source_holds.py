"""
Hold or pause a source, resume it, and let it be polled at once.
"""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa

from newsletter.errors import Refused
from newsletter.model.source import CollectReport, SourceSettings
from newsletter.store.content.poll_reports import save_report
from newsletter.store.content.sources import find_source
from newsletter.store.tables import source
from subscribers.text.phrases import phrase
from subscribers.text.stored_phrases import with_phrases


def hold_source(
    connection: sa.Connection, polled: SourceSettings, *, reason: str, now: dt.datetime
) -> None:
    """
    Hold a source whose items have new ids, and remember its last poll with the old ones.
    """
    report = CollectReport(source=polled.name, error=phrase("held: {reason}", reason=reason))
    save_report(connection, polled, report, now=now)
    connection.execute(
        sa.update(source)
        .where(source.c.id == polled.id)
        .values(
            last_polled_at=now,
            held_since=now,
            **with_phrases({"hold_reason": reason}),
            ids_changed_at=polled.failing_since or polled.last_polled_at or now,
        )
    )


def pause_source(
    connection: sa.Connection, name: str, *, reason: str | None, now: dt.datetime
) -> None:
    """
    Pause a source on behalf of staff, so that it is not polled.

    Raises:
        UnknownSource: there is no source of that name.
        Refused: it is paused already.
    """
    found = find_source(connection, name)
    if found.paused_at is not None:
        raise Refused(phrase("source {name} is {paused}", name=name, paused=found.pause or ""))
    connection.execute(
        sa.update(source).where(source.c.id == found.id).values(paused_at=now, pause_reason=reason)
    )


def resume_source(connection: sa.Connection, name: str) -> None:
    """
    End the hold or the pause of a source, so that it is polled at once.

    Raises:
        UnknownSource: there is no source of that name.
        Refused: it is neither held nor paused.
    """
    found = find_source(connection, name)
    if found.paused_at is not None:
        # One that is held too stays held: that is another decision.
        values: dict[str, None] = {"paused_at": None, "pause_reason": None}
    elif found.held_since is not None:
        values = {"held_since": None, "hold_reason": None, "hold_phrase": None}
    else:
        raise Refused(
            phrase(
                "source {name} is neither held nor paused: `newsletter source list` shows which "
                "are",
                name=name,
            )
        )
    connection.execute(
        sa.update(source).where(source.c.id == found.id).values(**values, next_poll_at=None)
    )


def poll_soon(connection: sa.Connection, name: str) -> None:
    """
    Let a source be polled at once.

    Raises:
        UnknownSource: there is no source of that name.
        Refused: it is held, paused or gone.
    """
    found = find_source(connection, name)
    if not found.is_polled:
        why = found.pause or found.hold or phrase("it is gone: give it a new location")
        raise Refused(phrase("source {name} is not polled: {why}", name=name, why=why))
    connection.execute(sa.update(source).where(source.c.id == found.id).values(next_poll_at=None))

"""
The kill switch: while the table `kill_switch` has a row, no worker claims a batch or records an
intent, and no scheduled run starts.
"""

from __future__ import annotations

import datetime as dt
import enum
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from newsletter.errors import StoreError
from newsletter.model.delivery import BatchState
from newsletter.store.tables import batch, kill_switch
from subscribers.database.columns import insert_into
from subscribers.text.phrase_values import in_utc
from subscribers.text.phrases import phrase

NOT_STOPPED = ~sa.exists(sa.select(kill_switch.c.kind))
SELECT_ACTIVE_STOP = sa.select(kill_switch).order_by(kill_switch.c.since).limit(1)
_STOP = sa.select(kill_switch).where(kill_switch.c.kind == sa.bindparam("kind"))


class StopKind(enum.StrEnum):
    """
    Who engaged the kill switch: ALL, a person; COPY, the restore guard; MOVED, the migration to
    another database.
    """

    ALL = "all"
    COPY = "copy"
    MOVED = "moved"


WAY_OUT = {
    StopKind.ALL: phrase("to continue: `newsletter start-all`"),
    StopKind.COPY: phrase("to continue, if no other copy sends: `newsletter resume --only-copy`"),
    StopKind.MOVED: phrase(
        "set [database] url to the new database; to use this one again, once the "
        "new one is gone: `newsletter resume --only-copy`"
    ),
}


@dataclass(frozen=True, kw_only=True)
class Stop:
    """
    Why nothing is submitted, and since when.
    """

    kind: StopKind
    reason: str
    since: dt.datetime

    def __str__(self) -> str:
        return phrase(
            "all sending has been stopped since {when} ({reason}); {way_out}",
            when=in_utc(self.since),
            reason=self.reason,
            way_out=WAY_OUT[self.kind],
        )

    def as_json(self) -> dict[str, Any]:
        return {"kind": self.kind, "reason": self.reason, "since": self.since.isoformat()}


def active_stop(connection: sa.Connection) -> Stop | None:
    """
    Return the oldest active stop, or None.
    """
    row = connection.execute(SELECT_ACTIVE_STOP).one_or_none()
    return None if row is None else read_stop(row)


def stop_of(connection: sa.Connection, kind: StopKind) -> Stop | None:
    """
    Return the active stop of *kind*, or None.
    """
    row = connection.execute(_STOP, {"kind": kind}).one_or_none()
    return None if row is None else read_stop(row)


def require_not_migrated(connection: sa.Connection) -> None:
    """
    Refuse a database that was migrated, because anything written to it would be lost.

    Raises:
        StoreError: it was migrated; the line says where to.
    """
    moved = stop_of(connection, StopKind.MOVED)
    if moved is not None:
        raise StoreError(
            phrase(
                "{reason} on {since}: {way_out}",
                reason=moved.reason,
                since=moved.since.date(),
                way_out=WAY_OUT[moved.kind],
            )
        )


def engage(connection: sa.Connection, kind: StopKind, *, reason: str, now: dt.datetime) -> bool:
    """
    Stop everything. If there already is a stop of this *kind*, keep it, and return False.
    """
    values = {"kind": kind, "reason": reason, "since": now}
    stop = insert_into(connection, kill_switch).values(values).on_conflict_do_nothing()
    return connection.execute(stop).rowcount == 1


def disengage(connection: sa.Connection, kind: StopKind) -> bool:
    """
    End the stop of this *kind*, and return whether there was one.
    """
    return (
        connection.execute(sa.delete(kill_switch).where(kill_switch.c.kind == kind)).rowcount == 1
    )


def in_flight(connection: sa.Connection) -> int:
    """
    Count the batches that are in a call, which is not interrupted. Call this in the transaction
    that engages the kill switch: it waits for uncommitted intents.
    """
    if connection.dialect.name == "postgresql":
        # An intent checks for a stop when it is written, but cannot see one that is not committed
        # yet.
        connection.execute(sa.text("LOCK TABLE batch IN SHARE MODE"))
    counted = sa.select(sa.func.count()).where(batch.c.state == BatchState.SUBMITTING)
    return int(connection.execute(counted).scalar_one())


def read_stop(row: sa.Row[Any]) -> Stop:
    return Stop(kind=StopKind(row.kind), reason=row.reason, since=row.since)

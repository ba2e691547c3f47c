"""
What stops everything: while one row stands here, no batch is claimed and no intent is written, in
whatever process (`batches`), and no slot fires (`schedule`).
"""

from __future__ import annotations

import datetime as dt
import enum
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from newsletter.errors import StoreError
from newsletter.model.delivery import BatchState
from newsletter.store.tables import batch, stop
from subscribers.database.columns import insert_into

NOT_STOPPED = ~sa.exists(sa.select(stop.c.kind))


class StopKind(enum.StrEnum):
    """
    Who stopped everything: ALL, a person; COPY, the restore guard (`original`); MOVED, the copy
    to another database (`moving`).
    """

    ALL = "all"
    COPY = "copy"
    MOVED = "moved"


WAY_OUT = {
    StopKind.ALL: "`newsletter start-all` goes on",
    StopKind.COPY: "if no other copy sends, `newsletter resume --only-copy` goes on",
    StopKind.MOVED: "set [database] url to that one; `newsletter resume --only-copy` takes this "
    "one up again once that one is gone",
}


@dataclass(frozen=True, kw_only=True)
class Stop:
    """
    Why nothing is handed over, and since when.
    """

    kind: StopKind
    reason: str
    since: dt.datetime

    def __str__(self) -> str:
        when = f"{self.since:%Y-%m-%d %H:%M} UTC"
        return f"everything is stopped since {when} ({self.reason}); {WAY_OUT[self.kind]}"

    def as_json(self) -> dict[str, Any]:
        return {"kind": self.kind, "reason": self.reason, "since": self.since.isoformat()}


def active_stop(connection: sa.Connection) -> Stop | None:
    """
    What stops everything now, None when nothing does.
    """
    row = connection.execute(sa.select(stop).order_by(stop.c.since).limit(1)).one_or_none()
    return None if row is None else _stop(row)


def stop_of(connection: sa.Connection, kind: StopKind) -> Stop | None:
    """
    What *kind* stopped everything for, None when it did not.
    """
    row = connection.execute(sa.select(stop).where(stop.c.kind == kind)).one_or_none()
    return None if row is None else _stop(row)


def require_not_migrated(connection: sa.Connection) -> None:
    """
    Passes a database that was not moved elsewhere. What is written to one that was is lost.

    Raises:
        StoreError: it was moved; the line says where to.
    """
    moved = stop_of(connection, StopKind.MOVED)
    if moved is not None:
        raise StoreError(f"{moved.reason} on {moved.since:%Y-%m-%d}: {WAY_OUT[moved.kind]}")


def engage(connection: sa.Connection, kind: StopKind, *, reason: str, now: dt.datetime) -> None:
    """
    Stops everything; who stopped it before, and why, stays.
    """
    values = {"kind": kind, "reason": reason, "since": now}
    connection.execute(insert_into(connection, stop).values(values).on_conflict_do_nothing())


def disengage(connection: sa.Connection, kind: StopKind) -> bool:
    """
    Whether everything was stopped by *kind* until now.
    """
    return connection.execute(sa.delete(stop).where(stop.c.kind == kind)).rowcount == 1


def in_flight(connection: sa.Connection) -> int:
    """
    How many batches are in a call just now, which ends whatever is stopped. To be asked in the
    transaction that stops everything: intents that are half written are waited for.
    """
    if connection.dialect.name == "postgresql":
        # They look for a stop as they are written, and do not see one that is not committed.
        connection.execute(sa.text("LOCK TABLE batch IN SHARE MODE"))
    handing = sa.select(sa.func.count()).where(batch.c.state == BatchState.SUBMITTING)
    return int(connection.execute(handing).scalar_one())


def _stop(row: sa.Row[Any]) -> Stop:
    return Stop(kind=StopKind(row.kind), reason=row.reason, since=row.since)

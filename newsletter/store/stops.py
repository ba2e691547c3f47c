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

from newsletter.model.delivery import BatchState
from newsletter.store.running import stop
from newsletter.store.schema import batch
from subscribers.columns import insert_into

NOTHING_STOPS = ~sa.exists(sa.select(stop.c.kind))


class StopKind(enum.StrEnum):
    """
    Who stopped everything: ALL, a person; COPY, the restore guard (`original`).
    """

    ALL = "all"
    COPY = "copy"


WAY_OUT = {
    StopKind.ALL: "`newsletter start-all` goes on",
    StopKind.COPY: "if no other copy sends, `newsletter resume --only-copy` goes on",
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


def current_stop(connection: sa.Connection) -> Stop | None:
    """
    What stops everything now, None when nothing does.
    """
    row = connection.execute(sa.select(stop).order_by(stop.c.since).limit(1)).one_or_none()
    if row is None:
        return None
    return Stop(kind=StopKind(row.kind), reason=row.reason, since=row.since)


def stop_everything(
    connection: sa.Connection, kind: StopKind, *, reason: str, now: dt.datetime
) -> None:
    """
    Stops everything; who stopped it before, and why, stays.
    """
    values = {"kind": kind, "reason": reason, "since": now}
    connection.execute(insert_into(connection, stop).values(values).on_conflict_do_nothing())


def lift(connection: sa.Connection, kind: StopKind) -> bool:
    """
    Whether everything was stopped by *kind* until now.
    """
    return connection.execute(sa.delete(stop).where(stop.c.kind == kind)).rowcount == 1


def in_flight(connection: sa.Connection) -> int:
    """
    How many batches are in a call just now, which ends whatever is stopped.
    """
    handing = sa.select(sa.func.count()).where(batch.c.state == BatchState.HANDING)
    return int(connection.execute(handing).scalar_one())

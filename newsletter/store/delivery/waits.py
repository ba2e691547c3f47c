"""
Load what the waiting recipients of an issue wait for.
"""

from __future__ import annotations

import datetime as dt
import functools
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from newsletter.model.delivery import BatchState, HoldReason
from newsletter.model.reason_words import batch_reason
from newsletter.store.delivery.status.shown import wall_of
from newsletter.store.tables import batch, delivery


@dataclass(frozen=True, kw_only=True)
class Wait:
    """
    How many recipients wait, at least until when, and why: `reason` is shown if there is no `hold`.
    `timezone` is whose clock they wait for. `wall` is the local time at which readers get the
    issue, None if it is sent to all at once.
    """

    until: dt.datetime
    reason: str
    recipients: int
    hold: HoldReason | None = None
    timezone: str | None = None
    wall: str | None = None

    def as_json(self) -> dict[str, Any]:
        return {
            "until": self.until.isoformat(),
            "reason": batch_reason(self.hold, self.reason, wall=self.wall),
            "hold": self.hold,
            "timezone": self.timezone,
            "recipients": self.recipients,
        }


def waits_of(connection: sa.Connection, issue_id: int) -> list[Wait]:
    """
    Return what the recipients of an issue wait for, soonest first. Batches that wait for the same
    reason are counted together, whatever the time of their next attempt.
    """
    rows = connection.execute(_select_waits(), {"issue": issue_id})
    return [
        Wait(
            until=row.not_before,
            reason=row.reason,
            recipients=row.recipients,
            hold=HoldReason(row.hold) if row.hold else None,
            timezone=row.timezone,
            wall=row.wall,
        )
        for row in rows
    ]


@functools.cache
def _select_waits() -> sa.Select[Any]:
    issue_id = sa.bindparam("issue", type_=sa.Integer)
    soonest = sa.func.min(batch.c.not_before).label("not_before")
    # Each of these times belongs to a different zone.
    by_time = sa.case((batch.c.hold == HoldReason.TIME_OF_DAY, batch.c.not_before))
    zone = sa.case((batch.c.hold == HoldReason.TIME_OF_DAY, batch.c.timezone))
    # A batch that is held keeps the reason of its last attempt.
    shown = sa.case((batch.c.hold.is_(None), batch.c.reason))
    return (
        sa.select(
            soonest,
            sa.func.coalesce(sa.func.min(shown), "").label("reason"),
            batch.c.hold,
            sa.func.count().label("recipients"),
            sa.func.min(zone).label("timezone"),
            wall_of(issue_id).label("wall"),
        )
        .join(
            delivery,
            (delivery.c.issue_id == batch.c.issue_id) & (delivery.c.batch_no == batch.c.no),
        )
        .where(
            batch.c.issue_id == issue_id,
            batch.c.state == BatchState.WAITING,
            delivery.c.state.is_(None),
        )
        .group_by(batch.c.hold, by_time, shown)
        .order_by(soonest)
    )

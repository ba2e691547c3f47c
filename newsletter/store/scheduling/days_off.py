"""
Find in the audit trail who called the days off of a schedule off.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass

import sqlalchemy as sa

from newsletter.model.access import ObjectKind
from newsletter.store.tables import audit_entry

# Older entries are not looked at: they are about days that are over.
MOST_ENTRIES = 200


@dataclass(frozen=True, kw_only=True)
class CalledOff:
    """
    Who called a day off, and when.
    """

    by: str
    at: dt.datetime


def called_off_days(connection: sa.Connection, name: str) -> dict[str, CalledOff]:
    """
    Return who called off each day off of the schedule *name*, by the day as the schedule has it, as
    far as the audit trail still says so.
    """
    rows = connection.execute(
        sa.select(audit_entry.c.actor, audit_entry.c.at, audit_entry.c.changes)
        .where(
            audit_entry.c.object_kind == ObjectKind.SCHEDULE.value,
            audit_entry.c.object_id == name,
            audit_entry.c.action.in_(("schedule.add", "schedule.edit")),
        )
        .order_by(audit_entry.c.id.desc())
        .limit(MOST_ENTRIES)
    )
    found: dict[str, CalledOff] = {}
    for row in rows:
        for day in _added(row.changes.get("days_off")):
            # The newest entry counts: the day may have been put back and called off again.
            found.setdefault(day, CalledOff(by=row.actor, at=row.at))
    return found


def _added(change: Mapping[str, list[str] | None] | None) -> list[str]:
    if change is None:
        return []
    before = change["before"] or []
    return [day for day in change["after"] or [] if day not in before]

"""
Rows of what others write and no request of the API does.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from newsletter.store import tables
from newsletter.store.database import Database
from subscribers.database.field_tables import field
from subscribers.database.preference_tables import leave_reason
from subscribers.database.tables import subscription

_OPTION = {"key": "north", "labels": {"en": "North"}}
# What is empty where nobody wrote it.
_CHANGES: Sequence[tuple[sa.Table, dict[str, Any]]] = (
    (tables.issue, {"preheader": "Two pieces", "intro": "Good morning."}),
    (tables.issue_brief, {"heading": "On the quays"}),
    (tables.issue_check, {"override_reason": "it is meant so"}),
    (tables.brief, {"changed_by": "Ada", "link": "https://example.org/1"}),
    (tables.list_settings, {"postal_address": "1 Quay", "held_reason": "many bounces"}),
    (tables.outgoing_attempt, {"status": 500, "error": "refused"}),
    (tables.schedule, {"sender": "Desk"}),
    (tables.source, {"categories": ["Boats"], "hold_reason": "many new", "too_slow": {"a": "b"}}),
    (field, {"options": [_OPTION]}),
)


def add_other_rows(database: Database, *, now: dt.datetime) -> None:
    """
    Store a poll that failed, a bounce of each email, a reader's reason to leave, the browser and
    the passkey of a member, a slot that sent nothing, and a webhook that was refused.
    """
    at = now - dt.timedelta(hours=1)
    with database.write() as connection:
        for table, values in _rows(connection, at):
            connection.execute(sa.insert(table).values(values))
        for table, values in _CHANGES:
            connection.execute(sa.update(table).values(values))
        connection.execute(sa.update(tables.source).values(last_polled_at=at, failing_since=at))
        _pause_another_source(connection, at)
        paused = tables.issue.c.pause_reason.is_not(None)
        resumed = sa.update(tables.issue).where(paused).values(resume_reason="checked")
        connection.execute(resumed)


def add_failed_job(
    database: Database, number: int, staff_id: int, *, error: str, now: dt.datetime
) -> None:
    """
    Store an act on many people of a member, which was refused with *error*.
    """
    asked = {"kind": "tag", "state": "failed", "given": {"add": error}, "people": [], "total": 3}
    values = {"from_address": "127.0.0.1", "created_at": now, "ended_at": now, "error": error}
    row = {"id": number, "staff_id": staff_id, **asked, **values}
    with database.write() as connection:
        connection.execute(sa.insert(tables.bulk_job).values(row))


def _pause_another_source(connection: sa.Connection, at: dt.datetime) -> None:
    first = connection.execute(sa.select(tables.source)).first()
    assert first is not None
    values = {name: each for name, each in first._mapping.items() if name != "id"}
    pause = {"name": "quay", "paused_at": at, "pause_reason": "being moved", "held_since": None}
    connection.execute(sa.insert(tables.source).values({**values, **pause}))
    # It belongs to the lists of the schedules that take it.
    takes_both = sa.update(tables.schedule).values(sources=[first.name, pause["name"]])
    connection.execute(takes_both)


def _rows(connection: sa.Connection, at: dt.datetime) -> list[tuple[sa.Table, dict[str, Any]]]:
    def first(table: sa.Table) -> int:
        return int(connection.scalar(sa.select(sa.func.min(table.c.id))) or 0)

    member = first(tables.staff_member)
    source, schedule, left = first(tables.source), first(tables.schedule), first(subscription)
    delivery = tables.delivery
    sent = connection.execute(sa.select(delivery.c.id, delivery.c.issue_id)).all()
    reason = {"reason": "other", "comment": "too long", "given_at": at}
    slot = {"slot": "2026-03-04T06:00", "part": "", "outcome": "failed", "reason": "no brief"}
    return [
        (tables.poll, {"source_id": source, "at": at, "report": {"error": "not found"}}),
        (leave_reason, {"subscription_id": left, **reason}),
        (tables.staff_session, _session(member, at)),
        (tables.passkey, _passkey(member, at)),
        (tables.slot, {"schedule_id": schedule, **slot, "due": at, "fired_at": at}),
        (tables.outgoing_event, {"key": "a", "kind": "issue.sent", "at": at, "data": {"b": "c"}}),
        *((tables.outcome, _bounce(each.id, each.issue_id, at)) for each in sent),
    ]


def _session(member: int, at: dt.datetime) -> dict[str, Any]:
    times = dict.fromkeys(("created_at", "last_seen_at", "elevated_at"), at)
    of_client = {"user_agent": "Firefox", "from_address": "127.0.0.1"}
    ends = at + dt.timedelta(days=1)
    values = {"staff_id": member, "id_hash": "0" * 64, "is_open": True, "epoch": ""}
    return values | of_client | times | {"ends_at": ends}


def _passkey(member: int, at: dt.datetime) -> dict[str, Any]:
    keys = {"credential_id": b"a", "public_key": b"b", "sign_count": 0}
    return {"staff_id": member, "name": "Phone", "created_at": at, **keys}


def _bounce(delivery: int, issue: int, at: dt.datetime) -> dict[str, Any]:
    times = dict.fromkeys(("bounced_hard_at", "bounced_at"), at)
    values = {"delivery_id": delivery, "issue_id": issue, "bounce": "hard"}
    return values | times | {"detail": "550 no such user"}

"""
Apply the plan of an undo.

People and subscriptions keep their numbers, which links name and which are never given again: a row
stays without the address, as after erasure.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from typing import Any

import sqlalchemy as sa

from subscribers.database.asking_tables import ask_run_person
from subscribers.database.columns import insert_into
from subscribers.database.field_tables import field, field_value
from subscribers.database.history_tables import history
from subscribers.database.segment_tables import note, subscriber_tag
from subscribers.database.tables import consent, subscriber, subscription
from subscribers.history.model import HistoryEvent, HistoryRecord, Origin
from subscribers.history.records import record_all
from subscribers.import_export.jobs.model import FileJob
from subscribers.import_export.jobs.undo_plan import UndoPlan, ValueChange
from subscribers.model import EndCause, SubscriptionState
from subscribers.tags.records import change_tags

_p, _s = subscriber, subscription
UNDONE = "import undone"


def apply_plan(
    connection: sa.Connection, plan: UndoPlan, job: FileJob, by: Origin, now: dt.datetime
) -> None:
    """
    Apply a plan of the undo of the import, and record it.
    """
    assert job.list_id is not None
    _set_back(connection, plan, by, now)
    _delete_consents(connection, [*plan.people, *plan.subscribers], job.list_id)
    _take_back(connection, list(plan.subscribers), job.list_id, now)
    _forget(connection, plan.people, now)
    _record(connection, plan, job, by, now)


def _record(
    connection: sa.Connection, plan: UndoPlan, job: FileJob, by: Origin, now: dt.datetime
) -> None:
    """
    Record the undo in the history of everybody whom it changes, tags excepted.
    """
    details: dict[int, dict[str, Any]] = {
        number: {"state": {"before": state, "after": None}}
        for number, state in plan.subscribers.items()
    }
    for each in plan.values:
        detail = details.setdefault(each.subscriber_id, {})
        change = {"before": each.after, "after": each.before}
        if each.what == "field":
            detail.setdefault("fields", {})[each.field_name] = change
        elif each.what != "tags":
            detail[each.what] = change
    records = [
        HistoryRecord(
            what=HistoryEvent.CHANGED,
            subscriber_id=number,
            list_id=job.list_id,
            detail={"import_undone": job.id, **details.get(number, {})},
        )
        for number in dict.fromkeys([*plan.people, *details])
    ]
    record_all(connection, records, by=by, at=now)


def _set_back(connection: sa.Connection, plan: UndoPlan, by: Origin, now: dt.datetime) -> None:
    for column in (_p.c.name, _p.c.timezone):
        changes = [each for each in plan.values if each.what == column.name]
        if changes:
            update = _p.update().where(_p.c.id == sa.bindparam("number"))
            rows = [{"number": each.subscriber_id, "value": each.before} for each in changes]
            connection.execute(update.values({column: sa.bindparam("value")}), rows)
    if fields := [each for each in plan.values if each.what == "field"]:
        _set_fields_back(connection, fields)
    for each in plan.values:
        if each.what == "tags":
            change_tags(connection, [each.subscriber_id], remove=each.after, by=by, now=now)


def _set_fields_back(connection: sa.Connection, changes: list[ValueChange]) -> None:
    ids = dict(connection.execute(sa.select(field.c.name, field.c.id)).all())
    rows = [
        {
            "subscriber_id": each.subscriber_id,
            "field_id": ids[each.field_name],
            "value": each.before,
        }
        for each in changes
    ]
    given = [row for row in rows if row["value"]]
    if given:
        insert = insert_into(connection, field_value)
        keep = insert.on_conflict_do_update(
            index_elements=["subscriber_id", "field_id"], set_={"value": insert.excluded.value}
        )
        connection.execute(keep, given)
    for row in rows:
        if not row["value"]:
            this = field_value.c.subscriber_id == row["subscriber_id"]
            of_field = field_value.c.field_id == row["field_id"]
            connection.execute(field_value.delete().where(this, of_field))


def _delete_consents(connection: sa.Connection, numbers: Collection[int], list_id: int) -> None:
    theirs = sa.select(_s.c.id).where(_s.c.subscriber_id.in_(numbers), _s.c.list_id == list_id)
    connection.execute(consent.delete().where(consent.c.subscription_id.in_(theirs)))


def _take_back(
    connection: sa.Connection, numbers: Collection[int], list_id: int, now: dt.datetime
) -> None:
    """
    Give the subscriptions of people who were known before to rows without an address, so that the
    people are as if they had never been on the list.
    """
    if not numbers:
        return
    theirs = sa.select(_s.c.id).where(_s.c.subscriber_id.in_(numbers), _s.c.list_id == list_id)
    asked = ask_run_person
    connection.execute(asked.delete().where(asked.c.subscription_id.in_(theirs)))
    blank = [{"name": "", "created_at": now, "erased_at": now} for _ in numbers]
    made = connection.execute(_p.insert().returning(_p.c.id), blank).scalars()
    rows = [{"theirs": number, "blank": other} for number, other in zip(numbers, made, strict=True)]
    move = _s.update().where(_s.c.subscriber_id == sa.bindparam("theirs"), _s.c.list_id == list_id)
    connection.execute(
        move.values(
            subscriber_id=sa.bindparam("blank"),
            state=SubscriptionState.ENDED.value,
            since=now,
            ended_reason=UNDONE,
            ended_cause=EndCause.ERASURE.value,
        ),
        rows,
    )


def _forget(connection: sa.Connection, numbers: Collection[int], now: dt.datetime) -> None:
    for table in (field_value, subscriber_tag, note, ask_run_person):
        connection.execute(table.delete().where(table.c.subscriber_id.in_(numbers)))
    theirs = history.c.subscriber_id.in_(numbers)
    connection.execute(history.update().where(theirs).values(email_key=None, detail=None))
    ended = {
        "state": SubscriptionState.ENDED.value,
        "since": now,
        "ended_reason": UNDONE,
        "ended_cause": EndCause.ERASURE.value,
    }
    connection.execute(_s.update().where(_s.c.subscriber_id.in_(numbers)).values(**ended))
    blank = {"email": None, "email_key": None, "name": "", "language": None, "timezone": None}
    connection.execute(_p.update().where(_p.c.id.in_(numbers)).values(**blank, erased_at=now))

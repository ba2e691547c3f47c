"""
Record what happened to people, and read it.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from subscribers.database.asking_tables import ask_run
from subscribers.database.bulk_insert import insert_many
from subscribers.database.history_tables import history
from subscribers.database.job_tables import file_job
from subscribers.database.tables import mailing_list, subscriber
from subscribers.departures.log import note_departures
from subscribers.history.details import is_change
from subscribers.history.model import HistoryEntry, HistoryEvent, HistoryRecord, Origin, OriginKind
from subscribers.history.observer import show_observer
from subscribers.model import SubscriptionState
from subscribers.validation.address import Address

# The key of a detail that names the list of an entry after the list was removed.
REMOVED_LIST = "removed_list"
_COLUMNS = (
    "subscriber_id",
    "email_key",
    "list_id",
    "at",
    "what",
    "by",
    "by_name",
    "through",
    "detail",
)


def record(connection: sa.Connection, *records: HistoryRecord, by: Origin, at: dt.datetime) -> None:
    """
    Record what happened at that time, in one statement.
    """
    record_all(connection, records, by=by, at=at)


def record_all(
    connection: sa.Connection, records: Sequence[HistoryRecord], *, by: Origin, at: dt.datetime
) -> None:
    """
    Record many things that happened at that time, in one statement. Those that are departures are
    noted as such, to survive a restore; the observer of the database sees all of them.
    """
    rows = [
        (
            each.subscriber_id,
            each.email_key if each.subscriber_id is None else None,
            each.list_id,
            at,
            each.what.value,
            by.kind.value,
            by.name,
            by.through,
            each.detail or None,
        )
        for each in records
    ]
    insert_many(connection, history, _COLUMNS, rows)
    note_departures(connection, records, at=at)
    show_observer(connection, records, by=by, at=at)


def as_json(value: Any) -> Any:
    """
    Return *value* as the detail of a record holds it: a time as ISO 8601, the rest as it is.
    """
    return value.isoformat() if isinstance(value, dt.date) else value


def history_of(connection: sa.Connection, address: Address) -> list[HistoryEntry]:
    """
    Return what happened to the person with *address*, or to the address before there was one, in
    the order in which it was recorded.
    """
    number = sa.select(subscriber.c.id).where(subscriber.c.email_key == address.key)
    theirs = sa.or_(
        history.c.subscriber_id == number.scalar_subquery(), history.c.email_key == address.key
    )
    rows = connection.execute(
        sa.select(history, mailing_list.c.slug)
        .outerjoin(mailing_list, mailing_list.c.id == history.c.list_id)
        .where(theirs)
        .order_by(history.c.id)
    )
    return [_entry(row) for row in rows]


def count_history(connection: sa.Connection, email_key: str) -> int:
    """
    Return the number of rows about an address that was no subscriber's then.
    """
    theirs = sa.select(sa.func.count()).where(history.c.email_key == email_key)
    return int(connection.execute(theirs).scalar_one())


def blank_history(connection: sa.Connection, subscriber_id: int | None, email_key: str) -> None:
    """
    Empty what names a person, or an address that is no subscriber's, in their history, because they
    are erased. The rows stay, so that they can be counted: of their details only whether somebody
    was active on a list.
    """
    theirs = history.c.email_key == email_key
    if subscriber_id is not None:
        theirs = sa.or_(history.c.subscriber_id == subscriber_id, theirs)
    with_detail = sa.select(history.c.id, history.c.what, history.c.detail).where(
        theirs, history.c.detail.is_not(None)
    )
    states = [
        {"number": row.id, "kept": kept}
        for row in connection.execute(with_detail)
        if (kept := _states_in(HistoryEvent(row.what), row.detail))
    ]
    connection.execute(history.update().where(theirs).values(email_key=None, detail=None))
    if states:
        this = history.update().where(history.c.id == sa.bindparam("number"))
        connection.execute(this.values(detail=sa.bindparam("kept")), states)


def keep_without_list(connection: sa.Connection, list_id: int, slug: str) -> None:
    """
    Keep what the history says about a list that is removed under its *slug*. Forget its imports,
    exports and runs that asked again, which changed nobody.
    """
    about_it = sa.select(history.c.id, history.c.detail).where(history.c.list_id == list_id)
    for row in connection.execute(about_it).all():
        detail = {**(row.detail or {}), REMOVED_LIST: slug}
        changed = history.update().where(history.c.id == row.id)
        connection.execute(changed.values(list_id=None, detail=detail))
    for table in (file_job, ask_run):
        connection.execute(table.delete().where(table.c.list_id == list_id))


def _states_in(what: HistoryEvent, detail: Mapping[str, Any]) -> dict[str, Any]:
    """
    Return the part of a detail that says whether somebody was active on a list.
    """
    if what is HistoryEvent.JOINED:
        return {"state": detail.get("state", SubscriptionState.PENDING.value)}
    if what is HistoryEvent.LEFT:
        before = detail.get("before")
        return {"before": before} if before in list(SubscriptionState) else {}
    state = detail.get("state")
    if not isinstance(state, dict) or not is_change(state):
        return {}
    return {"state": state} if {None, *SubscriptionState}.issuperset(state.values()) else {}


def _entry(row: sa.Row[Any]) -> HistoryEntry:
    return HistoryEntry(
        at=row.at,
        what=HistoryEvent(row.what),
        list_slug=row.slug or (row.detail or {}).get(REMOVED_LIST, ""),
        origin=Origin(kind=OriginKind(row.by), name=row.by_name, through=row.through),
        detail=row.detail or {},
    )

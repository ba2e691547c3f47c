"""
People who never confirmed that they want to be on a list: find, ask again and drop them.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Sequence
from typing import Any

import sqlalchemy as sa

from subscribers.database import tables
from subscribers.database.field_tables import field_value
from subscribers.database.request_tables import reader_request
from subscribers.history.model import HistoryEvent, HistoryRecord, Origin
from subscribers.history.records import record_all
from subscribers.model import EndCause, MailingList, SubscriptionState
from subscribers.requests.model import CONFIRMING
from subscribers.requests.retention import forget_requests
from subscribers.signup.model import PendingPerson

NEVER_CONFIRMED = "never confirmed"

_p = tables.subscriber
_s = tables.subscription
_r = reader_request
_is_pending = _s.c.state == SubscriptionState.PENDING.value
_BATCH = 1000


def pending_people(
    connection: sa.Connection,
    *,
    mailing_list: MailingList | None = None,
    address_key: str | None = None,
    after: str = "",
    limit: int | None = 50,
) -> list[PendingPerson]:
    """
    Return those who wait for their confirmation, on one list or on all, ordered by address, at most
    *limit*, starting after the address key *after*; only one person if *address_key* is given.
    """
    ordered = (_p.c.email_key, tables.mailing_list.c.slug)
    query = _select().where(_p.c.email_key > after).order_by(*ordered).limit(limit)
    if mailing_list is not None:
        query = query.where(_s.c.list_id == mailing_list.id)
    if address_key is not None:
        query = query.where(_p.c.email_key == address_key)
    return _people(connection, query)


def pending_after(
    connection: sa.Connection, number: int, *, mailing_list: MailingList | None, limit: int
) -> list[PendingPerson]:
    """
    Return at most *limit* of those who wait for their confirmation, on one list or on all, in the
    order of their subscriptions, behind the subscription of that number.
    """
    query = _select().where(_s.c.id > number).order_by(_s.c.id).limit(limit)
    if mailing_list is not None:
        query = query.where(_s.c.list_id == mailing_list.id)
    return _people(connection, query)


def _select() -> sa.Select[Any]:
    lists = tables.mailing_list
    return (
        sa.select(_p.c.email, _p.c.name, _s.c.id, _s.c.subscriber_id, _s.c.list_id, _s.c.since)
        .add_columns(lists.c.slug)
        .join_from(_s, _p, _p.c.id == _s.c.subscriber_id)
        .join(lists, lists.c.id == _s.c.list_id)
        .where(_is_pending)
    )


def _people(connection: sa.Connection, query: sa.Select[Any]) -> list[PendingPerson]:
    rows = connection.execute(query).all()
    asked = _requests_of(connection, {row.subscriber_id for row in rows})
    return [_person(row, asked[row.subscriber_id]) for row in rows]


def drop_pending(
    connection: sa.Connection,
    *,
    before: dt.datetime,
    mailing_list: MailingList | None = None,
    by: Origin,
    now: dt.datetime,
) -> int:
    """
    End the pending subscriptions that began before that time, on one list or on all, and return
    their number. Somebody who was on no list but these is forgotten: the row stays without the
    address, to be counted.
    """
    dropped = 0
    while rows := _next_pending(connection, before, mailing_list):
        records = [
            HistoryRecord(
                what=HistoryEvent.EXPIRED, subscriber_id=row.subscriber_id, list_id=row.list_id
            )
            for row in rows
        ]
        record_all(connection, records, by=by, at=now)
        connection.execute(
            _s.update()
            .where(_s.c.id.in_([row.id for row in rows]))
            .values(
                state=SubscriptionState.ENDED.value,
                since=now,
                ended_reason=NEVER_CONFIRMED,
                ended_cause=EndCause.UNCONFIRMED.value,
            )
        )
        _forget(connection, {row.subscriber_id for row in rows}, now)
        dropped += len(rows)
    return dropped


def count_dropped(
    connection: sa.Connection, *, before: dt.datetime, mailing_list: MailingList | None = None
) -> int:
    """
    Return the number of subscriptions that `drop_pending` would end.
    """
    count = sa.select(sa.func.count()).select_from(_s).where(_is_pending, _s.c.since < before)
    if mailing_list is not None:
        count = count.where(_s.c.list_id == mailing_list.id)
    return connection.scalar(count) or 0


def _next_pending(
    connection: sa.Connection, before: dt.datetime, mailing_list: MailingList | None
) -> Sequence[Any]:
    query = sa.select(_s.c.id, _s.c.subscriber_id, _s.c.list_id).where(
        _is_pending, _s.c.since < before
    )
    if mailing_list is not None:
        query = query.where(_s.c.list_id == mailing_list.id)
    return connection.execute(query.limit(_BATCH)).all()


def _forget(connection: sa.Connection, subscriber_ids: Collection[int], now: dt.datetime) -> None:
    """
    Delete the requests of those people who wait for nothing any more, and what is known about those
    who never were on a list.
    """
    waits = sa.select(_s.c.subscriber_id).where(_s.c.subscriber_id.in_(subscriber_ids), _is_pending)
    idle = set(subscriber_ids) - set(connection.scalars(waits))
    forget_requests(connection, idle, kinds=CONFIRMING)
    was_on = sa.select(_s.c.subscriber_id).where(
        _s.c.subscriber_id.in_(subscriber_ids),
        _s.c.ended_cause.is_distinct_from(EndCause.UNCONFIRMED.value),
    )
    strangers = idle - set(connection.scalars(was_on))
    connection.execute(field_value.delete().where(field_value.c.subscriber_id.in_(strangers)))
    blank = {"email": None, "email_key": None, "name": "", "language": None, "timezone": None}
    connection.execute(_p.update().where(_p.c.id.in_(strangers)).values(**blank, erased_at=now))


def _requests_of(
    connection: sa.Connection, subscriber_ids: Collection[int]
) -> dict[int, list[sa.Row[Any]]]:
    """
    Return the requests of each person that they can confirm, the oldest first.
    """
    asked: defaultdict[int, list[sa.Row[Any]]] = defaultdict(list)
    theirs = sa.select(_r).where(
        _r.c.subscriber_id.in_(subscriber_ids),
        _r.c.kind.in_([kind.value for kind in CONFIRMING]),
    )
    for row in connection.execute(theirs.order_by(_r.c.id)):
        asked[row.subscriber_id].append(row)
    return asked


def _person(row: sa.Row[Any], requests: Sequence[sa.Row[Any]]) -> PendingPerson:
    asked = [each for each in requests if row.list_id in each.lists]
    last = asked[-1] if asked else None
    return PendingPerson(
        subscriber_id=row.subscriber_id,
        subscription_id=row.id,
        address=row.email,
        name=row.name,
        list_slug=row.slug,
        since=row.since,
        form=last.form if last else "",
        requests=len(asked),
        requested_at=last.requested_at if last else None,
        expires_at=last.expires_at if last else None,
        reminded_at=max((each.reminded_at for each in asked if each.reminded_at), default=None),
        warnings=tuple((last.answers or {}).get("warnings", ())) if last else (),
    )

"""
What becomes of requests that nobody confirms: a reminder, an end, and in time less data.
Housekeeping calls these.
"""

from __future__ import annotations

import datetime as dt
import ipaddress
from collections.abc import Collection, Sequence

import sqlalchemy as sa

from subscribers.database.request_tables import NETWORK_IS_WHOLE, reader_request
from subscribers.database.tables import subscription
from subscribers.history.model import HistoryEvent, HistoryRecord, Origin, OriginKind
from subscribers.history.records import record_all
from subscribers.model import SubscriptionState
from subscribers.requests.model import ReaderRequest, RequestKind
from subscribers.requests.records import read_request

REMINDED_AFTER = dt.timedelta(days=2)
# For how long it is kept from which address a request came.
NETWORK_KEPT = dt.timedelta(days=90)
_BATCH = 500
_BY_TIME = Origin(kind=OriginKind.SYSTEM, through="expiry")

_r = reader_request
_is_open_join = sa.and_(_r.c.kind == RequestKind.JOIN.value, _r.c.done_at.is_(None))


def due_reminders(
    connection: sa.Connection, now: dt.datetime, *, limit: int = _BATCH
) -> list[ReaderRequest]:
    """
    Return the sign-ups whose person should be reminded now: the newest one of each who was not
    reminded yet and has waited for `REMINDED_AFTER`. Somebody who is on the lists by now is not
    reminded.
    """
    waits = sa.select(subscription.c.id).where(
        subscription.c.subscriber_id == _r.c.subscriber_id,
        subscription.c.state != SubscriptionState.ACTIVE.value,
    )
    newest = (
        sa.select(sa.func.max(_r.c.id).label("id"))
        .where(_is_open_join, _r.c.expires_at > now, waits.exists())
        .group_by(_r.c.subscriber_id)
        .having(
            sa.func.max(_r.c.requested_at) <= now - REMINDED_AFTER,
            sa.func.max(_r.c.reminded_at).is_(None),
        )
        .limit(limit)
    )
    rows = connection.execute(sa.select(_r).where(_r.c.id.in_(newest)).order_by(_r.c.id))
    found = [read_request(row) for row in rows]
    on = _active(connection, [each.subscriber_id for each in found])
    return [
        each
        for each in found
        if any((each.subscriber_id, list_id) not in on for list_id in each.lists)
    ]


def mark_reminded(
    connection: sa.Connection, request_ids: Sequence[int], now: dt.datetime
) -> set[int]:
    """
    Record that the people of these requests are reminded, and return the requests of those who must
    be: nobody else has reminded them, and they have not confirmed in the meantime.
    """
    marked = _r.update().where(
        _r.c.id.in_(request_ids), _r.c.done_at.is_(None), _r.c.reminded_at.is_(None)
    )
    return set(connection.scalars(marked.values(reminded_at=now).returning(_r.c.id)))


def expire(connection: sa.Connection, now: dt.datetime, *, limit: int = _BATCH) -> int:
    """
    Delete requests that nobody confirmed in time, with all that was typed, and return their number.
    A subscription that waited for one stays pending, until staff drop it.
    """
    late = sa.select(_r.c.id, _r.c.kind, _r.c.subscriber_id, _r.c.lists)
    is_any = _r.c.kind.in_([kind.value for kind in RequestKind])
    is_late = sa.and_(is_any, _r.c.done_at.is_(None), _r.c.expires_at <= now)
    rows = connection.execute(late.where(is_late).limit(limit)).all()
    if not rows:
        return 0
    records = [
        HistoryRecord(
            what=HistoryEvent.EXPIRED,
            subscriber_id=row.subscriber_id,
            list_id=list_id,
            detail={"request": row.id},
        )
        for row in rows
        if row.kind == RequestKind.JOIN
        for list_id in row.lists
    ]
    record_all(connection, records, by=_BY_TIME, at=now)
    connection.execute(_r.delete().where(_r.c.id.in_([row.id for row in rows])))
    return len(rows)


def cut_networks(connection: sa.Connection, now: dt.datetime, *, limit: int = _BATCH) -> int:
    """
    Cut the address that old requests came from to its network, and return how many were cut.
    """
    rows = connection.execute(
        sa.select(_r.c.id, _r.c.network)
        .where(_r.c.requested_at <= now - NETWORK_KEPT, NETWORK_IS_WHOLE)
        .limit(limit)
    ).all()
    if rows:
        change = _r.update().where(_r.c.id == sa.bindparam("number"))
        cut = [{"number": row.id, "network": network_of(row.network)} for row in rows]
        connection.execute(change, cut)
    return len(rows)


def network_of(address: str) -> str | None:
    """
    Return the network of an IP address: /24 or, of IPv6, /48. None for what is not one.
    """
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return None
    length = 24 if found.version == 4 else 48
    return str(ipaddress.ip_network((found, length), strict=False))


def forget_requests(
    connection: sa.Connection, subscriber_ids: Collection[int], *, kind: RequestKind | None = None
) -> None:
    """
    Delete the requests of these people, of one kind or all.
    """
    theirs = _r.delete().where(_r.c.subscriber_id.in_(subscriber_ids))
    connection.execute(theirs if kind is None else theirs.where(_r.c.kind == kind.value))


def _active(connection: sa.Connection, subscriber_ids: Sequence[int]) -> set[tuple[int, int]]:
    """
    Return the person and the list of each of their active subscriptions.
    """
    theirs = sa.select(subscription.c.subscriber_id, subscription.c.list_id).where(
        subscription.c.subscriber_id.in_(subscriber_ids),
        subscription.c.state == SubscriptionState.ACTIVE.value,
    )
    return {(row.subscriber_id, row.list_id) for row in connection.execute(theirs)}

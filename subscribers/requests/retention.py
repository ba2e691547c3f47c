"""
What becomes of requests that nobody confirms: a reminder, an end, and in time less data.
Housekeeping calls these.
"""

from __future__ import annotations

import datetime as dt
import ipaddress
from collections.abc import Collection, Sequence
from typing import Any

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
_ENDED = SubscriptionState.ENDED.value
_is_open_join = sa.and_(_r.c.kind == RequestKind.JOIN.value, _r.c.done_at.is_(None))


def due_reminders(
    connection: sa.Connection, now: dt.datetime, *, limit: int = _BATCH
) -> list[ReaderRequest]:
    """
    Return the sign-ups whose person should be reminded now: the newest one of each who was not
    reminded yet and has waited for `REMINDED_AFTER`. Somebody who is on the lists by now, or has
    left them since, is not reminded.
    """
    s, pending = subscription, SubscriptionState.PENDING.value
    had_ended = sa.and_(s.c.state == _ENDED, s.c.since <= _r.c.requested_at)
    waits = sa.select(s.c.id).where(
        s.c.subscriber_id == _r.c.subscriber_id, sa.or_(s.c.state == pending, had_ended)
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
    on = _subscriptions(connection, [each.subscriber_id for each in found])
    return [
        each
        for each in found
        if any(_waits(each, on.get((each.subscriber_id, list_id))) for list_id in each.lists)
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
    connection: sa.Connection,
    subscriber_ids: Collection[int],
    *,
    kinds: Collection[RequestKind] | None = None,
) -> None:
    """
    Delete the requests of these people, of some kinds or all.
    """
    theirs = _r.delete().where(_r.c.subscriber_id.in_(subscriber_ids))
    if kinds is not None:
        theirs = theirs.where(_r.c.kind.in_([kind.value for kind in kinds]))
    connection.execute(theirs)


def _subscriptions(
    connection: sa.Connection, subscriber_ids: Sequence[int]
) -> dict[tuple[int, int], Any]:
    """
    Return the subscriptions of people, by person and list.
    """
    s = subscription
    theirs = sa.select(s.c.subscriber_id, s.c.list_id, s.c.state, s.c.since)
    rows = connection.execute(theirs.where(s.c.subscriber_id.in_(subscriber_ids)))
    return {(row.subscriber_id, row.list_id): row for row in rows}


def _waits(request: ReaderRequest, on: Any) -> bool:
    """
    Return False if the person is on the list, or has left it since they made the request.
    """
    if on is None or on.state == SubscriptionState.PENDING:
        return True
    return bool(on.state == _ENDED and on.since <= request.requested_at)

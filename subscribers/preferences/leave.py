"""
Leave one list or all of them, undo that, and say why.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from subscribers.database import tables
from subscribers.database.columns import insert_into
from subscribers.database.history_tables import history
from subscribers.database.preference_tables import leave_reason
from subscribers.errors import UnknownSubscriber
from subscribers.history.model import HistoryEvent, HistoryRecord, Origin
from subscribers.history.records import record_all
from subscribers.model import EndCause, SubscriptionState
from subscribers.text.phrases import phrase

_p = tables.subscriber
_s = tables.subscription
_ACTIVE, _ENDED = SubscriptionState.ACTIVE.value, SubscriptionState.ENDED.value

_BY_READER = "by the reader"
UNDO_TIME = dt.timedelta(hours=1)
REASONS = ("too_many", "content", "never", "other")
_MOST_WORDS = 1000


@dataclass(frozen=True, kw_only=True)
class EndedSubscriptions:
    """
    What a reader has just left: the person, and their subscriptions by the ids of the lists. It is
    empty if all of them had ended before.
    """

    subscriber_id: int
    left: dict[int, int]


def leave(
    connection: sa.Connection,
    subscription_id: int,
    *,
    everything: bool = False,
    by: Origin,
    now: dt.datetime,
) -> EndedSubscriptions:
    """
    End the subscription, or *everything* that its person is on. What has ended before keeps its
    time and reason.

    Raises:
        UnknownSubscriber: there is no such subscription.
    """
    person = _person_of(connection, subscription_id)
    which = _s.c.subscriber_id == person if everything else _s.c.id == subscription_id
    return end_subscriptions(connection, person, which, by=by, now=now)


def end_subscriptions(
    connection: sa.Connection,
    subscriber_id: int,
    which: sa.ColumnElement[bool],
    *,
    by: Origin,
    now: dt.datetime,
) -> EndedSubscriptions:
    """
    End those subscriptions of a person, because they want it.
    """
    theirs = (
        sa.select(_s.c.id, _s.c.list_id, _s.c.state)
        .where(_s.c.subscriber_id == subscriber_id, which, _s.c.state != _ENDED)
        .order_by(_s.c.id)
        .with_for_update()
    )
    found = connection.execute(theirs).all()
    if found:
        connection.execute(
            _s.update()
            .where(_s.c.id.in_([row.id for row in found]))
            .values(
                state=_ENDED,
                since=now,
                ended_reason=_BY_READER,
                ended_cause=EndCause.READER.value,
            )
        )
        # Whether a subscription was active is needed to undo this.
        records = [
            HistoryRecord(
                what=HistoryEvent.LEFT,
                subscriber_id=subscriber_id,
                list_id=row.list_id,
                detail={"reason": _BY_READER, "before": row.state},
            )
            for row in found
        ]
        record_all(connection, records, by=by, at=now)
    return EndedSubscriptions(
        subscriber_id=subscriber_id, left={row.list_id: row.id for row in found}
    )


def undo_until(
    connection: sa.Connection, subscription_id: int, *, now: dt.datetime
) -> dt.datetime | None:
    """
    Return until when leaving this list can be undone; None if it cannot, or not any more.
    """
    row = connection.execute(_ENDED_BY_READER.where(_s.c.id == subscription_id)).one_or_none()
    if row is None or row.since + UNDO_TIME <= now:
        return None
    return row.since + UNDO_TIME if _was_active(connection, [row]) else None


def undo(
    connection: sa.Connection,
    subscription_id: int,
    *,
    left_at: dt.datetime,
    by: Origin,
    now: dt.datetime,
) -> int:
    """
    Bring back what the person left together with this subscription, in the second *left_at*, and
    return how many lists that are. Their consents were kept. After an hour nothing is brought back.

    Raises:
        UnknownSubscriber: there is no such subscription.
    """
    person = _person_of(connection, subscription_id)
    if now >= left_at + UNDO_TIME:
        return 0
    found = connection.execute(
        _ENDED_BY_READER.where(
            _s.c.subscriber_id == person,
            _s.c.since >= left_at,
            _s.c.since < left_at + dt.timedelta(seconds=1),
        ).with_for_update(of=_s)
    ).all()
    back = _was_active(connection, found)
    if not back:
        return 0
    connection.execute(
        _s.update()
        .where(_s.c.id.in_([row.id for row in back]))
        .values(state=_ACTIVE, since=now, ended_reason=None, ended_cause=None)
    )
    connection.execute(
        leave_reason.delete().where(leave_reason.c.subscription_id.in_([row.id for row in back]))
    )
    records = [
        HistoryRecord(what=HistoryEvent.RETURNED, subscriber_id=person, list_id=row.list_id)
        for row in back
    ]
    record_all(connection, records, by=by, at=now)
    return len(back)


def give_reason(
    connection: sa.Connection, subscription_id: int, reason: str, words: str, *, now: dt.datetime
) -> bool:
    """
    Store why somebody left a list, in place of what they said before. Return False if they are
    still on it, or said nothing.
    """
    said = reason if reason in REASONS else ""
    comment = " ".join(words.split())[:_MOST_WORDS]
    has_left = sa.select(_s.c.id).where(_s.c.id == subscription_id, _s.c.state == _ENDED)
    if not (said or comment) or connection.scalar(has_left) is None:
        return False
    values = {"reason": said or "other", "comment": comment, "given_at": now}
    connection.execute(
        insert_into(connection, leave_reason)
        .values(subscription_id=subscription_id, **values)
        .on_conflict_do_update(index_elements=["subscription_id"], set_=values)
    )
    return True


_ENDED_BY_READER = (
    sa.select(_s.c.id, _s.c.subscriber_id, _s.c.list_id, _s.c.since)
    .join(_p, _p.c.id == _s.c.subscriber_id)
    .where(
        _s.c.state == _ENDED,
        _s.c.ended_cause == EndCause.READER.value,
        _p.c.erased_at.is_(None),
    )
)


def _person_of(connection: sa.Connection, subscription_id: int) -> int:
    found = connection.scalar(sa.select(_s.c.subscriber_id).where(_s.c.id == subscription_id))
    if found is None:
        raise UnknownSubscriber(
            phrase("there is no subscription {subscription}", subscription=subscription_id)
        )
    return int(found)


def _was_active(connection: sa.Connection, ended: Sequence[Any]) -> list[Any]:
    """
    Return those of *ended* that were active before their reader left: the history says so.
    """
    if not ended:
        return []
    h = history
    left = connection.execute(
        sa.select(h.c.list_id, h.c.detail)
        .where(h.c.subscriber_id == ended[0].subscriber_id, h.c.what == HistoryEvent.LEFT.value)
        .order_by(h.c.id)
    )
    before = {row.list_id: (row.detail or {}).get("before") for row in left}
    return [row for row in ended if before.get(row.list_id) == _ACTIVE]

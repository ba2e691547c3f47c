"""
End what a suppression for all lists held back, when it is lifted for one list only.
"""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa

from subscribers.database import tables
from subscribers.history.model import HistoryEvent, HistoryRecord, Origin
from subscribers.history.records import record_all
from subscribers.model import EndCause, SubscriptionState
from subscribers.suppression.model import SuppressionReason

_p = tables.subscriber
_s = tables.subscription
_REASON = SuppressionReason.UNSUBSCRIBED.value


def end_other_lists(
    connection: sa.Connection,
    email_key: str,
    *,
    list_slug: str,
    wished_at: dt.datetime,
    by: Origin,
    now: dt.datetime,
) -> None:
    """
    End the subscriptions of a person to every other list that they were on at *wished_at*, when
    they wanted no email at all. They can join each of these lists again.
    """
    lists, ended = tables.mailing_list, SubscriptionState.ENDED.value
    person = sa.select(_p.c.id).where(_p.c.email_key == email_key).scalar_subquery()
    this = sa.select(lists.c.id).where(lists.c.slug == list_slug).scalar_subquery()
    others = sa.select(_s.c.id, _s.c.subscriber_id, _s.c.list_id, _s.c.state).where(
        _s.c.subscriber_id == person,
        _s.c.list_id != this,
        _s.c.state != ended,
        _s.c.since <= wished_at,
    )
    rows = connection.execute(others.order_by(_s.c.id).with_for_update()).all()
    if not rows:
        return
    connection.execute(
        _s.update()
        .where(_s.c.id.in_([row.id for row in rows]))
        .values(
            state=ended,
            since=wished_at,
            ended_reason=_REASON,
            ended_cause=EndCause.READER.value,
        )
    )
    records = [
        HistoryRecord(
            what=HistoryEvent.LEFT,
            subscriber_id=row.subscriber_id,
            list_id=row.list_id,
            detail={"reason": _REASON, "before": row.state},
        )
        for row in rows
    ]
    record_all(connection, records, by=by, at=now)

"""
End the subscriptions of many people.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Sequence

import sqlalchemy as sa

from subscribers.database import tables
from subscribers.history.model import HistoryEvent, HistoryRecord, Origin
from subscribers.history.records import record_all
from subscribers.model import EndCause, MailingList, SubscriptionState

_s = tables.subscription
_ENDED = SubscriptionState.ENDED.value
_BY_STAFF = "by staff"


def unsubscribe_people(
    connection: sa.Connection,
    numbers: Sequence[int],
    mailing_list: MailingList | None,
    *,
    dry_run: bool,
    by: Origin,
    now: dt.datetime,
) -> Counter[str]:
    """
    End the subscriptions of people to *mailing_list*, or to every list, and count those who `left`,
    who had left `already`, and who are `unknown` there.
    """
    theirs = sa.select(_s.c.id, _s.c.state, _s.c.subscriber_id).where(
        _s.c.subscriber_id.in_(numbers)
    )
    if mailing_list is not None:
        theirs = theirs.where(_s.c.list_id == mailing_list.id)
    found = connection.execute(theirs).all()
    known = {row.subscriber_id for row in found}
    leaving = {row.subscriber_id for row in found if row.state != _ENDED}
    if not dry_run:
        ids = [row.id for row in found if row.state != _ENDED]
        end_subscriptions(connection, ids, reason=_BY_STAFF, by=by, now=now)
    return Counter(
        left=len(leaving), already=len(known - leaving), unknown=len(numbers) - len(known)
    )


def end_subscriptions(
    connection: sa.Connection,
    subscription_ids: Sequence[int],
    *,
    reason: str,
    by: Origin,
    now: dt.datetime,
) -> None:
    """
    End subscriptions, at most some thousand. Those that have ended keep their time and reason.
    """
    theirs = (
        sa.select(_s.c.id, _s.c.subscriber_id, _s.c.list_id, _s.c.state)
        .where(_s.c.id.in_(subscription_ids), _s.c.state != _ENDED)
        .order_by(_s.c.id)
        .with_for_update()
    )
    ending = connection.execute(theirs).all()
    connection.execute(
        _s.update()
        .where(_s.c.id.in_([row.id for row in ending]))
        .values(state=_ENDED, since=now, ended_reason=reason, ended_cause=EndCause(by.kind).value)
    )
    records = [
        HistoryRecord(
            what=HistoryEvent.LEFT,
            subscriber_id=row.subscriber_id,
            list_id=row.list_id,
            detail={"reason": reason, "before": row.state},
        )
        for row in ending
    ]
    record_all(connection, records, by=by, at=now)

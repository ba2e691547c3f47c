"""
End the subscription of one person.
"""

from __future__ import annotations

import dataclasses
import datetime as dt

import sqlalchemy as sa

from subscribers.database import tables
from subscribers.errors import UnknownSubscriber
from subscribers.history.model import HistoryEvent, HistoryRecord, Origin
from subscribers.history.records import record
from subscribers.model import EndCause, MailingList, Subscription, SubscriptionState
from subscribers.subscription_records import find_subscription
from subscribers.text.phrases import phrase
from subscribers.validation.address import Address

_p = tables.subscriber
_s = tables.subscription
_ENDED = SubscriptionState.ENDED


def unsubscribe(
    connection: sa.Connection, subscription_id: int, *, reason: str, by: Origin, now: dt.datetime
) -> Subscription:
    """
    End the subscription and return it. If it has already ended, its time and reason stay.

    Raises:
        UnknownSubscriber: there is no such subscription.
    """
    found = find_subscription(connection, subscription_id, locked=True)
    if found.state is _ENDED:
        return found
    cause = EndCause(by.kind)
    connection.execute(
        _s.update()
        .where(_s.c.id == subscription_id)
        .values(state=_ENDED.value, since=now, ended_reason=reason, ended_cause=cause.value)
    )
    left = HistoryRecord(
        what=HistoryEvent.LEFT,
        subscriber_id=found.subscriber_id,
        list_id=found.list_id,
        detail={"reason": reason, "before": found.state.value},
    )
    record(connection, left, by=by, at=now)
    return dataclasses.replace(
        found, state=_ENDED, since=now, ended_reason=reason, ended_cause=cause
    )


def unsubscribe_address(
    connection: sa.Connection,
    address: Address,
    *,
    mailing_list: MailingList,
    reason: str,
    by: Origin,
    now: dt.datetime,
) -> Subscription:
    """
    End the subscription of *address* to the list and return it, as `unsubscribe` does.

    Raises:
        UnknownSubscriber: there is none.
    """
    subscription_id = connection.scalar(
        sa.select(_s.c.id)
        .join(_p, _p.c.id == _s.c.subscriber_id)
        .where(_p.c.email_key == address.key, _s.c.list_id == mailing_list.id)
    )
    if subscription_id is None:
        raise UnknownSubscriber(
            phrase(
                "{address} is not on the list {list!r}",
                address=address.email,
                list=mailing_list.slug,
            )
        )
    return unsubscribe(connection, subscription_id, reason=reason, by=by, now=now)

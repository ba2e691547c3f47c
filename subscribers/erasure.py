"""
Erase a person. Only an anonymous row, for counting, and a keyed hash remain; imports recognise the
person by that hash.
"""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa

from subscribers.database import tables
from subscribers.errors import UnknownSubscriber
from subscribers.history.model import HistoryEvent, HistoryRecord, Origin
from subscribers.history.records import blank_history, record
from subscribers.model import SubscriptionState
from subscribers.requests.retention import forget_requests
from subscribers.suppression.model import ALL_LISTS, SuppressionReason
from subscribers.suppression.records import add_suppressions
from subscribers.tokens import KeyRing
from subscribers.validation.address import Address

_p = tables.subscriber
_s = tables.subscription
_x = tables.suppression


def erase(
    connection: sa.Connection,
    address: Address,
    *,
    keyring: KeyRing,
    by: Origin,
    now: dt.datetime,
) -> int:
    """
    Erase the person with *address* and return their number.

    The row, the ended subscriptions and the history stay without personal data, so that they can be
    counted. One suppression, stored under a keyed hash of the address, replaces all others.

    Raises:
        UnknownSubscriber: there is no person with that address.
    """
    subscriber_id: int | None = connection.scalar(
        sa.select(_p.c.id).where(_p.c.email_key == address.key)
    )
    if subscriber_id is None:
        raise UnknownSubscriber(f"there is no subscriber {address.email}: check the address")
    _end_subscriptions(connection, subscriber_id, now)
    forget_requests(connection, [subscriber_id])
    blank = {"email": None, "email_key": None, "name": "", "language": None, "timezone": None}
    connection.execute(
        _p.update()
        .where(_p.c.id == subscriber_id)
        .values(**blank, erased_at=now, last_active_at=None)
    )
    connection.execute(_x.delete().where(_x.c.email_key == address.key))
    hashed = {"email_key": keyring.fingerprints(address.key)[0], "scope": ALL_LISTS, "since": now}
    add_suppressions(connection, [{**hashed, "reason": SuppressionReason.ERASED.value}])
    blank_history(connection, subscriber_id, address.key)
    erased = HistoryRecord(
        what=HistoryEvent.ERASED, subscriber_id=subscriber_id, email_key=address.key
    )
    record(connection, erased, by=by, at=now)
    return subscriber_id


def _end_subscriptions(connection: sa.Connection, subscriber_id: int, now: dt.datetime) -> None:
    """
    End every subscription of the person and delete the consents behind them.
    """
    subscriptions = sa.select(_s.c.id).where(_s.c.subscriber_id == subscriber_id)
    consent = tables.consent
    connection.execute(consent.delete().where(consent.c.subscription_id.in_(subscriptions)))
    connection.execute(
        _s.update()
        .where(_s.c.subscriber_id == subscriber_id)
        .values(
            state=SubscriptionState.ENDED.value,
            since=now,
            ended_reason=SuppressionReason.ERASED.value,
        )
    )

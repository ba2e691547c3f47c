"""
Read what the unsubscribe page may show of a subscription. The link to it can be forwarded, so the
address is always masked.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import sqlalchemy as sa

from subscribers.database.tables import mailing_list, subscriber, subscription
from subscribers.errors import UnknownSubscriber
from subscribers.model import SubscriptionState
from subscribers.text.phrases import phrase


@dataclass(frozen=True, kw_only=True)
class UnsubscribeView:
    """
    What strangers may see of a subscription. `masked_address` is empty after erasure; `language` is
    that of the list, `reader_language` that of the person, if it is known. `has_others` says that
    the person gets other lists too.
    """

    subscriber_id: int
    list_id: int
    list_name: str
    language: str
    reader_language: str | None
    masked_address: str
    is_ended: bool
    ended_at: dt.datetime
    has_others: bool


_other = subscription.alias()
_COLUMNS = (
    sa.select(
        mailing_list.c.name,
        mailing_list.c.language,
        subscription.c.subscriber_id,
        subscription.c.list_id,
        subscription.c.state,
        subscription.c.since,
        subscriber.c.email,
        subscriber.c.language.label("reader_language"),
        sa.select(_other.c.id)
        .where(
            _other.c.subscriber_id == subscription.c.subscriber_id,
            _other.c.id != subscription.c.id,
            _other.c.state != SubscriptionState.ENDED.value,
        )
        .correlate(subscription)
        .exists()
        .label("has_others"),
    )
    .join(mailing_list, mailing_list.c.id == subscription.c.list_id)
    .join(subscriber, subscriber.c.id == subscription.c.subscriber_id)
)


def find_unsubscribe_view(connection: sa.Connection, subscription_id: int) -> UnsubscribeView:
    """
    Return what the unsubscribe page shows of the subscription with that number.

    Raises:
        UnknownSubscriber: there is none.
    """
    row = connection.execute(_COLUMNS.where(subscription.c.id == subscription_id)).one_or_none()
    if row is None:
        raise UnknownSubscriber(
            phrase("there is no subscription {subscription}", subscription=subscription_id)
        )
    return UnsubscribeView(
        subscriber_id=row.subscriber_id,
        list_id=row.list_id,
        list_name=row.name,
        language=row.language,
        reader_language=row.reader_language,
        masked_address=masked(row.email) if row.email else "",
        is_ended=row.state == SubscriptionState.ENDED,
        ended_at=row.since,
        has_others=bool(row.has_others),
    )


def masked(address: str) -> str:
    """
    Return *address* with its local part cut to the first letter: `a…@example.org`.
    """
    local, _, domain = address.rpartition("@")
    return f"{local[:1]}…@{domain}"

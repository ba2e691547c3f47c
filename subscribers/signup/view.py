"""
Read what the page behind the link of a confirmation may show.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from subscribers.database.tables import subscriber, subscription
from subscribers.model import SubscriptionState
from subscribers.requests.model import ReaderRequest


@dataclass(frozen=True, kw_only=True)
class JoinView:
    """
    Who asked to join, and the ids of those of the lists that they are on.
    """

    email: str
    active: Sequence[int]


def find_join_view(connection: sa.Connection, request: ReaderRequest) -> JoinView | None:
    """
    Return what the page shows of a request to join; None if the person was erased.
    """
    theirs = sa.select(subscriber.c.email).where(subscriber.c.id == request.subscriber_id)
    email = connection.scalar(theirs)
    if email is None:
        return None
    active = sa.select(subscription.c.list_id).where(
        subscription.c.subscriber_id == request.subscriber_id,
        subscription.c.list_id.in_(request.lists),
        subscription.c.state == SubscriptionState.ACTIVE.value,
    )
    return JoinView(email=email, active=list(connection.scalars(active)))

"""
Write what providers report about people for outgoing webhooks: hard bounces and complaints.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection

import sqlalchemy as sa

from newsletter.events.outgoing.person_events import PersonEvent, add_person_events
from newsletter.model.event import EventKind
from newsletter.model.outgoing import OutgoingKind
from newsletter.store.events.outcomes import DeliveryRecord
from newsletter.store.outgoing.people import lists_of_subscriptions
from subscribers.history.model import Origin

_KINDS = {
    EventKind.BOUNCED_HARD: OutgoingKind.SUBSCRIBER_BOUNCED,
    EventKind.COMPLAINED: OutgoingKind.SUBSCRIBER_COMPLAINED,
}


def add_report_events(
    connection: sa.Connection,
    record: DeliveryRecord,
    new: Collection[EventKind],
    *,
    by: Origin,
    now: dt.datetime,
) -> None:
    """
    Write the events that follow from the *new* reports about a delivery.
    """
    kinds = [kind for reported, kind in _KINDS.items() if reported in new]
    if not kinds or record.is_erased:
        return
    of_list = None
    if record.subscription_id is not None:
        numbers = [record.subscription_id]
        of_list = lists_of_subscriptions(connection, numbers).get(record.subscription_id)
    events = [
        PersonEvent(
            kind=kind,
            subscriber_id=record.subscriber_id,
            email_key=None if record.subscriber_id is not None else record.email_key,
            list_id=of_list,
            detail={"issue_id": record.issue_id},
        )
        for kind in kinds
    ]
    add_person_events(connection, events, by=by, now=now)

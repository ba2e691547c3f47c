"""
What an event does: it is merged into the outcome of its delivery, and the person is suppressed,
unsubscribed or known to be active.

An event about a mail of ours whose delivery is not in the database (lost in a restore), or is
another address's, touches no delivery. A hard bounce, a complaint or an unsubscription still acts
on the address that it names, if that is a subscriber's: nothing goes to who said no.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass

import sqlalchemy as sa

from newsletter.events.outgoing.report_events import add_report_events
from newsletter.events.soft_bounces import exceeds_soft_bounce_limit
from newsletter.model.event import (
    BY_READERS,
    DeliveryRef,
    Event,
    EventKind,
    Outcome,
    happened_at,
    merge_event,
)
from newsletter.store.events import outcomes
from newsletter.store.events.inbox import Webhook
from newsletter.store.events.outcomes import DeliveryRecord
from subscribers.errors import UnknownSubscriber
from subscribers.history.model import Origin, OriginKind
from subscribers.people import subscriber_by_address, touch
from subscribers.subscription_records import find_subscription
from subscribers.subscriptions.end import unsubscribe
from subscribers.suppression.model import SuppressionReason
from subscribers.suppression.records import suppress
from subscribers.validation.address import Address, parse_address

_SUPPRESSED_FOR = {
    EventKind.BOUNCED_HARD: SuppressionReason.BOUNCE,
    EventKind.COMPLAINED: SuppressionReason.COMPLAINT,
}


@dataclass(frozen=True, kw_only=True)
class OwnEvent:
    """
    One event of a webhook about a mail of ours: the reference to its delivery, and the address it
    is about. `address` is None if it names none that can be read.
    """

    webhook: Webhook
    event: Event
    reference: DeliveryRef
    address: Address | None

    @property
    def origin(self) -> Origin:
        """
        Return who reported it, for the history of people.
        """
        through = self.event.kind.value
        return Origin(kind=OriginKind.PROVIDER, name=self.webhook.provider, through=through)

    @property
    def at(self) -> dt.datetime:
        return happened_at(self.event, self.webhook.received_at)

    def is_about(self, record: DeliveryRecord) -> bool:
        """
        Return whether the event is of the epoch of the delivery *record*, and names no address but
        its own. An erased delivery has none.
        """
        if self.reference.epoch not in (None, record.epoch):
            return False
        if not self.event.email or record.email_key is None:
            return True
        return self.address is not None and self.address.key == record.email_key


def apply_to_deliveries(
    connection: sa.Connection,
    matched: Iterable[tuple[OwnEvent, DeliveryRecord]],
    *,
    now: dt.datetime,
) -> None:
    """
    Merge events into the outcomes of their deliveries. Then suppress or unsubscribe people, or
    record their activity, because of what is new.
    """
    records = {record.id: record for _, record in matched}
    before = outcomes.lock_outcomes(connection, list(records.values()))
    after = dict(before)
    for item, record in matched:
        received_at = item.webhook.received_at
        after[record.id] = merge_event(after[record.id], item.event, received_at=received_at)
    changed = {number: outcome for number, outcome in after.items() if outcome != before[number]}
    outcomes.save_outcomes(connection, changed)
    outcomes.settle_confirmed(connection, sorted(records), now=now)
    origins = {record.id: item.origin for item, record in matched}
    for number, outcome in changed.items():
        new = outcome.first_seen.keys() - before[number].first_seen.keys()
        add_report_events(connection, records[number], new, by=origins[number], now=now)
        _suppress(connection, records[number], new, by=origins[number], now=now)
        _touch(connection, records[number], outcome, new)
    for item, record in matched:
        if item.event.kind is EventKind.UNSUBSCRIBED and record.subscription_id is not None:
            _unsubscribe(connection, record.subscription_id, at=item.at, by=item.origin, now=now)


def _suppress(
    connection: sa.Connection,
    record: DeliveryRecord,
    new: Iterable[EventKind],
    *,
    by: Origin,
    now: dt.datetime,
) -> None:
    """
    Suppress an address after a hard bounce, too many soft ones, or a complaint. Only *new* kinds
    count, so that a repeated webhook does not restore a suppression that a person lifted.
    """
    if record.email is None or record.email_key is None or record.is_erased:
        return
    reasons = {_SUPPRESSED_FOR[kind] for kind in new if kind in _SUPPRESSED_FOR}
    if EventKind.BOUNCED_SOFT in new and exceeds_soft_bounce_limit(
        outcomes.soft_bounces(connection, record.email_key)
    ):
        reasons.add(SuppressionReason.BOUNCE)
    for reason in sorted(reasons):
        suppress(connection, parse_address(record.email), reason=reason, by=by, now=now)


def _unsubscribe(
    connection: sa.Connection,
    subscription_id: int,
    *,
    at: dt.datetime,
    by: Origin,
    now: dt.datetime,
) -> None:
    """
    End the subscription through which the mail was sent, unless it was renewed since *at*.
    """
    if find_subscription(connection, subscription_id).since <= at:
        unsubscribe(connection, subscription_id, reason="at the provider", by=by, now=now)


def _touch(
    connection: sa.Connection, record: DeliveryRecord, outcome: Outcome, new: Iterable[EventKind]
) -> None:
    times = [outcome.first_seen[kind] for kind in BY_READERS if kind in new]
    if times and record.subscriber_id is not None and not record.is_erased:
        touch(connection, record.subscriber_id, at=max(times))


def apply_to_addresses(
    connection: sa.Connection, events: Iterable[OwnEvent], *, now: dt.datetime
) -> None:
    """
    Suppress or unsubscribe the subscribers whose addresses *events* name, without a delivery. The
    list is not known then, so an unsubscription ends all that the person had at that time.
    """
    for event in events:
        kind = event.event.kind
        if event.address is None or not (kind in _SUPPRESSED_FOR or kind is EventKind.UNSUBSCRIBED):
            continue
        try:
            person = subscriber_by_address(connection, event.address)
        except UnknownSubscriber:
            continue
        if kind in _SUPPRESSED_FOR:
            reason = _SUPPRESSED_FOR[kind]
            suppress(connection, event.address, reason=reason, by=event.origin, now=now)
            continue
        for subscription in person.subscriptions:
            _unsubscribe(connection, subscription.id, at=event.at, by=event.origin, now=now)

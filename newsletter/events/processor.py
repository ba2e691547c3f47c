"""
Step 6: process the webhooks of the inbox. The outcome of each delivery and its effect on the person
are written in one transaction.

`web.webhooks` fills the inbox; both a serving and a sending process work on it. The same events
lead to the same state, in whatever order, however often and however late they arrive.
"""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from newsletter.errors import SettingsError
from newsletter.events.soft_bounces import exceeds_soft_bounce_limit
from newsletter.model.event import (
    DeliveryRef,
    Event,
    EventKind,
    Outcome,
    UnreadableEvent,
    WebhookReceiver,
    happened_at,
    merge_event,
)
from newsletter.model.identifiers import delivery_named
from newsletter.store.database import Database
from newsletter.store.delivery.erasure import forget_erased
from newsletter.store.events import inbox, outcomes
from newsletter.store.events.inbox import Disposition, Webhook
from newsletter.store.events.outcomes import DeliveryRecord
from subscribers.errors import SubscribersError
from subscribers.model import SuppressionReason
from subscribers.people import touch
from subscribers.subscription_records import find_subscription
from subscribers.subscriptions import unsubscribe
from subscribers.suppression import suppress
from subscribers.validation.address import parse_address

logger = logging.getLogger(__name__)

# Webhooks and events in one transaction. It takes a few dozen milliseconds, while other writers
# wait.
MAX_WEBHOOKS = 200
MAX_EVENTS = 400
_SUPPRESSED_FOR = {
    EventKind.BOUNCED_HARD: SuppressionReason.BOUNCE,
    EventKind.COMPLAINED: SuppressionReason.COMPLAINT,
}


@dataclass(frozen=True, kw_only=True)
class MatchedEvent:
    """
    One event of a webhook, and the reference to the delivery it is about.
    """

    webhook: Webhook
    event: Event
    reference: DeliveryRef

    @property
    def at(self) -> dt.datetime:
        return happened_at(self.event, self.webhook.received_at)


@dataclass(kw_only=True)
class EventProcessor:
    """
    Apply the events of the inbox to the deliveries of the installation called `instance`.

    `receiver_named` gives the provider that can parse its own webhooks.
    """

    database: Database
    receiver_named: Callable[[str], WebhookReceiver]
    instance: str
    clock: Callable[[], dt.datetime]

    def process_due(self, *, limit: int = MAX_WEBHOOKS) -> int:
        """
        Process up to *limit* webhooks that are due, and return how many were processed.
        """
        now = self.clock()
        with self.database.write() as connection:
            due = inbox.lock_due(connection, now=now, limit=limit)
            return self._record(connection, due, now=now) if due else 0

    def purge(self) -> None:
        """
        Delete webhooks past their retention, and addresses of people who were erased while a mail
        to them was under way.
        """
        with self.database.write() as connection:
            inbox.purge(connection, now=self.clock())
            forget_erased(connection, now=self.clock())

    def _record(
        self, connection: sa.Connection, due: Sequence[Webhook], *, now: dt.datetime
    ) -> int:
        """
        Record the first of the webhooks that are *due*, and return how many.
        """
        dispositions: dict[Webhook, Disposition] = {}
        matched_events: list[MatchedEvent] = []
        for webhook in due:
            dispositions[webhook], found = self._read(webhook)
            matched_events += found
            if len(matched_events) >= MAX_EVENTS:
                break
        matched = _matched(connection, matched_events)
        placed = {event for event, _ in matched}
        dispositions |= {
            event.webhook: Disposition.UNMATCHED for event in matched_events if event not in placed
        }
        if matched:
            _apply(connection, matched, now=now)
        self._finish(connection, dispositions, now=now)
        return len(dispositions)

    def find_new(
        self, connection: sa.Connection, webhooks: Sequence[Webhook]
    ) -> dict[Webhook, bool]:
        """
        Return for each webhook whether it reports a new kind of event for its delivery. Webhooks
        about none of our deliveries are omitted.
        """
        events = [event for webhook in webhooks for event in self._read(webhook)[1]]
        matched = _matched(connection, events)
        seen = outcomes.kinds_seen(connection, [record.id for _, record in matched])
        found: dict[Webhook, bool] = {}
        for report, theirs in matched:
            is_new = report.event.kind not in seen.get(theirs.id, ())
            found[report.webhook] = is_new or found.get(report.webhook, False)
        return found

    def _read(self, webhook: Webhook) -> tuple[Disposition, list[MatchedEvent]]:
        """
        Parse a webhook. Return the events about our deliveries, and the resulting disposition.
        """
        try:
            events = self.receiver_named(webhook.provider).events(webhook.raw)
        except SettingsError:
            # The provider was removed from the settings, perhaps by mistake.
            return Disposition.UNMATCHED, []
        except UnreadableEvent as error:
            return self._unreadable(webhook, str(error)), []
        except Exception:
            # A bug in an adapter must not block the events behind this one.
            extra = {"event": "webhook.crashed", "webhook": webhook.id}
            message = "webhook %s crashed the adapter of %s and is skipped"
            logger.exception(message, webhook.id, webhook.provider, extra=extra)
            return self._unreadable(webhook, "its adapter crashed"), []
        reports = [
            MatchedEvent(webhook=webhook, event=event, reference=named)
            for event in events
            if (named := self._referenced(event)) is not None
        ]
        return (Disposition.MATCHED if reports else Disposition.FOREIGN), reports

    def _unreadable(self, webhook: Webhook, reason: str) -> Disposition:
        extra = {"event": "webhook.unreadable", "webhook": webhook.id}
        logger.warning(
            "webhook %s of %s cannot be read: %s", webhook.id, webhook.provider, reason, extra=extra
        )
        return Disposition.UNREADABLE

    def _referenced(self, event: Event) -> DeliveryRef | None:
        try:
            email_key = parse_address(event.email).key if event.email else ""
        except SubscribersError:
            email_key = ""
        return delivery_named(
            event.label, event.batch, email_key, message=event.message, instance=self.instance
        )

    def _finish(
        self,
        connection: sa.Connection,
        dispositions: Mapping[Webhook, Disposition],
        *,
        now: dt.datetime,
    ) -> None:
        by_disposition: dict[Disposition, list[Webhook]] = {kind: [] for kind in Disposition}
        for webhook, disposition in dispositions.items():
            by_disposition[disposition].append(webhook)
        inbox.retry_later(connection, by_disposition.pop(Disposition.UNMATCHED), now=now)
        for disposition, webhooks in by_disposition.items():
            inbox.finish(connection, [webhook.id for webhook in webhooks], disposition)


def _matched(
    connection: sa.Connection, reports: Sequence[MatchedEvent]
) -> list[tuple[MatchedEvent, DeliveryRecord]]:
    """
    Return each event whose delivery went through its provider, with that delivery.
    """
    known = outcomes.find_deliveries(connection, [report.reference for report in reports])
    found = [(report, known.get(report.reference)) for report in reports]
    return [
        (report, theirs)
        for report, theirs in found
        if theirs is not None and report.webhook.provider in theirs.providers
    ]


def _apply(
    connection: sa.Connection,
    matched: Iterable[tuple[MatchedEvent, DeliveryRecord]],
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
    for number, outcome in changed.items():
        new = outcome.first_seen.keys() - before[number].first_seen.keys()
        _suppress(connection, records[number], new, now=now)
        _touch(connection, records[number], outcome, new)
    for item, record in matched:
        if item.event.kind is EventKind.UNSUBSCRIBED and record.subscription_id is not None:
            _unsubscribe(connection, record.subscription_id, at=item.at, now=now)


def _suppress(
    connection: sa.Connection, record: DeliveryRecord, new: Iterable[EventKind], *, now: dt.datetime
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
        suppress(connection, parse_address(record.email), reason=reason, now=now)


def _unsubscribe(
    connection: sa.Connection, subscription_id: int, *, at: dt.datetime, now: dt.datetime
) -> None:
    """
    End the subscription through which the mail was sent, unless it was renewed since *at*.
    """
    if find_subscription(connection, subscription_id).since <= at:
        unsubscribe(connection, subscription_id, reason="at the provider", now=now)


def _touch(
    connection: sa.Connection, record: DeliveryRecord, outcome: Outcome, new: Iterable[EventKind]
) -> None:
    times = [
        outcome.first_seen[kind] for kind in (EventKind.OPENED, EventKind.CLICKED) if kind in new
    ]
    if times and record.subscriber_id is not None and not record.is_erased:
        touch(connection, record.subscriber_id, at=max(times))

"""
Step 6: works off what providers said in their webhooks: each delivery's outcome, and what follows
from it for the person, in one transaction.

`web.hooks` puts webhooks into the inbox; a serving and a sending process have them worked off here.
Any order, number and lateness of the same events ends in the same state.
"""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from newsletter.errors import SettingsError
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

# So many webhooks in one transaction, fewer where they tell so many events: a few dozen
# milliseconds, for others wait meanwhile.
AT_ONCE = 200
MOST_EVENTS = 400
# An address is given up after so many mails that bounced for now, within this time.
SOFT_BOUNCES = 5
SOFT_WITHIN = dt.timedelta(days=14)
_SUPPRESSED_FOR = {
    EventKind.BOUNCED_HARD: SuppressionReason.BOUNCE,
    EventKind.COMPLAINED: SuppressionReason.COMPLAINT,
}


@dataclass(frozen=True, kw_only=True)
class MatchedEvent:
    """
    One event of a webhook, heard at its coming; `named` is the delivery it means.
    """

    webhook: Webhook
    event: Event
    named: DeliveryRef

    @property
    def at(self) -> dt.datetime:
        return happened_at(self.event, self.webhook.received_at)


@dataclass(kw_only=True)
class EventProcessor:
    """
    The ear of one installation called *instance*; `hearing_named` is a provider that reads its
    webhooks.
    """

    database: Database
    hearing_named: Callable[[str], WebhookReceiver]
    instance: str
    clock: Callable[[], dt.datetime]

    def process_due(self, *, most: int = AT_ONCE) -> int:
        """
        How many webhooks were worked off, 0 when none is due.
        """
        now = self.clock()
        with self.database.write() as connection:
            due = inbox.take_due(connection, now=now, most=most)
            return self._record(connection, due, now=now) if due else 0

    def purge(self) -> None:
        """
        Drops what is kept no longer: old webhooks, and the address of whoever was erased while a
        mail to them was on its way.
        """
        with self.database.write() as connection:
            inbox.forget_old(connection, now=self.clock())
            forget_erased(connection, now=self.clock())

    def _record(
        self, connection: sa.Connection, due: Sequence[Webhook], *, now: dt.datetime
    ) -> int:
        """
        How many of those that are *due* were recorded, the first ones.
        """
        fates: dict[Webhook, Disposition] = {}
        reports: list[MatchedEvent] = []
        for webhook in due:
            fates[webhook], found = self._read(webhook)
            reports += found
            if len(reports) >= MOST_EVENTS:
                break
        matched = _matched(connection, reports)
        placed = {report for report, _ in matched}
        fates |= {one.webhook: Disposition.UNMATCHED for one in reports if one not in placed}
        if matched:
            _apply(connection, matched, now=now)
        self._finish(connection, fates, now=now)
        return len(fates)

    def find_new(
        self, connection: sa.Connection, webhooks: Sequence[Webhook]
    ) -> dict[Webhook, bool]:
        """
        Whether each of *webhooks* tells a kind of event that is not known of its delivery; those
        about none of our deliveries are left out.
        """
        reports = [report for webhook in webhooks for report in self._read(webhook)[1]]
        matched = _matched(connection, reports)
        seen = outcomes.kinds_seen(connection, [theirs.id for _, theirs in matched])
        found: dict[Webhook, bool] = {}
        for report, theirs in matched:
            is_new = report.event.kind not in seen.get(theirs.id, ())
            found[report.webhook] = is_new or found.get(report.webhook, False)
        return found

    def _read(self, webhook: Webhook) -> tuple[Disposition, list[MatchedEvent]]:
        """
        What a webhook says of our deliveries, and what becomes of it where that is nothing.
        """
        try:
            events = self.hearing_named(webhook.provider).events(webhook.raw)
        except SettingsError:
            # The provider was taken out of the settings: perhaps by mistake.
            return Disposition.UNMATCHED, []
        except UnreadableEvent as error:
            return self._unreadable(webhook, str(error)), []
        except Exception:
            # A bug in an adapter must not stop all events behind this one.
            logger.exception("an adapter broke", extra={"event": "webhook.broke"})
            return self._unreadable(webhook, "its adapter broke"), []
        reports = [
            MatchedEvent(webhook=webhook, event=event, named=named)
            for event in events
            if (named := self._named(event)) is not None
        ]
        return (Disposition.HEARD if reports else Disposition.FOREIGN), reports

    def _unreadable(self, webhook: Webhook, why: str) -> Disposition:
        told = {"event": "webhook.unreadable"}
        logger.warning("webhook %s of %s: %s", webhook.id, webhook.provider, why, extra=told)
        return Disposition.UNREADABLE

    def _named(self, event: Event) -> DeliveryRef | None:
        try:
            email_key = parse_address(event.email).key if event.email else ""
        except SubscribersError:
            email_key = ""
        return delivery_named(
            event.label, event.batch, email_key, message=event.message, instance=self.instance
        )

    def _finish(
        self, connection: sa.Connection, fates: Mapping[Webhook, Disposition], *, now: dt.datetime
    ) -> None:
        for fate in (Disposition.HEARD, Disposition.FOREIGN, Disposition.UNREADABLE):
            inbox.finish(connection, [w.id for w, theirs in fates.items() if theirs is fate], fate)
        again = [webhook for webhook, fate in fates.items() if fate is Disposition.UNMATCHED]
        inbox.put_off(connection, again, now=now)


def _matched(
    connection: sa.Connection, reports: Sequence[MatchedEvent]
) -> list[tuple[MatchedEvent, DeliveryRecord]]:
    """
    Those of *reports* that name a delivery which their provider carried, with that delivery.
    """
    known = outcomes.find_deliveries(connection, [report.named for report in reports])
    found = [(report, known.get(report.named)) for report in reports]
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
    Adds reports to the outcomes of their deliveries, and draws the consequences of what is new.
    """
    theirs = {known.id: known for _, known in matched}
    before = outcomes.lock_outcomes(connection, list(theirs.values()))
    after = dict(before)
    for report, known in matched:
        heard_at = report.webhook.received_at
        after[known.id] = merge_event(after[known.id], report.event, heard_at=heard_at)
    changed = {number: one for number, one in after.items() if one != before[number]}
    outcomes.save_outcomes(connection, changed)
    outcomes.settle_confirmed(connection, sorted(theirs), now=now)
    for number, one in changed.items():
        new = one.first_seen.keys() - before[number].first_seen.keys()
        _suppress(connection, theirs[number], new, now=now)
        _touch(connection, theirs[number], one, new)
    for report, known in matched:
        if report.event.kind is EventKind.UNSUBSCRIBED and known.subscription_id is not None:
            _leave(connection, known.subscription_id, at=report.at, now=now)


def _suppress(
    connection: sa.Connection, known: DeliveryRecord, new: Iterable[EventKind], *, now: dt.datetime
) -> None:
    """
    Suppresses an address that bounced for good, too often for now, or complained. Only what is
    *new* counts: a webhook told again does not undo what a person lifted.
    """
    if known.email is None or known.email_key is None or known.is_erased:
        return
    reasons = {_SUPPRESSED_FOR[kind] for kind in new if kind in _SUPPRESSED_FOR}
    if EventKind.BOUNCED_SOFT in new and exceeds_soft_bounce_limit(
        outcomes.soft_bounces(connection, known.email_key)
    ):
        reasons.add(SuppressionReason.BOUNCE)
    for reason in sorted(reasons):
        suppress(connection, parse_address(known.email), reason=reason, now=now)


def exceeds_soft_bounce_limit(bounced_at: Sequence[dt.datetime]) -> bool:
    """
    Whether so many mails bounced for now, *bounced_at* those moments in order, that the address
    is given up.
    """
    pairs = zip(bounced_at, bounced_at[SOFT_BOUNCES - 1 :], strict=False)
    return any(last - first <= SOFT_WITHIN for first, last in pairs)


def _leave(
    connection: sa.Connection, subscription_id: int, *, at: dt.datetime, now: dt.datetime
) -> None:
    """
    Ends the subscription through which somebody got the mail, unless it began anew since.
    """
    if find_subscription(connection, subscription_id).since <= at:
        unsubscribe(connection, subscription_id, reason="at the provider", now=now)


def _touch(
    connection: sa.Connection, known: DeliveryRecord, one: Outcome, new: Iterable[EventKind]
) -> None:
    times = [one.first_seen[kind] for kind in (EventKind.OPENED, EventKind.CLICKED) if kind in new]
    if times and known.subscriber_id is not None and not known.is_erased:
        touch(connection, known.subscriber_id, at=max(times))

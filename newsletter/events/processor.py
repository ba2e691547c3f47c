"""
Step 6: process the webhooks of the inbox. The outcome of each delivery and its effect on the person
are written in one transaction.

`web.webhooks` fills the inbox; both a serving and a sending process work on it. The same events
lead to the same state, in whatever order, however often and however late they arrive.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import email.utils
import logging
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import sqlalchemy as sa

from newsletter.errors import SettingsError
from newsletter.events.effects import OwnEvent, apply_to_addresses, apply_to_deliveries
from newsletter.model.event import Event, UnreadableEvent, WebhookReceiver
from newsletter.model.identifiers import delivery_named
from newsletter.store.database import Database
from newsletter.store.delivery.erasure import forget_erased
from newsletter.store.epochs import current_epoch
from newsletter.store.events import inbox, outcomes
from newsletter.store.events.inbox import Disposition, Webhook
from newsletter.store.events.outcomes import DeliveryRecord
from subscribers.errors import SubscribersError
from subscribers.validation.address import Address, parse_address

logger = logging.getLogger(__name__)

# Webhooks and events in one transaction. It takes a few dozen milliseconds, while other writers
# wait.
MAX_WEBHOOKS = 200
MAX_EVENTS = 400

# What a webhook turned out to be, and its events about our deliveries.
ParsedWebhook = tuple[Disposition, list[OwnEvent]]


@dataclass(kw_only=True)
class EventProcessor:
    """
    Apply the events of the inbox to the deliveries of the installation called `instance`.

    `receiver_named` gives the provider that can parse its own webhooks. `processed` counts what the
    webhooks turned out to be that this process has worked on.
    """

    database: Database
    receiver_named: Callable[[str], WebhookReceiver]
    instance: str
    clock: Callable[[], dt.datetime]
    processed: Counter[Disposition] = field(default_factory=Counter)

    def process_due(self, *, limit: int = MAX_WEBHOOKS) -> int:
        """
        Process up to *limit* webhooks that are due, and return how many were processed.
        """
        now = self.clock()
        with self.database.read() as connection:
            due = inbox.load_due(connection, now=now, limit=limit)
        if not due:
            return 0
        # Other people wrote them: however long parsing takes, no other writer waits for it.
        parsed = self._parse(due)
        with self.database.write() as connection:
            locked = inbox.lock_due(connection, [hook.id for hook in parsed], now=now)
            parsed = {hook: found for hook, found in parsed.items() if hook.id in locked}
            recorded = self._record(connection, parsed, now=now) if parsed else Counter()
        self.processed.update(recorded)
        return recorded.total()

    def purge(self) -> None:
        """
        Delete webhooks past their retention, and addresses of people who were erased while a mail
        to them was under way.
        """
        with self.database.write() as connection:
            inbox.purge(connection, now=self.clock())
            forget_erased(connection, now=self.clock())

    def _parse(self, due: Sequence[Webhook]) -> dict[Webhook, ParsedWebhook]:
        """
        Parse the first of the webhooks that are *due*, as many as one transaction should record.
        """
        parsed: dict[Webhook, ParsedWebhook] = {}
        events = 0
        for webhook in due:
            parsed[webhook] = self._read(webhook)
            events += len(parsed[webhook][1])
            if events >= MAX_EVENTS:
                break
        return parsed

    def _record(
        self,
        connection: sa.Connection,
        parsed: Mapping[Webhook, ParsedWebhook],
        *,
        now: dt.datetime,
    ) -> Counter[Disposition]:
        """
        Record the *parsed* webhooks, and return how many they are by disposition.
        """
        dispositions = {webhook: disposition for webhook, (disposition, _) in parsed.items()}
        own = [event for _, events in parsed.values() for event in events]
        matched, stray = _match(connection, own)
        for event in own:
            dispositions[event.webhook] = Disposition.UNMATCHED
        for event in stray:
            dispositions[event.webhook] = Disposition.FOREIGN
        for event, _ in matched:
            dispositions[event.webhook] = Disposition.MATCHED
        if matched:
            apply_to_deliveries(connection, matched, now=now)
        apply_to_addresses(connection, stray, now=now)
        self._finish(connection, dispositions, now=now)
        return Counter(dispositions.values())

    def find_new(
        self, connection: sa.Connection, webhooks: Sequence[Webhook]
    ) -> dict[Webhook, bool]:
        """
        Return for each webhook whether it reports a new kind of event for its delivery. Webhooks
        about none of our deliveries are omitted.
        """
        events = [event for webhook in webhooks for event in self._read(webhook)[1]]
        matched, _ = _match(connection, events)
        seen = outcomes.kinds_seen(connection, [record.id for _, record in matched])
        found: dict[Webhook, bool] = {}
        for report, theirs in matched:
            is_new = report.event.kind not in seen.get(theirs.id, ())
            found[report.webhook] = is_new or found.get(report.webhook, False)
        return found

    def _read(self, webhook: Webhook) -> ParsedWebhook:
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
        reports = [own for event in events if (own := self._own(webhook, event)) is not None]
        return (Disposition.MATCHED if reports else Disposition.FOREIGN), reports

    def _own(self, webhook: Webhook, event: Event) -> OwnEvent | None:
        """
        Return *event* if it is about a mail of this installation.
        """
        address = _address_in(event.email)
        reference = delivery_named(
            event.label,
            event.batch,
            address.key if address else "",
            message=event.message,
            instance=self.instance,
        )
        if reference is None:
            return None
        return OwnEvent(webhook=webhook, event=event, reference=reference, address=address)

    def _unreadable(self, webhook: Webhook, reason: str) -> Disposition:
        extra = {"event": "webhook.unreadable", "webhook": webhook.id}
        logger.warning(
            "webhook %s of %s cannot be read: %s", webhook.id, webhook.provider, reason, extra=extra
        )
        return Disposition.UNREADABLE

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


def _match(
    connection: sa.Connection, reports: Sequence[OwnEvent]
) -> tuple[list[tuple[OwnEvent, DeliveryRecord]], list[OwnEvent]]:
    """
    Return each event with its delivery, and the events whose delivery is another address's, or was
    lost with an epoch. Those whose delivery does not exist yet, or went through another provider,
    are in neither.
    """
    known = outcomes.find_deliveries(connection, [report.reference for report in reports])
    matched, stray, unknown = [], [], []
    for report in reports:
        record = known.get(report.reference)
        if record is None:
            unknown.append(report)
        elif report.webhook.provider not in record.providers:
            continue
        elif report.is_about(record):
            matched.append((report, record))
        else:
            stray.append(report)
    if unknown:
        epochs = (None, current_epoch(connection))
        stray += [report for report in unknown if report.reference.epoch not in epochs]
    return matched, stray


def _address_in(text: str) -> Address | None:
    """
    Return the address in *text*, which may have a display name; None if there is none.
    """
    for candidate in (text, email.utils.parseaddr(text)[1]):
        with contextlib.suppress(SubscribersError):
            return parse_address(candidate)
    return None

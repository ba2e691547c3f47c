"""
Read the mails that came back to a provider's `bounce_address`, and those by which readers
unsubscribe.

Reports about our deliveries are stored in the webhook inbox, where `processor` handles them like
webhooks. No other mail is stored: it may be a personal letter.
"""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from newsletter.errors import NewsletterError
from newsletter.model.event import WebhookReceiver
from newsletter.store.database import Database
from newsletter.store.events import inbox
from newsletter.store.events.inbox import Arrival

logger = logging.getLogger(__name__)

# A report contains the headers of the mail it is about, or all of it. Our mails are a tenth of
# this.
MAX_BYTES = 1024 * 1024

# Opens a mailbox and yields its unread mails, one after the other.
OpenMailbox = Callable[[], Iterable[bytes]]
# Ends the subscription with that number, and returns whether there is one.
EndSubscription = Callable[[int], bool]


@dataclass(kw_only=True)
class BounceCounts:
    """
    How many mails were read; of these, how many were new reports, known reports, valid requests to
    unsubscribe, and anything else (an automatic reply, a personal letter).
    """

    read: int = 0
    new: int = 0
    known: int = 0
    unsubscribed: int = 0
    other: int = 0


@dataclass(kw_only=True)
class BounceMailbox:
    """
    The bounce mailboxes of all providers. `receivers` parse the reports about their provider's
    mails, by name; `mailboxes` are opened by `fetch`, and their names are shown to people.
    `subscription_in` reads which subscription a mail asks to end.
    """

    database: Database
    receivers: Mapping[str, WebhookReceiver]
    mailboxes: Mapping[str, OpenMailbox]
    subscription_in: Callable[[bytes], int | None]
    clock: Callable[[], dt.datetime]
    _failing: set[str] = field(default_factory=set)

    def read(self, mails: Iterable[bytes], end: EndSubscription) -> BounceCounts:
        """
        Store the reports among *mails* and *end* the subscriptions that others name, each before
        the next one is read, and count them.
        """
        counts = BounceCounts()
        for raw in mails:
            counts.read += 1
            number = self._number_in(raw)
            if number is not None and end(number):
                counts.unsubscribed += 1
                continue
            name = self._provider_of(raw)
            if name is None:
                counts.other += 1
                continue
            arrival = Arrival(provider=name, raw=raw, at=self.clock())
            with self.database.write() as connection:
                is_new = inbox.add(connection, arrival)
            counts.new += is_new
            counts.known += not is_new
        return counts

    def fetch(self, end: EndSubscription) -> None:
        """
        Read every mailbox. A failure is logged once, and the next call tries again.
        """
        for name, open_mailbox in self.mailboxes.items():
            try:
                self.read(open_mailbox(), end)
                self._failing.discard(name)
            except NewsletterError as error:
                if name not in self._failing:
                    extra = {"event": "bounce_mailbox.failed", "mailbox": name}
                    logger.error("the %s cannot be read: %s", name, error, extra=extra)
                self._failing.add(name)

    def _number_in(self, raw: bytes) -> int | None:
        try:
            return self.subscription_in(raw)
        except Exception:
            message = "an email in the bounce mailbox crashed the parser of headers and is skipped"
            logger.exception(message, extra={"event": "bounce_mailbox.crashed"})
            return None

    def _provider_of(self, raw: bytes) -> str | None:
        return next((name for name in self.receivers if self._is_report_to(name, raw)), None)

    def _is_report_to(self, name: str, raw: bytes) -> bool:
        try:
            return bool(self.receivers[name].events(raw))
        except Exception:
            # Anybody can write to this mailbox, and some mails crash Python's parser (parts nested
            # a thousand deep raise a RecursionError). No mail may block the reports behind it.
            message = "an email in the bounce mailbox crashed the adapter of %s and is skipped"
            logger.exception(message, name, extra={"event": "bounce_mailbox.crashed"})
            return False

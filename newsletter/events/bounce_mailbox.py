"""
Mails that came back to a provider's `bounce_address`, brought into the inbox, where `record` reads
them as it reads webhooks. What is no report about one of our deliveries is not kept: it may be
somebody's letter.
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

# A report has the headers of the mail it is about, or all of it; ours have a tenth of this.
MAX_BYTES = 1024 * 1024

# Opens the mails that wait somewhere, one after the other.
Box = Callable[[], Iterable[bytes]]


@dataclass(kw_only=True)
class BounceCounts:
    """
    How many mails were read, and what they were: reports that are new, reports that were known, and
    what says nothing of a delivery (an automatic reply, somebody's letter).
    """

    read: int = 0
    new: int = 0
    known: int = 0
    other: int = 0


@dataclass(kw_only=True)
class BounceMailbox:
    """
    `hearing` are the providers mails come back for, by name; `boxes` are where they wait.
    """

    database: Database
    hearing: Mapping[str, WebhookReceiver]
    mailboxes: Mapping[str, Box]
    clock: Callable[[], dt.datetime]
    _troubled: set[str] = field(default_factory=set)

    def read(self, mails: Iterable[bytes]) -> BounceCounts:
        """
        What came of *mails*. Each is kept before the next one is asked for.
        """
        taken = BounceCounts()
        for raw in mails:
            taken.read += 1
            name = self._provider_of(raw)
            if name is None:
                taken.other += 1
                continue
            arrival = Arrival(provider=name, raw=raw, at=self.clock())
            with self.database.write() as connection:
                is_new = inbox.keep(connection, arrival)
            taken.new += is_new
            taken.known += not is_new
        return taken

    def fetch(self) -> None:
        """
        Takes what waits in every box. One that cannot be opened is logged once, and tried again.
        """
        for name, box in self.mailboxes.items():
            try:
                self.read(box())
                self._troubled.discard(name)
            except NewsletterError as error:
                if name not in self._troubled:
                    told = {"event": "bounces.failed"}
                    logger.error("bounces of %s wait: %s", name, error, extra=told)
                self._troubled.add(name)

    def _provider_of(self, raw: bytes) -> str | None:
        return next((name for name in self.hearing if self._is_report_to(name, raw)), None)

    def _is_report_to(self, name: str, raw: bytes) -> bool:
        try:
            return bool(self.hearing[name].events(raw))
        except Exception:
            # Anybody may write here, and some mails break Python's parser: parts a thousand deep
            # are a RecursionError. None may keep the reports behind it waiting.
            words = "a mail that came back breaks the adapter of %s: it is left"
            logger.exception(words, name, extra={"event": "bounces.broke"})
            return False

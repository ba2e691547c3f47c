"""
The parts of an App that receive events: webhooks, event histories, bounce mailboxes.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property, partial
from pathlib import Path

from newsletter.app.installation import Installation
from newsletter.events.backfill import EventBackfill
from newsletter.events.bounce_mailbox import MAX_BYTES, BounceMailbox
from newsletter.events.maildir import unread_mails
from newsletter.events.processor import EventProcessor
from newsletter.ingest.sources.imap.location import is_imap
from newsletter.settings import ProviderSettings


class EventParts(Installation):
    """
    An installation that can receive and apply events.
    """

    @cached_property
    def event_processor(self) -> EventProcessor:
        return EventProcessor(
            database=self.database,
            receiver_named=self.provider_named,
            instance=self.instance,
            clock=self.clock,
        )

    @cached_property
    def event_backfill(self) -> EventBackfill:
        return EventBackfill(
            database=self.database,
            provider_named=self.provider_named,
            names=list(self.settings.provider),
            processor=self.event_processor,
            clock=self.clock,
        )

    @cached_property
    def bounce_mailbox(self) -> BounceMailbox:
        own = {n: p for n, p in self.settings.provider.items() if p.bounce_address}
        return BounceMailbox(
            database=self.database,
            receivers={name: self.provider_named(name) for name in own},
            mailboxes={
                n: partial(self._unread_bounces, p) for n, p in own.items() if p.bounce_mailbox
            },
            clock=self.clock,
        )

    def _unread_bounces(self, settings: ProviderSettings) -> Iterator[bytes]:
        location = settings.bounce_mailbox or ""
        if is_imap(location):
            secret = settings.bounce_mailbox_password
            password = self.settings.secret(secret) if secret else ""
            return self.source_registry.unseen_mails(location, password)
        return unread_mails(self.settings.path(Path(location)), max_bytes=MAX_BYTES)

"""
The parts of an App that receive events: webhooks, event histories, bounce mailboxes.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from functools import cached_property, partial
from pathlib import Path

from newsletter.app.installation import Installation
from newsletter.events.backfill import EventBackfill
from newsletter.events.bounce_mailbox import MAX_BYTES, BounceMailbox
from newsletter.events.maildir import unread_mails
from newsletter.events.outgoing.signature import WebhookSecrets
from newsletter.events.processor import EventProcessor
from newsletter.events.unsubscribe_email import subscription_in
from newsletter.ingest.sources.imap.location import is_imap
from newsletter.isolation.poster import DEADLINE_S as POST_DEADLINE_S
from newsletter.isolation.poster import Poster
from newsletter.mail.links import UNSUBSCRIBE
from newsletter.model.outgoing import AttemptResult


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
    def webhook_attempts(self) -> Counter[AttemptResult]:
        """
        Return how the attempts of this process to send to outgoing webhooks ended.
        """
        return Counter()

    @cached_property
    def poster(self) -> Poster:
        """
        Return what sends to outgoing webhooks.
        """
        limits = self.settings.limits
        return Poster(
            networks=limits.fetch_networks,
            ports=limits.fetch_ports,
            deadline_s=min(self.deadline_s, POST_DEADLINE_S),
            now=self.clock,
        )

    @cached_property
    def webhook_secrets(self) -> WebhookSecrets:
        return WebhookSecrets(self.signing_secrets)

    @cached_property
    def bounce_mailbox(self) -> BounceMailbox:
        own = {n: p for n, p in self.settings.provider.items() if p.bounce_address}
        return BounceMailbox(
            database=self.database,
            receivers={name: self.provider_named(name) for name in own},
            mailboxes={
                name: partial(self._unread_mails, location, secret)
                for name, location, secret in self._mailboxes()
            },
            subscription_in=lambda raw: subscription_in(raw, self.links.keys, UNSUBSCRIBE),
            clock=self.clock,
        )

    def _mailboxes(self) -> Iterator[tuple[str, str, str | None]]:
        for name, own in self.settings.provider.items():
            if own.bounce_address and own.bounce_mailbox:
                mailbox = f"bounce mailbox of {name}"
                yield mailbox, own.bounce_mailbox, own.bounce_mailbox_password
        delivery = self.settings.delivery
        if delivery.unsubscribe_mailbox:
            secret = delivery.unsubscribe_mailbox_password
            yield "unsubscribe mailbox", delivery.unsubscribe_mailbox, secret

    def _unread_mails(self, location: str, secret: str | None) -> Iterator[bytes]:
        if is_imap(location):
            password = self.settings.secret(secret) if secret else ""
            return self.source_registry.unseen_mails(location, password)
        return unread_mails(self.settings.path(Path(location)), max_bytes=MAX_BYTES)

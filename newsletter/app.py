"""
The only wiring: settings become an App, part by part, top to bottom.

Parts that cost time are made when first asked for.
"""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cached_property, partial
from pathlib import Path

from newsletter.delivery.dispatch import Dispatcher
from newsletter.delivery.flow_control.failover import Failover
from newsletter.delivery.flow_control.rate_limiter import CLEAN_S, RateLimiter
from newsletter.delivery.recipients import RecipientFactory
from newsletter.events.backfill import EventBackfill
from newsletter.events.bounce_mailbox import MAX_BYTES, BounceMailbox
from newsletter.events.maildir import unread_mails
from newsletter.events.processor import EventProcessor
from newsletter.ingest.images.illustrator import IMAGE_MODULES, DatabaseImageStore, Illustrator
from newsletter.ingest.sources.imap.location import is_imap
from newsletter.ingest.sources.protocol import Source
from newsletter.ingest.sources.registry import SourceKinds
from newsletter.isolation.sandbox import Sandbox
from newsletter.issues.context import PublishingContext
from newsletter.mail.checks.run import CHECK_MODULES
from newsletter.mail.links import Links
from newsletter.mail.render import RENDER_MODULES
from newsletter.model.delivery import Provider
from newsletter.model.identifiers import instance_name
from newsletter.model.issue import Site
from newsletter.model.rate import Backoff
from newsletter.model.source import SourceSettings
from newsletter.providers.account import DEADLINE_S
from newsletter.providers.registry import ProviderRegistry
from newsletter.settings import ProviderSettings, Settings
from newsletter.settings.signing_secret import open_key_ring, read_signing_secret
from newsletter.store.database import Database
from subscribers.lists import all_slugs

SANDBOX_MODULES = (
    *RENDER_MODULES,
    *CHECK_MODULES,
    *IMAGE_MODULES,
    "newsletter.ingest.parsing.sandbox_child",
)


def utc_now() -> dt.datetime:
    """
    The one clock.
    """
    return dt.datetime.now(dt.UTC)


@dataclass(kw_only=True)
class App:
    """
    Everything a command or page needs, made from settings. Use as a context manager.

    `providers` are those already open, by name; the others open when first asked for. `on_step`
    receives the name of each step of the pipeline. A `shared_sandbox` is used and not closed. One
    call to a provider may take `deadline_s`; near the refused rate, a lowered rate rises after
    `clean_s` without throttling.
    """

    settings: Settings
    clock: Callable[[], dt.datetime] = utc_now
    on_step: Callable[[str], None] = lambda step: None
    providers: dict[str, Provider] = field(default_factory=dict)
    shared_sandbox: Sandbox | None = None
    clean_s: float = CLEAN_S
    deadline_s: float = DEADLINE_S

    def __enter__(self) -> App:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """
        Ends what was started: the child process, connections, the database.
        """
        for name in ("provider_registry", "_own_sandbox", "source_kinds", "database"):
            if name in self.__dict__:
                self.__dict__[name].close()

    @cached_property
    def database(self) -> Database:
        return Database(
            self.settings.database_url,
            busy_timeout_ms=self.settings.database.busy_timeout_ms,
        )

    @cached_property
    def secret(self) -> bytes:
        return read_signing_secret(self.settings)

    @cached_property
    def links(self) -> Links:
        return Links(base_url=self.settings.site.base_url, keys=open_key_ring(self.secret))

    @property
    def sandbox(self) -> Sandbox:
        return self.shared_sandbox or self._own_sandbox

    @cached_property
    def _own_sandbox(self) -> Sandbox:
        return Sandbox(SANDBOX_MODULES)

    @cached_property
    def illustrator(self) -> Illustrator:
        image_store = DatabaseImageStore(self.database, self.clock)
        images = self.settings.images
        return Illustrator(
            sandbox=self.sandbox,
            store=image_store,
            get=self.source_kinds.image_at if images.measure or images.copies else None,
            copies=images.copies,
        )

    @cached_property
    def source_kinds(self) -> SourceKinds:
        return SourceKinds(self.settings, own_lists=self.own_lists, clock=self.clock)

    def own_lists(self) -> list[str]:
        """
        What our own mails call their lists (List-Id), so that none of them becomes a brief.
        """
        with self.database.read() as connection:
            return [self.site.list_id(slug) for slug in all_slugs(connection)]

    @cached_property
    def site(self) -> Site:
        return self.settings.site_in_mails

    @cached_property
    def publishing(self) -> PublishingContext:
        return PublishingContext(
            database=self.database,
            site=self.site,
            template_folders=self.settings.template_folders,
            sandbox=self.sandbox,
            illustrator=self.illustrator,
            links=self.links,
            default_sender=self.settings.default_sender,
            default_reply_to=self.settings.sender.reply_to or None,
            default_provider=self.settings.delivery.provider,
            fallback_provider=self.settings.fallback_provider,
            failover_after=self.settings.delivery.second_after,
            open_source=self.open_source,
            provider_named=self.provider_named,
            reaches_people=self.settings.reaches_people,
            clock=self.clock,
            has_canary=self.settings.has_canary,
            operator=self.settings.site.operator,
            on_step=self.on_step,
        )

    def open_source(self, settings: SourceSettings) -> Source:
        """
        The adapter of one source.
        """
        return self.source_kinds.open(settings)

    @cached_property
    def provider_registry(self) -> ProviderRegistry:
        return ProviderRegistry(
            settings=self.settings,
            secrets_for=lambda purpose: self.links.keys.words(purpose),
            clock=self.clock,
            deadline_s=self.deadline_s,
            opened=self.providers,
        )

    def provider_named(self, name: str) -> Provider:
        """
        Return the provider called *name*; open it at the first call.

        Raises:
            SettingsError: it is not set up, or its secret is missing.
        """
        return self.provider_registry.provider_named(name)

    @cached_property
    def instance(self) -> str:
        return instance_name(self.secret)

    @cached_property
    def recipients_for(self) -> RecipientFactory:
        return RecipientFactory(self.links, self.instance)

    @cached_property
    def event_processor(self) -> EventProcessor:
        return EventProcessor(
            database=self.database,
            hearing_named=self.provider_named,
            instance=self.instance,
            clock=self.clock,
        )

    @cached_property
    def event_backfill(self) -> EventBackfill:
        return EventBackfill(
            database=self.database,
            provider_named=self.provider_named,
            names=list(self.settings.provider),
            recorder=self.event_processor,
            clock=self.clock,
        )

    @cached_property
    def bounce_mailbox(self) -> BounceMailbox:
        own = self.settings.provider
        hearing = {n: self.provider_named(n) for n, one in own.items() if one.bounce_address}
        boxes = {n: partial(self._returned_to, own[n]) for n in hearing if own[n].bounces}
        return BounceMailbox(
            database=self.database, hearing=hearing, mailboxes=boxes, clock=self.clock
        )

    def _returned_to(self, own: ProviderSettings) -> Iterator[bytes]:
        where = own.bounces or ""
        if is_imap(where):
            password = self.settings.secret(own.bounces_password) if own.bounces_password else ""
            return self.source_kinds.unseen_mails(where, password)
        return unread_mails(self.settings.path(Path(where)), max_bytes=MAX_BYTES)

    def dispatcher(self, worker_id: str) -> Dispatcher:
        """
        Return the dispatcher of the worker called *worker_id*.
        """
        return Dispatcher(
            database=self.database,
            provider_named=self.provider_named,
            recipients_for=self.recipients_for,
            instance=self.instance,
            worker_id=worker_id,
            clock=self.clock,
            backoff=Backoff(random.SystemRandom()),
            failover=self.failover,
            on_step=self.on_step,
            rate_limiter=self.rate_limiter,
        )

    @property
    def failover(self) -> Failover:
        own = self.settings
        return Failover(after=own.delivery.second_after, has_canary=own.has_canary)

    @cached_property
    def rate_limiter(self) -> RateLimiter:
        told = {name: own.rate for name, own in self.settings.provider.items()}
        clock, clean_s = self.clock, self.clean_s
        return RateLimiter(
            database=self.database, clock=clock, configured=told.get, clean_s=clean_s
        )

"""
The whole App: an installation with its sources, its pipeline, its sending, its events and its
staff.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, partial

from newsletter.app.access import AccessParts
from newsletter.app.events import EventParts
from newsletter.app.sending import SendingParts
from newsletter.ingest.images.illustrator import DatabaseImageStore, Illustrator
from newsletter.ingest.sources.protocol import Source
from newsletter.issues.context import PublishingContext
from newsletter.model.source import SourceSettings
from newsletter.settings.list_brand import brand_of_list


@dataclass(kw_only=True)
class App(SendingParts, AccessParts, EventParts):
    """
    Everything a command or page needs, made from settings. Use as a context manager.
    """

    def __enter__(self) -> App:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @cached_property
    def publishing(self) -> PublishingContext:
        return PublishingContext(
            database=self.database,
            site=self.site,
            brand_with=partial(brand_of_list, self.settings.brand),
            template_folders=self.settings.template_folders,
            sandbox=self.sandbox,
            reading_sandbox=self.reading_sandbox,
            illustrator=self.illustrator,
            links=self.links,
            default_sender=self.settings.default_sender,
            default_reply_to=self.settings.sender.reply_to or None,
            default_provider=self.settings.delivery.provider,
            fallback_provider=self.settings.fallback_provider,
            failover_after=self.settings.delivery.failover_after,
            open_source=self.open_source,
            provider_named=self.provider_named,
            reaches_people=self.settings.reaches_people,
            is_on_this_machine=self.settings.is_on_this_machine,
            clock=self.clock,
            has_canary=self.settings.has_canary,
            operator=self.settings.site.operator,
            on_step=self.on_step,
        )

    @cached_property
    def illustrator(self) -> Illustrator:
        images = self.settings.images
        return Illustrator(
            sandbox=self.reading_sandbox,
            store=DatabaseImageStore(self.database, self.clock),
            get=self.source_registry.image_at if images.measure or images.copies else None,
            copies=images.copies,
        )

    def open_source(self, settings: SourceSettings) -> Source:
        """
        Open the adapter of one source.
        """
        return self.source_registry.open(settings)

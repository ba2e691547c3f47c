"""
What all parts of an App need: settings, clock, database, secret, sandbox, sources, providers.

Parts that are slow to make are made at their first use.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property

from newsletter.errors import SettingsError, StoreError
from newsletter.events.outgoing.person_events import add_history_events
from newsletter.ingest.brief_body import PASTED_MODULES
from newsletter.ingest.images.illustrator import IMAGE_MODULES
from newsletter.ingest.parse_items import PARSING_MODULES
from newsletter.ingest.sources.registry import SourceRegistry
from newsletter.ingest.sources.sandboxed_parser import SOURCE_MODULES
from newsletter.ingest.sources.tools import SourceTools
from newsletter.isolation.kept_results import KeptResults
from newsletter.isolation.sandbox import Sandbox
from newsletter.mail.checks.run import check_modules
from newsletter.mail.links import Links
from newsletter.mail.render import RENDER_MODULES
from newsletter.model.delivery import Provider
from newsletter.model.identifiers import SigningKeys, instance_name
from newsletter.model.issue import Site
from newsletter.providers.account import DEADLINE_S
from newsletter.providers.registry import ProviderRegistry
from newsletter.providers.smtp.bounce_reports import BOUNCE_MODULES
from newsletter.settings import Settings
from newsletter.settings.signing_secret import NoSecret, open_key_ring, read_signing_secrets
from newsletter.store.database import Database
from newsletter.store.delivery.reply_journal import ReplyJournal
from newsletter.store.operations.database_identity import recorded_keys
from newsletter.store.outgoing.issue_events import add_import_event
from subscribers.departures.file import DepartureFile
from subscribers.departures.log import DepartureLog
from subscribers.history.observer import observe_history
from subscribers.import_export.jobs.records import observe_jobs
from subscribers.list_counts import LargeListCounts
from subscribers.lists import all_slugs

# Loaded once for all sandboxes that read what other people wrote.
_READING_MODULES = (
    *SOURCE_MODULES,
    *PARSING_MODULES,
    *PASTED_MODULES,
    *IMAGE_MODULES,
    *BOUNCE_MODULES,
)
_TYPED_TEXT = "newsletter.ingest.parsing.typed_text"
_TO_CLOSE = (
    "provider_registry",
    "_own_sandbox",
    "_own_reading_sandbox",
    "source_registry",
    "database",
)


def sandbox_modules() -> tuple[str, ...]:
    """
    Return the modules for one sandbox that does everything, rendering and reading.
    """
    return (*_rendering_modules(), *_READING_MODULES)


def _rendering_modules() -> tuple[str, ...]:
    return (*RENDER_MODULES, *check_modules(), _TYPED_TEXT)


def utc_now() -> dt.datetime:
    """
    Return the time of this machine's clock.
    """
    return dt.datetime.now(dt.UTC)


@dataclass(kw_only=True)
class Installation:
    """
    One installation, opened from its settings.

    `providers` are those already open, by name; the others are opened at their first use. `on_step`
    receives the name of each step of the pipeline. A `shared_sandbox` is used and not closed. One
    call to a provider may take `deadline_s`.
    """

    settings: Settings
    clock: Callable[[], dt.datetime] = utc_now
    on_step: Callable[[str], None] = lambda step: None
    providers: dict[str, Provider] = field(default_factory=dict)
    shared_sandbox: Sandbox | None = None
    deadline_s: float = DEADLINE_S

    def close(self) -> None:
        """
        Close what was opened: the child process, connections, the database.
        """
        for name in _TO_CLOSE:
            if name in self.__dict__:
                self.__dict__[name].close()

    @cached_property
    def database(self) -> Database:
        database = Database(
            self.settings.database_url,
            busy_timeout_ms=self.settings.database.busy_timeout_ms,
        )
        self.departure_log.attach(database.engine)
        observe_history(database.engine, add_history_events)
        observe_jobs(database.engine, add_import_event)
        return database

    @cached_property
    def list_counts(self) -> LargeListCounts:
        return LargeListCounts()

    @cached_property
    def departure_log(self) -> DepartureLog:
        """
        Return what keeps who left in a file, so that no restored backup brings them back.
        """
        path = self.settings.path(self.settings.site.departures_file)
        return DepartureLog(DepartureFile(path), lambda: self.links.keys)

    @cached_property
    def signing_secrets(self) -> tuple[bytes, ...]:
        """
        Return the secrets that sign links, the current one first.

        Raises:
            SettingsError: they cannot be read.
        """
        try:
            return read_signing_secrets(self.settings)
        except NoSecret as error:
            if self._has_signed():
                raise
            path = self.settings.path(self.settings.site.secret_file)
            raise SettingsError(
                f"there is no [site] secret_file {path}: run `newsletter secret create`"
            ) from error

    def _has_signed(self) -> bool:
        """
        Return False if it is certain that no email with a link was sent.
        """
        try:
            with self.database.read() as connection:
                return recorded_keys(connection) is not None
        except StoreError:
            return True

    @cached_property
    def instance(self) -> str:
        """
        Return the name of this installation. It is that of its first secret, so that it stays the
        same when the secret is rotated.
        """
        return self.signing_keys.instance

    @property
    def signing_keys(self) -> SigningKeys:
        """
        Return the names of the secrets that this process knows.
        """
        return SigningKeys(tuple(instance_name(secret) for secret in self.signing_secrets))

    @cached_property
    def links(self) -> Links:
        return Links(base_url=self.settings.site.base_url, keys=open_key_ring(self.signing_secrets))

    @cached_property
    def site(self) -> Site:
        return self.settings.site_in_mails

    @property
    def sandbox(self) -> Sandbox:
        return self.shared_sandbox or self._own_sandbox

    @cached_property
    def _own_sandbox(self) -> Sandbox:
        return Sandbox(_rendering_modules(), tries=2, kept=KeptResults())

    def prepare_reading(self) -> None:
        """
        Start to load what reads other people's content, while that is still being fetched.
        """
        if self.shared_sandbox is None:
            self._own_reading_sandbox.prepare()

    @property
    def reading_sandbox(self) -> Sandbox:
        """
        Return the sandbox for what other people wrote; no rendering waits for it.
        """
        return self.shared_sandbox or self._own_reading_sandbox

    @cached_property
    def _own_reading_sandbox(self) -> Sandbox:
        return Sandbox(_READING_MODULES)

    @cached_property
    def source_registry(self) -> SourceRegistry:
        tools = SourceTools(
            self.settings, own_lists=self.own_lists, clock=self.clock, modules=_READING_MODULES
        )
        return SourceRegistry(tools)

    def own_lists(self) -> list[str]:
        """
        Return the List-Ids of our own mails, so that none of these becomes a brief.
        """
        with self.database.read() as connection:
            return [self.site.list_id(slug) for slug in all_slugs(connection)]

    @cached_property
    def provider_registry(self) -> ProviderRegistry:
        return ProviderRegistry(
            settings=self.settings,
            secrets_for=lambda purpose: self.links.keys.words(purpose),
            clock=self.clock,
            call_sandbox=lambda function, *values: self.reading_sandbox.call(function, *values),
            deadline_s=self.deadline_s,
            reply_writer=self.reply_journal.writer,
            opened=self.providers,
        )

    @cached_property
    def reply_journal(self) -> ReplyJournal:
        """
        Return what keeps the replies of SMTP servers; a worker opens it.
        """
        return ReplyJournal()

    def provider_named(self, name: str) -> Provider:
        """
        Return the provider called *name*; open it at the first call.

        Raises:
            SettingsError: it is not set up, or its secret is missing.
        """
        return self.provider_registry.provider_named(name)

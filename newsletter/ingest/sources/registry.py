"""
Open each kind of source with what all of them share: the fetcher with its limits, and the sandboxed
child process that parses what they fetch. The only importer of concrete sources; `app` calls it.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection, Iterator
from functools import cached_property
from pathlib import Path

from newsletter.errors import InvalidValue, SourceError
from newsletter.ingest.sources.feeds.source import FeedSource
from newsletter.ingest.sources.folder.source import FolderSource
from newsletter.ingest.sources.ghost import GhostSource
from newsletter.ingest.sources.imap.location import is_imap, read_location
from newsletter.ingest.sources.imap.source import ImapSource
from newsletter.ingest.sources.imap.unseen import unseen_mails
from newsletter.ingest.sources.mailbox.source import MailboxSource
from newsletter.ingest.sources.pages.full_text import PageRules, WholePages
from newsletter.ingest.sources.pages.source import PageSource
from newsletter.ingest.sources.protocol import Source
from newsletter.ingest.sources.sandboxed_parser import (
    MAX_ANSWER_BYTES,
    SOURCE_MODULES,
    SandboxedParser,
)
from newsletter.ingest.sources.wordpress.source import WordPressSource
from newsletter.isolation.fetcher import Fetcher, origin_of
from newsletter.isolation.sandbox import Sandbox
from newsletter.model.source import FirstPoll, SourceKind, SourceSettings
from newsletter.scheduling.slots import require_zone
from newsletter.settings import Settings
from newsletter.settings.named_secret import require_reference

# A poll fetches many images, and no image is worth a long wait.
IMAGE_FETCH_S = 8.0


def check_source(source: SourceSettings) -> None:
    """
    Check the settings of a source that is added or changed, without opening it.

    Raises:
        InvalidValue: the location does not fit the kind or contains a password, the time zone is
            not known, or the key is not a reference to a secret.
    """
    _check_location(source.kind, source.location)
    require_zone(source.timezone)
    if source.key is not None:
        require_reference(source.key)


def _check_location(kind: SourceKind, location: str) -> None:
    if kind is SourceKind.MAILBOX and is_imap(location):
        _check_imap(location)
        return
    if "@" in location.partition("://")[2].partition("/")[0]:
        raise InvalidValue("the address contains a user or password: leave them out")
    is_local = kind in (SourceKind.FOLDER, SourceKind.MAILBOX)
    if not is_local and not location.startswith(("http://", "https://")):
        raise InvalidValue(
            f"{location}: the address of a {kind} source starts with http:// or https://"
        )


def _check_imap(location: str) -> None:
    try:
        read_location(location)
    except SourceError as error:
        raise InvalidValue(str(error)) from error


class SourceKinds:
    """
    Opens sources according to *settings*. *own_lists* returns the List-Ids of our own mails. The
    child process starts when the first document is parsed.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        own_lists: Callable[[], Collection[str]],
        clock: Callable[[], dt.datetime],
    ) -> None:
        self._settings = settings
        self._own_lists = own_lists
        self._clock = clock

    def close(self) -> None:
        """
        Close the fetchers and stop the child process.
        """
        for name in ("_sandbox", "fetcher", "_image_fetcher"):
            if name in self.__dict__:
                self.__dict__[name].close()

    def open(self, source: SourceSettings) -> Source:
        """
        Create the adapter of one source.

        Raises:
            SettingsError: its secret is missing.
        """
        name, location = source.name, source.location
        match source.kind:
            case SourceKind.FOLDER:
                return FolderSource(
                    name,
                    self._settings.path(Path(location)),
                    html_of_docx=self._parsing.docx_file,
                    image_of_docx=self._parsing.docx_image,
                    clock=self._clock,
                )
            case SourceKind.MAILBOX:
                return self._mailbox(source)
            case SourceKind.FEED:
                return self._with_pages(source, self._feed_at(name, location))
            case SourceKind.PAGE:
                return PageSource(name, location, fetcher=self.fetcher, read=self._parsing.page)
            case SourceKind.GHOST:
                key = self._secret_of(source)
                ghost = GhostSource(name, location, key=key, fetcher=self.fetcher)
                return self._with_pages(source, ghost)
            case SourceKind.WORDPRESS:
                return self._with_pages(source, self._wordpress(source))

    def unseen_mails(self, location: str, password: str) -> Iterator[bytes]:
        """
        Yield the unread mails in a folder on an IMAP server, and mark each as read.

        Raises:
            SourceError: the folder cannot be read.
        """
        limits = self._settings.limits
        return unseen_mails(
            location,
            password=password,
            networks=limits.fetch_networks,
            deadline_s=limits.fetch_deadline_s,
        )

    def check_url(self, url: str, is_trusted: bool) -> None:
        """
        Check that *url* responds.

        Raises:
            FetchError: it does not respond, or must not be requested.
        """
        self.fetcher.get(url, {}, is_trusted=is_trusted)

    def image_at(self, url: str, location: str) -> bytes:
        """
        Fetch the image at *url*, which an item of the source at *location* refers to. Only images
        at that source's own host may be in private networks.

        Raises:
            FetchError: it cannot be fetched in time.
        """
        is_own = location.startswith(("http://", "https://")) and _is_at(url, location)
        return self._image_fetcher.get(url, {"Accept": "image/*"}, is_trusted=is_own).body

    @cached_property
    def _image_fetcher(self) -> Fetcher:
        return self._fetcher_within(min(IMAGE_FETCH_S, self._settings.limits.fetch_deadline_s))

    @cached_property
    def fetcher(self) -> Fetcher:
        """
        Return the only fetcher used for URLs that other people wrote; it enforces the limits in the
        settings.
        """
        return self._fetcher_within(self._settings.limits.fetch_deadline_s)

    def _fetcher_within(self, deadline_s: float) -> Fetcher:
        limits = self._settings.limits
        return Fetcher(
            networks=limits.fetch_networks,
            ports=limits.fetch_ports,
            deadline_s=deadline_s,
            max_bytes=limits.fetch_max_bytes,
        )

    @cached_property
    def _sandbox(self) -> Sandbox:
        return Sandbox(SOURCE_MODULES, max_output_bytes=MAX_ANSWER_BYTES)

    @property
    def _parsing(self) -> SandboxedParser:
        return SandboxedParser(self._sandbox)

    def _secret_of(self, source: SourceSettings) -> str:
        return self._settings.secret(source.key) if source.key else ""

    def _mailbox(self, source: SourceSettings) -> Source:
        if not is_imap(source.location):
            folder = self._settings.path(Path(source.location))
            return MailboxSource(
                source.name,
                folder,
                read=self._parsing.mail,
                image_of_mail=self._parsing.mail_image,
                own_lists=self._own_lists(),
                clock=self._clock,
            )
        return ImapSource(
            source.name,
            source.location,
            password=self._secret_of(source),
            networks=self._settings.limits.fetch_networks,
            deadline_s=self._settings.limits.fetch_deadline_s,
            read=self._parsing.mail,
            image_of_mail=self._parsing.mail_image,
            own_lists=self._own_lists(),
        )

    def _wordpress(self, source: SourceSettings) -> Source:
        return WordPressSource(
            source.name,
            source.location,
            fetcher=self.fetcher,
            fallback=lambda address: self._feed_at(source.name, address),
            timezone=source.timezone,
            clock=self._clock,
        )

    def _feed_at(self, name: str, address: str) -> Source:
        return FeedSource(name, address, fetcher=self.fetcher, parse=self._parsing.feed)

    def _with_pages(self, source: SourceSettings, inner: Source) -> Source:
        is_first = source.first_polled_at is None
        rules = PageRules(
            reading=source.reading,
            categories=source.categories,
            is_recording=is_first and source.first_poll is FirstPoll.RECORD,
        )
        return WholePages(
            inner,
            source.location,
            fetcher=self.fetcher,
            rules=rules,
            read=self._parsing.page,
            clock=self._clock,
        )


def _is_at(url: str, location: str) -> bool:
    """
    Return whether both have the same scheme, host and port.
    """
    return origin_of(url) == origin_of(location)

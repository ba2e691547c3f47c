"""
Open sources of every kind, and fetch what refers to them. `app` calls it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from newsletter.errors import NewsletterError, SettingsError
from newsletter.ingest.sources.imap.unseen import unseen_mails
from newsletter.ingest.sources.kinds import check_kind, source_kind
from newsletter.ingest.sources.protocol import Source
from newsletter.ingest.sources.tools import SourceTools
from newsletter.isolation.fetcher import Fetcher
from newsletter.isolation.urls import origin_of
from newsletter.model.source import SourceSettings
from newsletter.scheduling.slots import require_zone
from newsletter.settings.named_secret import require_reference
from newsletter.settings.plugins import function_at, last_line
from subscribers.errors import SubscribersError


def check_source(source: SourceSettings) -> None:
    """
    Check the settings of a source that is added or changed, without opening it.

    Raises:
        InvalidValue: its kind is unknown, the location does not fit the kind or contains a
            password, the time zone is not known, or the key is not a reference to a secret.
    """
    check_kind(source.kind)
    source_kind(source.kind).check_location(source.location)
    require_zone(source.timezone)
    if source.key is not None:
        require_reference(source.key)


class SourceRegistry:
    """
    Opens sources with *tools*, which all of them share.
    """

    def __init__(self, tools: SourceTools) -> None:
        self._tools = tools

    def close(self) -> None:
        """
        Close the fetchers and stop the child process.
        """
        self._tools.close()

    def open(self, source: SourceSettings) -> Source:
        """
        Create the adapter of one source.

        Raises:
            SettingsError: its secret is missing, or no installed package provides its kind.
        """
        place = source_kind(source.kind).opener
        opener: Callable[[SourceSettings, SourceTools], Source] = function_at(place)
        try:
            return opener(source, self._tools)
        except (NewsletterError, SubscribersError):
            raise
        # A package from outside can raise anything.
        except Exception as error:
            raise SettingsError(f"{place} crashed: {last_line(error)}") from error

    def unseen_mails(self, location: str, password: str) -> Iterator[bytes]:
        """
        Yield the unread mails in a folder on an IMAP server, and mark each as read.

        Raises:
            SourceError: the folder cannot be read.
        """
        limits = self._tools.limits
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
        accept = {"Accept": "image/*"}
        return self._tools.image_fetcher.get(url, accept, is_trusted=is_own, stays=True).body

    @property
    def fetcher(self) -> Fetcher:
        return self._tools.fetcher


def _is_at(url: str, location: str) -> bool:
    """
    Return whether both have the same scheme, host and port.
    """
    return origin_of(url) == origin_of(location)

"""
Fetch pages of a provider's event search, for the backfill of events that no webhook reported.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from newsletter.errors import ProviderError
from newsletter.providers.http_client import HttpFailure, HttpResponse
from newsletter.providers.responses import parse_object


@dataclass(frozen=True, kw_only=True)
class EventSearch:
    """
    The event search of the provider called *name*.

    `get` requests a URL. `permission` is the permission that the API key needs.
    """

    name: str
    get: Callable[[str], HttpResponse | HttpFailure]
    permission: str

    def page(self, url: str, field: str) -> tuple[Sequence[Mapping[str, Any]], Mapping[str, Any]]:
        """
        Request *url* and return the objects in its member *field*, and the whole page.

        An entry that is not an object is returned as an empty one, so that the caller can count
        all entries.

        Raises:
            ProviderError: the page cannot be fetched.
        """
        response = self.get(url)
        if isinstance(response, HttpFailure):
            raise ProviderError(f"cannot read the events of {self.name}: {response.reason}")
        if response.status in (401, 403):
            raise ProviderError(
                f"the api_key of {self.name} may not read its events (HTTP {response.status}): it "
                f"needs {self.permission}"
            )
        whole = parse_object(response.body)
        entries = whole.get(field, [])
        if response.status != 200 or not whole or not isinstance(entries, list):
            raise ProviderError(
                f"{self.name} did not return its events (HTTP {response.status}): try again later"
            )
        return [entry if isinstance(entry, dict) else {} for entry in entries], whole

    def too_many_events(self, count: int) -> ProviderError:
        """
        Return the error for a search that finds more events than are read at once.
        """
        return ProviderError(f"{self.name} has more than {count:,} events: the rest were not read")

    def no_next_page(self) -> ProviderError:
        """
        Return the error for a page whose link to the next page is missing or not valid.
        """
        return ProviderError(f"{self.name} returned no link to the next page: try again later")

"""
Poll one web page as a source and fetch it only if it has changed. `parse` parses it; `full_text`
reads the pages of a feed's items with the same function.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from newsletter.ingest.sources.pages.parse import parse_page
from newsletter.isolation.fetcher import Fetched, Fetcher
from newsletter.model.brief import Poll, RawItem

ACCEPT = "text/html, application/xhtml+xml;q=0.9, */*;q=0.1"
# `address` in a stored state is the one it belongs to, as for feeds.
_VALIDATORS = {"etag": "If-None-Match", "last-modified": "If-Modified-Since"}


class ReadPage(Protocol):
    """
    The signature of `read_page`, which runs in this process or in the sandboxed child.
    """

    def __call__(self, response: Fetched, *, excerpt: RawItem | None = None) -> RawItem: ...


def read_page(response: Fetched, *, excerpt: RawItem | None = None) -> RawItem:
    """
    Parse the page in *response* into an item whose key is the canonical URL of the page.

    Raises:
        SourceError: it is not a web page, is too large for a brief, or is about something else than
            the *excerpt*.
    """
    said = response.headers.get("content-type", "")
    return parse_page(response.body, content_type=said, url=response.url, excerpt=excerpt)


class PageSource:
    """
    The page at *location*. It is one item; another brief published there is another item.
    """

    def __init__(
        self, name: str, location: str, *, fetcher: Fetcher, read: ReadPage = read_page
    ) -> None:
        self.name = name
        self._location = location
        self._fetcher = fetcher
        self._read = read

    def fetch(self, state: Mapping[str, str]) -> Poll:
        """
        Fetch the page and return it as an item, or an unchanged poll if the server responds 304.

        Raises:
            FetchError: the request failed.
            SourceError: the document is not a page that can be read.
        """
        known = state if state.get("address") == self._location else {}
        asked = {header: known[name] for name, header in _VALIDATORS.items() if name in known}
        response = self._fetcher.get(self._location, {"Accept": ACCEPT, **asked})
        if response.status == 304:
            return Poll(state=known, is_unchanged=True)
        item = self._read(response)
        validators = {
            name: response.headers[name] for name in _VALIDATORS if name in response.headers
        }
        return Poll(items=(item,), state={**validators, "address": self._location})

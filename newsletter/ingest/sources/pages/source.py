"""
One web page as a source: a brief with an address of its own, fetched only when it has changed.
`parse` parses it; `full_text` fetches the pages of a feed's items through here.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from newsletter.ingest.sources.pages.parse import parse_page
from newsletter.isolation.fetcher import Fetched, Fetcher
from newsletter.model.brief import Poll, RawItem

ACCEPT = "text/html, application/xhtml+xml;q=0.9, */*;q=0.1"
# `address` in a stored state is the one it was made for, as for feeds.
_VALIDATORS = {"etag": "If-None-Match", "last-modified": "If-Modified-Since"}


class ReadPage(Protocol):
    """
    What makes an item of a page's answer: `read_page`, here or in the limited child.
    """

    def __call__(self, response: Fetched, *, excerpt: RawItem | None = None) -> RawItem: ...


def read_page(response: Fetched, *, excerpt: RawItem | None = None) -> RawItem:
    """
    The page that *response* holds as an item, its key the address it calls its own.

    Raises SourceError: it is no page, larger than any brief, or speaks of something else than the
    *excerpt* of it.
    """
    said = response.headers.get("content-type", "")
    return parse_page(response.body, content_type=said, url=response.url, excerpt=excerpt)


class PageSource:
    """
    The page at *location*: one item, or the next one when the page there is another brief.
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
        The page, or an unchanged poll when the server says so.

        Raises SourceError (FetchError when it is the address or the answer): no page was read.
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

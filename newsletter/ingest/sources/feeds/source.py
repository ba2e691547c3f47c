"""
Poll a feed (RSS, Atom or JSON Feed) over HTTP and fetch it only if it has changed; `parse` parses
it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from newsletter.ingest.sources.feeds.detect import ParsedFeed
from newsletter.ingest.sources.feeds.paging import NewestItems, as_state, read_pages
from newsletter.ingest.sources.feeds.parse import parse_feed
from newsletter.isolation.fetcher import Fetched, Fetcher
from newsletter.isolation.urls import origin_of
from newsletter.model.brief import Poll

_ACCEPT = (
    "application/rss+xml, application/atom+xml, application/feed+json, application/rdf+xml, "
    "application/xml;q=0.9, text/xml;q=0.9, application/json;q=0.8, */*;q=0.1"
)
# The keys in a stored state. `address` is the address it belongs to: once an operator changes the
# address, the rest of the state no longer counts.
_VALIDATORS = {"etag": "If-None-Match", "last_modified": "If-Modified-Since"}


class ParseFeed(Protocol):
    """
    The signature of `parse_feed`, which runs in this process or in the sandboxed child.
    """

    def __call__(
        self, body: bytes, *, url: str, max_items: int, content_type: str = ""
    ) -> ParsedFeed: ...


class FeedSource:
    """
    The feed at *location*. A poll returns at most its first *max_items* items. With
    *follows_pages*, they may be on several pages.
    """

    def __init__(
        self,
        name: str,
        location: str,
        *,
        fetcher: Fetcher,
        parse: ParseFeed = parse_feed,
        max_items: int = 200,
        follows_pages: bool = True,
    ) -> None:
        self.name = name
        self._location = location
        self._fetcher = fetcher
        self._parse = parse
        self._max_items = max_items
        self._follows_pages = follows_pages

    def fetch(self, state: Mapping[str, str]) -> Poll:
        """
        Fetch the feed and return its items, or an unchanged poll if the server responds 304.

        Raises:
            FetchError: the request failed.
            SourceError: the document is not a feed.
        """
        known = state if state.get("address", self._location) == self._location else {}
        asked = {header: known[key] for key, header in _VALIDATORS.items() if known.get(key)}
        url = known.get("location", self._location)
        response = self._fetcher.get(url, {"Accept": _ACCEPT, **asked})
        if response.status == 304:
            return Poll(
                state=self._state(known, response), notes=_moves(response), is_unchanged=True
            )
        parsed = self._read(response)
        items, notes = parsed.items, parsed.notes
        if self._follows_pages and not parsed.is_cut:
            items, more = read_pages(
                parsed,
                self._next_page,
                url=response.url,
                known=NewestItems.from_state(known),
                max_items=self._max_items,
            )
            notes = (*notes, *more)
        validators = known if parsed.is_cut else _validators(response) | as_state(parsed)
        return Poll(
            items=items,
            state=self._state(validators, response, location=known.get("location")),
            notes=(*_moves(response), *notes),
            is_cut=parsed.is_cut,
        )

    def _read(self, response: Fetched) -> ParsedFeed:
        return self._parse(
            response.body,
            url=response.url,
            max_items=self._max_items,
            content_type=response.headers.get("content-type", ""),
        )

    def _next_page(self, url: str) -> ParsedFeed:
        # Others may have written its address; only one at the feed's own host may be private.
        is_own = origin_of(url) == origin_of(self._location)
        return self._read(
            self._fetcher.get(url, {"Accept": _ACCEPT}, is_trusted=is_own, stays=True)
        )

    def _state(
        self, known: Mapping[str, str], response: Fetched, *, location: str | None = None
    ) -> dict[str, str]:
        state = {key: known[key] for key in (*_VALIDATORS, "newest") if known.get(key)}
        moved_to = response.moved_to or location or known.get("location")
        if moved_to:
            state["location"] = moved_to
        return state | {"address": self._location}


def _validators(response: Fetched) -> dict[str, str]:
    fields = {"etag": "etag", "last_modified": "last-modified"}
    headers = response.headers
    return {key: headers[name] for key, name in fields.items() if name in headers}


def _moves(response: Fetched) -> tuple[str, ...]:
    if response.moved_to is None:
        return ()
    return (f"moved permanently to {response.moved_to}: polled there from now on",)

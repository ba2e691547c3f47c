"""
Follow a feed to its next pages (RFC 5005, section 3, and `next_url` of a JSON Feed), for `source`,
while all items are new: at the first poll, and if so many appeared that the first page does not
reach back to the last poll.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from newsletter.errors import SourceError
from newsletter.ingest.sources.feeds.detect import ParsedFeed
from newsletter.ingest.sources.item_keys import each_once
from newsletter.model.brief import RawItem

# Counting the first one.
MAX_PAGES = 3
# How many of the newest items are remembered, to recognise them at the next poll.
_REMEMBERED = 50


@dataclass(frozen=True)
class NewestItems:
    """
    The items that a paged feed listed first at the last poll, by a hash of their keys; None if
    there was no poll before.
    """

    hashes: frozenset[str] | None

    @classmethod
    def from_state(cls, state: Mapping[str, str]) -> NewestItems:
        """
        Read what `as_state` wrote. A feed that was polled before but had no pages is not new.
        """
        if not state:
            return cls(None)
        return cls(frozenset(state.get("newest", "").split()))

    def are_all_new(self, items: Iterable[RawItem]) -> bool:
        """
        Return True if none of *items* is known from the last poll.
        """
        if self.hashes is None:
            return True
        return bool(self.hashes) and self.hashes.isdisjoint(_hash(item) for item in items)


def as_state(feed: ParsedFeed) -> dict[str, str]:
    """
    Return what the next poll has to know of the first page *feed*; nothing if it is the only one.
    """
    if feed.next_url is None:
        return {}
    return {"newest": " ".join(_hash(item) for item in feed.items[:_REMEMBERED])}


def read_pages(
    first: ParsedFeed,
    read: Callable[[str], ParsedFeed],
    *,
    url: str,
    known: NewestItems,
    max_items: int,
) -> tuple[tuple[RawItem, ...], tuple[str, ...]]:
    """
    Return the items of the page *first*, which is at *url*, and of the pages after it, which *read*
    fetches, with notes. A page that fails loses only the pages from there on.
    """
    items: Sequence[RawItem] = first.items
    following, seen = first.next_url, {url}
    while following is not None and following not in seen and len(items) < max_items:
        if not known.are_all_new(items):
            break
        if len(seen) == MAX_PAGES:
            return tuple(items), (f"the feed has more pages: only the first {MAX_PAGES} were read",)
        seen.add(following)
        try:
            page = read(following)
        except SourceError as error:
            return tuple(items), (f"page {len(seen)} of the feed was not read: {error}",)
        count = len(items)
        items = each_once([*items, *page.items])[:max_items]
        following = page.next_url if len(items) > count and not page.is_cut else None
    return tuple(items), ()


def _hash(item: RawItem) -> str:
    return hashlib.sha256(item.key.encode("utf-8", "replace")).hexdigest()[:12]

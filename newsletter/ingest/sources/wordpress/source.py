"""
Poll a WordPress site through its REST API, which has the images, categories and edits that a feed
lacks. If the API is closed the site's feed is read instead, with the same keys.
`endpoints` knows the URLs, `listing` fetches the posts, `posts` parses each of them.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from newsletter.errors import FetchError, SourceError
from newsletter.ingest.parsing import urls
from newsletter.ingest.parsing.fields import dates
from newsletter.ingest.sources.item_keys import each_once
from newsletter.ingest.sources.json_api import whole_in
from newsletter.ingest.sources.protocol import Source
from newsletter.ingest.sources.wordpress.endpoints import site_at
from newsletter.ingest.sources.wordpress.fallback import mark_known
from newsletter.ingest.sources.wordpress.listing import Pages
from newsletter.ingest.sources.wordpress.posts import modified_at, published_at, read_post, site_key
from newsletter.isolation.fetcher import Fetcher
from newsletter.model.brief import Poll, RawItem
from subscribers.text.phrases import phrase

# A post saved a moment before the newest one may be committed after it.
MODIFIED_OVERLAP = dt.timedelta(minutes=5)
# Without visitors a site's timer runs late: a post scheduled for 06:00 may appear at noon, dated
# 06:00.
PUBLISHED_OVERLAP = dt.timedelta(days=1)
_BUSY = frozenset({429, 503})
# Posts per page after a full page failed.
FEWER = 20
# The largest number of posts that a note lists.
_NAMED = 10

# The key in a stored state of what the feed said while the API could not be read.
_TEXTS = "texts"

FeedAt = Callable[[str], Source]


class WordPressSource:
    """
    The WordPress site at *location* (its home page or its API). *fallback* returns the source for
    a feed at a URL; *timezone* applies to posts that give their time only in the site's own.
    """

    def __init__(
        self,
        name: str,
        location: str,
        *,
        fetcher: Fetcher,
        fallback: FeedAt,
        timezone: str | None = None,
        clock: Callable[[], dt.datetime] = lambda: dt.datetime.now(dt.UTC),
    ) -> None:
        self.name = name
        self._location = location
        self._fetcher = fetcher
        self._fallback = fallback
        self._zone = dates.zone(timezone) if timezone else None
        self._clock = clock

    def fetch(self, state: Mapping[str, str]) -> Poll:
        """
        Fetch every post at the first poll (newest first, at most 5,000), later those published or
        modified since the last one. Deleted posts are not reported.

        Raises:
            SourceError: neither the API nor the feed could be read.
        """
        known = state if state.get("address", self._location) == self._location else {}
        try:
            return self._ask_endpoints(known)
        except SourceError as error:
            if _is_final(error):
                raise
            return self._read_feed(known, error)

    def _ask_endpoints(self, known: Mapping[str, str]) -> Poll:
        failures: list[SourceError] = []
        for endpoint in site_at(self._location).endpoints(known.get("endpoint")):
            try:
                return self._ask(endpoint, known)
            except SourceError as error:
                failures.append(error)
                is_silent = isinstance(error, FetchError) and error.status is None
                if _is_final(error) or is_silent:
                    raise
        raise failures[0]

    def _ask(self, endpoint: str, known: Mapping[str, str]) -> Poll:
        try:
            return self._poll(Pages(self._fetcher, endpoint), endpoint, known)
        except FetchError as error:
            if error.status is not None:
                raise
            # 100 long posts may exceed the size limit of a response, or the site's time limit.
            pages = Pages(self._fetcher, endpoint, per_page=FEWER)
            return self._poll(pages, endpoint, known)

    def _poll(self, pages: Pages, endpoint: str, known: Mapping[str, str]) -> Poll:
        modified, published = _moment(known, "modified"), _moment(known, "published")
        if modified is None or published is None:
            listing = pages.all()
        else:
            saved = pages.saved_since(modified - MODIFIED_OVERLAP)
            listing = saved + pages.published_after(published - PUBLISHED_OVERLAP)
        items, notes = self._read(listing.entries, floor=_moment(known, "floor"))
        state = dict(known) | {"address": self._location, "endpoint": endpoint}
        state.pop(_TEXTS, None)
        return Poll(
            items=items,
            state=state | self._marks(listing.entries, modified, published),
            notes=(*listing.notes, *notes),
        )

    def _read(
        self, entries: Sequence[Any], *, floor: dt.datetime | None
    ) -> tuple[tuple[RawItem, ...], list[str]]:
        home = site_at(self._location).home
        items: list[RawItem] = []
        left_out: dict[str, list[str]] = {}
        for entry in entries:
            item = read_post(entry, home=home, zone=self._zone)
            if isinstance(item, str):
                left_out.setdefault(item, []).append(str(whole_in(entry, "id") or ""))
            elif floor and item.published_at and item.published_at <= floor:
                left_out.setdefault("older than the source", []).append(item.key)
            else:
                items.append(item)
        once = each_once(items)
        return once, [*_left_out(left_out), *self._future(once)]

    def _future(self, items: Sequence[RawItem]) -> list[str]:
        now = self._clock()
        return [
            f"{item.key}: dated {item.published_at:%Y-%m-%d}, in the future"
            for item in items
            if item.published_at and item.published_at > now
        ]

    def _marks(
        self, entries: Sequence[Any], modified: dt.datetime | None, published: dt.datetime | None
    ) -> dict[str, str]:
        """
        Return the times up to which posts are known, for the state. They are never later than now,
        since a date in the future would hide all posts before it.
        """
        times = {
            "modified": [modified, *map(modified_at, entries)],
            "published": [published, *(published_at(entry, self._zone) for entry in entries)],
        }
        now = self._clock()
        return {
            name: min(max(known), now).isoformat()
            for name, seen in times.items()
            if (known := [time for time in seen if time is not None])
        }

    def _read_feed(self, known: Mapping[str, str], error: SourceError) -> Poll:
        """
        Poll the site's feed instead. If the API opens later, what it lists beyond the feed is older
        than the source, so the first such poll sets a floor for the dates. What the API gave of a
        post before stays stored, except its text if that changes in the feed.
        """
        url = site_at(self._location).feed(known.get("endpoint"))
        kept = {name[5:]: value for name, value in known.items() if name.startswith("feed_")}
        try:
            poll = self._fallback(url).fetch(kept)
        except SourceError as second:
            raise _neither(self._location, error, second) from second
        state = {name: value for name, value in known.items() if not name.startswith("feed_")}
        if "modified" not in known:
            state |= dict.fromkeys(("modified", "published", "floor"), self._clock().isoformat())
        state |= {f"feed_{name}": value for name, value in poll.state.items()}
        items = each_once(self._as_post(item) for item in poll.items)
        if "endpoint" in known and not poll.is_unchanged:
            until = _moment(known, "published")
            items, state[_TEXTS] = mark_known(items, known.get(_TEXTS, ""), until=until)
        return dataclasses.replace(
            poll,
            items=items,
            state=state | {"address": self._location},
            notes=(f"read the feed, since the REST API cannot be read ({error})", *poll.notes),
        )

    def _as_post(self, item: RawItem) -> RawItem:
        """
        Give *item* of the feed the key that it has in the API, if it is a post of this site.
        """
        number = whole_in({"id": (item.site_key or "").rpartition("?p=")[2]}, "id")
        if number is None:
            return item
        home = site_at(self._location).home
        hosts = {urls.host(item.url or ""), (item.site_key or "").partition("?")[0]}
        if urls.host(home) not in hosts:
            return item
        key = site_key(number, home=home, link=item.url)
        return dataclasses.replace(item, key=str(number), fallback_key=None, site_key=key)


def _is_final(error: SourceError) -> bool:
    """
    Return True if no other endpoint may be tried: the site is gone, or the server is too busy.
    """
    return error.is_gone or (isinstance(error, FetchError) and error.status in _BUSY)


def _moment(known: Mapping[str, str], name: str) -> dt.datetime | None:
    return dates.moment(known.get(name, ""), dt.UTC)


def _left_out(reasons: Mapping[str, Sequence[str]]) -> list[str]:
    notes = []
    for reason, numbers in reasons.items():
        named = ", ".join(dict.fromkeys(number for number in numbers[:_NAMED] if number))
        more = ", …" if len(numbers) > _NAMED else ""
        listed = f" ({named}{more})" if named else ""
        notes.append(f"left out {len(numbers)}: {reason}{listed}")
    return notes


def _neither(location: str, first: SourceError, second: SourceError) -> SourceError:
    if str(first) == str(second):
        return second
    place = urls.host(location) or location
    return SourceError(
        phrase(
            "{place}: neither the REST API ({first}) nor the feed ({second}) can be read",
            place=place,
            first=first,
            second=second,
        ),
        is_gone=second.is_gone,
        retry_after_s=second.retry_after_s,
    )

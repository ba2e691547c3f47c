"""
Fetch the posts at one endpoint of a WordPress site, page by page, for `source`.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from newsletter.errors import FetchError, SourceError
from newsletter.ingest.sources.json_api import read_response, whole_in
from newsletter.ingest.sources.wordpress.endpoints import ask
from newsletter.ingest.sources.wordpress.posts import EMBEDDED, FIELDS, modified_at
from newsletter.isolation.fetcher import Fetched, Fetcher
from subscribers.text.phrases import phrase

PER_PAGE = 100
MAX_POSTS = 5000
MAX_BYTES = 64 * 1024 * 1024
_ACCEPT = {"Accept": "application/json"}
_BY_SAVING = {"orderby": "modified", "order": "desc"}


@dataclass(frozen=True, kw_only=True)
class Listing:
    """
    The posts of one walk through the pages, in the order received.
    """

    entries: tuple[Any, ...]
    notes: tuple[str, ...] = ()

    def __add__(self, other: Listing) -> Listing:
        """
        Return the posts of both, each once.
        """
        known = {number for entry in self.entries if (number := whole_in(entry, "id"))}
        more = tuple(entry for entry in other.entries if whole_in(entry, "id") not in known)
        return Listing(entries=self.entries + more, notes=self.notes + other.notes)


class Pages:
    """
    The pages of *endpoint*, with *per_page* posts each (100 at most). A walk ends at 5,000 posts or
    64 MB.
    """

    def __init__(self, fetcher: Fetcher, endpoint: str, *, per_page: int = PER_PAGE) -> None:
        self._fetcher = fetcher
        self._endpoint = endpoint
        self._per_page = per_page

    def all(self) -> Listing:
        """
        Fetch every post, newest first.
        """
        return self._walk({})

    def published_after(self, moment: dt.datetime) -> Listing:
        """
        Fetch the posts dated after *moment*. Only this finds scheduled posts: when their time
        comes, WordPress changes their status (`wp_publish_post`), but not their modification time.
        """
        return self._walk({"after": _stamp(moment)})

    def saved_since(self, since: dt.datetime) -> Listing:
        """
        Fetch the posts modified since *since*. WordPress before 5.7 ignores `modified_after` or
        responds with 400; then the walk ends at the first older post.
        """
        try:
            found = self._walk({**_BY_SAVING, "modified_after": _stamp(since)}, since=since)
        except FetchError as error:
            if error.status != 400:
                raise
            found = self._walk(_BY_SAVING, since=since)
        fresh = tuple(entry for entry in found.entries if not _is_older(entry, since))
        return Listing(entries=fresh, notes=found.notes)

    def _walk(self, asked: Mapping[str, str], *, since: dt.datetime | None = None) -> Listing:
        """
        Fetch the posts on all pages; with *since*, stop after the first page with an older post.
        """
        entries: list[Any] = []
        size = 0
        for page in range(1, MAX_POSTS // self._per_page + 1):
            response = self._page(asked, page)
            if response is None:
                return Listing(entries=tuple(entries))
            listed = _posts(response)
            entries += listed
            size += len(response.body)
            is_past = since is not None and any(_is_older(entry, since) for entry in listed)
            if is_past or self._is_last(response, listed, page):
                return Listing(entries=tuple(entries))
            if size > MAX_BYTES:
                break
        note = f"only the first {len(entries)} posts were read"
        return Listing(entries=tuple(entries), notes=(note,))

    def _page(self, asked: Mapping[str, str], page: int) -> Fetched | None:
        """
        Fetch one page; None after the last one, which is status 400
        (`rest_post_invalid_page_number`) and happens if posts were deleted during the walk.
        """
        shape = {"_embed": EMBEDDED, "_fields": FIELDS, "per_page": str(self._per_page)}
        try:
            return self._fetcher.get(ask(self._endpoint, **shape, **asked, page=page), _ACCEPT)
        except FetchError as error:
            if page > 1 and error.status == 400:
                return None
            raise

    def _is_last(self, response: Fetched, listed: Sequence[Any], page: int) -> bool:
        """
        Return True if *page* is the last one. If a proxy removed the header with the number of
        pages, the first page that is not full is the last.
        """
        total = response.headers.get("x-wp-totalpages", "")
        if not listed or not (total.isascii() and total.isdigit()):
            return len(listed) < self._per_page
        return page >= int(total[:9])


def _posts(response: Fetched) -> list[Any]:
    listed = read_response(response)
    if not isinstance(listed, list):
        host = urlsplit(response.url).hostname
        raise SourceError(phrase("{host} sent JSON that is not a list of posts", host=host))
    return listed


def _is_older(entry: Any, since: dt.datetime) -> bool:
    saved = modified_at(entry)
    return saved is not None and saved < since


def _stamp(moment: dt.datetime) -> str:
    """
    Format *moment* for the API. Without the Z it would be read in the site's own time zone.
    """
    return f"{moment.astimezone(dt.UTC):%Y-%m-%dT%H:%M:%S}Z"

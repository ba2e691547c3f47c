"""
Poll a Ghost site through its Content API; `json_api` parses the responses. Each requested URL
contains the key, so no message for people may contain a URL.
"""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote, quote_plus, urlencode, urlsplit

from newsletter.errors import FetchError, SourceError
from newsletter.ingest.parsing.fields import dates
from newsletter.ingest.sources.item_keys import category_names, each_once, one_line, web_address
from newsletter.ingest.sources.json_api import (
    list_in,
    read_response,
    text_in,
    time_in,
    value_in,
    whole_in,
)
from newsletter.isolation.fetcher import Fetcher
from newsletter.model.brief import MediaType, Poll, RawItem
from subscribers.text.phrases import phrase

# The most that Ghost 6 returns per page, even if asked for more.
PER_PAGE = 100
MAX_PAGES = 50
# A post saved a moment before the newest one may be committed after it.
OVERLAP = dt.timedelta(minutes=5)
# At DEBUG httpcore logs the headers of every response, and the Location of a redirect can contain
# the key.
logging.getLogger("httpcore").setLevel(logging.INFO)
_POSTS = "ghost/api/content/posts/"
_ADVICE = {
    401: "the Content API key is not valid; copy it again from Settings, Integrations",
    403: "the Content API key is not valid; copy it again from Settings, Integrations",
    404: "there is no Ghost site at this address",
}


class GhostSource:
    """
    The Ghost site at *location* (its home page or its API), read with a Content API *key*.
    """

    def __init__(self, name: str, location: str, *, key: str, fetcher: Fetcher) -> None:
        self.name = name
        self._location = location
        self._key = key.strip()
        self._fetcher = fetcher

    def fetch(self, state: Mapping[str, str]) -> Poll:
        """
        Fetch every public post at the first poll (at most 5,000), later those saved since the last
        one. Deleted posts are not reported.

        Raises:
            SourceError: the posts could not be read.
        """
        if not self._key:
            raise SourceError(
                phrase(
                    "{name} has no Content API key: give the source a key (env:NAME or file:PATH)",
                    name=self.name,
                )
            )
        known = state if state.get("address", self._location) == self._location else {}
        updated = dates.moment(known.get("updated", ""), dt.UTC)
        entries, notes = self._walk(updated - OVERLAP if updated else None)
        read = [_read_post(entry, home=_home(self._location)) for entry in entries]
        newest = max(
            filter(None, [updated, *(time_in(e, "updated_at") for e in entries)]), default=None
        )
        marks = {"updated": newest.isoformat()} if newest else {}
        return Poll(
            items=each_once(item for item in read if isinstance(item, RawItem)),
            state={"address": self._location, **marks},
            notes=(*notes, *_left_out([reason for reason in read if isinstance(reason, str)])),
        )

    def _walk(self, since: dt.datetime | None) -> tuple[list[Any], tuple[str, ...]]:
        entries: list[Any] = []
        for page in range(1, MAX_PAGES + 1):
            response = self._page(page, since)
            entries += list_in(response, "posts")
            following = whole_in(response, "meta", "pagination", "next")
            if following is None or following <= page:
                return entries, ()
        return entries, (f"only the first {len(entries)} posts were read",)

    def _page(self, page: int, since: dt.datetime | None) -> Any:
        fields = {
            "key": self._key,
            "include": "tags,authors",
            "formats": "html",
            "order": "updated_at desc",
            "limit": PER_PAGE,
            "page": page,
        }
        if since is not None:
            # Without a T: SQLite compares these as text, and Ghost stores them with a space.
            fields["filter"] = f"updated_at:>'{since.astimezone(dt.UTC):%Y-%m-%d %H:%M:%S}'"
        response = self._ask(f"{_home(self._location)}{_POSTS}?{urlencode(fields)}")
        if not isinstance(value_in(response, "posts"), list):
            raise SourceError(
                phrase("{host} sent JSON without posts: check the address", host=self._host)
            )
        return response

    def _ask(self, url: str) -> Any:
        """
        Fetch the JSON at *url*. Errors are raised again without their cause and without the key,
        which both the text and the cause could contain.
        """
        try:
            return read_response(self._fetcher.get(url, {"Accept": "application/json"}))
        except FetchError as error:
            advice = _ADVICE.get(error.status or 0)
            line = f"{self._host} responded with {error.status}: {advice}" if advice else str(error)
            raise FetchError(
                self._without_key(line),
                status=error.status,
                is_gone=error.is_gone,
                retry_after_s=error.retry_after_s,
            ) from None
        except SourceError as error:
            raise SourceError(
                self._without_key(phrase("{error}: check the address", error=error))
            ) from None

    @property
    def _host(self) -> str:
        return urlsplit(_home(self._location)).hostname or self.name

    def _without_key(self, line: str) -> str:
        # An address in an error message is truncated, possibly in the middle of the key.
        if "key=" in line:
            return f"{self._host} could not be reached: check the address"
        for written in (self._key, quote(self._key), quote_plus(self._key)):
            line = line.replace(written, "…")
        return line


def _home(location: str) -> str:
    """
    Return the URL of the home page of the site at *location*, with a trailing slash.
    """
    try:
        parts = urlsplit(location.strip())
    except ValueError as error:
        raise SourceError(
            phrase(
                "{location!r} is not a valid address: {error}", location=location[:200], error=error
            )
        ) from error
    path = parts.path.partition("/ghost/")[0].rstrip("/").removesuffix("/ghost")
    return parts._replace(path=f"{path}/", query="", fragment="").geturl()


def _read_post(entry: Any, *, home: str) -> RawItem | str:
    """
    Convert one post to a raw item, or return the reason why it is left out.

    The API truncates members-only posts at the paywall, so they must not be emailed.
    """
    key = text_in(entry, "id")
    if key is None:
        return "without id"
    if (text_in(entry, "visibility") or "public") != "public" or value_in(entry, "access") is False:
        return "members only"
    link = web_address(text_in(entry, "url"), base=home)
    image = web_address(text_in(entry, "feature_image"), base=link or home)
    return RawItem(
        key=key.strip(),
        content=text_in(entry, "html") or "",
        media_type=MediaType.HTML,
        title=one_line(text_in(entry, "title")),
        url=link,
        base_url=link or home,
        published_at=time_in(entry, "published_at"),
        image_url=image,
        image_alt=one_line(text_in(entry, "feature_image_alt")) or "",
        image_caption=text_in(entry, "feature_image_caption") or "",
        categories=_categories(entry),
    )


def _categories(entry: Any) -> tuple[str, ...]:
    """
    Return the names of the public tags. Internal ones, which start with #, are left out.
    """
    tags = [
        tag
        for tag in list_in(entry, "tags")
        if (text_in(tag, "visibility") or "public") == "public"
    ]
    return category_names(text_in(tag, "name") for tag in tags)


def _left_out(reasons: Sequence[str]) -> list[str]:
    return [f"left out {reasons.count(reason)}: {reason}" for reason in dict.fromkeys(reasons)]

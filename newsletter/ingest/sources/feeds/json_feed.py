"""
Parse JSON Feed 1 and 1.1 (jsonfeed.org) into raw items.
"""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import orjson

from newsletter.errors import SourceError
from newsletter.ingest.parsing import html_tree
from newsletter.ingest.sources.feeds.detect import ParsedFeed
from newsletter.ingest.sources.feeds.excerpts import is_excerpt
from newsletter.ingest.sources.feeds.feed_dates import FeedDates, ItemTimes
from newsletter.ingest.sources.feeds.pictures import Picture, choose_pictures, pictures_at
from newsletter.ingest.sources.item_keys import (
    category_names,
    each_once,
    fallback_key_of,
    key_of,
    one_line,
    site_key_of,
    web_address,
    without_shared_ids,
)
from newsletter.model.brief import MediaType, RawItem
from subscribers.text.phrases import phrase

_VERSION = "https://jsonfeed.org/version/"


def read_json(body: bytes, *, url: str, max_items: int) -> ParsedFeed:
    """
    Parse the JSON Feed *body*, keeping the order of its items.

    Raises:
        SourceError: it is not a JSON Feed.
    """
    host = urlsplit(url).hostname or url
    feed = _load(body, host=host)
    listed = feed["items"]
    entries = [entry for entry in listed[:max_items] if isinstance(entry, dict)]
    said = itertools.chain.from_iterable(map(_dates_in, entries))
    dates = FeedDates(said, lang=_text(feed, "language"), host=host)
    items = _items(entries, feed, dates, url=url)
    notes = []
    if len(listed) > max_items:
        notes.append(f"only the first {max_items} items were read")
    if None in items:
        notes.append(f"left out {items.count(None)}: without id, link or title")
    if feed.get("expired") is True:
        notes.append("the feed is marked as expired: it will have no new items")
    return ParsedFeed(
        items=each_once(without_shared_ids(item for item in items if item is not None)),
        notes=(*notes, *dates.notes()),
        next_url=web_address(_text(feed, "next_url"), base=url),
    )


def _load(body: bytes, *, host: str) -> dict[str, Any]:
    try:
        feed = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise SourceError(
            phrase(
                "{host} sent incomplete or invalid JSON ({error}): try later",
                host=host,
                error=error,
            )
        ) from error
    is_feed = (
        isinstance(feed, dict)
        and str(feed.get("version")).startswith(_VERSION)
        and isinstance(feed.get("items"), list)
    )
    if not is_feed:
        raise SourceError(
            phrase("{host} sent JSON that is not a feed: check the address", host=host)
        )
    return dict(feed)


def _items(
    entries: list[dict[str, Any]], feed: Mapping[str, Any], dates: FeedDates, *, url: str
) -> list[RawItem | None]:
    lang = _text(feed, "language")
    times = [
        dates.times(*_dates_in(entry), item=position) for position, entry in enumerate(entries)
    ]
    items = [
        _item(entry, url=url, lang=lang, times=found)
        for entry, found in zip(entries, times, strict=True)
    ]
    stated = [
        _pictures(entry, base=item.base_url or url) if item else []
        for item, entry in zip(items, entries, strict=True)
    ]
    pictures = choose_pictures(stated, [_text(feed, "icon"), _text(feed, "favicon")])
    return [
        dataclasses.replace(item, image_url=picture.url, image_alt=picture.alt)
        if item and picture
        else item
        for item, picture in zip(items, pictures, strict=True)
    ]


def _item(
    entry: Mapping[str, Any], *, url: str, lang: str | None, times: ItemTimes
) -> RawItem | None:
    link = web_address(_text(entry, "url") or _text(entry, "external_url"), base=url)
    title = one_line(_text(entry, "title"))
    key = key_of(_identifier(entry), link, title=title, date=times.published_at)
    if key is None:
        return None
    content = _text(entry, "content_html")
    whole = content or _text(entry, "content_text")
    said = whole or _text(entry, "summary") or ""
    return RawItem(
        key=key,
        fallback_key=fallback_key_of(key),
        site_key=site_key_of(key),
        content=said,
        media_type=MediaType.HTML if content else MediaType.TEXT,
        title=title,
        url=link,
        base_url=link or url,
        published_at=times.published_at,
        updated_at=times.updated_at,
        categories=category_names(t for t in _list(entry, "tags") if isinstance(t, str)),
        lang=_text(entry, "language") or lang,
        is_excerpt=is_excerpt(said, is_summary=whole is None),
    )


def _text(values: Mapping[str, Any], name: str) -> str | None:
    value = values.get(name)
    return value if isinstance(value, str) and value.strip() else None


def _identifier(entry: Mapping[str, Any]) -> str | None:
    """
    Return the id as text; feeds of version 1 also contain numbers.
    """
    value = entry.get("id")
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return str(value) if is_number else _text(entry, "id")


def _dates_in(entry: Mapping[str, Any]) -> tuple[str, str]:
    """
    Return when the item was published and last edited, as text; some feeds give numbers.
    """
    return _said(entry, "date_published"), _said(entry, "date_modified")


def _said(entry: Mapping[str, Any], name: str) -> str:
    value = entry.get(name)
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return str(value) if is_number else _text(entry, name) or ""


def _pictures(entry: Mapping[str, Any], *, base: str) -> list[Picture]:
    """
    Return the pictures of an item, the best first: its image, its banner, its attachments.
    """
    attached = [a for a in _list(entry, "attachments") if isinstance(a, dict)]
    images = [a for a in attached if (_text(a, "mime_type") or "").startswith("image/")]
    stated = [_text(entry, "image"), _text(entry, "banner_image")]
    found = pictures_at([*stated, *(_text(a, "url") for a in images)], base=base)
    titles = {web_address(_text(a, "url"), base=base): _text(a, "title") or "" for a in images}
    return [dataclasses.replace(p, alt=html_tree.plain(titles.get(p.url))) for p in found]


def _list(entry: Mapping[str, Any], name: str) -> list[Any]:
    value = entry.get(name)
    return value if isinstance(value, list) else []

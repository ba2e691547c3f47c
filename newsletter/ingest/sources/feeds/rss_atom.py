"""
Parse RSS 2.0, RSS 1.0 and Atom into raw items with feedparser.
"""

from __future__ import annotations

import datetime as dt
import io
import re
import time
from typing import Any
from urllib.parse import urljoin, urlsplit

import feedparser

from newsletter.errors import SourceError
from newsletter.ingest.sources.feeds.detect import Extent, ParsedFeed, extent_of
from newsletter.ingest.sources.feeds.excerpts import is_excerpt
from newsletter.ingest.sources.item_keys import (
    each_once,
    fallback_key_of,
    key_of,
    one_line,
    site_key_of,
    web_address,
)
from newsletter.model.brief import MediaType, RawItem

# For each document feedparser looks for libxml2's parser (its api.py). In the sandboxed child no
# file can be opened and that search fails; without it feedparser uses Python's own expat.
feedparser.api.PREFERRED_XML_PARSERS.clear()
_HTML_TYPES = ("text/html", "application/xhtml+xml")
_IMAGE_NAME = re.compile(r"\.(?:jpe?g|png|gif|webp)$", re.IGNORECASE)


def read_xml(body: bytes, *, url: str, max_items: int) -> ParsedFeed:
    """
    Parse the XML feed *body*, keeping the order of its items.

    Raises:
        SourceError: it is not a feed.
    """
    host = urlsplit(url).hostname or url
    extent = extent_of(body, max_items=max_items, host=host)
    feed = _parse(extent.body, host=host)
    entries = feed.entries[:-1] if extent.drop_last else feed.entries[:max_items]
    lang = feed.feed.get("language") or None
    items = [_item(entry, url=url, lang=lang) for entry in entries]
    known = each_once(item for item in items if item is not None)
    return ParsedFeed(
        items=known,
        notes=_notes(extent, nameless=items.count(None), max_items=max_items),
        is_cut=extent.is_cut,
    )


def _parse(body: bytes, *, host: str) -> Any:
    """
    Parse *body* with feedparser. Its `bozo` flag is ignored, because harmless errors set it too.

    `ingest.parsing` sanitises the content and resolves the addresses in it. Without a base address
    feedparser leaves relative ids as they are, so that a key does not change with the address of
    the feed.
    """
    try:
        feed = feedparser.parse(
            # Plain bytes would first be tried as a file name.
            io.BytesIO(body),
            sanitize_html=False,
            resolve_relative_uris=False,
        )
    # Its lenient parser fails in many ways on hostile input (ValueError, AssertionError, ...).
    except Exception as error:
        raise SourceError(
            f"{host} sent a feed that cannot be read ({error}): run a feed validator on it"
        ) from error
    if not feed.version:
        raise SourceError(f"{host} sent XML that is not a feed: check the address")
    if not feed.entries and re.search(rb"<[\w.-]+:(?:item|entry)[\s>]", body):
        raise SourceError(f"{host} sent a feed too broken to read: run a feed validator on it")
    return feed


def _item(entry: Any, *, url: str, lang: str | None) -> RawItem | None:
    detail = _content(entry)
    link = _link(entry, url)
    title = one_line(entry.get("title"))
    published_at = _time(entry)
    key = key_of(entry.get("id"), link, title=title, date=published_at)
    if key is None:
        return None
    base = urljoin(url, detail["base"]) if detail.get("base") else link or url
    is_html = detail.get("type", "text/html") in _HTML_TYPES
    return RawItem(
        key=key,
        fallback_key=fallback_key_of(key),
        site_key=site_key_of(key),
        content=detail.get("value", ""),
        media_type=MediaType.HTML if is_html else MediaType.TEXT,
        title=title,
        url=link,
        base_url=base,
        published_at=published_at,
        updated_at=_moment(entry, "updated_parsed"),
        image_url=_image(entry, base=base),
        categories=_categories(entry),
        lang=lang,
        is_excerpt=is_excerpt(detail.get("value", ""), is_summary=_is_summary(entry, detail)),
    )


def _link(entry: Any, url: str) -> str | None:
    """
    Return the item's URL. A guid is used instead only if it is an absolute URL: hand-made feeds put
    plain numbers there without marking them as `isPermaLink="false"`.
    """
    said = entry.get("link") or entry.get("feedburner_origlink")
    is_guid = entry.get("guidislink") and said == entry.get("id")
    return web_address(said, base="" if is_guid else url)


def _is_summary(entry: Any, detail: Any) -> bool:
    """
    Return True if the item has no content besides its description.
    """
    said = (entry.get("summary_detail") or {}).get("value")
    return not entry.get("content") or detail.get("value") == said


def _content(entry: Any) -> Any:
    """
    Return feedparser's detail of the full text, HTML preferred; else that of the description.
    """
    contents = entry.get("content") or []
    rich = [detail for detail in contents if detail.get("type") in _HTML_TYPES]
    for detail in [*rich, *contents]:
        if detail.get("value", "").strip():
            return detail
    return entry.get("summary_detail") or {}


def _time(entry: Any) -> dt.datetime | None:
    return _moment(entry, "published_parsed" if entry.get("published_parsed") else "updated_parsed")


def _moment(entry: Any, name: str) -> dt.datetime | None:
    # feedparser returns "published" for a missing "updated", which is deprecated and warns.
    if name not in entry or entry[name] is None:
        return None
    moment: time.struct_time = entry[name]
    try:
        return dt.datetime(*moment[:5], min(moment.tm_sec, 59), tzinfo=dt.UTC)
    except ValueError:
        return None


def _image(entry: Any, *, base: str) -> str | None:
    for media in entry.get("media_content") or []:
        if _is_image(media, address=media.get("url", "")):
            return web_address(media.get("url"), base=base)
    for enclosure in entry.get("enclosures") or []:
        if _is_image(enclosure, address=enclosure.get("href", "")):
            return web_address(enclosure.get("href"), base=base)
    return None


def _is_image(media: Any, *, address: str) -> bool:
    kind = media.get("type") or media.get("medium")
    if kind:
        return bool(kind == "image" or kind.startswith("image/"))
    return bool(_IMAGE_NAME.search(address.partition("?")[0]))


def _categories(entry: Any) -> tuple[str, ...]:
    terms = (one_line(tag.get("term")) for tag in entry.get("tags") or [])
    return tuple(dict.fromkeys(term for term in terms if term))


def _notes(extent: Extent, *, nameless: int, max_items: int) -> tuple[str, ...]:
    notes = []
    if extent.is_shortened:
        notes.append(f"only the first {max_items} items were read")
    if nameless:
        notes.append(f"left out {nameless}: without id, link or title")
    return tuple(notes)

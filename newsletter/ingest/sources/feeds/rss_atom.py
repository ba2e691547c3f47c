"""
Parse RSS 2.0, RSS 1.0 and Atom into raw items with feedparser.
"""

from __future__ import annotations

import dataclasses
import io
import itertools
import re
from typing import Any
from urllib.parse import urljoin, urlsplit

import feedparser

from newsletter.errors import SourceError
from newsletter.ingest.parsing import html_tree
from newsletter.ingest.sources.feeds.detect import Extent, ParsedFeed, extent_of
from newsletter.ingest.sources.feeds.excerpts import is_excerpt, unescaped
from newsletter.ingest.sources.feeds.feed_dates import FeedDates, ItemTimes
from newsletter.ingest.sources.feeds.media import ItemMedia, is_permalink, media_of
from newsletter.ingest.sources.feeds.pictures import (
    Picture,
    choose_pictures,
    own_images,
    pictures_of_entry,
)
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

# For each document feedparser looks for libxml2's parser (its api.py). In the sandboxed child no
# file can be opened and that search fails; without it feedparser uses Python's own expat.
feedparser.api.PREFERRED_XML_PARSERS.clear()
_HTML_TYPES = ("text/html", "application/xhtml+xml")


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
    is_atom = feed.version.startswith("atom")
    said = itertools.chain.from_iterable(map(_dates_in, entries))
    dates = FeedDates(said, lang=lang, host=host)
    times = [_times(entry, dates, position) for position, entry in enumerate(entries)]
    items = [
        _item(entry, url=url, lang=lang, is_atom=is_atom, times=found)
        for entry, found in zip(entries, times, strict=True)
    ]
    items = _with_pictures(items, entries, feed)
    known = each_once(without_shared_ids(item for item in items if item is not None))
    return ParsedFeed(
        items=known,
        notes=(
            *_notes(extent, nameless=items.count(None), max_items=max_items),
            *dates.notes(),
        ),
        is_cut=extent.is_cut,
        next_url=_next_page(feed.feed, url),
    )


def _next_page(feed: Any, url: str) -> str | None:
    links = (link for link in feed.get("links") or [] if link.get("rel") == "next")
    return next((web_address(link.get("href"), base=url) for link in links), None)


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
            phrase(
                "{host} sent a feed that cannot be read ({error}): run a feed validator on it",
                host=host,
                error=error,
            )
        ) from error
    if not feed.version:
        raise SourceError(
            phrase("{host} sent XML that is not a feed: check the address", host=host)
        )
    if not feed.entries and re.search(rb"<[\w.-]+:(?:item|entry)[\s>]", body):
        raise SourceError(
            phrase("{host} sent a feed too broken to read: run a feed validator on it", host=host)
        )
    return feed


def _item(
    entry: Any, *, url: str, lang: str | None, is_atom: bool, times: ItemTimes
) -> RawItem | None:
    detail = _content(entry)
    link = _link(entry, url, is_atom=is_atom)
    title = one_line(unescaped(entry.get("title") or ""))
    is_html = detail.get("type", "text/html") in _HTML_TYPES
    content = unescaped(detail.get("value", "")) if is_html else detail.get("value", "")
    key = key_of(entry.get("id"), link, title=title, date=times.published_at)
    if key is None:
        return None
    base = urljoin(url, detail["base"]) if detail.get("base") else link or url
    return RawItem(
        key=key,
        fallback_key=fallback_key_of(key),
        site_key=site_key_of(key),
        content=content,
        media_type=MediaType.HTML if is_html else MediaType.TEXT,
        title=title,
        url=link,
        base_url=base,
        published_at=times.published_at,
        updated_at=times.updated_at,
        categories=_categories(entry),
        lang=lang,
        is_excerpt=is_excerpt(content, is_summary=_is_summary(entry, detail)),
    )


def _with_pictures(
    items: list[RawItem | None], entries: list[Any], feed: Any
) -> list[RawItem | None]:
    """
    Give each item the picture that the feed states for it.
    """
    stated = [
        pictures_of_entry(entry, media_of(entry), base=item.base_url or "") if item else []
        for item, entry in zip(items, entries, strict=True)
    ]
    channel = [m.attributes.get("url") for m in media_of(feed.feed).found]
    pictures = choose_pictures(stated, [*own_images(feed.feed), *channel])
    return [
        _with_picture(item, picture) if item and picture else item
        for item, picture in zip(items, pictures, strict=True)
    ]


def _with_picture(item: RawItem, picture: Picture) -> RawItem:
    if picture.is_poster:
        return dataclasses.replace(item, fallback_image=picture.url)
    return dataclasses.replace(
        item,
        image_url=picture.url,
        image_alt=picture.alt if picture.alt and picture.alt != html_tree.plain(item.title) else "",
        image_caption=picture.caption if picture.caption != item.content else "",
        image_credit=picture.credit,
        image_width=picture.width,
    )


def _link(entry: Any, url: str, *, is_atom: bool) -> str | None:
    """
    Return the item's URL: the first of its links that is an address, else a guid that is an
    absolute one. Hand-made feeds put plain numbers there without `isPermaLink="false"`.
    """
    links = [
        link.get("href") for link in entry.get("links") or [] if link.get("rel") == "alternate"
    ]
    # feedparser gives a guid or an Atom id as the link if there is none.
    links.sort(key=lambda link: link != entry.get("link"))
    # FeedBurner replaced the links of a feed by its own, which lead nowhere today.
    for said in (entry.get("feedburner_origlink"), *links):
        if said and (is_atom or _is_address(said)):
            whole = f"https://{said}" if said.startswith("www.") else said
            if (found := web_address(whole, base=url)) is not None:
                return found
    return web_address(entry.get("id"), base="") if is_permalink(entry) else None


def _is_address(said: str) -> bool:
    """
    Return False for the words that feeds write where an address belongs, such as `none`.
    """
    if said.startswith(("https://", "http://")):
        return True
    return not said.startswith("#") and not set(said).isdisjoint("/.?=") and len(said.split()) == 1


def _is_summary(entry: Any, detail: Any) -> bool:
    """
    Return True if the item has no content besides its description. That of a film is its only text.
    """
    said = (entry.get("summary_detail") or {}).get("value")
    is_of_film = bool(detail) and not entry.get("summary_detail")
    return detail.get("value") == said or not (entry.get("content") or is_of_film)


def _content(entry: Any) -> Any:
    """
    Return feedparser's detail of the full text, HTML preferred; else that of the description.
    """
    contents = entry.get("content") or []
    rich = [detail for detail in contents if detail.get("type") in _HTML_TYPES]
    for detail in [*rich, *contents]:
        if detail.get("value", "").strip():
            return detail
    return entry.get("summary_detail") or _description(media_of(entry)) or {}


def _description(media: ItemMedia) -> dict[str, str]:
    """
    Return the description of an item's media, as `_content` returns the item's own. Feeds of films
    have no other text; the description of an image is its caption.
    """
    if any(medium.is_image for medium in media.found):
        return {}
    groups = (medium.group for medium in media.found if medium.group is not None)
    for words in (*groups, media.words):
        for attributes, text in words.texts.get("description", []):
            is_html = attributes.get("type") == "html"
            return {"type": "text/html" if is_html else "text/plain", "value": text}
    return {}


def _said(entry: Any, name: str) -> str:
    # feedparser returns "published" for a missing "updated", which is deprecated and warns.
    return str(entry[name] or "") if name in entry else ""


def _dates_in(entry: Any) -> tuple[str, str]:
    return _said(entry, "published"), _said(entry, "updated")


def _times(entry: Any, dates: FeedDates, position: int) -> ItemTimes:
    """
    Read the times of *entry*, to the second. feedparser's own readings are not used: it guesses.
    """
    found = dates.times(*_dates_in(entry), item=position)
    return ItemTimes(*(at and at.replace(microsecond=0) for at in found))


def _categories(entry: Any) -> tuple[str, ...]:
    """
    Return the names of the categories: in Atom the label is for people, the term for programs.
    """
    tags = entry.get("tags") or []
    return category_names(tag.get("label") or tag.get("term") for tag in tags)


def _notes(extent: Extent, *, nameless: int, max_items: int) -> tuple[str, ...]:
    notes = []
    if extent.is_shortened:
        notes.append(f"only the first {max_items} items were read")
    if nameless:
        notes.append(f"left out {nameless}: without id, link or title")
    return tuple(notes)

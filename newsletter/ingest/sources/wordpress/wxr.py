"""
Parse a WordPress export file (WXR) into raw items, to record what was published long ago.
`autop` converts what the editor stored to markup; the import of an archive calls this module.
"""

from __future__ import annotations

import datetime as dt
import io
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from lxml import etree

from newsletter.errors import ReadError
from newsletter.ingest.parsing.fields import dates
from newsletter.ingest.parsing.formats.encoding import utf8_of
from newsletter.ingest.sources.item_keys import (
    category_names,
    each_once,
    fallback_key_of,
    key_of,
    one_line,
    site_key_of,
    web_address,
)
from newsletter.ingest.sources.wordpress.autop import markup_of
from newsletter.ingest.sources.wordpress.posts import site_key
from newsletter.model.brief import MediaType, RawItem
from subscribers.text.phrases import phrase

MAX_BYTES = 50 * 1024 * 1024
# Characters that XML forbids but WordPress writes (core ticket #23688).
_FORBIDDEN = bytes(set(range(32)) - {9, 10, 13})
# Every `&` outside CDATA that does not start one of XML's own entities. It is escaped, so that it
# is read as text and nothing expands.
_ENTITY = re.compile(
    rb"<!\[CDATA\[(?:.*?\]\]>|.*)|(?P<lone>&)(?!(?:amp|lt|gt|quot|apos|#\d{1,7}|#x[0-9a-fA-F]{1,6});)",
    re.DOTALL,
)
_CONTENT = "{http://purl.org/rss/1.0/modules/content/}encoded"
# The namespace contains the version, and some programs write https in it.
_WP = re.compile(r"\{https?://wordpress\.org/export/[\d.]+/\}(?P<name>\w+)")


@dataclass(kw_only=True)
class _ExportedSite:
    """
    What the file says about the site, before its items.
    """

    home: str = ""
    lang: str | None = None


@dataclass(kw_only=True)
class _Post:
    """
    One `<item>`: its plain fields by name (WordPress's own start with `wp:`), metadata and
    categories.
    """

    fields: dict[str, str] = field(default_factory=dict)
    meta: dict[str, str] = field(default_factory=dict)
    categories: list[str] = field(default_factory=list)

    def text(self, name: str) -> str:
        return self.fields.get(name, "").strip()


def read_wxr(raw: bytes) -> tuple[list[RawItem], list[str]]:
    """
    Return the published posts of the export file *raw*, in its order, and notes on what was left
    out.

    Raises:
        ReadError: it is not an export file, is too large, or is incomplete.
    """
    site, entries = _ExportedSite(), []
    for kind, found in _read(_checked(raw)):
        if kind == "item":
            entries.append(_entry(found))
        elif kind in ("link", "base_blog_url"):
            site.home = (found.text or "").strip() or site.home
        elif kind == "language":
            site.lang = (found.text or "").strip() or None
    images = {
        entry.text("wp:post_id"): entry.text("wp:attachment_url")
        for entry in entries
        if entry.text("wp:post_type") == "attachment"
    }
    return _items(entries, site, images)


def _items(
    entries: list[_Post], site: _ExportedSite, images: dict[str, str]
) -> tuple[list[RawItem], list[str]]:
    left_out: Counter[str] = Counter()
    items = []
    for entry in entries:
        reason = _why_left_out(entry)
        item = None if reason else _item(entry, site, images)
        if item is None:
            left_out[reason or "without id, link or title"] += 1
        else:
            items.append(item)
    notes = [f"left out {count}: {reason}" for reason, count in sorted(left_out.items())]
    return list(each_once(_with_distinct_keys(items))), notes


def _with_distinct_keys(items: list[RawItem]) -> Iterator[RawItem]:
    """
    Yield *items*; a post that was copied with the guid of another one gets its own URL as key.
    """
    owners: dict[str, str | None] = {}
    for item in items:
        is_copy = owners.setdefault(item.key, item.site_key) != item.site_key
        own = key_of(None, item.url, title=item.site_key, date=None) if is_copy else None
        yield replace(item, key=own, fallback_key=fallback_key_of(own)) if own else item


def _checked(raw: bytes) -> bytes:
    if len(raw) > MAX_BYTES:
        raise ReadError(
            phrase(
                "the export file is over {limit} MB: export one year at a time",
                limit=MAX_BYTES // 2**20,
            )
        )
    try:
        raw, _ = utf8_of(raw)
    except ReadError:
        raw = b""
    prolog, root, _ = raw.partition(b"<rss")
    if not root:
        raise ReadError(
            phrase("not a WordPress export file: in WordPress, choose Tools, Export, All content")
        )
    if b"<!DOCTYPE" in prolog or b"<!ENTITY" in prolog:
        raise ReadError(
            phrase("the export file declares entities, which WordPress never does: not read")
        )
    return _ENTITY.sub(
        lambda found: b"&amp;" if found["lone"] else found[0], raw.translate(None, _FORBIDDEN)
    )


def _read(raw: bytes) -> Iterator[tuple[str, etree._Element]]:
    """
    Yield the child elements of the channel, each with its local name; they are cleared after use.
    """
    walk = etree.iterparse(
        io.BytesIO(raw), resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False
    )
    is_export = False
    try:
        for _, element in walk:
            parent = element.getparent()
            if parent is None or parent.tag != "channel":
                continue
            own = _WP.fullmatch(element.tag)
            is_export |= own is not None
            yield (own["name"] if own else element.tag), element
            element.clear()
    except etree.XMLSyntaxError as error:
        reason = str(error.msg).partition("\n")[0]
        raise ReadError(
            phrase(
                "the export file is incomplete or damaged ({reason}): export it again in "
                "smaller parts",
                reason=reason,
            )
        ) from error
    if not is_export:
        raise ReadError(
            phrase("not a WordPress export file: in WordPress, choose Tools, Export, All content")
        )


def _entry(element: etree._Element) -> _Post:
    entry = _Post()
    for child in element:
        own = _WP.fullmatch(child.tag) if isinstance(child.tag, str) else None
        name = f"wp:{own['name']}" if own else str(child.tag)
        if name == "wp:postmeta":
            key, value = (child.findtext(f"{{*}}meta_{part}") or "" for part in ("key", "value"))
            entry.meta[key.strip()] = value.strip()
        elif name == "category":
            if child.get("domain", "category") in ("category", "post_tag"):
                entry.categories.append(child.text or "")
        else:
            entry.fields.setdefault(name, child.text or "")
    return entry


def _why_left_out(entry: _Post) -> str | None:
    kind, status = entry.text("wp:post_type"), entry.text("wp:status")
    if kind != "post":
        return f"type {kind[:40] or 'unknown'}"
    if status != "publish":
        return f"status {status[:40] or 'unknown'}"
    return "password-protected" if entry.text("wp:post_password") else None


def _item(entry: _Post, site: _ExportedSite, images: dict[str, str]) -> RawItem | None:
    url = web_address(entry.text("link"), base=site.home)
    title = one_line(entry.text("title"))
    at = _time(entry)
    key = key_of(entry.text("guid"), url, title=title, date=at)
    if key is None:
        return None
    image = images.get(entry.meta.get("_thumbnail_id", ""))
    return RawItem(
        key=key,
        fallback_key=fallback_key_of(key),
        site_key=_site_key(entry, site, url),
        content=markup_of(entry.fields.get(_CONTENT, "")),
        media_type=MediaType.HTML,
        title=title,
        url=url,
        base_url=url or site.home or None,
        published_at=at,
        image_url=web_address(image, base=site.home),
        categories=category_names(entry.categories),
        lang=site.lang,
    )


def _site_key(entry: _Post, site: _ExportedSite, url: str | None) -> str | None:
    number = entry.text("wp:post_id")
    if number.isdecimal() and site.home:
        return site_key(int(number), home=site.home, link=url)
    return site_key_of(entry.text("guid")) or site_key_of(url or "")


def _time(entry: _Post) -> dt.datetime | None:
    """
    Return when the post was published: its GMT time, else the feed's date, else its local time,
    taken as UTC. "Never published" is 0000-00-00 00:00:00, in a pubDate the year -0001.
    """
    said = map(entry.text, ("wp:post_date_gmt", "pubDate", "wp:post_date"))
    return next(filter(None, (dates.moment(text, dt.UTC) for text in said)), None)

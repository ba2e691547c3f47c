"""
Convert one post of the WordPress REST API to a raw item, for `source`.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

from newsletter.ingest.sources.item_keys import category_names, one_line, site_key_of, web_address
from newsletter.ingest.sources.json_api import list_in, text_in, time_in, value_in, whole_in
from newsletter.model.brief import MediaType, RawItem

# Only these fields are requested, since SEO plug-ins can add more to a post than the post itself.
# `_embedded` is only filled if `_links` is requested too.
FIELDS = "id,date,date_gmt,modified_gmt,status,link,title,content,_links,_embedded"
EMBEDDED = "wp:featuredmedia,wp:term"
# Twice the width of the column in a mail.
_WIDTH = 1200
# How far the aspect ratio of a size may differ from the image's own before it counts as cropped.
_CROPPED = 0.03


def read_post(entry: Any, *, home: str, zone: dt.tzinfo | None) -> RawItem | str:
    """
    Convert one *entry* of the site at *home* to a raw item, or return why it is left out.

    *zone* is the time zone for posts that give their time only in the site's own.
    """
    number = whole_in(entry, "id")
    if number is None:
        return "without id"
    if value_in(entry, "content", "protected") is True:
        return "password-protected"
    if (text_in(entry, "status") or "publish") != "publish":
        return "not published"
    link = web_address(text_in(entry, "link"), base=home)
    image = _image_in(entry)
    return RawItem(
        key=str(number),
        site_key=site_key(number, home=home, link=link),
        content=text_in(entry, "content", "rendered") or "",
        media_type=MediaType.HTML,
        title=one_line(text_in(entry, "title", "rendered")),
        url=link,
        base_url=link or home,
        published_at=published_at(entry, zone),
        image_url=web_address(_source_of(image), base=link or home),
        image_alt=one_line(text_in(image, "alt_text")) or "",
        image_caption=_caption_of(image),
        image_credit=_credit_of(image),
        categories=_categories(entry),
        is_partial=_lacks_embedded(entry),
    )


def site_key(number: int, *, home: str, link: str | None) -> str | None:
    """
    Return the key of post *number* that is the same at every endpoint of the site. It uses the host
    of the *link*, since the site may be polled at another host than its own, and the folder of
    *home*.
    """
    place = urlsplit(home)
    host = urlsplit(link or home).hostname
    return site_key_of(f"https://{host}{place.path}?p={number}")


def published_at(entry: Any, zone: dt.tzinfo | None) -> dt.datetime | None:
    """
    Return when the post was published. The GMT fields come without a Z, and contain 0000-00-00 for
    a post that never had its own date.
    """
    when = time_in(entry, "date_gmt")
    if when is None and zone is not None:
        return time_in(entry, "date", zone)
    return when


def modified_at(entry: Any) -> dt.datetime | None:
    """
    Return when the post was last modified.
    """
    return time_in(entry, "modified_gmt")


def _lacks_embedded(entry: Any) -> bool:
    """
    Return True if the post has an image or terms, but the site sent nothing that is embedded.
    """
    linked = (list_in(entry, "_links", name) for name in EMBEDDED.split(","))
    return any(linked) and not value_in(entry, "_embedded")


def _image_in(entry: Any) -> Any:
    """
    Return the featured image; a deleted or private one is embedded as an error without a URL.
    """
    media = list_in(entry, "_embedded", "wp:featuredmedia")
    first = media[0] if media else None
    kind = text_in(first, "media_type") or "image"
    return first if kind == "image" else None


def _caption_of(image: Any) -> str:
    found = (text_in(image, name, "rendered") for name in ("caption", "description"))
    return next(filter(None, found), "")


def _credit_of(image: Any) -> str:
    """
    Return the credit that the image file itself contained when it was uploaded.
    """
    details = value_in(image, "media_details")
    found = (text_in(details, "image_meta", name) for name in ("credit", "copyright"))
    return next(filter(None, found), "")


def _source_of(image: Any) -> str | None:
    """
    Return the URL of the uncropped size whose width is nearest to 1,200 pixels.
    """
    original = text_in(image, "source_url")
    details = value_in(image, "media_details")
    shape = _shape(details)
    best = original
    missed_by = abs((whole_in(details, "width") or 0) - _WIDTH) if original else None
    for size in _sizes(details):
        width = whole_in(size, "width") or 0
        own = _shape(size)
        if shape and own and abs(own / shape - 1) > _CROPPED:
            continue
        if missed_by is None or abs(width - _WIDTH) < missed_by:
            best, missed_by = text_in(size, "source_url"), abs(width - _WIDTH)
    return best


def _sizes(details: Any) -> Iterator[Any]:
    sizes = value_in(details, "sizes")
    # PHP encodes an empty map as a list.
    for size in sizes.values() if isinstance(sizes, dict) else ():
        if text_in(size, "source_url") and whole_in(size, "width"):
            yield size


def _shape(values: Any) -> float | None:
    width, height = whole_in(values, "width"), whole_in(values, "height")
    return width / height if width and height else None


def _categories(entry: Any) -> tuple[str, ...]:
    """
    Return the names of all its terms, categories as well as tags, as the site's feed does.
    """
    groups = [group for group in list_in(entry, "_embedded", "wp:term") if isinstance(group, list)]
    return category_names(text_in(term, "name") for group in groups for term in group)

"""
Choose the picture that a feed states for each of its items, from what `rss_atom` and `json_feed`
found: the largest one, with its caption and credit, and never the feed's own.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from newsletter.ingest.parsing import html_tree
from newsletter.ingest.parsing.cleanup.images import pixels
from newsletter.ingest.parsing.cleanup.trackers import is_tracker
from newsletter.ingest.sources.feeds.media import ItemMedia, Medium, Words, names_image
from newsletter.ingest.sources.item_keys import web_address

_TINY = 2
# Releases and posts state the portrait of their author in this size.
_ICON = 48
# WordPress.com states the picture of the author as the first medium of each item.
_PORTRAITS = "gravatar.com"
_PHOTOGRAPHERS = ("photographer", "author", "")


@dataclass(frozen=True, kw_only=True)
class Picture:
    """
    A picture at an absolute address. `width` is the stated one in pixels; `is_poster` means that it
    is a still image of a film.
    """

    url: str
    alt: str = ""
    caption: str = ""
    credit: str = ""
    width: int | None = None
    is_poster: bool = False


def choose_pictures(
    stated: Sequence[Sequence[Picture]], own: Iterable[str | None]
) -> list[Picture | None]:
    """
    Choose one of the pictures *stated* for each item, the best first. A picture that all items
    have, or that is among the feed's *own*, is a logo.
    """
    logos = {_without_scheme(url) for url in own if url}
    if len(stated) > 1:
        logos |= set.intersection(
            *({_without_scheme(p.url) for p in pictures} for pictures in stated)
        )
    return [
        next((p for p in pictures if _without_scheme(p.url) not in logos), None)
        for pictures in stated
    ]


def pictures_of_entry(entry: Any, media: ItemMedia, *, base: str) -> list[Picture]:
    """
    Return the pictures of an entry of feedparser, the best first: media by size, enclosures, the
    image for iTunes, thumbnails, and stills of films.
    """
    films = {id(medium) for medium in media.found if medium.is_film}
    in_films = {id(m.group) for m in media.found if id(m) in films and m.group is not None}
    images = [medium for medium in media.found if medium.is_image]
    thumbnails = [medium for medium in media.found if medium.is_thumbnail]
    posters = [m for m in thumbnails if id(m.inside) in films or id(m.group) in in_films]
    small = [m for m in thumbnails if not any(m is poster for poster in posters)]
    others = [
        *(e.get("href") for e in entry.get("enclosures") or [] if _is_image_file(e, e.get("href"))),
        *own_images(entry),
    ]
    found = [
        *_ranked(images, media, base=base),
        *(Picture(url=url) for said in others if (url := web_address(said, base=base))),
        *_ranked(small, media, base=base),
        *_ranked(posters, media, base=base, is_poster=True),
    ]
    return [picture for picture in found if _may_lead(picture)]


def pictures_at(addresses: Iterable[str | None], *, base: str) -> list[Picture]:
    """
    Return the pictures at *addresses*, in order.
    """
    found = (web_address(address, base=base) for address in addresses)
    return [picture for url in found if url and _may_lead(picture := Picture(url=url))]


def own_images(values: Any) -> Iterator[str | None]:
    """
    Yield the addresses in the `image` (also that for iTunes), `logo` and `icon` of an entry, or of
    a feed. feedparser gives the `image` of an RSS item, which is not in RSS, as its `href`.
    """
    if (said := values.get("href")) and names_image(said):
        yield said
    image = values.get("image")
    if isinstance(image, Mapping):
        yield image.get("href") or image.get("url")
    for name in ("logo", "icon"):
        if isinstance(value := values.get(name), str):
            yield value


def _ranked(
    found: Sequence[Medium], media: ItemMedia, *, base: str, is_poster: bool = False
) -> list[Picture]:
    """
    Return the pictures of the media *found*, the largest first.
    """
    largest = sorted(enumerate(found), key=lambda pair: _size(pair[1]), reverse=True)
    pictures = []
    for place, medium in largest:
        said = medium.attributes.get("url", "").replace("&amp;", "&")
        if (url := web_address(said, base=base)) is None or _is_tiny(medium):
            continue
        words = [medium.words, medium.group, _common(media.words, place, len(found))]
        pictures.append(
            Picture(
                url=url,
                alt=_first(words, "title"),
                caption="" if is_poster else _first(words, "description"),
                credit="" if is_poster else _first(words, "credit", "copyright"),
                width=pixels(medium.attributes.get("width")),
                is_poster=is_poster,
            )
        )
    return pictures


def _size(medium: Medium) -> tuple[int, int]:
    width, height = (pixels(medium.attributes.get(name)) or 0 for name in ("width", "height"))
    size = medium.attributes.get("filesize", "").strip()
    is_number = size.isascii() and size.isdigit()
    return width * (height or width), int(size[:18]) if is_number else 0


def _is_tiny(medium: Medium) -> bool:
    """
    Return True if the stated size is that of a tracking pixel or an icon.
    """
    sizes = [pixels(medium.attributes.get(name)) for name in ("width", "height")]
    known = [size for size in sizes if size is not None]
    return any(size <= _TINY for size in known) or (len(known) == 2 and max(known) <= _ICON)


def _common(words: Words, place: int, count: int) -> Words:
    """
    Return which of the *words* beside the media of an item belong to the medium at *place*: one for
    each, or one for all of them.
    """
    kept = Words()
    for name, said in words.texts.items():
        if count == 1 or len(said) == 1:
            kept.texts[name] = said
        elif len(said) == count:
            kept.texts[name] = [said[place]]
    return kept


def _first(words: Iterable[Words | None], *names: str) -> str:
    """
    Return the first text under one of *names*; of several credits, that of the photographer.
    """
    for some in words:
        for name in names:
            said = some.texts.get(name, []) if some is not None else []
            by_role = sorted(said, key=lambda one: one[0].get("role", "") not in _PHOTOGRAPHERS)
            if by_role:
                return html_tree.plain(by_role[0][1])
    return ""


def _is_image_file(enclosure: Any, address: str | None) -> bool:
    if kind := enclosure.get("type"):
        return bool(kind == "image" or kind.startswith("image/"))
    return names_image(address or "")


def _may_lead(picture: Picture) -> bool:
    host = urlsplit(picture.url).hostname or ""
    return not is_tracker(picture.url) and not f".{host}".endswith(f".{_PORTRAITS}")


def _without_scheme(url: str) -> str:
    return url.partition("://")[2]

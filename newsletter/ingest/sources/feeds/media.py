"""
Collect the media of a feed's items (Media RSS, https://www.rssboard.org/media-rss) with their
captions and credits, for `rss_atom`; `pictures` chooses among them.

feedparser takes the title and description of a medium for those of the item, and does not tell to
which medium a credit belongs. Its parsers are extended here by handlers that do.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import feedparser

_IMAGE = re.compile(r"\.(?:jpe?g|png|gif|webp)$", re.IGNORECASE)
# The name of a file of any kind, except scripts, which may give an image.
_FILE = re.compile(r"\.(?!(?:php|aspx?|ashx|jsp|cgi)$)[a-z][a-z0-9]{1,4}$", re.IGNORECASE)
_WORDS = ("title", "description", "credit", "copyright")


@dataclass(frozen=True)
class Words:
    """
    What is said about media, by the name of the element; each text with its attributes.
    """

    texts: dict[str, list[tuple[Mapping[str, str], str]]] = field(default_factory=dict)

    def add(self, name: str, attributes: Mapping[str, str], text: str) -> None:
        self.texts.setdefault(name, []).append((attributes, text))


@dataclass(frozen=True, kw_only=True)
class Medium:
    """
    One `media:content` or, if it `is_thumbnail`, one `media:thumbnail`. `inside` is the medium
    around a thumbnail; `group` is the same object for all media of one `media:group`.
    """

    attributes: Mapping[str, str]
    is_thumbnail: bool = False
    inside: Medium | None = None
    group: Words | None = None
    words: Words = field(default_factory=Words)

    @property
    def is_film(self) -> bool:
        kind = self.attributes.get("type", "")
        is_video = kind.startswith("video/") or kind == "application/x-shockwave-flash"
        return not self.is_thumbnail and (is_video or self.attributes.get("medium") == "video")

    @property
    def is_image(self) -> bool:
        """
        Whether it is a `media:content` that is said to be an image, or may be one by its name.
        """
        if self.is_thumbnail or self.is_film:
            return False
        kind, medium = (self.attributes.get(name, "").lower() for name in ("type", "medium"))
        if kind or medium:
            return kind.startswith("image") or medium == "image"
        url = self.attributes.get("url", "")
        return names_image(url) or not _FILE.search(_file_name(url))


@dataclass(frozen=True)
class ItemMedia:
    """
    The media of one item, or of the feed itself, and what is said about all of them.
    """

    found: list[Medium] = field(default_factory=list)
    words: Words = field(default_factory=Words)


def names_image(url: str) -> bool:
    """
    Return True if the name of the file at *url* is that of an image.
    """
    return _IMAGE.search(_file_name(url)) is not None


def _file_name(url: str) -> str:
    """
    Return the last part of the path of *url*.
    """
    return url.partition("?")[0].partition("#")[0].rpartition("/")[2]


def media_of(values: Any) -> ItemMedia:
    """
    Return the media of an entry, or of a feed, that feedparser returned.
    """
    found = values.get("media")
    return found if isinstance(found, ItemMedia) else ItemMedia()


def is_permalink(entry: Any) -> bool:
    """
    Return True if the entry has an RSS guid that is not marked as something else than its address.
    An Atom id never is the address (RFC 4287, 4.2.6).
    """
    return bool(entry.get("guid_is_permalink"))


class _MediaHandlers:
    """
    Handlers that feedparser calls by the name of the element. One parser reads one document.
    """

    _context: Any = None
    _medium: Medium | None = None
    _group: Words | None = None
    _attributes: Mapping[str, str] = {}

    def _start_guid(self, attributes: dict[str, str]) -> None:
        if "ispermalink" in attributes:
            attributes["ispermalink"] = attributes["ispermalink"].strip().lower()
        super()._start_guid(attributes)  # type: ignore[misc]  # feedparser's
        self._current()["guid_is_permalink"] = attributes.get("ispermalink", "true") == "true"

    def _start_media_group(self, _: dict[str, str]) -> None:
        self._media()
        self._group = Words()

    def _end_media_group(self) -> None:
        self._group = None

    def _start_media_content(self, attributes: dict[str, str]) -> None:
        media = self._media()
        self._medium = Medium(attributes=dict(attributes), group=self._group)
        media.found.append(self._medium)

    def _end_media_content(self) -> None:
        self._medium = None

    def _start_media_thumbnail(self, attributes: dict[str, str]) -> None:
        self._media().found.append(
            Medium(
                attributes=dict(attributes),
                is_thumbnail=True,
                inside=self._medium,
                group=self._group,
            )
        )

    def _end_media_thumbnail(self) -> None:
        pass

    def _start_words(self, name: str, attributes: dict[str, str]) -> None:
        self._media()
        self._attributes = dict(attributes)
        self.push(f"media_{name}", 0)  # type: ignore[attr-defined]

    def _end_words(self, name: str) -> None:
        media = self._media()
        text = self.pop(f"media_{name}")  # type: ignore[attr-defined]
        about = self._medium.words if self._medium is not None else self._group or media.words
        if text:
            about.add(name, self._attributes, text)

    def _current(self) -> Any:
        return self._get_context()  # type: ignore[attr-defined]

    def _media(self) -> ItemMedia:
        """
        Return the media of the item that is being read. In a broken document, elements of the item
        before it may still be open.
        """
        context = self._current()
        if context is not self._context:
            self._context, self._medium, self._group = context, None, None
        media: ItemMedia = context.setdefault("media", ItemMedia())
        return media


def _handlers() -> dict[str, Any]:
    """
    Return the handlers of the elements with words, which differ only by name.
    """
    made: dict[str, Any] = {}
    for name in _WORDS:
        made[f"_start_media_{name}"] = lambda self, attributes, n=name: self._start_words(
            n, attributes
        )
        made[f"_end_media_{name}"] = lambda self, n=name: self._end_words(n)
    return made


for _name in ("StrictFeedParser", "LooseFeedParser"):
    _bases = (_MediaHandlers, getattr(feedparser.api, _name))
    setattr(feedparser.api, _name, type(_name, _bases, _handlers()))

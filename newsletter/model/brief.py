"""
A brief, the raw item a source gave before it was read, and what one poll of a source brought.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import enum
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from newsletter.errors import ReadError

# The text on the button of a brief whose source gave only the address; `templating.context`
# translates it into the language of the mail.
READ_ON = "Read more"


class BriefStatus(enum.StrEnum):
    """
    Where a stored brief stands: seen before anybody subscribed, free for an issue, kept back
    for a person to look at, or already in a submitted issue.
    """

    RECORDED = "recorded"
    NEW = "new"
    HELD = "held"
    USED = "used"


class StatusCause(enum.StrEnum):
    """
    What gave a brief its status, where a later step depends on it.
    """

    ITEM_MISSING = "item_missing"
    FREED = "freed"


@dataclass(frozen=True)
class Link:
    """
    A labelled absolute address.
    """

    label: str
    url: str


@dataclass(frozen=True, kw_only=True)
class Brief:
    """
    One short dated piece, read into typed fields.

    `title`, `caption`, `credit` and `takeaways` are plain text; `body_html` is sanitised HTML
    with absolute addresses, of pictures as `model.image` says; `body_text` is the same as plain
    text, its links as `words <address>`.
    """

    title: str
    series: str | None = None
    date: dt.date | None = None
    published_at: dt.datetime | None = None
    image_url: str | None = None
    image_alt: str = ""
    image_width: int | None = None
    image_height: int | None = None
    caption: str | None = None
    credit: str | None = None
    takeaways: tuple[str, ...] = ()
    body_html: str = ""
    body_text: str = ""
    cta: Link | None = None
    url: str | None = None
    links: tuple[Link, ...] = ()
    footnotes: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    lang: str | None = None
    dir: str = "ltr"
    removed: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """
        Return the fields as plain JSON values, in the order of the contract.
        """
        values = dataclasses.asdict(self)
        values["date"] = self.date.isoformat() if self.date else None
        values["published_at"] = self.published_at.isoformat() if self.published_at else None
        return {name: list(v) if isinstance(v, tuple) else v for name, v in values.items()}

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Brief:
        """
        Create the brief from the values that `as_json` returned.
        """
        known = {name: values[name] for name in BRIEF_FIELDS if name in values}
        for name in _TUPLES:
            known[name] = tuple(known.get(name, ()))
        known["links"] = tuple(Link(**link) for link in known["links"])
        if known.get("cta"):
            known["cta"] = Link(**known["cta"])
        if known.get("date"):
            known["date"] = dt.date.fromisoformat(known["date"])
        if known.get("published_at"):
            known["published_at"] = dt.datetime.fromisoformat(known["published_at"])
        return cls(**known)


BRIEF_FIELDS = tuple(f.name for f in dataclasses.fields(Brief))
_TUPLES = ("takeaways", "links", "footnotes", "categories", "removed", "warnings")


_MOMENTS = ("published_at", "updated_at", "fallback_at")
_ITEM_TUPLES = ("categories", "images", "warnings")


class MediaType(enum.StrEnum):
    """
    How a raw item's content is to be read. HTML_PAGE is a whole page, HTML a fragment of one.
    """

    TEXT = "text/plain"
    MARKDOWN = "text/markdown"
    HTML = "text/html"
    HTML_PAGE = "text/html; page"


@dataclass(frozen=True, kw_only=True)
class RawItem:
    """
    One item as a source gave it, before it is read into a brief.

    `key` names the item within its source for ever; `fallback_key` is the same without scheme
    and host, so that a site moving to https is not a new brief. `site_key` (`example.org?p=310`)
    names the same post whichever door it came through. `base_url` resolves relative addresses.
    `fallback_title`, `fallback_at` and `fallback_image` count when the content names none of its
    own: a mail's subject and date, the picture that has the name of the file. `images` are the
    names of those that came with it, as its content has them; `Poll.open_image` opens them.
    `updated_at` is when the source says it was last edited. Times are aware, in UTC.

    An excerpt (`is_excerpt`) may bring the whole `page` it was taken from; `page_image_url` is the
    picture that page names. `is_kept` says that item and page are as they were at the last poll,
    and the page is not here again. `warnings` are what the source has to say of the brief.
    """

    key: str
    content: str
    media_type: MediaType
    fallback_key: str | None = None
    site_key: str | None = None
    title: str | None = None
    url: str | None = None
    base_url: str | None = None
    published_at: dt.datetime | None = None
    updated_at: dt.datetime | None = None
    image_url: str | None = None
    image_alt: str = ""
    categories: tuple[str, ...] = ()
    lang: str | None = None
    fallback_title: str | None = None
    fallback_at: dt.datetime | None = None
    fallback_image: str | None = None
    images: tuple[str, ...] = ()
    is_excerpt: bool = False
    page: str | None = None
    page_image_url: str | None = None
    is_kept: bool = False
    warnings: tuple[str, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """
        The fields as plain JSON values.
        """
        values = dataclasses.asdict(self)
        values["media_type"] = self.media_type.value
        for name in _MOMENTS:
            values[name] = values[name].isoformat() if values[name] else None
        for name in _ITEM_TUPLES:
            values[name] = list(values[name])
        return values

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> RawItem:
        """
        Create the raw item from the values that `as_json` returned.
        """
        known = dict(values)
        known["media_type"] = MediaType(known["media_type"])
        for name in _ITEM_TUPLES:
            known[name] = tuple(known.get(name, ()))
        for name in _MOMENTS:
            if known.get(name):
                known[name] = dt.datetime.fromisoformat(known[name])
        return cls(**known)


def _no_image(key: str, name: str) -> bytes:
    raise ReadError("it did not come with the brief")


@dataclass(frozen=True, kw_only=True)
class Poll:
    """
    What one poll of a source brought.

    `state` is what the source wants back at its next poll (validators, a moved address).
    `is_unchanged` means the server said so (304); `is_cut` that the document broke off, so that
    only its complete items are here and the validators were not kept; `is_waiting` that something
    was there which only the next poll will read. `present` has the key of everything that is there,
    read or not, where the source knows: what it lacks is gone. `open_image`
    gives the bytes of a picture that came with an item, by the item's key and the picture's name;
    it raises ReadError.
    """

    items: tuple[RawItem, ...] = ()
    state: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    is_unchanged: bool = False
    is_cut: bool = False
    is_waiting: bool = False
    open_image: Callable[[str, str], bytes] = field(default=_no_image, compare=False)
    present: frozenset[str] | None = None


class FullText(enum.StrEnum):
    """
    Whether the page of an item is asked for when its feed gives only an excerpt.
    """

    AUTO = "auto"
    NEVER = "never"


class ImageRule(enum.StrEnum):
    """
    Which picture leads a brief: the FIRST of its text, the one the FEED (or API, or front matter)
    names, the one its PAGE names for sharing, or NONE. AUTO takes what the feed names, else one
    above the second paragraph, else the page's.
    """

    AUTO = "auto"
    FIRST = "first"
    FEED = "feed"
    PAGE = "page"
    NONE = "none"


@dataclass(frozen=True, kw_only=True)
class ReadingRules:
    """
    How one source's items are read: the series prefixes to take off the title, the time zone of
    times without one, whether 3/5/2019 is the third of May (`day_first`), which picture leads
    (`image`), and whether excerpts are read in full.
    """

    prefixes: tuple[str, ...] = ("TSG IntelBrief", "IntelBrief")
    trailers: tuple[str, ...] = ()
    timezone: str = "UTC"
    day_first: bool = False
    image: ImageRule = ImageRule.AUTO
    full_text: FullText = FullText.AUTO

    def as_json(self) -> dict[str, Any]:
        """
        The fields as plain JSON values.
        """
        values = dataclasses.asdict(self)
        return {name: list(v) if isinstance(v, tuple) else v for name, v in values.items()}

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> ReadingRules:
        """
        Create the rules from the values that `as_json` returned.
        """
        known = dict(values)
        for name in ("prefixes", "trailers"):
            if name in known:
                known[name] = tuple(known[name])
        known["image"] = ImageRule(known.get("image", ImageRule.AUTO))
        known["full_text"] = FullText(known.get("full_text", FullText.AUTO))
        return cls(**known)

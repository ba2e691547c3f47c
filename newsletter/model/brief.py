"""
A brief, the raw item from which it is parsed, and the result of one poll of a source.
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
# translates it into the language of the mail. A source may use the same words for its own action.
READ_ON = "Read more"


class BriefStatus(enum.StrEnum):
    """
    The status of a stored brief: recorded because it is older than the source, free for an issue,
    held until a person decides, or used in a submitted issue.
    """

    RECORDED = "recorded"
    NEW = "new"
    HELD = "held"
    USED = "used"


class StatusCause(enum.StrEnum):
    """
    The cause of a brief's status, if a later step depends on it.
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
    A short dated text, parsed into typed fields.

    `title`, `caption`, `credit` and `takeaways` are plain text; `body_html` is sanitised HTML with
    absolute addresses (those of images are described in `model.image`); `body_text` is the same as
    plain text, with links as `text <address>`; `body_typed` is the Markdown that staff typed.
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
    body_typed: str | None = None
    cta: Link | None = None
    url: str | None = None
    links: tuple[Link, ...] = ()
    footnotes: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    lang: str | None = None
    dir: str = "ltr"
    removed: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()

    @property
    def has_own_action(self) -> bool:
        """
        Return True if the call to action is the brief's own, not just the link to its address.
        """
        return self.cta is not None and self.cta != Link(READ_ON, self.url or "")

    def as_json(self) -> dict[str, Any]:
        """
        Return the fields as JSON values, in the documented order.
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
_ITEM_TUPLES = ("categories", "images", "removed", "warnings")


class MediaType(enum.StrEnum):
    """
    How to parse the content of a raw item. HTML_PAGE is a whole page, HTML a fragment of one.
    """

    TEXT = "text/plain"
    MARKDOWN = "text/markdown"
    HTML = "text/html"
    HTML_PAGE = "text/html; page"


@dataclass(frozen=True, kw_only=True)
class RawItem:
    """
    One item as a source returned it, before it is parsed into a brief.

    `key` identifies the item within its source permanently; `fallback_key` is the same without
    scheme and host, so that a move to https does not make a new brief. `site_key`
    (`example.org?p=310`) is the same for a post at every endpoint of its site. Relative addresses
    are resolved against `base_url`. `fallback_title`, `fallback_at` and `fallback_image` are used
    if the content has none of its own: the subject and date of a mail, the image with the name of
    the file, the still image of a film. `image_caption` and `image_credit` are of the image at
    `image_url` and may contain markup; `image_width` is its stated width. `images` are the names of
    the images that came with the item, as used in its content; `Poll.open_image` opens them.
    `updated_at` is the time of the last edit according to the source. Times are aware and in UTC.

    An excerpt (`is_excerpt`) may include the markup of its whole `page`; `page_image_url` is the
    image that the page declares. `is_kept` means that the item and its page have not changed since
    the last poll, so the page is not included again. `is_partial` means that the source could give
    only a part of what it gave before, as a feed in place of an API: what is stored of the image
    and the categories stays. `removed` is text that the source left out; `warnings` come from the
    source.
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
    image_caption: str = ""
    image_credit: str = ""
    image_width: int | None = None
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
    is_partial: bool = False
    removed: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """
        Return the fields as JSON values.
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
    The result of one poll of a source.

    `state` is passed to the next poll (validators, a moved address). `is_unchanged` means that the
    server responded 304; `is_cut` that the document is truncated, so that only its complete items
    are included and its validators are not stored; `is_waiting` that something was left for the
    next poll. `present` has the keys of all items that exist, whether read or not, if the source
    knows them; every other item is missing. `open_image` returns the bytes of an image that came
    with an item, by the key of the item and the name of the image; it raises ReadError.
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
    Whether to fetch the page of an item if its feed gives only an excerpt.
    """

    AUTO = "auto"
    NEVER = "never"


class ImageRule(enum.StrEnum):
    """
    Which image is the lead image of a brief: the FIRST in its text, the one stated by the FEED (or
    API, or front matter), the one its PAGE declares for sharing, or NONE. AUTO uses the one stated
    by the feed, else one above the second paragraph, else the page's.
    """

    AUTO = "auto"
    FIRST = "first"
    FEED = "feed"
    PAGE = "page"
    NONE = "none"


@dataclass(frozen=True, kw_only=True)
class ReadingRules:
    """
    How to parse the items of one source: the series prefixes to remove from titles, the first words
    of its boilerplate (`trailers`), the time zone of times without one, whether 3/5/2019 is the
    third of May (`day_first`), which image leads (`image`), and whether to read excerpts in full.
    """

    prefixes: tuple[str, ...] = ("TSG IntelBrief", "IntelBrief")
    trailers: tuple[str, ...] = ()
    timezone: str = "UTC"
    day_first: bool = False
    image: ImageRule = ImageRule.AUTO
    full_text: FullText = FullText.AUTO

    def as_json(self) -> dict[str, Any]:
        """
        Return the fields as JSON values.
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

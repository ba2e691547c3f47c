"""
Define how an item of a source is recognised: by its keys, and by what the store knows about the
brief they belong to.

The matching of a poll compares the two; `store.content.known_items` loads them.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from newsletter.model.brief import Brief, BriefStatus, StatusCause


@dataclass(frozen=True, kw_only=True)
class ItemKey:
    """
    The keys of an item in `source`: its own, the same without scheme and host, and the one that a
    post has at every endpoint of its site.

    Hand-made feeds use one id for several briefs: `reused_for` is the address of the other brief,
    and empty for the first one.
    """

    source: str
    key: str
    reused_for: str = ""
    fallback_key: str | None = None
    site_key: str | None = None

    def __str__(self) -> str:
        """
        Return the key as shown to people.
        """
        return f"{self.key} | {self.reused_for}" if self.reused_for else self.key


@dataclass(frozen=True, kw_only=True)
class ParsedItem:
    """
    An item at its `place` in a poll, with its brief, the hash of the brief's content, and the time
    used as its date. `link` and `text_hash` recognise the brief under another id. `is_kept` means
    that the brief's page was not fetched again, so that its stored content stays; `is_partial` that
    only its stored image and categories stay.
    """

    place: int
    key: ItemKey
    brief: Brief
    content_hash: str
    dated_at: dt.datetime
    link: str | None = None
    text_hash: str | None = None
    is_kept: bool = False
    is_partial: bool = False


@dataclass(frozen=True, kw_only=True)
class KnownBrief:
    """
    What matching needs to know about a stored brief. `edited` names the fields that a person set.
    """

    id: int
    source: str
    key: str
    status: BriefStatus
    cause: StatusCause | None
    content_hash: str
    dated_at: dt.datetime
    title: str
    url: str | None
    date: dt.date | None
    link: str | None = None
    text_hash: str | None = None
    edited: frozenset[str] = frozenset()

    @classmethod
    def new(cls, brief_id: int, item: ParsedItem, status: BriefStatus) -> KnownBrief:
        """
        Describe the brief that is stored of a new *item*.
        """
        return cls(
            id=brief_id,
            source=item.key.source,
            key=str(item.key),
            status=status,
            cause=None,
            content_hash=item.content_hash,
            dated_at=item.dated_at,
            title=item.brief.title,
            url=item.brief.url,
            date=item.brief.date,
            link=item.link,
            text_hash=item.text_hash,
        )


@dataclass(frozen=True, kw_only=True)
class KnownKey:
    """
    A stored key of a brief. `is_new` means that the brief appeared after the source was added. If
    the brief was joined with another, `seen_hash` is the hash of what came last under this key.
    """

    key: ItemKey
    brief_id: int
    is_new: bool
    seen_hash: str | None = None


@dataclass(frozen=True, kw_only=True)
class MissingItem:
    """
    A brief of the source that the source no longer has, and the key it had there.
    """

    key: ItemKey
    brief: KnownBrief


@dataclass(frozen=True, kw_only=True)
class KnownItems:
    """
    What the store knows about the items of one poll: the briefs by number, their keys in this
    source, the numbers of briefs by site key, and the briefs that the source no longer has.
    `present` are the keys of all its items, None if it does not list them.
    """

    briefs: Mapping[int, KnownBrief] = field(default_factory=dict)
    keys: tuple[KnownKey, ...] = ()
    by_site_key: Mapping[str, int] = field(default_factory=dict)
    missing: tuple[MissingItem, ...] = ()
    present: Collection[str] | None = None

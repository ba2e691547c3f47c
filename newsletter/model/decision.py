"""
Define what a poll can decide about its items.

The matching makes the decisions, `store.content.known_items` saves them, and the report of the poll
describes them. A brief that is new in this poll has a negative number until it is saved.
"""

from __future__ import annotations

from dataclasses import dataclass

from newsletter.model.brief import BriefStatus
from newsletter.model.known_item import ItemKey, ParsedItem

# The reason shown for a brief whose item is missing.
MISSING_WHY = "its file is gone"


@dataclass(frozen=True, kw_only=True)
class Unparsable:
    """
    The item contains no brief; `reason` says why in one line.
    """

    key: str
    reason: str


@dataclass(frozen=True, kw_only=True)
class New:
    """
    The item is not known: its brief is stored with `status`, for the reason `why`. `is_repeat`: a
    known brief has its title and text, with another date and link.
    """

    brief_id: int
    item: ParsedItem
    status: BriefStatus
    why: str
    warnings: tuple[str, ...] = ()
    is_repeat: bool = False


@dataclass(frozen=True, kw_only=True)
class KeyAdded:
    """
    A known brief has another key in this source; `is_new` says whether it counts as new there.
    `frees` means that it was only recorded until now, and may be sent from now on. `old_key` is the
    key it had in this source, if that is gone: the item has a new id. `seen_hash` is the hash of
    the item, if the brief was joined with another.
    """

    brief_id: int
    key: ItemKey
    is_new: bool
    frees: bool
    old_key: str | None = None
    seen_hash: str | None = None


@dataclass(frozen=True, kw_only=True)
class Renamed:
    """
    The item with this content has a different key than before.
    """

    brief_id: int
    old_key: ItemKey
    key: ItemKey


@dataclass(frozen=True, kw_only=True)
class Reappeared:
    """
    The item of a brief that was held as missing is back: the brief is released.
    """

    brief_id: int
    key: ItemKey


@dataclass(frozen=True, kw_only=True)
class Unchanged:
    """
    The brief, known as `key`, has the same content as before.
    """

    brief_id: int
    key: str


@dataclass(frozen=True, kw_only=True)
class Updated:
    """
    The content of the brief, known as `key`, has changed to that of `item`. `is_joined`: the brief
    was joined with another, so the item is remembered under its own key.
    """

    brief_id: int
    key: str
    item: ParsedItem
    warnings: tuple[str, ...] = ()
    is_joined: bool = False


@dataclass(frozen=True, kw_only=True)
class Held:
    """
    A stored brief is held from now on, for the reason `why`.
    """

    brief_id: int
    key: str
    why: str


@dataclass(frozen=True, kw_only=True)
class Missing:
    """
    The source no longer has the item of a brief that was not sent yet: the brief is held.
    """

    brief_id: int
    key: ItemKey


Decision = Unparsable | New | KeyAdded | Renamed | Reappeared | Unchanged | Updated | Held | Missing

"""
Describe people by what they have in common: lists and commands on many people share one filter.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import enum
from dataclasses import dataclass


class PeopleOrder(enum.StrEnum):
    """
    In which order people are listed: by when they were first known, or by their address.
    """

    OLDEST = "oldest"
    NEWEST = "newest"
    ADDRESS = "address"


class PersonState(enum.StrEnum):
    """
    The state of a subscription as people see it: SUPPRESSED is a pending or active one that a
    suppression holds back; it is in no other state then. Without a list, whoever is suppressed for
    all lists is SUPPRESSED.
    """

    PENDING = "pending"
    ACTIVE = "active"
    SUPPRESSED = "suppressed"
    ENDED = "ended"


@dataclass(frozen=True, kw_only=True)
class PeopleFilter:
    """
    Whom a command is about. Each value that is given narrows it; without any it is everybody.

    `state`, `source` and the days on which the person joined are those of one subscription, to the
    list `list_slug` if it is given. `joined_after` and `joined_before` are in UTC and are left out
    themselves. `source` is how the name of what recorded the consent begins, such as a file or a
    form. `text` is in the address or the name; `begins` is how the address begins. Spaces around
    these three do not count. Something happened to them at `changed_since` or later. `among` are
    the slugs of lists of which they have to be on one, which is what the rest is about; a name and
    a tag match only people of whom staff limited to these lists see that. `rule` is one like that
    of a segment, which it is used instead of.
    """

    list_slug: str = ""
    state: PersonState | None = None
    tag: str = ""
    segment: str = ""
    rule: str = ""
    joined_after: dt.date | None = None
    joined_before: dt.date | None = None
    source: str = ""
    text: str = ""
    begins: str = ""
    changed_since: dt.datetime | None = None
    among: frozenset[str] | None = None

    def __post_init__(self) -> None:
        for name in ("source", "text", "begins"):
            object.__setattr__(self, name, getattr(self, name).strip())

    @property
    def is_everybody(self) -> bool:
        """
        Return True if nothing narrows it.
        """
        values = (getattr(self, each.name) for each in dataclasses.fields(self))
        return not any(value or value == frozenset() for value in values)


EVERYBODY = PeopleFilter()

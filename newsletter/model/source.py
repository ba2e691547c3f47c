"""
The settings of a source, its status, and the report of one poll.
"""

from __future__ import annotations

import datetime as dt
import enum
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from newsletter.model.brief import BriefStatus, ReadingRules


class SourceKind(enum.StrEnum):
    FOLDER = "folder"
    FEED = "feed"
    WORDPRESS = "wordpress"
    GHOST = "ghost"
    PAGE = "page"
    MAILBOX = "mailbox"


class FirstPoll(enum.StrEnum):
    """
    What the first poll does with the items it finds: only RECORD them, so that they are not sent,
    or treat them as NEW.
    """

    RECORD = "record"
    NEW = "new"


@dataclass(frozen=True, kw_only=True)
class SourceSettings:
    """
    Where briefs come from. `every` is the interval between polls; a new brief dated longer ago than
    `look_back` is held until a person decides; one that arrived or changed less than `settle` ago
    delays a slot; `categories`, if given, are the only ones accepted. `key` refers to the secret of
    a source that needs one (`env:NAME`, `file:PATH`); `reading` says how its items are parsed.
    """

    id: int
    name: str
    kind: SourceKind
    location: str
    every: dt.timedelta = dt.timedelta(minutes=15)
    first_poll: FirstPoll = FirstPoll.RECORD
    look_back: dt.timedelta = dt.timedelta(days=14)
    settle: dt.timedelta = dt.timedelta(minutes=15)
    timezone: str = "UTC"
    categories: tuple[str, ...] = ()
    key: str | None = None
    reading: ReadingRules = field(default_factory=ReadingRules)
    state: Mapping[str, str] = field(default_factory=dict)
    first_polled_at: dt.datetime | None = None
    last_polled_at: dt.datetime | None = None
    next_poll_at: dt.datetime | None = None
    failures: int = 0
    is_gone: bool = False

    def as_json(self) -> dict[str, Any]:
        """
        Return the settings as JSON values.
        """
        return {
            "name": self.name,
            "kind": self.kind,
            "location": self.location,
            "every_s": int(self.every.total_seconds()),
            "first_poll": self.first_poll,
            "look_back_s": int(self.look_back.total_seconds()),
            "settle_s": int(self.settle.total_seconds()),
            "timezone": self.timezone,
            "categories": list(self.categories),
            "reading": self.reading.as_json(),
        }


@dataclass(frozen=True, kw_only=True)
class SourceStanding:
    """
    The status of a source: `error` is the error of its last poll, None if that succeeded; `briefs`
    counts its briefs by status.
    """

    source: SourceSettings
    error: str | None = None
    briefs: Mapping[str, int] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """
        Return the settings and the status of the source, in the shape of `source list --json`.
        """
        last, following = self.source.last_polled_at, self.source.next_poll_at
        return {
            **self.source.as_json(),
            "last_poll": last.isoformat() if last else None,
            "next_poll": following.isoformat() if following and not self.source.is_gone else None,
            "failures": self.source.failures,
            "error": self.error,
            "is_gone": self.source.is_gone,
            "briefs": {status.value: self.briefs.get(status.value, 0) for status in BriefStatus},
        }


@dataclass(frozen=True, kw_only=True)
class CollectReport:
    """
    What one poll of a source decided, with the keys of the items. `error` is the one-line error of
    a failed poll.
    """

    source: str
    recorded: tuple[str, ...] = ()
    new: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    unchanged: tuple[str, ...] = ()
    held: tuple[str, ...] = ()
    error: str | None = None
    notes: tuple[str, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """
        Return the counts, in the shape of `collect --json`.
        """
        return {
            "source": self.source,
            "recorded": len(self.recorded),
            "new": len(self.new),
            "changed": len(self.changed),
            "unchanged": len(self.unchanged),
            "held": len(self.held),
            "error": self.error,
            "notes": list(self.notes),
        }

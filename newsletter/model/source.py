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
from subscribers.text.phrase_values import in_utc
from subscribers.text.phrases import one_line, phrase, plural


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
    Where briefs come from. `kind` names an entry point in the group `newsletter.sources`. `every`
    is the interval between polls; a new brief dated longer ago than `look_back` is held until a
    person decides; one that arrived or changed less than `settle` ago delays a slot; `categories`,
    if given, are the only ones accepted. `key` refers to the secret of a source that needs one
    (`env:NAME`, `file:PATH`); `reading` says how its items are parsed.

    `failures` counts its failed polls in a row, `failing_since` is the first of them. A source with
    `held_since` is not polled until a person resumes it, nor is one that staff paused, which is no
    problem and of which nobody is alerted. `ids_changed_at` is the last poll with its
    old ids, until its first whole poll after that. `too_slow` are items that exceeded the limits on
    reading, by their digest, with the reason.
    """

    id: int
    name: str
    kind: str
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
    failing_since: dt.datetime | None = None
    held_since: dt.datetime | None = None
    hold_reason: str | None = None
    ids_changed_at: dt.datetime | None = None
    too_slow: Mapping[str, str] = field(default_factory=dict)
    paused_at: dt.datetime | None = None
    pause_reason: str | None = None

    @property
    def is_polled(self) -> bool:
        """
        Return False if the source is gone, held or paused.
        """
        return not self.is_gone and self.held_since is None and self.paused_at is None

    @property
    def hold(self) -> str | None:
        """
        Return since when and why the source is held, and what to do; None if it is not.
        """
        if self.held_since is None:
            return None
        return phrase(
            "held since {since}: {reason}; if it is in order, run `newsletter source resume "
            "{name}`",
            since=in_utc(self.held_since),
            reason=self.hold_reason,
            name=self.name,
        )

    @property
    def pause(self) -> str | None:
        """
        Return since when and why the source is paused, and how that ends; None if it is not.
        """
        if self.paused_at is None:
            return None
        since = in_utc(self.paused_at)
        if not self.pause_reason:
            return phrase(
                "paused since {since}; `newsletter source resume {name}` ends that",
                since=since,
                name=self.name,
            )
        return phrase(
            "paused since {since}: {reason}; `newsletter source resume {name}` ends that",
            since=since,
            reason=self.pause_reason,
            name=self.name,
        )

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
    counts its briefs by status; `with_warnings` are the unsent ones with warnings.
    """

    source: SourceSettings
    error: str | None = None
    briefs: Mapping[str, int] = field(default_factory=dict)
    with_warnings: tuple[int, ...] = ()

    @property
    def problem(self) -> str | None:
        """
        Say since when and why the source is held or fails; None if its last poll succeeded, or it
        is paused.
        """
        source = self.source
        if source.paused_at is not None:
            return None
        if source.hold or not self.error:
            return source.hold
        error = one_line(self.error)
        if not source.failing_since:
            return plural(
                "failed once: {error}", "failed {n} times: {error}", source.failures, error=error
            )
        return plural(
            "failed once since {time}: {error}",
            "failed {n} times since {time}: {error}",
            source.failures,
            time=in_utc(source.failing_since),
            error=error,
        )

    @property
    def line(self) -> str:
        """
        Name the source and its problem, in one line.
        """
        return phrase("source {name} {problem}", name=self.source.name, problem=self.problem)

    def as_json(self) -> dict[str, Any]:
        """
        Return the settings and the status of the source, in the shape of `source list --json`.
        """
        return {
            **self.source.as_json(),
            "last_poll": _iso(self.source.last_polled_at),
            "next_poll": _iso(self.source.next_poll_at) if self.source.is_polled else None,
            "failures": self.source.failures,
            "error": self.error,
            "is_gone": self.source.is_gone,
            "failing_since": _iso(self.source.failing_since),
            "held_since": _iso(self.source.held_since),
            "hold_reason": self.source.hold_reason,
            "paused_at": _iso(self.source.paused_at),
            "pause_reason": self.source.pause_reason,
            "briefs": {status.value: self.briefs.get(status.value, 0) for status in BriefStatus},
        }


def _iso(time: dt.datetime | None) -> str | None:
    return time.isoformat() if time else None


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

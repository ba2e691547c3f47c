"""
The bodies of requests and responses about sources.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import Annotated, Any, ClassVar

from fastapi import Path
from pydantic import Field

from newsletter.ingest.sources.kinds import source_kind
from newsletter.model.brief import FullText, ImageRule
from newsletter.model.source import FirstPoll, SourceSettings, SourceStanding
from newsletter.web.api.body import RequestBody, Resource, ResponseBody
from newsletter.web.api.text import Explanation, Line
from newsletter.web.api.times import Moment

SourceName = Annotated[
    str, Path(max_length=100, description="The name of the source", examples=["site"])
]
Name = Annotated[str, Field(min_length=1, max_length=100, pattern=r"^[\w.-]+$")]
Location = Annotated[str, Field(min_length=1, max_length=2_000)]
Seconds = Annotated[int, Field(ge=0, le=366 * 86_400)]
Lines = Annotated[list[Line], Field(max_length=100)]
_SETTINGS: dict[str, Any] = {
    "every_s": 900,
    "look_back_s": 1_209_600,
    "settle_s": 900,
    "timezone": "Europe/Oslo",
    "categories": ["News"],
    "prefixes": ["Harbour Brief"],
    "trailers": [],
    "day_first": True,
    "image": "auto",
    "full_text": "auto",
}
_DURATIONS = ("every_s", "look_back_s", "settle_s")
_OF_READING = ("prefixes", "trailers", "day_first", "image", "full_text")


class SourceSettingsBody(RequestBody):
    """
    The settings of a source. What is left out stays as it is, and has its default in a new source.
    """

    every_s: Annotated[int, Field(ge=1, le=366 * 86_400)] | None = Field(
        default=None, description="Seconds between two polls"
    )
    look_back_s: Seconds | None = Field(
        default=None, description="Briefs older than this are held until somebody frees them"
    )
    settle_s: Seconds | None = Field(
        default=None, description="Scheduled runs wait until nothing changed for so many seconds"
    )
    timezone: Annotated[str, Field(max_length=60)] | None = None
    categories: Lines | None = Field(default=None, description="Only these are taken; [] for all")
    prefixes: Lines | None = Field(default=None, description="Series at the start of titles")
    trailers: Lines | None = Field(default=None, description="Closing lines to leave out")
    day_first: bool | None = Field(default=None, description="Read 3/5/2026 as the third of May")
    image: ImageRule | None = None
    full_text: FullText | None = None

    def change(self, source: SourceSettings) -> SourceSettings:
        """
        Return *source* with the values that were given.
        """
        given = self.model_dump(exclude_none=True, include=set(SourceSettingsBody.model_fields))
        values: dict[str, Any] = {
            name.removesuffix("_s"): dt.timedelta(seconds=given.pop(name))
            for name in _DURATIONS
            if name in given
        }
        values |= {
            n: tuple(filter(None, v)) if isinstance(v, list) else v for n, v in given.items()
        }
        reading = {name: values.pop(name) for name in _OF_READING if name in values}
        return replace(source, **values, reading=replace(source.reading, **reading))


class SourceToAdd(SourceSettingsBody):
    """
    A new source.
    """

    EXAMPLE: ClassVar[dict[str, Any]] = {
        "name": "site",
        "kind": "feed",
        "location": "https://example.org/feed/",
        "first_poll": "record",
        **_SETTINGS,
    }
    name: Name
    kind: Annotated[str, Field(max_length=60)] = Field(
        description="feed, wordpress, ghost, page or mailbox, or that of a plugin"
    )
    location: Location = Field(description="Its address")
    first_poll: FirstPoll = Field(
        default=FirstPoll.RECORD, description="Whether what is there already may be sent"
    )

    def as_settings(self) -> SourceSettings:
        """
        Return what an action takes.
        """
        plain = SourceSettings(
            id=0, name=self.name, kind=self.kind, location=self.location, first_poll=self.first_poll
        )
        return self.change(plain)


class SourceChanges(SourceSettingsBody):
    """
    What is to change about a source. With a new location it is polled from the beginning.
    """

    EXAMPLE: ClassVar[dict[str, Any]] = {"every_s": 300, "categories": []}
    location: Location | None = None

    def apply_to(self, source: SourceSettings) -> SourceSettings:
        """
        Return *source* with everything that was given.
        """
        changed = self.change(source)
        return changed if self.location is None else replace(changed, location=self.location)


class SourcePause(RequestBody):
    """
    Why a source is paused.
    """

    EXAMPLE: ClassVar[dict[str, Any]] = {"reason": "the site is being rebuilt"}
    reason: Line = ""


class SourceBody(Resource):
    """
    The settings of a source. `missing_key` says which key it lacks to be polled; keys are set on
    the server.
    """

    EXAMPLE: ClassVar[dict[str, Any]] = {
        **SourceToAdd.EXAMPLE,
        "has_key": False,
        "missing_key": None,
        "is_gone": False,
        "held_since": None,
        "hold_reason": None,
        "paused_at": None,
        "pause_reason": None,
    }
    name: str
    kind: str
    location: str
    first_poll: FirstPoll
    every_s: int
    look_back_s: int
    settle_s: int
    timezone: str
    categories: list[str]
    prefixes: list[str]
    trailers: list[str]
    day_first: bool
    image: ImageRule
    full_text: FullText
    has_key: bool
    missing_key: str | None
    is_gone: bool = Field(description="Its server says that it is gone for good")
    held_since: Moment | None = Field(description="Since when it is held, and not polled")
    hold_reason: Explanation | None
    paused_at: Moment | None = Field(description="Since when it is paused, and not polled")
    pause_reason: str | None


def source_body(source: SourceSettings) -> SourceBody:
    """
    Return the body of a source.
    """
    reading = source.reading
    needed = "" if source.key else source_kind(source.kind).needed_key(source.location)
    return SourceBody(
        name=source.name,
        kind=source.kind,
        location=source.location,
        first_poll=source.first_poll,
        every_s=int(source.every.total_seconds()),
        look_back_s=int(source.look_back.total_seconds()),
        settle_s=int(source.settle.total_seconds()),
        timezone=source.timezone,
        categories=list(source.categories),
        prefixes=list(reading.prefixes),
        trailers=list(reading.trailers),
        day_first=reading.day_first,
        image=reading.image,
        full_text=reading.full_text,
        has_key=source.key is not None,
        missing_key=needed or None,
        is_gone=source.is_gone,
        held_since=source.held_since,
        hold_reason=source.hold_reason,
        paused_at=source.paused_at,
        pause_reason=source.pause_reason,
    )


class SourceStatusBody(ResponseBody):
    """
    How the last poll of a source went, how many briefs it gave by status, and which of the unsent
    ones have warnings.
    """

    EXAMPLE: ClassVar[dict[str, Any]] = {
        "last_poll": "2026-03-04T12:00:00Z",
        "next_poll": "2026-03-04T12:15:00Z",
        "failures": 0,
        "failing_since": None,
        "error": None,
        "briefs": {"recorded": 40, "new": 2, "held": 0, "used": 118},
        "with_warnings": [160],
    }
    last_poll: Moment | None
    next_poll: Moment | None = Field(description="null if it is polled at once, or not at all")
    failures: int = Field(description="How many polls failed in a row")
    failing_since: Moment | None
    error: Explanation | None
    briefs: dict[str, int]
    with_warnings: list[int]


def source_status(found: SourceStanding) -> SourceStatusBody:
    """
    Return the body of the status of a source.
    """
    source = found.source
    return SourceStatusBody(
        last_poll=source.last_polled_at,
        next_poll=source.next_poll_at if source.is_polled else None,
        failures=source.failures,
        failing_since=source.failing_since,
        error=" ".join(found.error.split()) if found.error else None,
        briefs=found.as_json()["briefs"],
        with_warnings=list(found.with_warnings),
    )

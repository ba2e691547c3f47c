"""
The bodies of the requests and responses that do something with all people whom a filter matches.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Annotated, Any, ClassVar

from pydantic import Field

from newsletter.web.api.bodies.people.suppressions import SuppressionSettings
from newsletter.web.api.bodies.subscriptions import Tag
from newsletter.web.api.body import RequestBody, ResponseBody
from newsletter.web.api.text import Slug
from subscribers.filters.model import PeopleFilter, PersonState

Tags = Annotated[list[Tag], Field(max_length=100)]
FilterText = Annotated[str, Field(max_length=320)]


class PeopleChoice(RequestBody):
    """
    The people who match all of this.
    """

    list: Slug | None = None
    status: PersonState | None = Field(
        default=None, description="In this state on the list, or on any"
    )
    tag: Tag | None = None
    segment: Annotated[str, Field(max_length=60)] | None = None
    joined_after: dt.date | None = Field(default=None, description="In UTC")
    joined_before: dt.date | None = Field(default=None, description="In UTC")
    source: FilterText = Field(
        default="", description="How the name of what recorded their consent begins"
    )
    text: FilterText = Field(default="", description="In the address or the name")

    def as_filter(self) -> PeopleFilter:
        """
        Return what an action takes.
        """
        return PeopleFilter(
            list_slug=self.list or "",
            state=self.status,
            tag=self.tag or "",
            segment=self.segment or "",
            joined_after=self.joined_after,
            joined_before=self.joined_before,
            source=self.source,
            text=self.text,
        )


DryRun = Annotated[bool, Field(description="Only count")]


class PeopleToTag(RequestBody):
    """
    People, and the tags that they are to get and to lose.
    """

    EXAMPLE: ClassVar[dict[str, Any]] = {
        "which": {"list": "daily", "source": "fair"}, "add": ["fair"], "dry_run": True,
    }  # fmt: skip
    which: PeopleChoice
    add: Tags = Field(default_factory=list)
    remove: Tags = Field(default_factory=list)
    dry_run: DryRun = False


class PeopleToUnsubscribe(RequestBody):
    """
    People who are to leave one list or, without `list`, all.
    """

    EXAMPLE: ClassVar[dict[str, Any]] = {
        "which": {"tag": "shop"}, "list": "daily", "dry_run": True,
    }  # fmt: skip
    which: PeopleChoice
    list: Slug | None = None
    dry_run: DryRun = False


class PeopleToSuppress(SuppressionSettings):
    """
    People whose addresses are not to be mailed.
    """

    EXAMPLE: ClassVar[dict[str, Any]] = {
        "which": {"tag": "press"}, "note": "asked by legal", "dry_run": True,
    }  # fmt: skip
    which: PeopleChoice
    dry_run: DryRun = False


class PeopleToMove(RequestBody):
    """
    People of the list in `which`, who are to be moved to another.
    """

    EXAMPLE: ClassVar[dict[str, Any]] = {
        "which": {"list": "daily", "segment": "press"}, "to": "weekly", "dry_run": True,
    }  # fmt: skip
    which: PeopleChoice
    to: Slug
    dry_run: DryRun = False


class ActResultBody(ResponseBody):
    """
    How many people were matched, and what became of them, or would become of them.
    """

    EXAMPLE: ClassVar[dict[str, Any]] = {
        "people": 120, "dry_run": True, "counts": {"changed": 118, "unchanged": 2},
    }  # fmt: skip
    people: int
    dry_run: bool
    counts: dict[str, int]

    @classmethod
    def of(cls, people: int, counts: Mapping[str, int], *, dry_run: bool) -> ActResultBody:
        """
        Return the body of what became of people.
        """
        return cls(people=people, counts=dict(counts), dry_run=dry_run)

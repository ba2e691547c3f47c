"""
The bodies of the requests and responses about segments.
"""

from __future__ import annotations

from typing import Annotated, Any, ClassVar

from fastapi import Path
from pydantic import Field

from newsletter.actions.people.segments import ExplainedSegment, RuleCount
from newsletter.actions.people.sync.segment_uses import SegmentUse
from newsletter.web.api.body import RequestBody, Resource, ResponseBody
from newsletter.web.api.text import Slug
from newsletter.web.api.times import Moment
from subscribers.segments.model import MAX_LENGTH, Segment

SegmentInPath = Annotated[
    str, Path(max_length=60, description="The name of the segment", examples=["press"])
]
RuleText = Annotated[
    str, Field(min_length=1, max_length=MAX_LENGTH, description="Such as `tag has press`")
]
_RULE = "tag has press and joined within 90 days"


class SegmentToMake(RequestBody):
    """
    A new segment, of one list or of all.
    """

    EXAMPLE: ClassVar[dict[str, Any]] = {"name": "press", "rule": _RULE, "list": "daily"}
    name: Annotated[str, Field(min_length=1, max_length=60, pattern=r"^[a-z0-9][a-z0-9_-]*$")]
    rule: RuleText
    list: Slug | None = None


class SegmentChanges(RequestBody):
    """
    What is to change about a segment. An empty `list` makes it one of all lists.
    """

    EXAMPLE: ClassVar[dict[str, Any]] = {"rule": "tag has press", "list": ""}
    rule: RuleText | None = None
    list: Annotated[str, Field(max_length=60)] | None = None


class SegmentBody(Resource):
    """
    A segment: a named rule that chooses people.
    """

    EXAMPLE: ClassVar[dict[str, Any]] = {
        "name": "press",
        "rule": _RULE,
        "list": "daily",
        "created_at": "2026-03-04T11:58:10Z",
        "changed_at": "2026-03-04T12:00:00Z",
    }
    name: str
    rule: str
    list: str | None
    created_at: Moment
    changed_at: Moment

    @classmethod
    def of(cls, segment: Segment) -> SegmentBody:
        """
        Return the body of a segment.
        """
        return cls(
            name=segment.name,
            rule=segment.rule,
            list=segment.list_slug,
            created_at=segment.created_at,
            changed_at=segment.changed_at,
        )


class RuleCountBody(ResponseBody):
    """
    How many people a rule chooses now, and how many of them are active on a list. `unused_tags` are
    those of the rule that nobody has, with the most similar one that somebody has.
    """

    EXAMPLE: ClassVar[dict[str, Any]] = {
        "people": 120, "active": 98, "unused_tags": {"pres": "press"},
    }  # fmt: skip
    people: int
    active: int
    unused_tags: dict[str, str | None]

    @classmethod
    def of(cls, count: RuleCount) -> RuleCountBody:
        """
        Return the body of a count.
        """
        return cls(people=count.count, active=count.active, unused_tags=dict(count.unused_tags))


class SegmentUseBody(ResponseBody):
    """
    What uses a segment: the numbers of issues that are not frozen, and the names of schedules.
    """

    EXAMPLE: ClassVar[dict[str, Any]] = {"issues": [14], "schedules": ["mornings"]}
    issues: list[int]
    schedules: list[str]

    @classmethod
    def of(cls, found: SegmentUse) -> SegmentUseBody:
        """
        Return the body of what uses a segment.
        """
        return cls(issues=list(found.issues), schedules=list(found.schedules))


class RulePartBody(ResponseBody):
    """
    A part of a rule in words, how deep it is nested, and how many people it chooses by itself.
    """

    words: str
    depth: int
    people: int


class ExplainedSegmentBody(ResponseBody):
    """
    A segment part by part. `everybody` is the number of all people, and `people` of those in it.
    """

    EXAMPLE: ClassVar[dict[str, Any]] = {
        "everybody": 4210,
        "people": 120,
        "parts": [{"words": "tag has press", "depth": 0, "people": 120}],
    }
    everybody: int
    people: int
    parts: list[RulePartBody]

    @classmethod
    def of(cls, found: ExplainedSegment) -> ExplainedSegmentBody:
        """
        Return the body of an explained segment.
        """
        parts = [
            RulePartBody(words=each.words, depth=each.depth, people=each.count)
            for each in found.parts
        ]
        return cls(everybody=found.everybody, people=found.count, parts=parts)


class SampledPersonBody(ResponseBody):
    """
    Somebody who is in a segment.
    """

    address: str
    name: str


class SegmentSampleBody(ResponseBody):
    """
    Some people of a segment, from all over it.
    """

    EXAMPLE: ClassVar[dict[str, Any]] = {
        "people": [{"address": "ada@example.org", "name": "Ada Byron"}]
    }
    people: list[SampledPersonBody]

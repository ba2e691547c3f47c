"""
Segments: list, make, show, change and remove them, and count, explain and sample whom they choose.
"""

from __future__ import annotations

from typing import Annotated

from fastapi import Query

from newsletter.actions.people import segments
from newsletter.actions.people.sync import segment_uses
from newsletter.model.access import Permission
from newsletter.web.api.bodies.segments import (
    ExplainedSegmentBody,
    RuleCountBody,
    SampledPersonBody,
    SegmentBody,
    SegmentChanges,
    SegmentInPath,
    SegmentSampleBody,
    SegmentToMake,
    SegmentUseBody,
)
from newsletter.web.api.body import ResourcePage
from newsletter.web.api.call import Call
from newsletter.web.api.operations import PREFIX, Noun
from newsletter.web.api.requests.paging import CursorText, Limit
from newsletter.web.api.requests.request_limits import RateClass
from subscribers.segments.model import MAX_LENGTH

noun = Noun("segments", "Named rules that choose people.")

_SEGMENT = "/segments/{segment}"
RuleQuery = Annotated[
    str,
    Query(
        min_length=1,
        max_length=MAX_LENGTH,
        description="Such as `tag has press`",
        examples=["tag has press"],
    ),
]
SampleSize = Annotated[int, Query(ge=1, le=100, description="The most people to show")]


@noun.get("/segments", Permission.SEGMENTS_READ)
def list_segments(
    call: Call, limit: Limit = 100, cursor: CursorText = None
) -> ResourcePage[SegmentBody]:
    """
    List the segments, by name.
    """
    after = call.after(cursor, str, "")
    found = [each for each in segments.show_all(call.app, by=call.actor) if each.name > after]
    return call.page(found[: limit + 1], limit, key=lambda each: each.name, show=SegmentBody.of)


@noun.post("/segments", Permission.SEGMENTS_WRITE, status=201)
def make_segment(call: Call, body: SegmentToMake) -> SegmentBody:
    """
    Make a segment.
    """
    made = segments.add(call.app, body.name, body.rule, list_slug=body.list, by=call.actor)
    call.made(f"{PREFIX}/segments/{made.name}")
    return SegmentBody.of(made)


@noun.get(_SEGMENT, Permission.SEGMENTS_READ)
def show_segment(call: Call, segment: SegmentInPath) -> SegmentBody:
    """
    Show a segment.
    """
    return SegmentBody.of(segment_uses.find(call.app, segment, by=call.actor))


@noun.patch(_SEGMENT, Permission.SEGMENTS_READ, Permission.SEGMENTS_WRITE)
def change_segment(call: Call, segment: SegmentInPath, body: SegmentChanges) -> SegmentBody:
    """
    Change the rule or the list of a segment.

    An issue that was frozen keeps the people it had; an approval of one that was not is void.
    """
    changed = segments.edit(call.app, segment, rule=body.rule, list_slug=body.list, by=call.actor)
    return SegmentBody.of(changed)


@noun.delete(_SEGMENT, Permission.SEGMENTS_WRITE)
def remove_segment(call: Call, segment: SegmentInPath) -> None:
    """
    Remove a segment that no schedule uses, and no issue that is not frozen.
    """
    segments.remove(call.app, segment, by=call.actor)


@noun.get(f"{_SEGMENT}/counts", Permission.SEGMENTS_READ, rate=RateClass.BULK)
def count_segment(call: Call, segment: SegmentInPath) -> RuleCountBody:
    """
    Count the people in a segment.
    """
    return RuleCountBody.of(segments.show(call.app, segment, by=call.actor).people)


@noun.get(f"{_SEGMENT}/uses", Permission.SEGMENTS_READ)
def show_segment_uses(call: Call, segment: SegmentInPath) -> SegmentUseBody:
    """
    Show which issues and schedules use a segment.
    """
    return SegmentUseBody.of(segment_uses.uses_of(call.app, segment, by=call.actor))


@noun.get(f"{_SEGMENT}/explanation", Permission.SEGMENTS_READ, rate=RateClass.BULK)
def explain_segment(call: Call, segment: SegmentInPath) -> ExplainedSegmentBody:
    """
    Describe a segment in words, with the number of people that each part chooses.
    """
    return ExplainedSegmentBody.of(segments.explain(call.app, segment, by=call.actor))


@noun.get(f"{_SEGMENT}/sample", Permission.PEOPLE_READ, rate=RateClass.BULK)
def sample_segment(call: Call, segment: SegmentInPath, size: SampleSize = 10) -> SegmentSampleBody:
    """
    Show some people of a segment, from all over it and each time the same.
    """
    found = segments.sample(call.app, segment, limit=size, by=call.actor)
    people = [SampledPersonBody(address=each.address, name=each.name) for each in found]
    return SegmentSampleBody(people=people)


@noun.get("/rule-counts", Permission.PEOPLE_READ, rate=RateClass.BULK)
def count_rule(call: Call, rule: RuleQuery) -> RuleCountBody:
    """
    Count the people that a rule would choose, without storing it.
    """
    return RuleCountBody.of(segments.count_rule(call.app, rule, by=call.actor))

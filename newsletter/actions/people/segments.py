"""
Actions on segments: add, edit, remove and show them, and count whom they select.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass

import sqlalchemy as sa

from newsletter.actions.guard.objects import shared, the_segment, unlimited
from newsletter.actions.guard.requires import requires
from newsletter.app import App
from newsletter.errors import Refused
from newsletter.model import issue_refusals
from newsletter.model.access import Actor, Channel, ObjectKind, Permission
from newsletter.model.issue import IssueState
from newsletter.store.access.owning_lists import lists_of_segments
from newsletter.store.delivery.segments.rules import (
    count_parts,
    parse_segment_rule,
    parse_stored_rule,
    require_whole_rule,
    sample_people,
    seen_within,
)
from newsletter.store.issues.segment_references import issues_using, schedules_using
from subscribers.model import SubscriptionState
from subscribers.segments import records
from subscribers.segments.describe import parts_of
from subscribers.segments.model import (
    AllOf,
    Attribute,
    Comparison,
    OnList,
    Operator,
    Rule,
    Segment,
    tests_of,
)
from subscribers.tags.names import tags_of_nobody
from subscribers.text.phrases import phrase

NOT_FROZEN = frozenset(
    {
        IssueState.DRAFT,
        IssueState.APPROVED,
        IssueState.SCHEDULED,
        IssueState.MISSED,
        IssueState.FREEZING,
    }
)
SAMPLE = 10
_IS_ACTIVE = Comparison(
    subject=Attribute.STATE, operator=Operator.EQUAL, values=(SubscriptionState.ACTIVE.value,)
)


@dataclass(frozen=True, kw_only=True)
class RuleCount:
    """
    How many people a rule selects now, and how many of them are active on a list. `unused_tags` are
    those of the rule that nobody has, with the most similar tag that somebody has.
    """

    count: int
    active: int
    unused_tags: Mapping[str, str | None]


@dataclass(frozen=True, kw_only=True)
class SegmentDetails:
    """
    A segment, the number of people in it now, and what uses it.
    """

    segment: Segment
    people: RuleCount
    issues: tuple[int, ...] = ()
    schedules: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class ExplainedPart:
    """
    A part of a rule in words, how deep it is nested, and how many people it selects by itself.
    """

    rule: Rule
    words: str
    depth: int
    count: int


@dataclass(frozen=True, kw_only=True)
class ExplainedSegment:
    """
    A segment part by part. `everybody` is the number of all people, `count` of those in it.
    """

    segment: Segment
    everybody: int
    count: int
    parts: tuple[ExplainedPart, ...]


@dataclass(frozen=True, kw_only=True)
class SampledPerson:
    address: str
    name: str


@requires(
    Permission.SEGMENTS_WRITE,
    "segment.add",
    about=the_segment(lists=("list_slug",)),
)
def add(app: App, name: str, rule: str, *, list_slug: str | None = None, by: Actor) -> Segment:
    """
    Store a segment.

    Raises:
        RuleError: it is not a rule.
        Refused: it is too long with the list.
        InvalidText: the name is not valid.
        SegmentExists, UnknownList: there is a segment of that name, or no such list.
    """
    with app.database.write() as connection:
        parse_segment_rule(connection, rule, reach=by.lists)
        added = records.add_segment(connection, name, rule, list_slug=list_slug, now=app.clock())
        require_whole_rule(connection, added)
        return added


@requires(
    Permission.SEGMENTS_WRITE,
    "segment.edit",
    about=the_segment(lists=("list_slug",)),
)
def edit(
    app: App, name: str, *, rule: str | None = None, list_slug: str | None = None, by: Actor
) -> Segment:
    """
    Change the rule or the list of a segment; None keeps what it is, an empty list takes it away.
    An issue that was frozen keeps the people it had; an approval of one that was not is void.

    Raises:
        RuleError: it is not a rule.
        Refused: it is too long with the list, or names something that no longer exists, or somebody
            limited to some lists takes its list away.
        UnknownSegment, UnknownList: there is no such segment or list.
    """
    with app.database.write() as connection:
        records.find_segment(connection, name)
        if list_slug == "" and by.lists is not None:
            raise Refused(
                phrase("segment {name} would be about all lists: give it one of yours", name=name)
            )
        if rule is not None:
            parse_segment_rule(connection, rule, reach=by.lists)
        now = app.clock()
        edited = records.edit_segment(connection, name, rule=rule, list_slug=list_slug, now=now)
        require_whole_rule(connection, edited)
        return edited


@requires(Permission.SEGMENTS_WRITE, "segment.remove", about=the_segment())
def remove(app: App, name: str, *, by: Actor) -> Segment:
    """
    Remove a segment and return what it was.

    Raises:
        UnknownSegment: there is no such segment.
        Refused: a schedule, or an issue that is not frozen, uses it.
    """
    with app.database.write() as connection:
        found = records.find_segment(connection, name)
        _require_unused(connection, name, by=by)
        records.remove_segment(connection, found)
    return found


def _require_unused(connection: sa.Connection, name: str, *, by: Actor) -> None:
    for schedule in schedules_using(connection, name, reach=by.lists):
        raise Refused(
            phrase(
                "schedule {schedule} uses segment {name}: first take it from the schedule",
                schedule=schedule,
                name=name,
            )
        )
    for number in issues_using(connection, name, states=NOT_FROZEN, reach=by.lists):
        raise Refused(issue_refusals.uses_segment(number, name))
    if schedules_using(connection, name) or issues_using(connection, name, states=NOT_FROZEN):
        raise Refused(
            phrase("segment {name} is used for a list that you do not see: it stays", name=name)
        )


def _looking(app: App, by: Actor) -> AbstractContextManager[sa.Connection]:
    # Who runs commands on the server may wait as long as they like.
    return app.database.read() if by.channel is Channel.COMMAND_LINE else app.database.look()


@requires(Permission.SEGMENTS_READ, "segment.show", about=the_segment())
def show(app: App, name: str, *, by: Actor) -> SegmentDetails:
    """
    Return one segment with the number of people in it and what uses it.

    Raises:
        UnknownSegment: there is no such segment.
        Refused: its rule names something that no longer exists.
    """
    with _looking(app, by) as connection:
        segment = records.find_segment(connection, name)
        return SegmentDetails(
            segment=segment,
            people=_count(app, connection, parse_stored_rule(connection, segment), by=by),
            issues=tuple(issues_using(connection, name, states=NOT_FROZEN, reach=by.lists)),
            schedules=tuple(schedules_using(connection, name, reach=by.lists)),
        )


@requires(Permission.SEGMENTS_READ, "segment.list", about=shared(ObjectKind.SEGMENT))
def show_all(app: App, *, by: Actor) -> Sequence[Segment]:
    """
    Return every segment within reach, sorted by name.
    """
    with app.database.read() as connection:
        found = records.all_segments(connection)
        if by.lists is None:
            return found
        lists = lists_of_segments(connection)
        return [each for each in found if by.sees_all(lists.get(each.name, ()))]


@requires(Permission.PEOPLE_READ, "segment.count_rule", about=unlimited(ObjectKind.SEGMENT))
def count_rule(app: App, rule: str, *, by: Actor) -> RuleCount:
    """
    Count the people whom a rule selects that is not stored.

    Raises:
        RuleError: it is not a rule.
    """
    with _looking(app, by) as connection:
        return _count(app, connection, parse_segment_rule(connection, rule), by=by)


@requires(Permission.PEOPLE_READ, "segment.sample", about=the_segment())
def sample(app: App, name: str, *, limit: int = SAMPLE, by: Actor) -> list[SampledPerson]:
    """
    Return some people of the segment, from all over it and each time the same.

    Raises:
        UnknownSegment: there is no such segment.
        Refused: its rule names something that no longer exists.
    """
    with _looking(app, by) as connection:
        found = sample_people(connection, name, limit=limit, now=app.clock(), reach=by.lists)
        return [SampledPerson(address=address, name=own) for address, own in found]


@requires(Permission.SEGMENTS_READ, "segment.explain", about=the_segment())
def explain(app: App, name: str, *, by: Actor) -> ExplainedSegment:
    """
    Describe the segment in words, with the number of people whom each part selects by itself. For
    somebody limited to some lists, only people on the segment's list are counted.

    Raises:
        UnknownSegment: there is no such segment.
        Refused: its rule names something that no longer exists.
    """
    with _looking(app, by) as connection:
        segment = records.find_segment(connection, name)
        parts = list(parts_of(parse_stored_rule(connection, segment)))
        rules = [seen_within(by.lists, part.rule) for part in parts]
        if by.lists is not None and segment.list_slug is not None:
            here = OnList(slug=segment.list_slug)
            narrowed = [AllOf(parts=(here, each)) for each in rules]
            _, everybody, *counts = count_parts(connection, [here, *narrowed], now=app.clock())
        else:
            everybody, *counts = count_parts(connection, rules, now=app.clock())
    explained = (
        ExplainedPart(rule=part.rule, words=part.words, depth=part.depth, count=count)
        for part, count in zip(parts, counts, strict=True)
    )
    return ExplainedSegment(
        segment=segment, everybody=everybody, count=counts[0], parts=tuple(explained)
    )


def _count(app: App, connection: sa.Connection, rule: Rule, *, by: Actor) -> RuleCount:
    asked = [seen_within(by.lists, each) for each in (rule, AllOf(parts=(rule, _IS_ACTIVE)))]
    _, count, active = count_parts(connection, asked, now=app.clock())
    named = (
        tag
        for test in tests_of(rule)
        if isinstance(test, Comparison) and test.subject is Attribute.TAG
        for tag in test.values
    )
    unused = tags_of_nobody(connection, list(dict.fromkeys(named)), among=by.lists)
    return RuleCount(count=count, active=active, unused_tags=unused)

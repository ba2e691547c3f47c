"""
Actions that say why somebody is in a segment or not: which parts of its rule are true of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from newsletter.actions.guard.objects import shared, the_segment
from newsletter.actions.guard.requires import requires
from newsletter.actions.people.newsroom.person_page import find_seen
from newsletter.actions.people.person import seen_by_address
from newsletter.app import App
from newsletter.model.access import Actor, ObjectKind, Permission
from newsletter.store.access.owning_lists import lists_of_segments
from newsletter.store.delivery.segments.rules import (
    parse_many,
    parse_stored_rule,
    rules_selecting,
    seen_within,
)
from subscribers.model import Subscriber
from subscribers.segments.describe import RulePart, parts_of
from subscribers.segments.model import Segment
from subscribers.segments.records import all_segments, find_segment
from subscribers.validation.address import parse_address

# So many segments are looked at for one person; they are asked about in parts of half of that.
MOST = 60


@dataclass(frozen=True, kw_only=True)
class SegmentParts:
    """
    A segment with the parts of its rule, the whole rule first. `truths` says of each whether it is
    true of the `person`; both are missing if nobody is asked about.
    """

    segment: Segment
    parts: Sequence[RulePart]
    person: Subscriber | None = None
    truths: Sequence[bool] = ()


@dataclass(frozen=True, kw_only=True)
class PersonSegments:
    """
    The names of the segments, with whether the person at `address` is in each: None if its rule
    names something that no longer exists. Unless they `are_all`, there are more.
    """

    address: str
    found: Sequence[tuple[str, bool | None]]
    are_all: bool


@requires(Permission.SEGMENTS_READ, "segment.parts", about=the_segment())
def parts(app: App, name: str, *, by: Actor) -> SegmentParts:
    """
    Return the parts of a segment's rule, and count nobody.

    Raises:
        UnknownSegment: there is no such segment.
        Refused: its rule names something that no longer exists.
    """
    with app.database.read() as connection:
        return _parts(connection, name)


@requires(Permission.PEOPLE_READ, "segment.why_address", about=the_segment())
def of_address(app: App, name: str, *, typed: str, by: Actor) -> SegmentParts:
    """
    Return which parts of a segment's rule are true of the person with an address.

    Raises:
        UnknownSegment, UnknownSubscriber: there is no such segment, or nobody within reach.
        InvalidAddress: the address is not valid.
        Refused: the rule names something that no longer exists.
    """
    address = parse_address(typed)
    with app.database.read() as connection:
        person = seen_by_address(connection, address, by=by)
        return _true_parts(app, connection, _parts(connection, name), person, by)


@requires(Permission.PEOPLE_READ, "segment.why_person", about=the_segment())
def of_person(app: App, name: str, *, number: int, by: Actor) -> SegmentParts:
    """
    Return which parts of a segment's rule are true of the person of that number.

    Raises:
        UnknownSegment, UnknownSubscriber: there is no such segment, or nobody within reach.
        Refused: the rule names something that no longer exists.
    """
    with app.database.read() as connection:
        person = find_seen(connection, number, by)[0]
        return _true_parts(app, connection, _parts(connection, name), person, by)


@requires(Permission.PEOPLE_READ, "person.segments", about=shared(ObjectKind.PERSON))
def all_of_person(app: App, number: int, *, by: Actor) -> PersonSegments:
    """
    Return the first segments within reach, with whether the person of that number is in each.

    Raises:
        UnknownSubscriber: there is nobody, or they are out of reach.
    """
    with app.database.read() as connection:
        address = find_seen(connection, number, by)[1]
        segments = _within_reach(connection, by)
        rules = parse_many(connection, segments[:MOST])
        valid = {
            name: seen_within(by.lists, rule) for name, rule in rules.items() if rule is not None
        }
        truths: list[bool] = []
        for start in range(0, len(valid), MOST // 2):
            some = list(valid.values())[start : start + MOST // 2]
            truths += rules_selecting(connection, some, number, now=app.clock())
    is_in = dict(zip(valid, truths, strict=True))
    return PersonSegments(
        address=address.email,
        found=[(name, is_in.get(name)) for name in rules],
        are_all=len(segments) <= MOST,
    )


def _within_reach(connection: sa.Connection, by: Actor) -> list[Segment]:
    segments = all_segments(connection)
    if by.lists is None:
        return segments
    lists = lists_of_segments(connection)
    return [each for each in segments if by.sees_all(lists.get(each.name, ()))]


def _parts(connection: sa.Connection, name: str) -> SegmentParts:
    segment = find_segment(connection, name)
    rule = parse_stored_rule(connection, segment)
    return SegmentParts(segment=segment, parts=list(parts_of(rule)))


def _true_parts(
    app: App, connection: sa.Connection, found: SegmentParts, person: Subscriber, by: Actor
) -> SegmentParts:
    rules = [seen_within(by.lists, part.rule) for part in found.parts]
    truths = rules_selecting(connection, rules, person.id, now=app.clock())
    return SegmentParts(segment=found.segment, parts=found.parts, person=person, truths=truths)

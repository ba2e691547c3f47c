"""
Find people by what they have in common: show them, or count them.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Generator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from typing import Any

import sqlalchemy as sa

from newsletter.actions.guard.bulk_reads import record_bulk_read
from newsletter.actions.guard.objects import people_in
from newsletter.actions.guard.recorded_arguments import recorded_filter
from newsletter.actions.guard.requires import requires
from newsletter.actions.people.person import visible_people
from newsletter.app import App
from newsletter.errors import Forbidden, InvalidValue
from newsletter.model.access import Actor, ObjectKind, Permission, Target
from newsletter.store.delivery.segments.mailed import QUERIES
from newsletter.store.delivery.segments.rules import parse_segment_rule, segment_subquery
from subscribers.fields.json_values import FieldValue
from subscribers.fields.values import json_values_of_all
from subscribers.filters import search
from subscribers.filters.model import PeopleFilter
from subscribers.model import Subscriber
from subscribers.reach import known_among
from subscribers.segments.compile import select_people
from subscribers.tags.records import tags_of
from subscribers.text.phrases import phrase


@dataclass(frozen=True, kw_only=True)
class FoundPerson:
    """
    A person with the values of their fields and their tags.
    """

    person: Subscriber
    values: Mapping[str, FieldValue]
    tags: Sequence[str]


@requires(Permission.PEOPLE_READ, "people.find", about=people_in())
def find(
    app: App, which: PeopleFilter, *, after: str = "", limit: int | None = None, by: Actor
) -> Generator[list[FoundPerson]]:
    """
    Yield the people whom a filter matches, ordered by address, in parts of at most a thousand,
    starting after the address *after*; with *limit*, at most that many. The audit trail records it
    if many were yielded.

    Raises:
        UnknownList, UnknownTag, UnknownSegment: there is no such list, tag or segment.
    """
    seen, which = 0, within_reach(which, by)
    try:
        with app.database.read() as connection:
            segment = segment_of(connection, which, now=app.clock())
            found = search.find_people(connection, which, segment=segment, after=after, limit=limit)
            with closing(found):
                for part in found:
                    seen += len(part)
                    yield with_values(connection, part, by=by)
    finally:
        # Also if the caller stops early.
        target = Target(kind=ObjectKind.PERSON)
        record_bulk_read(app, by, "people.find", target, count=seen, facts=recorded_filter(which))


def with_values(
    connection: sa.Connection, part: Sequence[Subscriber], *, by: Actor
) -> list[FoundPerson]:
    """
    Return people with their fields and tags, as far as *by* sees them.
    """
    numbers = known_among(connection, [person.id for person in part], by.lists)
    values, tags = json_values_of_all(connection, numbers), tags_of(connection, numbers)
    return [
        FoundPerson(person=person, values=values.get(person.id, {}), tags=tags.get(person.id, ()))
        for person in visible_people(connection, part, by=by)
    ]


@requires(Permission.PEOPLE_READ, "people.count", about=people_in())
def count(app: App, which: PeopleFilter, *, by: Actor) -> int:
    """
    Return the number of people whom a filter matches.

    Raises:
        UnknownList, UnknownTag, UnknownSegment: there is no such list, tag or segment.
    """
    which = within_reach(which, by)
    with app.database.read() as connection:
        segment = segment_of(connection, which, now=app.clock())
        return search.count_people(connection, which, segment=segment)


def within_reach(which: PeopleFilter, by: Actor) -> PeopleFilter:
    """
    Return the filter narrowed to the people, and the lists, that an actor sees.

    Raises:
        Forbidden: it has a rule, which may ask about any list, and they are limited to some.
    """
    if which.rule and by.lists is not None:
        raise Forbidden(phrase("only who reaches all lists may find people by a rule"))
    return which if by.lists is None else replace(which, among=by.lists)


def segment_of(
    connection: sa.Connection, which: PeopleFilter, *, now: dt.datetime
) -> sa.Select[Any] | None:
    """
    Select the people of a filter's segment or rule; None if it has neither.

    Raises:
        UnknownSegment: there is no such segment.
        RuleError: it is not a rule.
        InvalidValue: it has both.
    """
    if which.rule and which.segment:
        raise InvalidValue(phrase("give a segment or a rule, not both"), field="rule")
    if which.rule:
        rule = parse_segment_rule(connection, which.rule)
        return select_people(rule, named=QUERIES, now=now)
    if not which.segment:
        return None
    return segment_subquery(connection, which.segment, now, reach=which.among)

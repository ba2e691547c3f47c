"""
Actions that find people for a page: all whom a filter matches, or those whom a typed text means.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from newsletter.actions.guard.bulk_reads import record_page_read, record_search
from newsletter.actions.guard.objects import people_in, shared
from newsletter.actions.guard.recorded_arguments import recorded_filter
from newsletter.actions.guard.requires import require, requires
from newsletter.actions.people.person import visible_people
from newsletter.actions.people.search import segment_of, within_reach
from newsletter.app import App
from newsletter.model.access import Actor, ObjectKind, Permission, Target
from subscribers.filters import search
from subscribers.filters.conditions import matches
from subscribers.filters.model import PeopleFilter
from subscribers.filters.quick_search import count_up_to, find_quickly
from subscribers.model import Subscriber
from subscribers.people import address_of

# Up to so many people are counted on each page: of all, and of those whom a filter matches.
MOST_COUNTED = 10_000
MOST_FOUND = 1_000
_PERSON = Target(kind=ObjectKind.PERSON)


@dataclass(frozen=True, kw_only=True)
class PeoplePage:
    """
    A page of people, ordered by address, and whether there are more. `count` is the number of all
    of them, None if it was not counted; then there are `more_than` so many, if that is known.
    Unless the search `is_whole`, it did not look at all who begin with the text.
    """

    people: Sequence[Subscriber]
    has_more: bool
    count: int | None = None
    more_than: int | None = None
    is_whole: bool = True


@requires(Permission.PEOPLE_READ, "people.quick_search", about=shared(ObjectKind.PERSON))
def find_typed(
    app: App, text: str, which: PeopleFilter, *, after: int = 0, limit: int, by: Actor
) -> PeoplePage:
    """
    Return at most *limit* people whose address, domain, name or a word of whose name begins with
    *text*, and whom a filter matches, behind the one with the number *after*. The audit trail
    records it if many were found within an hour.

    Raises:
        UnknownList, UnknownTag, UnknownSegment: there is no such list, tag or segment.
    """
    _require_reach(app, which, by)
    with app.database.read() as connection:
        which = within_reach(which, by)
        segment = segment_of(connection, which, now=app.clock())
        found = find_quickly(connection, text, which, segment=segment, after=after, limit=limit)
        people = visible_people(connection, found.people, by=by)
    record_search(app, by, "people.quick_search", _PERSON, count=len(found.people))
    return PeoplePage(
        people=people,
        has_more=found.has_more,
        count=found.count,
        is_whole=found.is_whole,
    )


@requires(Permission.PEOPLE_READ, "people.browse", about=shared(ObjectKind.PERSON))
def browse(
    app: App, which: PeopleFilter, *, after: int = 0, seen: int = 0, limit: int, by: Actor
) -> PeoplePage:
    """
    Return at most *limit* people whom a filter matches, behind the one with the number *after*.
    *seen* is the number of people on the pages before; the audit trail records it if they are many.

    Raises:
        UnknownList, UnknownTag, UnknownSegment: there is no such list, tag or segment.
    """
    _require_reach(app, which, by)
    which = within_reach(which, by)
    with app.database.read() as connection:
        segment = segment_of(connection, which, now=app.clock())
        start = address_of(connection, after) if after else None
        conditions = matches(connection, which, segment=segment)
        found = search.people_who_meet(
            connection, conditions, after=start.key if start else "", limit=limit + 1
        )
        people = visible_people(connection, [person for part in found for person in part], by=by)
        is_whole = len(people) <= limit and not after
        counted = _Counted(count=len(people)) if is_whole else _count(connection, which, conditions)
    facts = recorded_filter(which)
    record_page_read(
        app, by, "people.browse", _PERSON, found=len(people), limit=limit, seen=seen, facts=facts
    )
    return PeoplePage(
        people=people[:limit],
        has_more=len(people) > limit,
        count=counted.count,
        more_than=counted.more_than,
    )


@dataclass(frozen=True, kw_only=True)
class _Counted:
    count: int | None = None
    more_than: int | None = None


def _count(
    connection: sa.Connection, which: PeopleFilter, conditions: Sequence[sa.ColumnElement[bool]]
) -> _Counted:
    """
    Count the people whom a filter matches, unless it looks into each address and name for a text.
    """
    if which.text:
        return _Counted()
    if which.is_everybody:
        count, most = count_up_to(connection, MOST_COUNTED), MOST_COUNTED
    else:
        count = count_up_to(connection, MOST_FOUND, conditions)
        most = MOST_FOUND
    return _Counted(count=count, more_than=most if count is None else None)


def _require_reach(app: App, which: PeopleFilter, by: Actor) -> None:
    # Whoever sees all lists needs no look at those of the filter.
    if by.lists is not None and (which.list_slug or which.segment):
        require(by, Permission.PEOPLE_READ, people_in().target(app, by, {"which": which}))

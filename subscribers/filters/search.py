"""
Read the people whom a filter matches: a page of them, all of them in parts, or their numbers.
"""

from __future__ import annotations

from array import array
from collections.abc import Generator, Sequence
from typing import Any

import sqlalchemy as sa

from subscribers.database import tables
from subscribers.filters.conditions import matches, select_matching
from subscribers.filters.model import PeopleFilter, PeopleOrder
from subscribers.model import Subscriber
from subscribers.people import read_people

_p = tables.subscriber
_AT_ONCE = 1_000


def find_people(
    connection: sa.Connection,
    which: PeopleFilter,
    *,
    segment: sa.Select[Any] | None = None,
    after: str = "",
    limit: int | None = None,
) -> Generator[list[Subscriber]]:
    """
    Yield the people whom a filter matches, ordered by address, in parts of at most a thousand,
    starting after the address *after*; with *limit*, at most that many.

    Raises:
        UnknownList, UnknownTag: there is no such list or tag.
    """
    conditions = matches(connection, which, segment=segment)
    yield from people_who_meet(connection, conditions, after=after, limit=limit)


def people_who_meet(
    connection: sa.Connection,
    conditions: Sequence[sa.ColumnElement[bool]],
    *,
    after: str = "",
    limit: int | None = None,
) -> Generator[list[Subscriber]]:
    """
    Yield the people who meet the *conditions* that `matches` returned, as `find_people` does.
    """
    query = (
        sa.select(_p)
        .where(_p.c.email_key > after.strip().lower(), *conditions)
        .order_by(_p.c.email_key)
        .limit(limit)
    )
    with connection.execute(query, execution_options={"yield_per": _AT_ONCE}) as rows:
        for part in rows.partitions():
            yield read_people(connection, part)


def people_after(
    connection: sa.Connection,
    which: PeopleFilter,
    *,
    segment: sa.Select[Any] | None = None,
    order: PeopleOrder = PeopleOrder.OLDEST,
    after: str,
    limit: int,
) -> list[Subscriber]:
    """
    Return at most *limit* of the people whom a filter matches, in an order: those behind the person
    with the number, or in the order of addresses with the address, *after*; the first if it is
    empty.

    Raises:
        UnknownList, UnknownTag: there is no such list or tag.
    """
    least = int(after or 0) if order is PeopleOrder.OLDEST else None
    conditions = matches(connection, which, segment=segment, after=least)
    if order is PeopleOrder.ADDRESS:
        conditions.append(_p.c.email_key > after)
    elif order is PeopleOrder.NEWEST and after:
        conditions.append(_p.c.id < int(after))
    by = {PeopleOrder.ADDRESS: _p.c.email_key, PeopleOrder.NEWEST: _p.c.id.desc()}
    query = sa.select(_p).where(*conditions).order_by(by.get(order, _p.c.id)).limit(limit)
    return read_people(connection, connection.execute(query).all())


def numbers_of(
    connection: sa.Connection, which: PeopleFilter, *, segment: sa.Select[Any] | None = None
) -> Sequence[int]:
    """
    Return the numbers of the people whom a filter matches, ordered, in 8 bytes each.

    Raises:
        UnknownList, UnknownTag: there is no such list or tag.
    """
    query = select_matching(connection, which, segment=segment).order_by(_p.c.id)
    rows = connection.execute(query, execution_options={"yield_per": _AT_ONCE * 10})
    return array("q", (row.id for row in rows))


def count_people(
    connection: sa.Connection, which: PeopleFilter, *, segment: sa.Select[Any] | None = None
) -> int:
    """
    Return the number of people whom a filter matches.

    Raises:
        UnknownList, UnknownTag: there is no such list or tag.
    """
    found = select_matching(connection, which, segment=segment).subquery()
    return connection.execute(sa.select(sa.func.count()).select_from(found)).scalar_one()

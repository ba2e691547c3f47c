"""
Begin with the people whom a part of a filter selects, where they are few.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import sqlalchemy as sa

from subscribers.database import tables
from subscribers.database.columns import is_numbered

_p = tables.subscriber
# So many people are found by their numbers and then sorted; more are met soon enough by address.
# PostgreSQL takes longer for each.
_FEW, _FEW_ON_POSTGRESQL = 20_000, 5_000


def is_in_segment(
    connection: sa.Connection, segment: sa.Select[Any]
) -> tuple[sa.ColumnElement[bool], bool]:
    """
    Return the condition that somebody is in a segment, and whether the database begins with those.
    SQLite would find all people of the segment for each page; many are met soon enough by address.
    PostgreSQL decides that by itself.
    """
    if connection.dialect.name == "postgresql":
        return _p.c.id.in_(segment), True
    found = connection.scalars(segment.limit(_FEW + 1)).all()
    if len(found) <= _FEW:
        return is_numbered(connection, _p.c.id, found), True
    (number,) = segment.selected_columns
    return segment.where(number == _p.c.id).correlate(_p).exists(), False


def begin_with_few(
    connection: sa.Connection, small: Sequence[sa.Select[Any]]
) -> Iterator[sa.ColumnElement[bool]]:
    """
    Yield the condition that somebody is among those of *small* that select few people, with whom it
    pays to begin.
    """
    if not small:
        return
    is_postgresql = connection.dialect.name == "postgresql"
    most = _FEW_ON_POSTGRESQL if is_postgresql else _FEW
    counts = (
        sa.select(sa.func.count()).select_from(each.limit(most + 1).subquery()).scalar_subquery()
        for each in small
    )
    found = connection.execute(sa.select(*counts)).one()
    for each, number in zip(small, found, strict=True):
        if number > most:
            continue
        # PostgreSQL does not know how few they are, and would look for them among all people in
        # the order of their addresses, unless they are an array.
        numbers = sa.func.array(each.correlate(None).scalar_subquery())
        yield _p.c.id == sa.any_(numbers) if is_postgresql else _p.c.id.in_(each)

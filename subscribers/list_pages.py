"""
Read the mailing lists page by page.
"""

from __future__ import annotations

from collections.abc import Collection

import sqlalchemy as sa

from subscribers.database.tables import mailing_list
from subscribers.lists import lists_by_id, read_list
from subscribers.model import MailingList

_m = mailing_list


def lists_after(
    connection: sa.Connection, number: int, *, limit: int, slugs: Collection[str] | None = None
) -> list[MailingList]:
    """
    Return at most *limit* lists with a higher number, in the order of their numbers; only those
    with one of *slugs* if these are given.
    """
    query = sa.select(_m.c.id).where(_m.c.id > number).order_by(_m.c.id).limit(limit)
    if slugs is not None:
        query = query.where(_m.c.slug.in_(sorted(slugs)))
    return lists_by_id(connection, list(connection.scalars(query)))


def lists_by_name(
    connection: sa.Connection, *, slugs: Collection[str] | None = None
) -> list[MailingList]:
    """
    Return every list, ordered by name; only those with one of *slugs* if these are given.
    """
    query = sa.select(_m).order_by(_m.c.name, _m.c.id)
    if slugs is not None:
        query = query.where(_m.c.slug.in_(sorted(slugs)))
    return [read_list(row) for row in connection.execute(query)]

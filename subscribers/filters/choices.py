"""
Read what people can be filtered by: the lists and the segments that there are.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from subscribers.database.segment_tables import segment
from subscribers.database.tables import mailing_list

_m = mailing_list


@dataclass(frozen=True, kw_only=True)
class OfferedList:
    """
    A list to choose.
    """

    slug: str
    name: str


@dataclass(frozen=True, kw_only=True)
class FilterChoices:
    """
    The lists, by name, and the names of the segments.
    """

    lists: Sequence[OfferedList]
    segments: Sequence[str]


def load_choices(
    connection: sa.Connection, *, slugs: Collection[str] | None, with_segments: bool
) -> FilterChoices:
    """
    Load, in one statement, the lists, those with one of *slugs* if these are given, and perhaps the
    segments.
    """
    lists = sa.select(_m.c.slug, _m.c.name)
    if slugs is not None:
        lists = lists.where(_m.c.slug.in_(sorted(slugs)))
    parts = [lists, sa.select(sa.null(), segment.c.name)] if with_segments else [lists]
    rows = sorted(connection.execute(sa.union_all(*parts)), key=lambda row: row.name)
    return FilterChoices(
        lists=[OfferedList(slug=row.slug, name=row.name) for row in rows if row.slug is not None],
        segments=[row.name for row in rows if row.slug is None],
    )

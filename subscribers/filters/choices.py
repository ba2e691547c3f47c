"""
Read what people can be filtered by: the lists and the segments that there are.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from subscribers.database.segment_tables import segment
from subscribers.database.tables import mailing_list, subscriber

_m, _p = mailing_list, subscriber


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
    The lists, by name, and the names of the segments. `people` is the number of all people, None
    if it was not counted.
    """

    lists: Sequence[OfferedList]
    segments: Sequence[str]
    people: int | None = None


def load_choices(
    connection: sa.Connection,
    *,
    slugs: Collection[str] | None,
    with_segments: bool,
    most_people: int = 0,
) -> FilterChoices:
    """
    Load, in one statement, the lists, those with one of *slugs* if these are given, perhaps the
    segments, and the number of people if there are at most *most_people*.
    """
    nobody = sa.cast(sa.null(), sa.Integer).label("people")
    lists = sa.select(_m.c.slug, _m.c.name, nobody)
    if slugs is not None:
        lists = lists.where(_m.c.slug.in_(sorted(slugs)))
    parts = [lists]
    if with_segments:
        parts.append(sa.select(sa.null(), segment.c.name, nobody))
    if most_people:
        some = sa.select(_p.c.id).where(_p.c.email_key.is_not(None)).limit(most_people + 1)
        parts.append(sa.select(sa.null(), sa.null(), sa.func.count()).select_from(some.subquery()))
    rows = connection.execute(sa.union_all(*parts)).all()
    named = sorted((row for row in rows if row.name is not None), key=lambda row: row.name)
    counts = [row.people for row in rows if row.name is None]
    return FilterChoices(
        lists=[OfferedList(slug=row.slug, name=row.name) for row in named if row.slug is not None],
        segments=[row.name for row in named if row.slug is None],
        people=counts[0] if counts and counts[0] <= most_people else None,
    )

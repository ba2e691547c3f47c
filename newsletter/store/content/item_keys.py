"""
Through which sources a brief was seen, and under which keys: how an item is known again.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import sqlalchemy as sa

from newsletter.model.brief import BriefStatus
from newsletter.store.tables import brief, sighting
from subscribers.database.columns import insert_into

# Between a key that was used before and the address of the other brief under it.
REUSED = " | "


@dataclass(frozen=True, kw_only=True)
class Sighting:
    """
    How a source shows a brief: by its key there, by the same without scheme and host, and by the
    name a post has through every door of its site.
    """

    source: str
    key: str
    second_key: str | None = None
    site_key: str | None = None


def note_sighting(
    connection: sa.Connection, brief_id: int, seen: Sighting, *, is_news: bool
) -> None:
    """
    Keeps a sighting, unless it was kept before. *is_news* says that the brief came after the
    source was added; a schedule takes from a source only what was news there.
    """
    connection.execute(
        insert_into(connection, sighting)
        .values(
            source_name=seen.source,
            key=seen.key,
            second_key=seen.second_key,
            brief_id=brief_id,
            is_news=is_news,
        )
        .on_conflict_do_nothing()
    )


def find_seen(connection: sa.Connection, seen: Sighting) -> int | None:
    """
    The number of the brief known by the sighting's key, else by its second key (a site that moved
    to https is not a new brief), else by its site key (a post of the feed is the same post in
    the API).
    """
    there = sighting.c.source_name == seen.source
    ways = [sa.select(sighting.c.brief_id).where(there, sighting.c.key == seen.key)]
    if seen.second_key is not None:
        second = sighting.c.second_key == seen.second_key
        ways.append(sa.select(sighting.c.brief_id).where(there, second).limit(1))
    if seen.site_key is not None:
        ways.append(sa.select(brief.c.id).where(brief.c.site_key == seen.site_key))
    for way in ways:
        found = connection.execute(way).scalar_one_or_none()
        if found is not None:
            return int(found)
    return None


@dataclass(frozen=True, kw_only=True)
class Missing:
    """
    A brief of a source that shows nothing any more under the brief's *key* there.
    """

    brief_id: int
    key: str
    content_hash: str
    status: BriefStatus
    why: str


def missing_briefs(
    connection: sa.Connection, source: str, present: Collection[str]
) -> list[Missing]:
    """
    The briefs of a source none of whose keys there is *present*, oldest first.
    """
    rows = connection.execute(
        sa.select(sighting.c.key, brief.c.id, brief.c.content_hash, brief.c.status, brief.c.why)
        .join(brief, brief.c.id == sighting.c.brief_id)
        .where(sighting.c.source_name == source, brief.c.source_name == source)
        .order_by(brief.c.id, sighting.c.key)
    ).all()
    there = {row.id for row in rows if _is_present(row.key, present)}
    return [
        Missing(
            brief_id=row.id,
            key=row.key,
            content_hash=row.content_hash,
            status=BriefStatus(row.status),
            why=row.why,
        )
        for row in rows
        if row.id not in there
    ]


def rename(connection: sa.Connection, gone: Missing, seen: Sighting) -> None:
    """
    Makes *seen* the key of a missing brief, so that the old one is free for another.
    """
    connection.execute(
        sa.update(sighting)
        .where(sighting.c.source_name == seen.source, sighting.c.key == gone.key)
        .values(key=seen.key)
    )
    connection.execute(sa.update(brief).where(brief.c.id == gone.brief_id).values(key=seen.key))


def _is_present(key: str, present: Collection[str]) -> bool:
    # `verdicts.is_reused`: a second brief under a used key has its address behind it.
    return key in present or key.partition(REUSED)[0] in present


def was_news(connection: sa.Connection, brief_id: int, source: str) -> bool | None:
    """
    Whether the brief was news in that source; None when it was never seen there.
    """
    rows = connection.execute(
        sa.select(sighting.c.is_news).where(
            sighting.c.brief_id == brief_id, sighting.c.source_name == source
        )
    ).scalars()
    found = list(rows)
    return any(found) if found else None


def is_seen(connection: sa.Connection, seen: Sighting) -> bool:
    """
    Whether that source has shown something under that key before.
    """
    found = sa.select(sighting.c.brief_id).where(
        sighting.c.source_name == seen.source, sighting.c.key == seen.key
    )
    return connection.execute(found).first() is not None

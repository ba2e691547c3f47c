"""
Through which sources a brief was seen, and under which keys: how an item is known again.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import sqlalchemy as sa

from newsletter.model.brief import BriefStatus
from newsletter.store.tables import brief, item_key
from subscribers.database.columns import insert_into

# Between a key that was used before and the address of the other brief under it.
REUSED = " | "


@dataclass(frozen=True, kw_only=True)
class ItemKey:
    """
    How a source shows a brief: by its key there, by the same without scheme and host, and by the
    name a post has through every door of its site.
    """

    source: str
    key: str
    fallback_key: str | None = None
    site_key: str | None = None


def add_item_key(connection: sa.Connection, brief_id: int, seen: ItemKey, *, is_new: bool) -> None:
    """
    Keeps an item key, unless it was kept before. *is_new* says that the brief came after the
    source was added; a schedule takes from a source only what was news there.
    """
    connection.execute(
        insert_into(connection, item_key)
        .values(
            source_name=seen.source,
            key=seen.key,
            fallback_key=seen.fallback_key,
            brief_id=brief_id,
            is_new=is_new,
        )
        .on_conflict_do_nothing()
    )


def find_by_key(connection: sa.Connection, seen: ItemKey) -> int | None:
    """
    The number of the brief known by its key, else by its second key (a site that moved
    to https is not a new brief), else by its site key (a post of the feed is the same post in
    the API).
    """
    there = item_key.c.source_name == seen.source
    ways = [sa.select(item_key.c.brief_id).where(there, item_key.c.key == seen.key)]
    if seen.fallback_key is not None:
        second = item_key.c.fallback_key == seen.fallback_key
        ways.append(sa.select(item_key.c.brief_id).where(there, second).limit(1))
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
        sa.select(item_key.c.key, brief.c.id, brief.c.content_hash, brief.c.status, brief.c.why)
        .join(brief, brief.c.id == item_key.c.brief_id)
        .where(item_key.c.source_name == source, brief.c.source_name == source)
        .order_by(brief.c.id, item_key.c.key)
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


def rename(connection: sa.Connection, gone: Missing, seen: ItemKey) -> None:
    """
    Makes *seen* the key of a missing brief, so that the old one is free for another.
    """
    connection.execute(
        sa.update(item_key)
        .where(item_key.c.source_name == seen.source, item_key.c.key == gone.key)
        .values(key=seen.key)
    )
    connection.execute(sa.update(brief).where(brief.c.id == gone.brief_id).values(key=seen.key))


def _is_present(key: str, present: Collection[str]) -> bool:
    # `verdicts.has_reused_id`: a second brief under a used key has its address behind it.
    return key in present or key.partition(REUSED)[0] in present


def was_new(connection: sa.Connection, brief_id: int, source: str) -> bool | None:
    """
    Whether the brief was news in that source; None when it was never seen there.
    """
    rows = connection.execute(
        sa.select(item_key.c.is_new).where(
            item_key.c.brief_id == brief_id, item_key.c.source_name == source
        )
    ).scalars()
    found = list(rows)
    return any(found) if found else None


def has_key(connection: sa.Connection, seen: ItemKey) -> bool:
    """
    Whether that source has shown something under that key before.
    """
    found = sa.select(item_key.c.brief_id).where(
        item_key.c.source_name == seen.source, item_key.c.key == seen.key
    )
    return connection.execute(found).first() is not None

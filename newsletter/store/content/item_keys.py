"""
Store the keys of items: the sources a brief was seen in, and the key that identifies it there.
"""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa

from newsletter.model.known_item import ItemKey, KnownKey
from newsletter.store.tables import brief, item_key
from subscribers.database.columns import insert_into


def add_item_keys(connection: sa.Connection, keys: Sequence[KnownKey]) -> None:
    """
    Store each key that is not stored yet. A schedule takes from a source only the briefs whose key
    was new there.
    """
    if keys:
        connection.execute(
            insert_into(connection, item_key).on_conflict_do_nothing(),
            [
                {
                    "source_name": known.key.source,
                    "key": known.key.key,
                    "reused_for": known.key.reused_for,
                    "fallback_key": known.key.fallback_key,
                    "brief_id": known.brief_id,
                    "is_new": known.is_new,
                    "seen_hash": known.seen_hash,
                }
                for known in keys
            ],
        )


def rename_key(connection: sa.Connection, brief_id: int, *, old: ItemKey, new: ItemKey) -> None:
    """
    Replace the brief's *old* key with the *new* one, so that another brief can use the old one.
    """
    connection.execute(
        sa.update(item_key)
        .where(
            item_key.c.source_name == old.source,
            item_key.c.key == old.key,
            item_key.c.reused_for == old.reused_for,
        )
        .values(key=new.key, reused_for=new.reused_for)
    )
    connection.execute(sa.update(brief).where(brief.c.id == brief_id).values(key=str(new)))


def note_seen(connection: sa.Connection, key: ItemKey, content_hash: str) -> None:
    """
    Remember what came last under the *key* of a joined brief.
    """
    connection.execute(
        sa.update(item_key)
        .where(
            item_key.c.source_name == key.source,
            item_key.c.key == key.key,
            item_key.c.reused_for == key.reused_for,
        )
        .values(seen_hash=content_hash)
    )

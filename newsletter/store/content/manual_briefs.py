"""
Briefs that no source gave: a person stored them from files.
"""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa

from newsletter.model.brief import Brief, BriefStatus
from newsletter.store.content import briefs, edits
from newsletter.store.content.briefs import BY_HAND, StoredBrief
from newsletter.store.content.fingerprints import content_hash, dated_at
from newsletter.store.content.item_keys import ItemKey


def keep_by_hand(
    connection: sa.Connection, read: Brief, *, key: str, now: dt.datetime
) -> StoredBrief:
    """
    The brief as it is stored now: new, or changed in place when *key* was stored before.
    """
    seen = ItemKey(source=BY_HAND, key=key)
    known = briefs.find_known(connection, seen)
    if known is not None:
        edits.change_brief(connection, known.id, read, content_hash=content_hash(read), now=now)
        return briefs.load_brief(connection, known.id)
    brief_id = briefs.add_brief(
        connection,
        read,
        seen=seen,
        content_hash=content_hash(read),
        status=BriefStatus.NEW,
        why="",
        dated_at=dated_at(read, "UTC", now),
        now=now,
    )
    return briefs.load_brief(connection, brief_id)

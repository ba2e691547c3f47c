"""
Briefs that no source gave: a person stored them from files.
"""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa

from newsletter.model.brief import Brief, BriefStatus
from newsletter.store import briefs
from newsletter.store.briefs import BY_HAND, StoredBrief
from newsletter.store.hashing import content_hash, dated_at


def keep_by_hand(
    connection: sa.Connection, read: Brief, *, key: str, now: dt.datetime
) -> StoredBrief:
    """
    The brief as it is stored now: new, or changed in place when *key* was stored before.
    """
    known = briefs.find_known(connection, BY_HAND, key, None)
    if known is not None:
        briefs.change_brief(connection, known.id, read, content_hash=content_hash(read), now=now)
        return briefs.load_brief(connection, known.id)
    brief_id = briefs.add_brief(
        connection,
        read,
        source_id=None,
        source_name=BY_HAND,
        key=key,
        second_key=None,
        content_hash=content_hash(read),
        status=BriefStatus.NEW,
        why="",
        dated_at=dated_at(read, "UTC", now),
        now=now,
    )
    return briefs.load_brief(connection, brief_id)

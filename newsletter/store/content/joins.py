"""
Join two briefs that are one piece of news: one of them gets the keys of both, so that later
versions of either update it.
"""

from __future__ import annotations

import sqlalchemy as sa

from newsletter.errors import Refused
from newsletter.model.brief import BriefStatus
from newsletter.store.content.briefs import StoredBrief, load_brief, set_status
from newsletter.store.tables import brief, item_key
from subscribers.text.phrases import phrase


def join_briefs(connection: sa.Connection, kept_id: int, other_id: int) -> StoredBrief:
    """
    Give the keys of the brief *other_id* to the brief *kept_id*, and return that. The other one is
    held, and no source finds it any more.

    Raises:
        UnknownBrief: one of them does not exist.
        Refused: both are the same, or the other one was sent and the kept one was not.
    """
    if kept_id == other_id:
        raise Refused(
            phrase("brief {brief} cannot be joined with itself: name two briefs", brief=kept_id)
        )
    ids = sorted((kept_id, other_id))
    connection.execute(sa.select(brief.c.id).where(brief.c.id.in_(ids)).with_for_update()).all()
    kept, other = load_brief(connection, kept_id), load_brief(connection, other_id)
    if other.status is BriefStatus.USED and kept.status is not BriefStatus.USED:
        raise Refused(
            phrase(
                "brief {other} was sent: keep that one, with `newsletter brief join "
                "{other} {brief}`",
                other=other_id,
                brief=kept_id,
            )
        )
    for each in (kept, other):
        _remember(connection, each)
    moved = sa.update(item_key).where(item_key.c.brief_id == other_id)
    connection.execute(moved.values(brief_id=kept_id))
    _forget_marks(connection, kept_id, other_id)
    set_status(
        connection,
        [other_id],
        BriefStatus.HELD,
        reason=phrase("joined with brief {brief}", brief=kept_id),
    )
    return load_brief(connection, kept_id)


def _remember(connection: sa.Connection, stored: StoredBrief) -> None:
    """
    Store under each key of a brief what came last there, unless it was joined before.
    """
    connection.execute(
        sa.update(item_key)
        .where(item_key.c.brief_id == stored.id, item_key.c.seen_hash.is_(None))
        .values(seen_hash=stored.content_hash)
    )


def _forget_marks(connection: sa.Connection, kept_id: int, other_id: int) -> None:
    """
    Remove from the other brief by what it would be recognised; its site's name of the post becomes
    that of the kept one, if that has none.
    """
    marks = sa.select(brief.c.id, brief.c.site_key).where(brief.c.id.in_([kept_id, other_id]))
    site_keys = {row.id: row.site_key for row in connection.execute(marks)}
    bare = {"link": None, "text_hash": None}
    if site_keys[kept_id] is None:
        bare["site_key"] = None
    connection.execute(sa.update(brief).where(brief.c.id == other_id).values(bare))
    if site_keys[kept_id] is None and site_keys[other_id] is not None:
        named = sa.update(brief).where(brief.c.id == kept_id)
        connection.execute(named.values(site_key=site_keys[other_id]))

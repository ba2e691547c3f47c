"""
Store briefs that a person adds from files, without a source.
"""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa

from newsletter.model.brief import Brief, BriefStatus
from newsletter.model.decision import New
from newsletter.model.known_item import ItemKey, ParsedItem
from newsletter.model.link_key import link_key
from newsletter.store.content import briefs, edits
from newsletter.store.content.briefs import BY_HAND, StoredBrief
from newsletter.store.content.fingerprints import content_hash, dated_at, text_hash
from newsletter.store.content.known_items import load_known


def store_by_hand(
    connection: sa.Connection, parsed: Brief, *, key: str, now: dt.datetime
) -> StoredBrief:
    """
    Store the brief, or change it in place if *key* was stored before, and return it.
    """
    item = ParsedItem(
        place=0,
        key=ItemKey(source=BY_HAND, key=key),
        brief=parsed,
        content_hash=content_hash(parsed),
        dated_at=dated_at(parsed, "UTC", now),
        link=link_key(parsed.url),
        text_hash=text_hash(parsed),
    )
    known = load_known(connection, BY_HAND, [item])
    same = [stored.brief_id for stored in known.keys if stored.key.key == key]
    if same:
        brief_id = same[0]
        digest = item.content_hash
        edits.change_brief(connection, brief_id, parsed, content_hash=digest, now=now)
    else:
        new = New(brief_id=-1, item=item, status=BriefStatus.NEW, why="")
        [brief_id] = briefs.add_briefs(connection, [new], now=now)
    return briefs.load_brief(connection, brief_id)

"""
Store briefs that a person adds from files, or a program under its own keys, without a source.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

import sqlalchemy as sa

from newsletter.model.brief import Brief, BriefStatus
from newsletter.model.decision import New
from newsletter.model.known_item import ItemKey, KnownKey, ParsedItem
from newsletter.model.link_key import link_key
from newsletter.store.content import briefs, edits
from newsletter.store.content.briefs import BY_HAND, StoredBrief
from newsletter.store.content.fingerprints import content_hash, dated_at, text_hash
from newsletter.store.content.item_keys import add_item_keys
from newsletter.store.content.known_items import load_known
from newsletter.store.tables import brief, item_key


def store_by_hand(
    connection: sa.Connection,
    parsed: Brief,
    *,
    key: str,
    collected_as: Sequence[ItemKey] = (),
    now: dt.datetime,
) -> StoredBrief:
    """
    Store the brief, or change it in place if *key* was stored before, and return it. A file that a
    source collected under one of the keys *collected_as*, or a brief with the same title and text,
    is not stored again, and its status stays.
    """
    item = _item(parsed, key, now)
    known = load_known(connection, BY_HAND, [item])
    same = [stored.brief_id for stored in known.keys if stored.key.key == key]
    brief_id = same[0] if same else _collected(connection, item, collected_as)
    if brief_id is not None:
        add_item_keys(connection, [KnownKey(key=item.key, brief_id=brief_id, is_new=True)])
        digest = item.content_hash
        edits.change_brief(connection, brief_id, parsed, content_hash=digest, now=now)
    else:
        new = New(brief_id=-1, item=item, status=BriefStatus.NEW, why="")
        [brief_id] = briefs.add_briefs(connection, [new], now=now)
    return briefs.load_brief(connection, brief_id)


def find_by_key(connection: sa.Connection, key: str) -> int | None:
    """
    Return the number of the brief that was stored by hand under *key*, if there is one.
    """
    wanted = sa.select(item_key.c.brief_id).where(
        item_key.c.source_name == BY_HAND, item_key.c.key == key
    )
    return connection.execute(wanted).scalars().first()


def store_under_key(
    connection: sa.Connection, written: Brief, *, key: str, now: dt.datetime
) -> StoredBrief:
    """
    Store the brief, or change the one that has *key* in place, and return it. What a person edited
    stays, and so does its status.
    """
    item = _item(written, key, now)
    brief_id = find_by_key(connection, key)
    if brief_id is None:
        new = New(brief_id=-1, item=item, status=BriefStatus.NEW, why="")
        [brief_id] = briefs.add_briefs(connection, [new], now=now)
    else:
        edits.change_brief(connection, brief_id, written, content_hash=item.content_hash, now=now)
    return briefs.load_brief(connection, brief_id)


def _item(parsed: Brief, key: str, now: dt.datetime) -> ParsedItem:
    return ParsedItem(
        place=0,
        key=ItemKey(source=BY_HAND, key=key),
        brief=parsed,
        content_hash=content_hash(parsed),
        dated_at=dated_at(parsed, "UTC", now),
        link=link_key(parsed.url),
        text_hash=text_hash(parsed),
    )


def _collected(connection: sa.Connection, item: ParsedItem, keys: Sequence[ItemKey]) -> int | None:
    for key in keys:
        found = connection.execute(
            sa.select(item_key.c.brief_id).where(
                item_key.c.source_name == key.source, item_key.c.key == key.key
            )
        ).scalars()
        if (brief_id := next(found, None)) is not None:
            return int(brief_id)
    if item.text_hash is None:
        return None
    same = sa.select(brief.c.id).where(brief.c.text_hash == item.text_hash).order_by(brief.c.id)
    return connection.execute(same.limit(1)).scalar_one_or_none()

"""
Load what is stored about the items of a poll, and save the decisions about them.

`collect` does both in one transaction, and matches the items in between.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from newsletter.model.brief import BriefStatus, StatusCause
from newsletter.model.decision import (
    MISSING_WHY,
    Decision,
    Held,
    KeyAdded,
    Missing,
    New,
    Reappeared,
    Renamed,
    Unparsable,
    Updated,
)
from newsletter.model.known_item import (
    ItemKey,
    KnownBrief,
    KnownItems,
    KnownKey,
    MissingItem,
    ParsedItem,
)
from newsletter.store.content.briefs import add_briefs, set_status
from newsletter.store.content.edits import change_brief
from newsletter.store.content.item_keys import add_item_keys, note_seen, rename_key
from newsletter.store.tables import brief, item_key

# SQLite takes 32,766 parameters in one statement.
_AT_ONCE = 500
_BRIEF = (
    brief.c.id,
    brief.c.source_name.label("brief_source"),
    brief.c.key.label("brief_key"),
    brief.c.status,
    brief.c.cause,
    brief.c.content_hash,
    brief.c.dated_at,
    brief.c.edited,
    brief.c.link,
    brief.c.text_hash,
    brief.c.fields["title"].as_string().label("title"),
    brief.c.fields["url"].as_string().label("url"),
    brief.c.fields["date"].as_string().label("date"),
)
_KEY = (
    item_key.c.source_name,
    item_key.c.key,
    item_key.c.reused_for,
    item_key.c.fallback_key,
    item_key.c.is_new,
    item_key.c.seen_hash,
)


def load_known(
    connection: sa.Connection,
    source: str,
    items: Sequence[ParsedItem],
    *,
    present: Collection[str] | None = None,
) -> KnownItems:
    """
    Load what is stored about *items* of *source*: the briefs with their keys and, for those whose
    key is not known, with their link or text. If the source lists all its items in *present*, load
    the briefs that are missing from it too.
    """
    keys = [item.key for item in items]
    rows = _rows(connection, source, item_key.c.key, [key.key for key in keys])
    exact = {row.key for row in rows if not row.reused_for}
    unmatched = [key for key in keys if key.key not in exact]
    fallbacks = [key.fallback_key for key in unmatched if key.fallback_key is not None]
    rows += _rows(connection, source, item_key.c.fallback_key, fallbacks)
    found = {row.fallback_key for row in rows} - {None}
    sites = _by_site_key(
        connection,
        [key.site_key for key in unmatched if key.site_key and key.fallback_key not in found],
    )
    if unmatched:
        rows += _with_content(connection, source, [i for i in items if i.key.key not in exact])
    briefs = {row.id: _known_brief(row) for row in [*rows, *sites.values()]}
    if unmatched:
        # For a brief that gets another key: whether it was new in this source under the others.
        rows += _rows(connection, source, item_key.c.brief_id, list(briefs))
    return KnownItems(
        briefs=briefs,
        keys=_known_keys(rows),
        by_site_key={key: row.id for key, row in sites.items()},
        missing=() if present is None else _missing(connection, source, present),
        present=present,
    )


def save_decisions(
    connection: sa.Connection, source: str, decisions: Sequence[Decision], *, now: dt.datetime
) -> None:
    """
    Save what a poll of *source* decided.
    """
    for decision in decisions:
        if isinstance(decision, Renamed):
            rename_key(connection, decision.brief_id, old=decision.old_key, new=decision.key)
    new = [decision for decision in decisions if isinstance(decision, New)]
    ids = dict(zip([d.brief_id for d in new], add_briefs(connection, new, now=now), strict=True))
    add_item_keys(
        connection,
        [
            KnownKey(
                key=decision.key,
                brief_id=ids.get(decision.brief_id, decision.brief_id),
                is_new=decision.is_new,
                seen_hash=decision.seen_hash,
            )
            for decision in decisions
            if isinstance(decision, KeyAdded)
        ],
    )
    for decision in decisions:
        if isinstance(decision, Updated):
            change_brief(
                connection,
                ids.get(decision.brief_id, decision.brief_id),
                decision.item.brief,
                content_hash=decision.item.content_hash,
                is_partial=decision.item.is_partial,
                dated_at=decision.item.dated_at,
                now=now,
            )
            if decision.is_joined:
                note_seen(connection, decision.item.key, decision.item.content_hash)
    _save_statuses(connection, source, decisions, ids)


def _save_statuses(
    connection: sa.Connection, source: str, decisions: Iterable[Decision], ids: Mapping[int, int]
) -> None:
    """
    Give each brief the last status that was decided for it, in one statement per status.
    """
    last = {
        ids.get(decision.brief_id, decision.brief_id): values
        for decision in decisions
        if not isinstance(decision, Unparsable)
        and (values := _status_after(source, decision)) is not None
    }
    groups: dict[tuple[BriefStatus, str, StatusCause | None], list[int]] = {}
    for brief_id, values in last.items():
        groups.setdefault(values, []).append(brief_id)
    for (status, why, cause), brief_ids in groups.items():
        for some in _chunks(brief_ids):
            set_status(connection, some, status, reason=why, cause=cause)


def _status_after(
    source: str, decision: Decision
) -> tuple[BriefStatus, str, StatusCause | None] | None:
    """
    Return the status, reason and cause that *decision* gives a stored brief, if any.
    """
    match decision:
        case KeyAdded(frees=True):
            return BriefStatus.NEW, f"new in {source}", None
        case Reappeared():
            return BriefStatus.NEW, "", None
        case Held(why=why):
            return BriefStatus.HELD, why, None
        case Missing():
            return BriefStatus.HELD, MISSING_WHY, StatusCause.ITEM_MISSING
    return None


def _rows(
    connection: sa.Connection, source: str, column: sa.Column[Any], values: Sequence[Any]
) -> list[Any]:
    """
    Select the keys in *source* with one of *values* in *column*, each with its brief.
    """
    return [
        row
        for some in _chunks(values)
        for row in connection.execute(
            sa.select(*_KEY, *_BRIEF)
            .join(brief, brief.c.id == item_key.c.brief_id)
            .where(item_key.c.source_name == source, column.in_(some))
        )
    ]


def _with_content(connection: sa.Connection, source: str, items: Sequence[ParsedItem]) -> list[Any]:
    """
    Select the briefs of *source* with the link or the text of one of *items*.
    """
    links = list({item.link for item in items if item.link is not None})
    texts = list({item.text_hash for item in items if item.text_hash is not None})
    return [
        *_rows(connection, source, brief.c.link, links),
        *_rows(connection, source, brief.c.text_hash, texts),
    ]


def _by_site_key(connection: sa.Connection, site_keys: Sequence[str]) -> dict[str, Any]:
    return {
        row.site_key: row
        for some in _chunks(site_keys)
        for row in connection.execute(
            sa.select(brief.c.site_key, *_BRIEF).where(brief.c.site_key.in_(some))
        )
    }


def _missing(
    connection: sa.Connection, source: str, present: Collection[str]
) -> tuple[MissingItem, ...]:
    """
    Find the briefs of *source* none of whose keys there is *present*, oldest first.
    """
    rows = connection.execute(
        sa.select(*_KEY, brief.c.id)
        .join(brief, brief.c.id == item_key.c.brief_id)
        .where(item_key.c.source_name == source, brief.c.source_name == source)
        .order_by(brief.c.id, item_key.c.key, item_key.c.reused_for)
    ).all()
    there = {row.id for row in rows if row.key in present}
    missing = [row for row in rows if row.id not in there]
    briefs = {
        row.id: _known_brief(row)
        for some in _chunks(list({row.id for row in missing}))
        for row in connection.execute(sa.select(*_BRIEF).where(brief.c.id.in_(some)))
    }
    return tuple(MissingItem(key=_item_key(row), brief=briefs[row.id]) for row in missing)


def _known_keys(rows: Iterable[Any]) -> tuple[KnownKey, ...]:
    """
    Return each key once, with those of the oldest brief first.
    """
    found = {(row.id, row.key, row.reused_for): row for row in rows}
    return tuple(
        KnownKey(key=_item_key(row), brief_id=row.id, is_new=row.is_new, seen_hash=row.seen_hash)
        for _, row in sorted(found.items())
    )


def _item_key(row: Any) -> ItemKey:
    return ItemKey(
        source=row.source_name,
        key=row.key,
        reused_for=row.reused_for,
        fallback_key=row.fallback_key,
    )


def _known_brief(row: Any) -> KnownBrief:
    return KnownBrief(
        id=row.id,
        source=row.brief_source,
        key=row.brief_key,
        status=BriefStatus(row.status),
        cause=StatusCause(row.cause) if row.cause else None,
        content_hash=row.content_hash,
        dated_at=row.dated_at,
        title=row.title,
        url=row.url,
        link=row.link,
        text_hash=row.text_hash,
        date=dt.date.fromisoformat(row.date) if row.date else None,
        edited=frozenset(row.edited),
    )


def _chunks(values: Sequence[Any]) -> Iterator[Sequence[Any]]:
    for start in range(0, len(values), _AT_ONCE):
        yield values[start : start + _AT_ONCE]

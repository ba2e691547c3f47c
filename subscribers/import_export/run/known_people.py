"""
Find what the tables contain about the people in a batch of rows.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import sqlalchemy as sa

from subscribers.database import tables
from subscribers.database.columns import is_among
from subscribers.database.history_tables import history
from subscribers.import_export.import_policy import REFUSED, KnownPerson, RowDecision
from subscribers.import_export.rows import Row
from subscribers.import_export.run.seen_people import SeenPeople
from subscribers.import_export.run.target import ImportTarget
from subscribers.import_export.status_words import RowStatus
from subscribers.model import SubscriptionState
from subscribers.suppression.records import find_suppressed, has_erased

_p = tables.subscriber
_s = tables.subscription
_h = history
# What a later row may say to take back that the import began somebody as active.
_STRICTER = (RowStatus.PENDING, *REFUSED)


def load_batch(
    target: ImportTarget, rows: Mapping[str, Row], seen: SeenPeople
) -> tuple[Mapping[str, Row], Mapping[str, KnownPerson], set[int]]:
    """
    Return the rows of a batch with what they may say, what the tables contain about their people,
    and those whom `begun_earlier` returns; rows and people by address key.
    """
    known = find_known_people(target, list(rows))
    given = within_reach(target, rows)
    return given, known, begun_earlier(target, given, known, seen)


def find_known_people(target: ImportTarget, keys: Sequence[str]) -> dict[str, KnownPerson]:
    """
    Return what the tables contain about the person of each address key; every key has an entry.
    Unless it is a dry run, nobody else changes or erases these people until the transaction ends.
    """
    connection, mailing_list = target.connection, target.mailing_list
    if target.import_number:
        _lock(connection, keys)
    # Most installations have no hash and no rule, and looking for them costs as much as the rest.
    hashes = target.keyring if has_erased(connection) else None
    suppressed = find_suppressed(connection, keys, list_slug=mailing_list.slug, keyring=hashes)
    found = connection.execute(
        sa.select(_p.c.email_key, _p.c.id, _p.c.name, _p.c.timezone, _s.c.id, _s.c.state)
        .select_from(_p)
        .outerjoin(_s, sa.and_(_s.c.subscriber_id == _p.c.id, _s.c.list_id == mailing_list.id))
        .where(is_among(connection, _p.c.email_key, keys))
    )
    known = {key: KnownPerson(suppressed=suppressed.get(key)) for key in keys}
    for key, subscriber_id, name, timezone, subscription_id, state in found:
        known[key] = KnownPerson(
            subscriber_id=subscriber_id,
            name=name,
            timezone=timezone,
            subscription_id=subscription_id,
            state=SubscriptionState(state) if state else None,
            suppressed=suppressed.get(key),
        )
    return known


def _lock(connection: sa.Connection, keys: Sequence[str]) -> None:
    # On SQLite, a transaction that writes is the only one.
    if connection.dialect.name != "sqlite":
        known = sa.select(_p.c.id).where(is_among(connection, _p.c.email_key, keys))
        connection.execute(known.order_by(_p.c.id).with_for_update(key_share=True)).all()


def within_reach(target: ImportTarget, rows: Mapping[str, Row]) -> Mapping[str, Row]:
    """
    Return the rows by address key; of people on a list out of reach, with their subscription alone.
    """
    if target.reach is None:
        return rows
    elsewhere = _on_other_lists(target.connection, rows, target.reach)
    return {key: _subscription_of(row) if key in elsewhere else row for key, row in rows.items()}


def _subscription_of(row: Row) -> Row:
    return row._replace(name="", language=None, timezone=None, values={}, tags=(), note="")


def _on_other_lists(
    connection: sa.Connection, rows: Mapping[str, Row], reach: frozenset[str]
) -> frozenset[str]:
    lists = tables.mailing_list
    found = (
        sa.select(_p.c.email_key)
        .join(_s, _s.c.subscriber_id == _p.c.id)
        .join(lists, lists.c.id == _s.c.list_id)
        .where(is_among(connection, _p.c.email_key, list(rows)))
        .where(lists.c.slug.not_in(sorted(reach)))
        .distinct()
    )
    return frozenset(connection.scalars(found))


def begun_earlier(
    target: ImportTarget,
    rows: Mapping[str, Row],
    known: Mapping[str, KnownPerson],
    seen: SeenPeople,
) -> set[int]:
    """
    Return those whose subscription an earlier row of the import began and whom one of these *rows*
    refuses or calls pending. Rows and people are by address key. The history tells it after a crash
    too.
    """
    refused = [key for key, row in rows.items() if row.status in _STRICTER and key in seen]
    if not refused:
        return set()
    numbers = [known[key].subscriber_id for key in refused]
    found = sa.select(_h.c.subscriber_id, _h.c.detail).where(
        _h.c.subscriber_id.in_(numbers),
        _h.c.list_id == target.mailing_list.id,
        _h.c.by == target.origin.kind.value,
        _h.c.by_name == target.origin.name,
    )
    changes = [
        (number, (detail or {}).get("state")) for number, detail in target.connection.execute(found)
    ]
    return {number for number, state in changes if state and state["before"] is None}


def newly_held(decisions: Iterable[RowDecision]) -> list[str]:
    """
    Return the addresses of new people that are suppressed already, perhaps by a rule.
    """
    new = (each for each in decisions if each.known.subscriber_id is None)
    return [each.row.address.key for each in new if each.known.suppressed is not None]

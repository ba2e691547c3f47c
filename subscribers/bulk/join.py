"""
Add many people to a list at once, who are known already.

Nobody is brought back: people who left the list, or whom a suppression holds back on it, stay as
they are.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Collection, Sequence

import sqlalchemy as sa

from subscribers.bulk.activate import Evidence, activate, select_with_addresses
from subscribers.database import tables
from subscribers.database.bulk_insert import insert_many
from subscribers.database.columns import insert_into
from subscribers.history.model import HistoryEvent, HistoryRecord, Origin
from subscribers.history.records import record_all
from subscribers.model import MailingList, OptIn, SubscriptionState
from subscribers.subscription_records import lock_subscriptions
from subscribers.suppression.records import find_suppressed
from subscribers.tokens import KeyRing

_p = tables.subscriber
_s = tables.subscription
_ACTIVE, _PENDING = SubscriptionState.ACTIVE, SubscriptionState.PENDING


def join_people(
    connection: sa.Connection,
    numbers: Sequence[int],
    target: MailingList,
    evidence: Evidence | None,
    *,
    dry_run: bool,
    keyring: KeyRing | None,
    by: Origin,
    now: dt.datetime,
) -> Counter[str]:
    """
    Begin the subscriptions of people to *target*: active with *evidence* or on a list with single
    opt-in, otherwise pending. Who is pending there becomes active with *evidence*. Count those who
    `joined`, were there `already`, and who are `kept_unsubscribed` or `kept_suppressed`.
    """
    if not dry_run:
        lock_subscriptions(connection, numbers)
    keys = _keys_of(connection, numbers)
    there = {row.subscriber_id: row for row in _subscriptions(connection, keys, target)}
    held_keys = find_suppressed(
        connection, list(keys.values()), list_slug=target.slug, keyring=keyring
    )
    held = {number for number, key in keys.items() if key in held_keys}
    gone = {n for n, row in there.items() if row.state == SubscriptionState.ENDED} - held
    waiting = {n for n, row in there.items() if evidence and row.state == _PENDING} - held
    new = keys.keys() - there.keys() - held
    joined = len(new) + len(waiting)
    if not dry_run:
        joined = len(_begin(connection, new, target, evidence, by=by, now=now))
        if evidence is not None:
            consents = {there[n].id: evidence for n in waiting}
            joined += activate(connection, consents, by=by, now=now)
    return Counter(
        joined=joined,
        already=len(keys) - joined - len(held) - len(gone),
        kept_unsubscribed=len(gone),
        kept_suppressed=len(held),
    )


def _keys_of(connection: sa.Connection, numbers: Collection[int]) -> dict[int, str]:
    known = sa.select(_p.c.id, _p.c.email_key).where(
        _p.c.id.in_(list(numbers)), _p.c.email_key.is_not(None)
    )
    return {row.id: row.email_key for row in connection.execute(known)}


def _subscriptions(
    connection: sa.Connection, numbers: Collection[int], target: MailingList
) -> Sequence[sa.Row[tuple[object, ...]]]:
    theirs = select_with_addresses(target).where(_s.c.subscriber_id.in_(list(numbers)))
    return connection.execute(theirs).all()


def _begin(
    connection: sa.Connection,
    numbers: Collection[int],
    target: MailingList,
    evidence: Evidence | None,
    *,
    by: Origin,
    now: dt.datetime,
) -> dict[int, int]:
    """
    Begin the subscriptions of those who have none yet, and return the number of each by that of the
    person.
    """
    if not numbers:
        return {}
    is_active = evidence is not None or target.opt_in is OptIn.SINGLE
    state = (_ACTIVE if is_active else _PENDING).value
    row = {"list_id": target.id, "state": state, "since": now, "created_at": now}
    insert = insert_into(connection, _s).on_conflict_do_nothing(
        index_elements=[_s.c.subscriber_id, _s.c.list_id]
    )
    begun = {
        each.subscriber_id: each.id
        for each in connection.execute(
            insert.returning(_s.c.id, _s.c.subscriber_id),
            [{**row, "subscriber_id": number} for number in sorted(numbers)],
        )
    }
    if evidence is not None:
        agreed = [(own, *evidence) for own in begun.values()]
        insert_many(connection, tables.consent, ("subscription_id", *Evidence._fields), agreed)
    detail = {"state": state} | ({"consent": evidence.text} if evidence else {})
    records = [
        HistoryRecord(
            what=HistoryEvent.JOINED, subscriber_id=number, list_id=target.id, detail=detail
        )
        for number in begun
    ]
    record_all(connection, records, by=by, at=now)
    return begun

"""
Move many people from one list to another.

Nobody is brought back: people who left the other list, or whom a suppression holds back on either,
stay where they are.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from subscribers.bulk.activate import Evidence, activate, select_with_addresses, suppressed_among
from subscribers.bulk.end import end_subscriptions
from subscribers.database import tables
from subscribers.database.bulk_insert import insert_many
from subscribers.database.columns import insert_into
from subscribers.history.model import HistoryEvent, HistoryRecord, Origin
from subscribers.history.records import record_all
from subscribers.model import MailingList, SubscriptionState
from subscribers.subscription_records import lock_subscriptions
from subscribers.suppression.records import find_suppressed
from subscribers.tokens import KeyRing

_s = tables.subscription
_c = tables.consent
_ACTIVE, _PENDING = SubscriptionState.ACTIVE, SubscriptionState.PENDING
_ENDED = SubscriptionState.ENDED


def move_people(
    connection: sa.Connection,
    numbers: Sequence[int],
    source: MailingList,
    target: MailingList,
    *,
    dry_run: bool,
    keyring: KeyRing | None,
    by: Origin,
    now: dt.datetime,
) -> Counter[str]:
    """
    End the subscriptions of people to *source* and begin one to *target* with the same state and
    cadence, and the last consent. Count those `moved`, `kept_suppressed` and `kept_unsubscribed`,
    and who is not on *source*: `unknown`.

    Who is pending on *target* becomes active there if they were active on *source*.
    """
    if not dry_run:
        lock_subscriptions(connection, numbers)
    here = _subscriptions(connection, numbers, source)
    leaving = {each.subscriber_id: each for each in here if each.state != _ENDED}
    there = {each.subscriber_id: each for each in _subscriptions(connection, leaving, target)}
    held = _held_back(connection, list(leaving.values()), target, keyring=keyring)
    gone = {n for n, each in there.items() if each.state == _ENDED} - held
    moving = {n: each for n, each in leaving.items() if n not in held | gone}
    if not dry_run:
        consents = _last_consents(connection, moving, source, now=now)
        none = Evidence(f"moved from list {source.slug}", by.through, None, now)
        begun = _begin(connection, moving, consents, source, target, there, by=by, now=now)
        waiting = {
            there[n].id: consents.get(each.id, none)
            for n, each in moving.items()
            if n in there and there[n].state == _PENDING and each.state == _ACTIVE
        }
        activate(connection, waiting, by=by, now=now)
        # Whoever joined the other list just now was not moved.
        moving = {n: each for n, each in moving.items() if n in begun or n in there}
        ids = [each.id for each in moving.values()]
        end_subscriptions(connection, ids, reason=f"moved to {target.slug}", by=by, now=now)
    return Counter(
        moved=len(moving),
        kept_suppressed=len(held),
        kept_unsubscribed=len(gone),
        unknown=len(numbers) - len(leaving),
    )


def _subscriptions(
    connection: sa.Connection, numbers: Collection[int], mailing_list: MailingList
) -> Sequence[sa.Row[Any]]:
    theirs = select_with_addresses(mailing_list).where(_s.c.subscriber_id.in_(list(numbers)))
    return connection.execute(theirs).all()


def _held_back(
    connection: sa.Connection,
    leaving: Sequence[sa.Row[Any]],
    target: MailingList,
    *,
    keyring: KeyRing | None,
) -> set[int]:
    """
    Return the numbers of the people whom a suppression holds back on their list or on *target*.
    """
    held = {key for key, _ in suppressed_among(connection, leaving, keyring=keyring)}
    keys = [each.email_key for each in leaving]
    held.update(find_suppressed(connection, keys, list_slug=target.slug, keyring=keyring))
    return {each.subscriber_id for each in leaving if each.email_key in held}


def _last_consents(
    connection: sa.Connection,
    moving: Mapping[int, sa.Row[Any]],
    source: MailingList,
    *,
    now: dt.datetime,
) -> dict[int, Evidence]:
    """
    Return how the people agreed to their subscriptions, by the number of each, as it is recorded
    for the other list. Who joined a single opt-in list may have no consent.
    """
    moved = f"moved from list {source.slug}"
    found: dict[int, Evidence] = {}
    rows = connection.execute(
        sa.select(_c)
        .where(_c.c.subscription_id.in_([each.id for each in moving.values()]))
        .order_by(_c.c.id)
    )
    for row in rows:
        how = f"{moved}; {row.source}" if row.source else moved
        found[row.subscription_id] = Evidence(row.text, how, row.given_at, now, row.evidence)
    return found


def _begin(
    connection: sa.Connection,
    moving: Mapping[int, sa.Row[Any]],
    consents: Mapping[int, Evidence],
    source: MailingList,
    target: MailingList,
    there: Collection[int],
    *,
    by: Origin,
    now: dt.datetime,
) -> set[int]:
    """
    Begin the subscriptions of those who are not *there* yet, and return their numbers.
    """
    rows = [
        {
            "subscriber_id": number,
            "list_id": target.id,
            "state": each.state,
            "since": now,
            "created_at": now,
            "cadence": each.cadence,
        }
        for number, each in moving.items()
        if number not in there
    ]
    if not rows:
        return set()
    insert = insert_into(connection, _s).on_conflict_do_nothing(
        index_elements=[_s.c.subscriber_id, _s.c.list_id]
    )
    begun = {
        row.subscriber_id: row.id
        for row in connection.execute(insert.returning(_s.c.id, _s.c.subscriber_id), rows)
    }
    agreed = [
        (begun[number], *consents[moving[number].id])
        for number in begun
        if moving[number].id in consents
    ]
    insert_many(connection, _c, ("subscription_id", *Evidence._fields), agreed)
    joined = [
        HistoryRecord(
            what=HistoryEvent.JOINED,
            subscriber_id=number,
            list_id=target.id,
            detail={"state": moving[number].state, "moved_from": source.slug},
        )
        for number in begun
    ]
    record_all(connection, joined, by=by, at=now)
    return set(begun)

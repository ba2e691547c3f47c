"""
Confirm pending people, many at once, because they agreed outside of the confirmation email.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import sqlalchemy as sa

from subscribers.database import tables
from subscribers.database.bulk_insert import insert_many
from subscribers.history.model import HistoryEvent, HistoryRecord, Origin
from subscribers.history.records import record_all
from subscribers.model import MailingList, SubscriptionState
from subscribers.subscription_records import SUBSCRIPTIONS
from subscribers.suppression.records import find_suppressed
from subscribers.tokens import KeyRing

_p = tables.subscriber
_s = tables.subscription
_ACTIVE = SubscriptionState.ACTIVE.value
_CONSENT_COLUMNS = ("subscription_id", "text", "source", "given_at", "recorded_at", "evidence")


class Evidence(NamedTuple):
    """
    How somebody agreed, in the order of the columns of a consent.
    """

    text: str
    source: str
    given_at: dt.datetime | None
    recorded_at: dt.datetime
    evidence: str | None = None


def confirm_people(
    connection: sa.Connection,
    numbers: Sequence[int],
    mailing_list: MailingList | None,
    evidence: Evidence,
    *,
    dry_run: bool,
    keyring: KeyRing | None,
    by: Origin,
) -> Counter[str]:
    """
    Make the pending subscriptions of people active, on *mailing_list* or on every list, and count
    what became of them as `sort_out` does, with the people who are `unknown` there.
    """
    found = connection.execute(
        select_with_addresses(mailing_list).where(_s.c.subscriber_id.in_(numbers))
    ).all()
    pending, counts = sort_out(connection, found, keyring=keyring)
    counts["unknown"] = len(numbers) - len({each.subscriber_id for each in found})
    counts["confirmed"] = len(pending)
    if not dry_run:
        consents = {each.id: evidence for each in pending}
        counts["confirmed"] = activate(connection, consents, by=by, now=evidence.recorded_at)
    return counts


def select_with_addresses(mailing_list: MailingList | None) -> sa.Select[Any]:
    """
    Select subscriptions with the address key of the person, those to *mailing_list* if it is given.
    """
    query = (
        SUBSCRIPTIONS.add_columns(_p.c.email_key)
        .join(_p, _p.c.id == _s.c.subscriber_id)
        .where(_p.c.email_key.is_not(None))
    )
    return query if mailing_list is None else query.where(_s.c.list_id == mailing_list.id)


def sort_out(
    connection: sa.Connection, found: Sequence[sa.Row[Any]], *, keyring: KeyRing | None
) -> tuple[list[sa.Row[Any]], Counter[str]]:
    """
    Return the subscriptions that may be confirmed, and count why the others stay as they are:
    `kept_suppressed`, `kept_unsubscribed`, `already_active`.
    """
    suppressed = suppressed_among(connection, found, keyring=keyring)
    pending: list[sa.Row[Any]] = []
    counts: Counter[str] = Counter()
    for each in found:
        if (each.email_key, each.list_slug) in suppressed:
            counts["kept_suppressed"] += 1
        elif each.state == SubscriptionState.ENDED:
            counts["kept_unsubscribed"] += 1
        elif each.state == SubscriptionState.ACTIVE:
            counts["already_active"] += 1
        else:
            pending.append(each)
    return pending, counts


def activate(
    connection: sa.Connection,
    consents: Mapping[int, Evidence],
    *,
    by: Origin,
    now: dt.datetime,
) -> int:
    """
    Make pending subscriptions active, with the consent of each by its number, and return how many
    were still pending.
    """
    # A person may have unsubscribed since the state was read.
    is_pending = _s.c.state == SubscriptionState.PENDING.value
    activated = connection.execute(
        _s.update()
        .where(_s.c.id.in_(list(consents)), is_pending)
        .values(state=_ACTIVE, since=now)
        .returning(_s.c.id, _s.c.subscriber_id, _s.c.list_id)
    ).all()
    rows = [(each.id, *consents[each.id]) for each in activated]
    insert_many(connection, tables.consent, _CONSENT_COLUMNS, rows)
    records = [
        HistoryRecord(
            what=HistoryEvent.CONFIRMED,
            subscriber_id=each.subscriber_id,
            list_id=each.list_id,
            detail={"state": _ACTIVE, "consent": consents[each.id].text},
        )
        for each in activated
    ]
    record_all(connection, records, by=by, at=now)
    return len(activated)


def suppressed_among(
    connection: sa.Connection, found: Sequence[sa.Row[Any]], *, keyring: KeyRing | None
) -> set[tuple[str, str]]:
    """
    Return the address key and list of the subscriptions that a suppression holds back.
    """
    keys_on: defaultdict[str, list[str]] = defaultdict(list)
    for each in found:
        keys_on[each.list_slug].append(each.email_key)
    return {
        (key, slug)
        for slug, keys in keys_on.items()
        for key in find_suppressed(connection, keys, list_slug=slug, keyring=keyring)
    }

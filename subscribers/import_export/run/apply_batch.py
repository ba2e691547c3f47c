"""
Write the decisions about a batch of rows to the tables.

Each kind of change is one statement for the whole batch, not one per person.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from operator import itemgetter
from typing import Any

import sqlalchemy as sa

from subscribers.database import tables
from subscribers.database.bulk_insert import insert_many
from subscribers.database.numbers import take_numbers
from subscribers.history.model import Origin
from subscribers.history.records import record_all
from subscribers.import_export.import_policy import KnownPerson, RowDecision
from subscribers.import_export.reading.own_export import OwnColumns
from subscribers.import_export.recorded_changes import history_records
from subscribers.import_export.rows import Row
from subscribers.import_export.run.consents import record_consents
from subscribers.import_export.run.details import store_details
from subscribers.import_export.run.known_people import newly_held
from subscribers.import_export.run.overtaken import Overtaken
from subscribers.import_export.run.suppressions import suppress_people
from subscribers.model import EndCause, MailingList, SubscriptionState
from subscribers.suppression.rules import apply_rules

_p = tables.subscriber
_s = tables.subscription
_c = tables.consent
_ENDING = ("ended_reason", "ended_cause")


def apply_batch(
    connection: sa.Connection,
    decisions: Sequence[RowDecision],
    *,
    mailing_list: MailingList,
    consent: str | None,
    source: str,
    evidence: Callable[[Row], str],
    own: OwnColumns,
    reach: frozenset[str] | None,
    by: Origin,
    now: dt.datetime,
) -> dict[str, int]:
    """
    Carry out and record *decisions*, one per person. Each subscription that begins gets the
    consents of its row, an active one else *consent*. With *reach*, slugs of lists, people are
    suppressed for these alone. Return the numbers of those who begin one, by address key.

    Raises:
        Overtaken: the decisions are out of date; the transaction has to be rolled back.
    """
    subscriber_ids: dict[str, int] = {}
    if beginning := [decision for decision in decisions if decision.begin]:
        subscriber_ids = _add_people(connection, beginning, now)
        apply_rules(connection, newly_held(beginning), by=by, now=now)
        subscription_ids = _begin_subscriptions(
            connection, beginning, subscriber_ids, mailing_list.id, now
        )
        record_consents(
            connection,
            beginning,
            subscription_ids,
            consent=consent,
            source=source,
            evidence=evidence,
            details_of=own.details_of,
            now=now,
        )
        store_details(
            connection,
            beginning,
            subscriber_ids,
            list_id=mailing_list.id,
            details_of=own.details_of,
        )
    _end_subscriptions(connection, [d for d in decisions if d.end], now)
    _make_pending(connection, [d.known for d in decisions if d.make_pending], consent, now)
    names = [(d.known.subscriber_id, d.row.name) for d in decisions if d.rename]
    _update_people(connection, _p.c.name, names)
    zones = [(d.known.subscriber_id, d.row.timezone) for d in decisions if d.set_timezone]
    _update_people(connection, _p.c.timezone, zones)
    suppress_people(connection, decisions, slug=mailing_list.slug, own=own, reach=reach, now=now)
    records = history_records(decisions, subscriber_ids, list_id=mailing_list.id)
    record_all(connection, records, by=by, at=now)
    return subscriber_ids


def _add_people(
    connection: sa.Connection, decisions: Sequence[RowDecision], now: dt.datetime
) -> dict[str, int]:
    """
    Add those who are new, and return the subscriber number of everybody by address key.
    """
    new = [d.row for d in decisions if d.known.subscriber_id is None]
    numbers = take_numbers(connection, _p, len(new))
    rows = [
        (number, *row.address, row.name, row.language, row.timezone, _created_at(row, now))
        for number, row in zip(numbers, new, strict=True)
    ]
    names = ("id", "email", "email_key", "name", "language", "timezone", "created_at")
    # In one order everywhere, so that no two imports wait for each other.
    _insert_all(connection, _p, names, sorted(rows, key=itemgetter(names.index("email_key"))))
    ids = {d.row.address.key: d.known.subscriber_id for d in decisions if d.known.subscriber_id}
    ids.update((row.address.key, number) for row, number in zip(new, numbers, strict=True))
    return ids


def _begin_subscriptions(
    connection: sa.Connection,
    decisions: Sequence[RowDecision],
    subscriber_ids: Mapping[str, int],
    list_id: int,
    now: dt.datetime,
) -> dict[str, int]:
    """
    Add the subscriptions, and return their numbers by address key.
    """
    numbers = take_numbers(connection, _s, len(decisions))
    rows = [
        (
            number,
            subscriber_ids[d.row.address.key],
            list_id,
            d.begin.value if d.begin else None,
            d.row.status_at or now,
            _created_at(d.row, now),
            *(_ended_by_import(d.row) if d.begin is SubscriptionState.ENDED else (None, None)),
        )
        for number, d in zip(numbers, decisions, strict=True)
    ]
    names = ("id", "subscriber_id", "list_id", "state", "since", "created_at", *_ENDING)
    _insert_all(connection, _s, names, rows)
    return {d.row.address.key: number for d, number in zip(decisions, numbers, strict=True)}


def _insert_all(
    connection: sa.Connection, table: sa.Table, names: Sequence[str], rows: Sequence[Sequence[Any]]
) -> None:
    if insert_many(connection, table, names, rows) < len(rows):
        raise Overtaken(f"{table.name}: another process added some of the rows")


def _end_subscriptions(
    connection: sa.Connection, decisions: Sequence[RowDecision], now: dt.datetime
) -> None:
    rows = [
        {
            "number": d.known.subscription_id,
            "ended_at": d.row.status_at or now,
            "why": _ended_by_import(d.row)[0],
        }
        for d in decisions
    ]
    if rows:
        update = (
            _s.update()
            .where(_s.c.id == sa.bindparam("number"), _s.c.state != SubscriptionState.ENDED.value)
            .values(
                state=SubscriptionState.ENDED.value,
                since=sa.bindparam("ended_at"),
                ended_reason=sa.bindparam("why"),
                ended_cause=EndCause.IMPORT.value,
            )
        )
        connection.execute(update, rows)


def _make_pending(
    connection: sa.Connection, people: Sequence[KnownPerson], consent: str | None, now: dt.datetime
) -> None:
    """
    Take the *consent* of the import back from those who, by a later row, never confirmed.
    """
    numbers = [person.subscription_id for person in people]
    if numbers:
        theirs = sa.and_(_s.c.id.in_(numbers), _s.c.state == SubscriptionState.ACTIVE.value)
        connection.execute(
            _s.update().where(theirs).values(state=SubscriptionState.PENDING.value, since=now)
        )
        given = sa.and_(_c.c.subscription_id.in_(numbers), _c.c.text == consent)
        connection.execute(_c.delete().where(given))


def _update_people(
    connection: sa.Connection,
    column: sa.Column[Any],
    values: Sequence[tuple[int | None, str | None]],
) -> None:
    """
    Set *column* of people who were already known; *values* are pairs of number and value.
    """
    if values:
        update = _p.update().where(_p.c.id == sa.bindparam("number"))
        rows = [{"number": number, "value": value} for number, value in values]
        connection.execute(update.values({column: sa.bindparam("value")}), rows)


def _ended_by_import(row: Row) -> tuple[str, str]:
    return row.status_reason or row.status.value, EndCause.IMPORT.value


def _created_at(row: Row, now: dt.datetime) -> dt.datetime:
    """
    Return when the person signed up, or else the earliest time in the row; *now* if it has none.
    """
    times = [time for time in (row.consent_at, row.status_at) if time]
    return row.signed_up_at or min(times, default=now)

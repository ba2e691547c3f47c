"""
A batch of rows against the tables: what is known of its people, and the changes, set by set.

No statement here goes through the people one by one; a batch costs the same dozen.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from typing import Any

import sqlalchemy as sa

from subscribers.database import tables as schema
from subscribers.database.bulk_insert import insert_many
from subscribers.import_export.import_policy import Decision, Known
from subscribers.import_export.rows import Row
from subscribers.model import ALL_LISTS, MailingList, SubscriptionState
from subscribers.suppression import add_suppressions, find_suppressed
from subscribers.tokens import KeyRing

_p = schema.subscriber
_s = schema.subscription
_c = schema.consent
Rows = list[dict[str, Any]]
_PROOF = ("subscription_id", "text", "source", "given_at", "recorded_at", "evidence")


def find_known(
    connection: sa.Connection,
    keys: Sequence[str],
    *,
    mailing_list: MailingList,
    keyring: KeyRing | None,
) -> dict[str, Known]:
    """
    What the tables hold of the people of *keys*; nobody is left out.
    """
    against = find_suppressed(connection, keys, list_slug=mailing_list.slug, keyring=keyring)
    found = connection.execute(
        sa.select(_p.c.email_key, _p.c.id, _p.c.name, _p.c.timezone, _s.c.id, _s.c.state)
        .select_from(_p)
        .outerjoin(_s, sa.and_(_s.c.subscriber_id == _p.c.id, _s.c.list_id == mailing_list.id))
        .where(_p.c.email_key.in_(keys))
    )
    known = {key: Known(suppressed=against.get(key)) for key in keys}
    for key, person, name, timezone, number, state in found:
        known[key] = Known(
            subscriber_id=person,
            name=name,
            timezone=timezone,
            subscription_id=number,
            state=SubscriptionState(state) if state else None,
            suppressed=against.get(key),
        )
    return known


def write_batch(
    connection: sa.Connection,
    decisions: Sequence[Decision],
    *,
    mailing_list: MailingList,
    consent: str | None,
    source: str,
    evidence: Callable[[Row], str],
    now: dt.datetime,
) -> None:
    """
    Carries out *decisions*, each about another person. An active subscription begun here gets
    its proof: the words of its row, else *consent*.
    """
    beginning = [decision for decision in decisions if decision.begin]
    if beginning:
        _add_people(connection, beginning, now)
        people = _people(connection, beginning)
        _begin(connection, beginning, people, list_id=mailing_list.id, now=now)
        agreed = [d for d in beginning if d.begin is SubscriptionState.ACTIVE]
        proofs = [_proof(d.row, consent, source, evidence, now) for d in agreed]
        _prove(connection, agreed, proofs, people, mailing_list.id)
    _end(connection, [d for d in decisions if d.end], now)
    names = [(d.known.subscriber_id, d.row.name) for d in decisions if d.rename]
    zones = [(d.known.subscriber_id, d.row.timezone) for d in decisions if d.set_timezone]
    _give(connection, _p.c.name, names)
    _give(connection, _p.c.timezone, zones)
    add_suppressions(connection, _suppressions(decisions, now))


def _add_people(connection: sa.Connection, decisions: Sequence[Decision], now: dt.datetime) -> None:
    new = [d.row for d in decisions if d.known.subscriber_id is None]
    rows = [
        (row.address.email, row.address.key, row.name, row.language, row.timezone, _began(row, now))
        for row in new
    ]
    names = ("email", "email_key", "name", "language", "timezone", "created_at")
    insert_many(connection, _p, names, rows)


def _people(connection: sa.Connection, decisions: Sequence[Decision]) -> dict[str, int]:
    keys = [d.row.address.key for d in decisions]
    found = sa.select(_p.c.email_key, _p.c.id).where(_p.c.email_key.in_(keys))
    return dict(connection.execute(found).all())


def _begin(
    connection: sa.Connection,
    decisions: Sequence[Decision],
    people: dict[str, int],
    *,
    list_id: int,
    now: dt.datetime,
) -> None:
    rows = [
        (
            people[d.row.address.key],
            list_id,
            d.begin.value if d.begin else None,
            d.row.status_at or now,
            _began(d.row, now),
            _why(d.row) if d.begin is SubscriptionState.ENDED else None,
        )
        for d in decisions
    ]
    names = ("subscriber_id", "list_id", "state", "since", "created_at", "ended_reason")
    insert_many(connection, _s, names, rows)


def _proof(
    row: Row,
    consent: str | None,
    source: str,
    evidence: Callable[[Row], str],
    now: dt.datetime,
) -> tuple[Any, ...] | None:
    """
    The values of `_PROOF` but the first; None where nobody said how this person agreed.
    """
    text = row.consent or consent
    if not text:
        return None
    where = row.consent_source or f"{source} line {row.record.line}"
    return (text, where, row.consent_at, now, evidence(row))


def _prove(
    connection: sa.Connection,
    decisions: Sequence[Decision],
    proofs: Sequence[tuple[Any, ...] | None],
    people: dict[str, int],
    list_id: int,
) -> None:
    """
    Records each decision's proof, where it has one, with the subscription just begun.
    """
    wanted = [people[d.row.address.key] for d in decisions]
    of_these = sa.and_(_s.c.subscriber_id.in_(wanted), _s.c.list_id == list_id)
    found = connection.execute(sa.select(_s.c.subscriber_id, _s.c.id).where(of_these))
    numbers: dict[int, int] = dict(found.all())
    rows = [
        (numbers[person], *proof) for person, proof in zip(wanted, proofs, strict=True) if proof
    ]
    insert_many(connection, _c, _PROOF, rows)


def _end(connection: sa.Connection, decisions: Sequence[Decision], now: dt.datetime) -> None:
    rows: Rows = [
        {
            "number": d.known.subscription_id,
            "ended_at": d.row.status_at or now,
            "why": _why(d.row),
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
            )
        )
        connection.execute(update, rows)


def _give(
    connection: sa.Connection,
    column: sa.Column[Any],
    given: Sequence[tuple[int | None, str | None]],
) -> None:
    """
    Writes what rows say of people who were known before, by their numbers.
    """
    if given:
        update = _p.update().where(_p.c.id == sa.bindparam("number"))
        rows = [{"number": number, "value": value} for number, value in given]
        connection.execute(update.values({column: sa.bindparam("value")}), rows)


def _suppressions(decisions: Sequence[Decision], now: dt.datetime) -> Rows:
    return [
        {
            "email_key": d.row.address.key,
            "scope": ALL_LISTS,
            "reason": d.suppress.value,
            "since": d.row.status_at or now,
        }
        for d in decisions
        if d.suppress
    ]


def _why(row: Row) -> str:
    return row.status_reason or row.status.value


def _began(row: Row, now: dt.datetime) -> dt.datetime:
    given = [time for time in (row.signed_up_at, row.consent_at, row.status_at) if time]
    return min(given, default=now)

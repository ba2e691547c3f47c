"""
Count what strangers ask for, in sliding windows that all processes share.

Only what was admitted is counted, so nobody extends a limit by running into it.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass

import sqlalchemy as sa

from newsletter.store.tables import signup_attempt, signup_refusal, used_proof
from subscribers.database.columns import insert_into

DAY = dt.timedelta(days=1)
HOUR = dt.timedelta(hours=1)
MINUTE = dt.timedelta(minutes=1)
# Only sign-ups take this lock of PostgreSQL; the number means nothing.
_LOCK = 4_711_017

_x = signup_attempt


@dataclass(frozen=True, kw_only=True)
class SignupKeys:
    """
    The keyed hashes under which a sign-up is counted. `address`, `network` or `domain` is empty if
    it is not limited.
    """

    person: str
    address: str
    network: str
    domain: str
    lacks_proof: bool = False


@dataclass(frozen=True, kw_only=True)
class SignupCounts:
    """
    How many sign-ups there were: of a person in the last day, from an address, a network and a
    domain and without a proof in the last hour, and of everybody in the last minute.
    """

    person: int
    address: int
    network: int
    domain: int
    unproven: int
    everybody: int


def lock_signups(connection: sa.Connection) -> None:
    """
    Let no other process count until this transaction ends. On SQLite, writing is enough for that.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_LOCK)))


def count_signups(connection: sa.Connection, keys: SignupKeys, *, now: dt.datetime) -> SignupCounts:
    """
    Count the earlier sign-ups of the same person, address, network and domain, in one statement.
    """
    in_hour = _x.c.at > now - HOUR
    row = connection.execute(
        sa.select(
            _count((_x.c.person == keys.person) & (_x.c.at > now - DAY)).label("person"),
            # Through the index of networks, which has few rows more.
            _count((_x.c.network == keys.network) & (_x.c.address == keys.address) & in_hour).label(
                "address"
            ),
            _count((_x.c.network == keys.network) & in_hour).label("network"),
            _count((_x.c.domain == keys.domain) & in_hour).label("domain"),
            _count(_x.c.lacks_proof & in_hour).label("unproven"),
            _count(_x.c.at > now - MINUTE).label("everybody"),
        )
    ).one()
    return SignupCounts(**row._mapping)


def _count(where: sa.ColumnElement[bool]) -> sa.ScalarSelect[int]:
    return sa.select(sa.func.count()).select_from(_x).where(where).scalar_subquery()


def record_signup(connection: sa.Connection, keys: SignupKeys, *, now: dt.datetime) -> None:
    """
    Record that a sign-up was admitted.
    """
    connection.execute(
        sa.insert(_x).values(
            at=now,
            person=keys.person,
            address=keys.address,
            network=keys.network,
            domain=keys.domain,
            lacks_proof=keys.lacks_proof,
        )
    )


def spend_proof(connection: sa.Connection, nonce: str, *, expires_at: dt.datetime) -> bool:
    """
    Record that a proof of work was used. Return False if it was used before.
    """
    insert = insert_into(connection, used_proof).values(nonce=nonce, expires_at=expires_at)
    added = insert.on_conflict_do_nothing().returning(used_proof.c.nonce)
    return connection.execute(added).first() is not None


def record_refusals(
    connection: sa.Connection, counts: Mapping[str, int], *, now: dt.datetime
) -> None:
    """
    Add how often each limit was exceeded lately.
    """
    hour = now.replace(minute=0, second=0, microsecond=0)
    insert = insert_into(connection, signup_refusal)
    connection.execute(
        insert.on_conflict_do_update(
            index_elements=[signup_refusal.c.limit, signup_refusal.c.hour],
            set_={"count": signup_refusal.c.count + insert.excluded.count},
        ),
        [{"limit": limit, "hour": hour, "count": count} for limit, count in sorted(counts.items())],
    )


def count_refusals(connection: sa.Connection, *, now: dt.datetime) -> int:
    """
    Count the sign-ups that were refused in this hour and the last.
    """
    recent = signup_refusal.c.hour > now - 2 * HOUR
    found = connection.scalar(sa.select(sa.func.sum(signup_refusal.c.count)).where(recent))
    return int(found or 0)


def delete_old_signups(connection: sa.Connection, *, now: dt.datetime) -> None:
    """
    Delete what no limit counts any more.
    """
    connection.execute(sa.delete(_x).where(_x.c.at <= now - DAY))
    connection.execute(sa.delete(signup_refusal).where(signup_refusal.c.hour <= now - DAY))
    connection.execute(sa.delete(used_proof).where(used_proof.c.expires_at < now))

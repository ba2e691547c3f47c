"""
Keeps whom never to mail: an address, why, and for which lists. It always wins over a subscription.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from typing import Any

import sqlalchemy as sa

from subscribers.database import tables as schema
from subscribers.database.columns import insert_into
from subscribers.model import ALL_LISTS, Suppression, SuppressionReason
from subscribers.tokens import KeyRing
from subscribers.validation.address import Address

_x = schema.suppression


def suppress(
    connection: sa.Connection,
    address: Address,
    *,
    reason: SuppressionReason,
    now: dt.datetime,
    scope: str = ALL_LISTS,
) -> None:
    """
    Makes sure *address* is not mailed within *scope*. The first reason stays, unless this one is
    graver: anything than the person's own wish, and a complaint than a bounce.
    """
    add_suppressions(
        connection,
        [{"email_key": address.key, "scope": scope, "reason": reason.value, "since": now}],
    )


def add_suppressions(connection: sa.Connection, rows: Sequence[dict[str, Any]]) -> None:
    """
    The same for many, as rows of the table: `email_key`, `scope`, `reason`, `since`.
    """
    if not rows:
        return
    insert = insert_into(connection, _x)
    own_wish, bounce = SuppressionReason.UNSUBSCRIBED.value, SuppressionReason.BOUNCE.value
    new = insert.excluded.reason
    is_graver = sa.or_(
        sa.and_(_x.c.reason == own_wish, new != own_wish),
        sa.and_(_x.c.reason == bounce, new == SuppressionReason.COMPLAINT.value),
    )
    connection.execute(
        insert.on_conflict_do_update(
            index_elements=[_x.c.email_key, _x.c.scope],
            set_={"reason": insert.excluded.reason, "since": insert.excluded.since},
            where=is_graver,
        ),
        rows,
    )


def unsuppress(connection: sa.Connection, address: Address, *, scope: str = ALL_LISTS) -> bool:
    """
    Whether there was a suppression of *address* within *scope*, which is gone now. The mark of
    an erased person is kept under a hash and is not reached by this.
    """
    gone = _x.delete().where(_x.c.email_key == address.key, _x.c.scope == scope)
    return connection.execute(gone.returning(_x.c.id)).first() is not None


def find_suppressed(
    connection: sa.Connection,
    keys: Iterable[str],
    *,
    list_slug: str,
    keyring: KeyRing | None = None,
) -> dict[str, SuppressionReason]:
    """
    Those of *keys* that may not be mailed for the list, with the reason, in one statement. With
    *keyring* the marks of erased people count too.
    """
    asked = {key: key for key in keys}
    if keyring is not None:
        hashed = {mark: key for key in asked for mark in keyring.fingerprints(key)}
        asked.update(hashed)
    found = connection.execute(
        sa.select(_x.c.email_key, _x.c.reason)
        .where(_x.c.email_key.in_(list(asked)), _x.c.scope.in_([ALL_LISTS, list_slug]))
        .order_by(_x.c.scope.desc())
    )
    return {asked[email_key]: SuppressionReason(reason) for email_key, reason in found}


def has_erased(connection: sa.Connection) -> bool:
    """
    Whether anybody was erased, so that an import must be able to recognise them.
    """
    erased = sa.select(_x.c.id).where(_x.c.email_key >= "@", _x.c.email_key < "A").limit(1)
    return connection.scalar(erased) is not None


def list_suppressions(
    connection: sa.Connection, *, after: str = "", limit: int | None = None
) -> list[Suppression]:
    """
    The suppressions in the order of their addresses, those of addresses after *after*.
    """
    rows = connection.execute(
        sa.select(_x)
        .where(_x.c.email_key > after)
        .order_by(_x.c.email_key, _x.c.scope)
        .limit(limit)
    )
    return [read_suppression(row) for row in rows]


def suppressions_of(connection: sa.Connection, address: Address) -> list[Suppression]:
    """
    Everything that keeps one address from being mailed, for all lists first.
    """
    rows = connection.execute(
        sa.select(_x).where(_x.c.email_key == address.key).order_by(_x.c.scope)
    )
    return [read_suppression(row) for row in rows]


def read_suppression(row: sa.Row[Any]) -> Suppression:
    """
    A row of the table as it travels.
    """
    return Suppression(
        address=row.email_key,
        reason=SuppressionReason(row.reason),
        scope=row.scope,
        since=row.since,
    )

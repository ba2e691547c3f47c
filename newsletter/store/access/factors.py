"""
Store and find the second factors of staff: recovery codes and passkeys.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from newsletter.model.staff import Passkey
from newsletter.store.tables import passkey, recovery_code
from subscribers.database.columns import insert_into

_codes, _keys = recovery_code, passkey


def replace_codes(connection: sa.Connection, staff_id: int, hashes: Sequence[str]) -> None:
    """
    Give a member these recovery codes and no others.
    """
    connection.execute(sa.delete(_codes).where(_codes.c.staff_id == staff_id))
    rows = [{"staff_id": staff_id, "code_hash": each} for each in hashes]
    if rows:
        connection.execute(sa.insert(_codes), rows)


def use_code(connection: sa.Connection, staff_id: int, code_hash: str, *, now: dt.datetime) -> bool:
    """
    Use a recovery code up. Return False if it is not an unused one of the member's.
    """
    used = connection.execute(
        sa.update(_codes)
        .where(
            _codes.c.staff_id == staff_id,
            _codes.c.code_hash == code_hash,
            _codes.c.used_at.is_(None),
        )
        .values(used_at=now)
    )
    return used.rowcount == 1


def count_codes(connection: sa.Connection, staff_id: int) -> int:
    """
    Return how many unused recovery codes a member has.
    """
    unused = (_codes.c.staff_id == staff_id) & _codes.c.used_at.is_(None)
    return connection.scalar(sa.select(sa.func.count()).select_from(_codes).where(unused)) or 0


def add_passkey(
    connection: sa.Connection,
    staff_id: int,
    *,
    credential_id: bytes,
    public_key: bytes,
    sign_count: int,
    name: str,
    now: dt.datetime,
) -> bool:
    """
    Add a passkey. Return False if somebody has it already.
    """
    insert = insert_into(connection, _keys).values(
        staff_id=staff_id,
        credential_id=credential_id,
        public_key=public_key,
        sign_count=sign_count,
        name=name,
        created_at=now,
    )
    added = insert.on_conflict_do_nothing().returning(_keys.c.id)
    return connection.execute(added).first() is not None


def passkeys_of(connection: sa.Connection, staff_id: int) -> list[Passkey]:
    """
    Return the passkeys of a member, in the order in which they were added.
    """
    rows = connection.execute(
        sa.select(_keys).where(_keys.c.staff_id == staff_id).order_by(_keys.c.id)
    )
    return [_read(row) for row in rows]


def use_passkey(
    connection: sa.Connection, passkey_id: int, *, sign_count: int, now: dt.datetime
) -> None:
    """
    Record that a passkey was used, and its new counter.
    """
    connection.execute(
        sa.update(_keys)
        .where(_keys.c.id == passkey_id)
        .values(sign_count=sign_count, last_used_at=now)
    )


def delete_passkey(connection: sa.Connection, passkey_id: int, *, staff_id: int) -> bool:
    """
    Delete a passkey of a member. Return False if they have none with that number.
    """
    deleted = connection.execute(
        sa.delete(_keys).where(_keys.c.id == passkey_id, _keys.c.staff_id == staff_id)
    )
    return deleted.rowcount == 1


def delete_factors(connection: sa.Connection, staff_id: int) -> None:
    """
    Delete all passkeys and recovery codes of a member.
    """
    connection.execute(sa.delete(_keys).where(_keys.c.staff_id == staff_id))
    connection.execute(sa.delete(_codes).where(_codes.c.staff_id == staff_id))


def _read(row: sa.Row[Any]) -> Passkey:
    return Passkey(**row._mapping)

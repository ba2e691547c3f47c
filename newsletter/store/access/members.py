"""
Store and find the members of staff.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from typing import Any

import sqlalchemy as sa

from newsletter.model.access import Role
from newsletter.model.staff import Member, MemberState
from newsletter.store.list_limits import limit_slugs
from newsletter.store.tables import passkey, staff_identity, staff_list, staff_member
from subscribers.database.columns import insert_into
from subscribers.database.tables import mailing_list
from subscribers.validation.address import parse_address

_m = staff_member
# Only one process at a time may change who is an owner; the number means nothing.
_LOCK = 4_711_019


def lock_members(connection: sa.Connection) -> None:
    """
    Let no other process change members until this transaction ends. On SQLite, writing is enough
    for that.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_LOCK)))


def add_member(
    connection: sa.Connection,
    email: str,
    email_key: str,
    *,
    name: str,
    language: str,
    role: Role,
    now: dt.datetime,
) -> int | None:
    """
    Add a member who is invited, and return their number; None if the address is known.
    """
    values = {
        "email": email,
        "email_key": email_key,
        "name": name,
        "language": language,
        "role": role,
        "state": MemberState.INVITED,
        "has_all_lists": True,
        "created_at": now,
    }
    insert = insert_into(connection, _m).values(values).on_conflict_do_nothing()
    return connection.execute(insert.returning(_m.c.id)).scalar_one_or_none()


def edit_member(connection: sa.Connection, staff_id: int, **values: Any) -> None:
    """
    Change columns of a member.
    """
    connection.execute(sa.update(_m).where(_m.c.id == staff_id).values(**values))


def set_lists(connection: sa.Connection, staff_id: int, slugs: Iterable[str] | None) -> None:
    """
    Limit a member to the lists with these slugs, which exist; with None, to none.
    """
    connection.execute(sa.delete(staff_list).where(staff_list.c.staff_id == staff_id))
    edit_member(connection, staff_id, has_all_lists=slugs is None)
    found = sa.select(sa.literal(staff_id), mailing_list.c.id).where(
        mailing_list.c.slug.in_(list(slugs or ()))
    )
    connection.execute(sa.insert(staff_list).from_select(["staff_id", "list_id"], found))


def member_by_id(connection: sa.Connection, staff_id: int) -> Member | None:
    """
    Return the member with that number, or None.
    """
    found = _members(connection, _m.c.id == staff_id)
    return found[0] if found else None


def member_by_key(connection: sa.Connection, email_key: str) -> Member | None:
    """
    Return the member with that address, or None.
    """
    found = _members(connection, _m.c.email_key == email_key)
    return found[0] if found else None


def member_of_identity(connection: sa.Connection, issuer: str, subject: str) -> Member | None:
    """
    Return the member who is *subject* at the *issuer*, or None.
    """
    x = staff_identity
    number = connection.scalar(
        sa.select(x.c.staff_id).where(x.c.issuer == issuer, x.c.subject == subject)
    )
    return None if number is None else member_by_id(connection, number)


def add_identity(
    connection: sa.Connection, staff_id: int, *, issuer: str, subject: str, now: dt.datetime
) -> None:
    """
    Record that a member is *subject* at the *issuer*.
    """
    connection.execute(
        sa.insert(staff_identity).values(
            issuer=issuer, subject=subject, staff_id=staff_id, created_at=now
        )
    )


def has_identity(connection: sa.Connection, staff_id: int, issuer: str) -> bool:
    """
    Return True if it is known who a member is at the *issuer*.
    """
    x = staff_identity
    found = sa.select(x.c.subject).where(x.c.staff_id == staff_id, x.c.issuer == issuer)
    return connection.scalar(found.limit(1)) is not None


def delete_identities(connection: sa.Connection, staff_id: int) -> None:
    """
    Forget who a member is at any provider.
    """
    connection.execute(sa.delete(staff_identity).where(staff_identity.c.staff_id == staff_id))


def all_members(connection: sa.Connection) -> list[Member]:
    """
    Return everybody who is invited or active, by address.
    """
    return _members(connection, _m.c.state != MemberState.REMOVED)


def removed_among(connection: sa.Connection, addresses: Iterable[str]) -> set[str]:
    """
    Return those of the addresses whose members were removed.
    """
    by_key = {parse_address(each).key: each for each in addresses}
    if not by_key:
        return set()
    gone = sa.select(_m.c.email_key).where(
        _m.c.email_key.in_(list(by_key)), _m.c.state == MemberState.REMOVED
    )
    return {by_key[key] for key in connection.scalars(gone)}


def name_of_key(connection: sa.Connection, key: str | None) -> str:
    """
    Return the name of the person with this key (`Actor.key`), whether they still are a member or
    not; empty if there is none.
    """
    kind, _, person = (key or "").partition(" ")
    if kind != "staff" or not person.isdecimal():
        return person
    found = connection.execute(sa.select(_m.c.name, _m.c.email).where(_m.c.id == int(person)))
    row = found.one_or_none()
    return (row.name or row.email) if row is not None else ""


def count_owners(connection: sa.Connection) -> int:
    """
    Return how many active owners there are.
    """
    is_owner = (_m.c.role == Role.OWNER) & (_m.c.state == MemberState.ACTIVE)
    return connection.scalar(sa.select(sa.func.count()).select_from(_m).where(is_owner)) or 0


def use_totp_step(connection: sa.Connection, staff_id: int, step: int) -> bool:
    """
    Record that the code of a time step was used. Return False if it, or a later one, was used
    before.
    """
    is_new = _m.c.totp_step.is_(None) | (_m.c.totp_step < step)
    used = connection.execute(
        sa.update(_m).where(_m.c.id == staff_id, is_new).values(totp_step=step)
    )
    return used.rowcount == 1


def _members(connection: sa.Connection, where: sa.ColumnElement[bool]) -> list[Member]:
    passkeys = (
        sa.select(sa.func.count())
        .select_from(passkey)
        .where(passkey.c.staff_id == _m.c.id)
        .scalar_subquery()
    )
    rows = connection.execute(
        sa.select(_m, passkeys.label("passkeys")).where(where).order_by(_m.c.email_key)
    ).all()
    limited = [row.id for row in rows if not row.has_all_lists]
    slugs = limit_slugs(connection, staff_list.c.staff_id, limited)
    return [_read(row, slugs) for row in rows]


def _read(row: sa.Row[Any], slugs: Mapping[int, frozenset[str]]) -> Member:
    return Member(
        id=row.id,
        email=row.email,
        name=row.name,
        language=row.language,
        timezone=row.timezone,
        role=Role(row.role),
        state=MemberState(row.state),
        lists=None if row.has_all_lists else slugs[row.id],
        created_at=row.created_at,
        last_seen_at=row.last_seen_at,
        password_hash=row.password_hash,
        totp_secret=row.totp_secret,
        totp_step=row.totp_step,
        passkeys=row.passkeys,
    )

"""
The accounts of staff: who is invited, with which role and lists, and who is removed.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from typing import Any

import sqlalchemy as sa

from newsletter.errors import NotFound, Refused
from newsletter.model.access import Role
from newsletter.model.staff import Member, MemberState
from newsletter.store.access import api_tokens, factors, links, members, sessions
from subscribers.lists import find_list
from subscribers.text.phrases import phrase
from subscribers.validation.address import Address, parse_address
from subscribers.validation.text_fields import parse_language, person_name


def find_member(connection: sa.Connection, address: str) -> Member:
    """
    Return the member of staff with that address, unless they were removed.

    Raises:
        NotFound: there is none.
    """
    member = members.member_by_key(connection, parse_address(address).key)
    if member is None or member.state is MemberState.REMOVED:
        raise NotFound(
            phrase(
                "no member of staff has the address {address}: `newsletter staff list` shows all",
                address=address,
            )
        )
    return member


def invite(
    connection: sa.Connection,
    address: Address,
    *,
    name: str,
    language: str,
    role: Role,
    lists: Iterable[str] | None,
    now: dt.datetime,
) -> Member:
    """
    Add a member who can log in once they have chosen a password. Somebody who has not accepted an
    earlier invitation, or was removed, is invited again, with the new role and lists.

    Raises:
        Refused: they are active, or the lists do not go with the role.
        UnknownList: there is no list with one of the slugs.
    """
    slugs = _checked_lists(connection, role, lists)
    members.lock_members(connection)
    known = members.member_by_key(connection, address.key)
    if known is not None and known.is_active:
        raise Refused(
            phrase(
                "{address} is a member of staff already: `newsletter staff role` changes "
                "their role, `newsletter staff reset` sends a link for a new password",
                address=known.email,
            )
        )
    values: dict[str, Any] = {
        "name": person_name(name) or (known.name if known else ""),
        "language": parse_language(language),
        "role": role,
    }
    if known is None:
        staff_id = members.add_member(connection, address.email, address.key, now=now, **values)
        assert staff_id is not None
    else:
        staff_id = known.id
        members.edit_member(connection, staff_id, state=MemberState.INVITED, **values)
    members.set_lists(connection, staff_id, slugs)
    return _load(connection, staff_id)


def activate(
    connection: sa.Connection, member: Member, *, name: str, password_hash: str | None
) -> Member:
    """
    Let a member who was invited log in, with this password if there is one.
    """
    values = {"name": person_name(name), "password_hash": password_hash}
    members.edit_member(connection, member.id, state=MemberState.ACTIVE, **values)
    return _load(connection, member.id)


def add_owner(
    connection: sa.Connection,
    address: Address,
    *,
    name: str,
    language: str,
    password_hash: str,
    now: dt.datetime,
) -> Member:
    """
    Add the first owner, who can log in at once.

    Raises:
        Refused: there is an owner already.
    """
    members.lock_members(connection)
    if members.count_owners(connection):
        raise Refused(phrase("there is an owner already: ask them for an invitation"))
    invited = invite(
        connection, address, name=name, language=language, role=Role.OWNER, lists=None, now=now
    )
    return activate(connection, invited, name=name, password_hash=password_hash)


def change_role(
    connection: sa.Connection, member: Member, *, role: Role, lists: Iterable[str] | None
) -> Member:
    """
    Give a member another role and other lists, and end their sessions.

    Raises:
        Refused: they are the last owner, or the lists do not go with the role.
        UnknownList: there is no list with one of the slugs.
    """
    slugs = _checked_lists(connection, role, lists)
    members.lock_members(connection)
    if role is not Role.OWNER:
        _require_other_owner(connection, member.id, phrase("gets another role"))
    members.edit_member(connection, member.id, role=role)
    members.set_lists(connection, member.id, slugs)
    sessions.delete_sessions_of(connection, member.id)
    return _load(connection, member.id)


def remove(connection: sa.Connection, member: Member, *, now: dt.datetime) -> None:
    """
    Remove a member: they cannot log in, everything they could log in with is deleted, and their API
    tokens are revoked. Their name stays in the histories.

    Raises:
        Refused: they are the last owner.
    """
    members.lock_members(connection)
    _require_other_owner(connection, member.id, phrase("is removed"))
    delete_credentials(connection, member.id)
    members.delete_identities(connection, member.id)
    members.edit_member(connection, member.id, state=MemberState.REMOVED, password_hash=None)
    sessions.delete_sessions_of(connection, member.id)
    links.end_links(connection, member.id, now=now)
    api_tokens.revoke_tokens_of(connection, member.id, now=now)


def delete_credentials(connection: sa.Connection, staff_id: int) -> None:
    """
    Delete the second factors of a member.
    """
    factors.delete_factors(connection, staff_id)
    members.edit_member(connection, staff_id, totp_secret=None, totp_step=None)


def set_password(connection: sa.Connection, member: Member, password_hash: str) -> None:
    """
    Give a member another password, and end their sessions.
    """
    members.edit_member(connection, member.id, password_hash=password_hash)
    sessions.delete_sessions_of(connection, member.id)


def _checked_lists(
    connection: sa.Connection, role: Role, lists: Iterable[str] | None
) -> Sequence[str] | None:
    if lists is None:
        return None
    if role is Role.OWNER:
        raise Refused(phrase("an owner has all lists: leave the lists out, or choose another role"))
    return [find_list(connection, slug).slug for slug in lists]


def _require_other_owner(connection: sa.Connection, staff_id: int, what: str) -> None:
    current = _load(connection, staff_id)
    is_owner = current.is_active and current.role is Role.OWNER
    if is_owner and members.count_owners(connection) == 1:
        raise Refused(
            phrase(
                "{address} is the last owner: make somebody else an owner before this one {what}",
                address=current.email,
                what=what,
            )
        )


def _load(connection: sa.Connection, staff_id: int) -> Member:
    found = members.member_by_id(connection, staff_id)
    assert found is not None
    return found

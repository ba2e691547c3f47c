"""
Store API tokens, find them, and record when they were last used.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from newsletter.model.access import Permission
from newsletter.model.api_token import ApiToken
from newsletter.store.list_limits import limit_slugs
from newsletter.store.tables import api_token, api_token_list

_t, _l = api_token, api_token_list
_TOKEN = sa.select(_t).where(_t.c.id == sa.bindparam("number"))
# The time of the last use is not written more often than this.
WRITE_USE_EVERY = dt.timedelta(minutes=1)


def add_token(
    connection: sa.Connection,
    name: str,
    *,
    scopes: frozenset[Permission],
    list_ids: Sequence[int] | None,
    staff_id: int | None,
    created_by: str,
    made_with: int | None,
    expires_at: dt.datetime | None,
    now: dt.datetime,
) -> int:
    """
    Store a token that cannot be used until `set_secret` was called, and return its number.
    """
    row = {
        "name": name,
        "secret_hash": b"",
        "scopes": sorted(scopes),
        "has_all_lists": list_ids is None,
        "staff_id": staff_id,
        "created_by": created_by,
        "made_with": made_with,
        "created_at": now,
        "expires_at": expires_at,
    }
    number = connection.execute(_t.insert().values(row).returning(_t.c.id)).scalar_one()
    if list_ids:
        connection.execute(
            _l.insert(), [{"token_id": number, "list_id": each} for each in sorted(set(list_ids))]
        )
    return int(number)


def set_secret(connection: sa.Connection, token_id: int, secret_hash: bytes) -> None:
    """
    Store the hash by which a token is recognised.
    """
    connection.execute(_t.update().where(_t.c.id == token_id).values(secret_hash=secret_hash))


def load_token(connection: sa.Connection, token_id: int) -> tuple[ApiToken, bytes] | None:
    """
    Return a token and its hash; None if there is none with that number.
    """
    row = connection.execute(_TOKEN, {"number": token_id}).one_or_none()
    if row is None:
        return None
    return _read(connection, [row])[0], row.secret_hash


def find_active(connection: sa.Connection, name: str) -> ApiToken | None:
    """
    Return the token of that name that was not revoked.
    """
    is_it = sa.and_(_t.c.name == name, _t.c.revoked_at.is_(None))
    row = connection.execute(sa.select(_t).where(is_it)).one_or_none()
    if row is None:
        return None
    return _read(connection, [row])[0]


def all_tokens(connection: sa.Connection) -> list[ApiToken]:
    """
    Return every token, the newest first.
    """
    rows = connection.execute(sa.select(_t).order_by(_t.c.id.desc())).all()
    return _read(connection, rows)


def revoke(connection: sa.Connection, token_id: int, *, now: dt.datetime) -> None:
    """
    Revoke a token, and those that were made with it, unless they were revoked before.
    """
    first = sa.select(_t.c.id).where(_t.c.id == token_id).cte("first", recursive=True)
    every = first.union(sa.select(_t.c.id).where(_t.c.made_with == first.c.id))
    are_they = sa.and_(_t.c.id.in_(sa.select(every.c.id)), _t.c.revoked_at.is_(None))
    connection.execute(_t.update().where(are_they).values(revoked_at=now))


def revoke_tokens_of(connection: sa.Connection, staff_id: int, *, now: dt.datetime) -> None:
    """
    Revoke the tokens that a member of staff made.
    """
    theirs = sa.and_(_t.c.staff_id == staff_id, _t.c.revoked_at.is_(None))
    connection.execute(_t.update().where(theirs).values(revoked_at=now))


def record_use(connection: sa.Connection, token_id: int, *, now: dt.datetime) -> None:
    """
    Record that a token was used, unless that was written a moment ago.
    """
    earlier = sa.or_(_t.c.last_used_at.is_(None), _t.c.last_used_at <= now - WRITE_USE_EVERY)
    connection.execute(_t.update().where(_t.c.id == token_id, earlier).values(last_used_at=now))


def _read(connection: sa.Connection, rows: Sequence[sa.Row[Any]]) -> list[ApiToken]:
    limited = [row.id for row in rows if not row.has_all_lists]
    slugs = limit_slugs(connection, _l.c.token_id, limited)
    return [_token(row, slugs) for row in rows]


def _token(row: sa.Row[Any], slugs: Mapping[int, frozenset[str]]) -> ApiToken:
    known = set(Permission)
    return ApiToken(
        id=row.id,
        name=row.name,
        # A scope that this version does not know allows nothing.
        scopes=frozenset(Permission(each) for each in row.scopes if each in known),
        lists=None if row.has_all_lists else slugs[row.id],
        staff_id=row.staff_id,
        created_by=row.created_by,
        created_at=row.created_at,
        expires_at=row.expires_at,
        last_used_at=row.last_used_at,
        revoked_at=row.revoked_at,
    )

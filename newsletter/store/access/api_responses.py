"""
Keep the responses to writes with an idempotency key for a day.
"""

from __future__ import annotations

import datetime as dt
import functools
from collections.abc import Mapping
from dataclasses import dataclass

import sqlalchemy as sa

from newsletter.store.tables import api_response
from subscribers.database.columns import insert_for

KEPT_FOR = dt.timedelta(hours=24)

_r = api_response
_IS_IT = sa.and_(_r.c.token_id == sa.bindparam("token"), _r.c.key == sa.bindparam("given"))
_FRESH = sa.select(_r).where(_IS_IT, _r.c.created_at > sa.bindparam("before"))
_STORE = _r.update().where(_IS_IT)


@dataclass(frozen=True, kw_only=True)
class StoredResponse:
    """
    A response that was given. `status` is 0 until there is one. `body` is None if it had a secret,
    or if a person in it was erased.
    """

    request_hash: bytes
    status: int
    headers: Mapping[str, str]
    body: str | None


def find_response(
    connection: sa.Connection, token_id: int, key: str, *, now: dt.datetime
) -> StoredResponse | None:
    """
    Return the response that a request with that key got in the last day.
    """
    wanted = {"token": token_id, "given": key, "before": now - KEPT_FOR}
    row = connection.execute(_FRESH, wanted).one_or_none()
    if row is None:
        return None
    return StoredResponse(
        request_hash=row.request_hash, status=row.status, headers=row.headers, body=row.body
    )


def reserve_key(
    connection: sa.Connection, token_id: int, key: str, request_hash: bytes, *, now: dt.datetime
) -> bool:
    """
    Reserve a key for the request of this transaction, and return True; False if another request has
    it. Wait for the end of a transaction that is about to reserve it.
    """
    row = {
        "token_id": token_id,
        "key": key,
        "request_hash": request_hash,
        "status": 0,
        "headers": {},
        "body": None,
        "created_at": now,
    }
    reserve = _reserve(connection.dialect.name)
    return connection.execute(reserve, {**row, "before": now - KEPT_FOR}).first() is not None


@functools.cache
def _reserve(dialect: str) -> sa.Executable:
    insert = insert_for(dialect, _r)
    new = {each.name: insert.excluded[each.name] for each in _r.c if not each.primary_key}
    is_old = _r.c.created_at <= sa.bindparam("before")
    taken = insert.on_conflict_do_update(index_elements=_r.primary_key, set_=new, where=is_old)
    return taken.returning(_r.c.token_id)


def free_key(connection: sa.Connection, token_id: int, key: str, request_hash: bytes) -> None:
    """
    Let a key be used again, because the request that took it was refused.
    """
    is_it = sa.and_(_r.c.token_id == token_id, _r.c.key == key, _r.c.request_hash == request_hash)
    connection.execute(_r.delete().where(is_it, _r.c.status == 0))


def store_response(
    connection: sa.Connection,
    token_id: int,
    key: str,
    *,
    status: int,
    headers: Mapping[str, str],
    body: str | None,
) -> None:
    """
    Store the response of the request that reserved the key; *body* is None if it has a secret.
    """
    stored = {"status": status, "headers": dict(headers), "body": body}
    connection.execute(_STORE, {"token": token_id, "given": key, **stored})


def forget_responses(connection: sa.Connection, email_key: str) -> None:
    """
    Empty the responses that contain the address of a person who is erased. The keys stay, so that
    no repeated request brings the person back.
    """
    places = (_r.c.body, sa.cast(_r.c.headers, sa.Text))
    names_them = (sa.func.lower(each).contains(email_key, autoescape=True) for each in places)
    connection.execute(_r.update().where(sa.or_(*names_them)).values(body=None, headers={}))


def delete_old_responses(connection: sa.Connection, *, now: dt.datetime) -> None:
    """
    Delete the responses that are older than a day.
    """
    connection.execute(_r.delete().where(_r.c.created_at <= now - KEPT_FOR))

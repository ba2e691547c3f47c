"""
Store what readers ask for, and read it when they open the link in the email.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from subscribers.database.request_tables import reader_request
from subscribers.requests.model import CONFIRMING, LIVES, ReaderRequest, RequestKind

_r = reader_request
_AT_ONCE = 500


def add_request(
    connection: sa.Connection,
    kind: RequestKind,
    *,
    subscriber_id: int,
    lists: Sequence[int] = (),
    answers: Mapping[str, Any] | None = None,
    form: str = "",
    language: str | None = None,
    consent: str | None = None,
    consent_version: int | None = None,
    network: str | None = None,
    now: dt.datetime,
    lives: dt.timedelta | None = None,
    done_at: dt.datetime | None = None,
) -> int:
    """
    Store a request and return its number. Its link works for *lives*, by default for as long as
    `LIVES` says. With *done_at* it needs no confirmation.
    """
    number: int = connection.execute(
        _r.insert()
        .values(
            kind=kind.value,
            subscriber_id=subscriber_id,
            requested_at=now,
            expires_at=now + (LIVES[kind] if lives is None else lives),
            lists=list(lists),
            form=form,
            language=language,
            consent=consent,
            consent_version=consent_version,
            network=network,
            answers=dict(answers or {}),
            done_at=done_at,
        )
        .returning(_r.c.id)
    ).scalar_one()
    return number


def has_open_request(
    connection: sa.Connection, kind: RequestKind, subscriber_id: int, *, now: dt.datetime
) -> bool:
    """
    Return whether the person has a request of that kind whose link still works.
    """
    found = sa.select(_r.c.id).where(
        _r.c.subscriber_id == subscriber_id,
        _r.c.kind == kind.value,
        _r.c.done_at.is_(None),
        _r.c.expires_at > now,
    )
    return connection.execute(found.limit(1)).first() is not None


def load_request(connection: sa.Connection, request_id: int) -> ReaderRequest | None:
    """
    Return the request with that number; None if there is none.
    """
    row = connection.execute(sa.select(_r).where(_r.c.id == request_id)).one_or_none()
    return None if row is None else read_request(row)


def finish_request(connection: sa.Connection, request_id: int, now: dt.datetime) -> bool:
    """
    Record that the person did what the request was waiting for. Return False if they already had.
    """
    first = _r.update().where(_r.c.id == request_id, _r.c.done_at.is_(None))
    return connection.execute(first.values(done_at=now).returning(_r.c.id)).first() is not None


def finish_joins(
    connection: sa.Connection, subscriber_id: int, lists: Sequence[int], now: dt.datetime
) -> None:
    """
    Record that a person's other requests about only *lists* need no confirmation any more.
    """
    theirs = sa.and_(
        _r.c.subscriber_id == subscriber_id,
        _r.c.kind.in_([kind.value for kind in CONFIRMING]),
        _r.c.done_at.is_(None),
    )
    waiting = connection.execute(sa.select(_r.c.id, _r.c.lists).where(theirs))
    done = [row.id for row in waiting if set(row.lists) <= set(lists)]
    if done:
        connection.execute(_r.update().where(_r.c.id.in_(done)).values(done_at=now))


def asked_to_join(
    connection: sa.Connection, subscriber_id: int, now: dt.datetime
) -> dict[int, dt.datetime]:
    """
    Return when a person was last asked to confirm that they join a list, by the number of the list;
    only what they can still confirm.
    """
    waiting = connection.execute(
        sa.select(_r.c.lists, _r.c.requested_at).where(
            _r.c.subscriber_id == subscriber_id,
            _r.c.kind == RequestKind.JOIN.value,
            _r.c.done_at.is_(None),
            _r.c.expires_at > now,
        )
    )
    found: dict[int, dt.datetime] = {}
    for row in waiting:
        for list_id in row.lists:
            found[list_id] = max(row.requested_at, found.get(list_id, row.requested_at))
    return found


def close_own_links(connection: sa.Connection, subscriber_id: int) -> None:
    """
    Delete what a person has asked for by links to their old address: they may have it no more.
    """
    kinds = [kind.value for kind in RequestKind if kind not in CONFIRMING]
    connection.execute(
        _r.delete().where(
            _r.c.subscriber_id == subscriber_id, _r.c.kind.in_(kinds), _r.c.done_at.is_(None)
        )
    )


def withdraw_requests(connection: sa.Connection, request_ids: Sequence[int]) -> None:
    """
    Delete requests that were not confirmed: their links do not work any more, and what asks for
    them is not sent.
    """
    for start in range(0, len(request_ids), _AT_ONCE):
        some = _r.c.id.in_(request_ids[start : start + _AT_ONCE])
        connection.execute(_r.delete().where(some, _r.c.done_at.is_(None)))


def is_open(request: ReaderRequest, now: dt.datetime) -> bool:
    """
    Return True if the request still waits and its link still works.
    """
    return request.done_at is None and now < request.expires_at


def read_request(row: sa.Row[Any]) -> ReaderRequest:
    """
    Convert a row of the table into a ReaderRequest.
    """
    values = dict(row._mapping)
    typed = {
        "kind": RequestKind(row.kind),
        "lists": tuple(row.lists),
        "answers": row.answers or {},
    }
    return ReaderRequest(**{**values, **typed})

"""
Store and find the sessions of staff.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

import sqlalchemy as sa

from newsletter.model.staff import Browser, StaffSession
from newsletter.store.epochs import KNOWN_EPOCH, known_epoch
from newsletter.store.tables import staff_session

_s = staff_session
_MOST_USER_AGENT = 300


def add_session(
    connection: sa.Connection,
    staff_id: int,
    id_hash: str,
    *,
    is_open: bool,
    browser: Browser,
    ends_at: dt.datetime,
    created_at: dt.datetime,
    elevated_at: dt.datetime,
    now: dt.datetime,
    epoch: str,
) -> None:
    """
    Add a session. *created_at* is when the first of the sessions that it continues began.
    """
    connection.execute(
        sa.insert(_s).values(
            id_hash=id_hash,
            staff_id=staff_id,
            is_open=is_open,
            created_at=created_at,
            last_seen_at=now,
            ends_at=ends_at,
            elevated_at=elevated_at,
            user_agent=browser.user_agent[:_MOST_USER_AGENT],
            from_address=browser.from_address,
            epoch=epoch,
        )
    )


def find_session(
    connection: sa.Connection, id_hash: str, *, seen_after: dt.datetime, now: dt.datetime
) -> StaffSession | None:
    """
    Return the session with that hash if it has not ended, was last seen after *seen_after* and is
    of the current epoch.
    """
    # With the epoch, because every page of staff asks for both.
    row = connection.execute(
        sa.select(_s, KNOWN_EPOCH.label("current_epoch")).where(
            _s.c.id_hash == id_hash, _s.c.last_seen_at > seen_after, _s.c.ends_at > now
        )
    ).one_or_none()
    if row is None or row.epoch != (row.current_epoch or ""):
        return None
    return _read(row)


def sessions_of(
    connection: sa.Connection, staff_id: int, *, seen_after: dt.datetime, now: dt.datetime
) -> list[StaffSession]:
    """
    Return the open sessions of a member, the one seen last first.
    """
    rows = connection.execute(
        sa.select(_s)
        .where(
            _s.c.staff_id == staff_id,
            _s.c.is_open,
            _s.c.last_seen_at > seen_after,
            _s.c.ends_at > now,
            _s.c.epoch == known_epoch(connection),
        )
        .order_by(_s.c.last_seen_at.desc(), _s.c.id.desc())
    )
    return [_read(row) for row in rows]


def see_session(connection: sa.Connection, session_id: int, *, now: dt.datetime) -> None:
    """
    Record that a session was used.
    """
    connection.execute(sa.update(_s).where(_s.c.id == session_id).values(last_seen_at=now))


def delete_session(connection: sa.Connection, session_id: int, *, staff_id: int) -> bool:
    """
    End one session of a member. Return False if they have none with that number.
    """
    ended = connection.execute(
        sa.delete(_s).where(_s.c.id == session_id, _s.c.staff_id == staff_id)
    )
    return ended.rowcount == 1


def delete_sessions_of(
    connection: sa.Connection, staff_id: int, *, besides: int | None = None
) -> int:
    """
    End the sessions of a member, besides the one with the number *besides*; return how many.
    """
    ended = connection.execute(
        sa.delete(_s).where(_s.c.staff_id == staff_id, _s.c.id.is_distinct_from(besides))
    )
    return ended.rowcount


def delete_ended_sessions(
    connection: sa.Connection, *, seen_before: dt.datetime, now: dt.datetime
) -> None:
    """
    Delete the sessions that have ended, or were last seen before *seen_before*.
    """
    connection.execute(
        sa.delete(_s).where((_s.c.ends_at <= now) | (_s.c.last_seen_at <= seen_before))
    )


def put_challenge(connection: sa.Connection, session_id: int, challenge: str) -> None:
    """
    Store the challenge that a passkey of this session has to answer, in place of an earlier one.
    """
    connection.execute(sa.update(_s).where(_s.c.id == session_id).values(challenge=challenge))


def take_challenge(connection: sa.Connection, session_id: int) -> str | None:
    """
    Return the challenge of a session and forget it; None if it has none.
    """
    # The row is locked first, so that two answers cannot both get the challenge.
    connection.execute(sa.update(_s).where(_s.c.id == session_id).values(challenge=_s.c.challenge))
    found: str | None = connection.scalar(sa.select(_s.c.challenge).where(_s.c.id == session_id))
    connection.execute(sa.update(_s).where(_s.c.id == session_id).values(challenge=None))
    return found


def _read(row: sa.Row[Any]) -> StaffSession:
    values = row._mapping
    return StaffSession(**{name: values[name] for name in StaffSession.__dataclass_fields__})

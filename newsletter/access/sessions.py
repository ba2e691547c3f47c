"""
The sessions of staff: they begin at log-in, are renewed when members prove again who they are, and
end.

The cookie holds 256 random bits, the database only their hash. A session ends two hours after it
was last used, and a day after the log-in in any case.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import secrets
from dataclasses import dataclass

import sqlalchemy as sa

from newsletter.model.staff import Browser, Member, StaffSession
from newsletter.store.access import members, sessions
from newsletter.store.epochs import current_epoch

IDLE = dt.timedelta(hours=2)
LONGEST = dt.timedelta(hours=24)
# The time for the second factor, once the password was right.
FOR_SECOND_FACTOR = dt.timedelta(minutes=10)
# How long somebody who proved who they are may change how they log in, or invite others.
ELEVATED = dt.timedelta(minutes=15)
# A session is not marked as used more often than this.
SEEN_EVERY = dt.timedelta(minutes=1)


@dataclass(frozen=True, kw_only=True)
class LoggedIn:
    """
    Whose request it is: the member and their session, which may still wait for the second factor.
    """

    member: Member
    session: StaffSession


def session_hash(value: str) -> str:
    """
    Return the hash under which the session with this cookie is stored.
    """
    return hashlib.sha256(value.encode("utf-8", "replace")).hexdigest()


def begin_session(
    connection: sa.Connection,
    member: Member,
    *,
    browser: Browser,
    now: dt.datetime,
    is_open: bool = True,
    elevated_at: dt.datetime | None = None,
) -> str:
    """
    Begin a session and return what its cookie holds. One that is not open waits for the second
    factor. *elevated_at* is when the member proved who they are, if that is not *now*.
    """
    lifetime = LONGEST if is_open else FOR_SECOND_FACTOR
    return _add(
        connection,
        member.id,
        browser=browser,
        is_open=is_open,
        ends_at=now + lifetime,
        created_at=now,
        elevated_at=min(elevated_at or now, now),
        now=now,
    )


def renew_session(
    connection: sa.Connection, session: StaffSession, *, browser: Browser, now: dt.datetime
) -> str | None:
    """
    Put an open, elevated session in the place of *session*, and return what its cookie holds. It
    ends when the log-in is a day old. Return None if *session* was ended in the meantime.
    """
    if not sessions.delete_session(connection, session.id, staff_id=session.staff_id):
        return None
    began = session.created_at if session.is_open else now
    return _add(
        connection,
        session.staff_id,
        browser=browser,
        is_open=True,
        ends_at=began + LONGEST,
        created_at=began,
        elevated_at=now,
        now=now,
    )


def _add(
    connection: sa.Connection,
    staff_id: int,
    *,
    browser: Browser,
    is_open: bool,
    ends_at: dt.datetime,
    created_at: dt.datetime,
    elevated_at: dt.datetime,
    now: dt.datetime,
) -> str:
    value = secrets.token_urlsafe(32)
    sessions.add_session(
        connection,
        staff_id,
        session_hash(value),
        is_open=is_open,
        browser=browser,
        ends_at=ends_at,
        created_at=created_at,
        elevated_at=elevated_at,
        now=now,
        epoch=current_epoch(connection),
    )
    if is_open:
        members.edit_member(connection, staff_id, last_seen_at=now)
    return value


def find_logged_in(
    connection: sa.Connection, value: str, *, now: dt.datetime, is_open: bool = True
) -> LoggedIn | None:
    """
    Return whose session the cookie with *value* belongs to; None if it has ended or belongs to
    nobody who may log in. Without *is_open*, find one that waits for the second factor.
    """
    found = sessions.find_session(connection, session_hash(value), seen_after=now - IDLE, now=now)
    if found is None or found.is_open is not is_open:
        return None
    member = members.member_by_id(connection, found.staff_id)
    if member is None or not member.is_active:
        return None
    return LoggedIn(member=member, session=found)


def is_due(session: StaffSession, now: dt.datetime) -> bool:
    """
    Return True if it is time to mark a session as used again.
    """
    return now - session.last_seen_at >= SEEN_EVERY


def mark_seen(connection: sa.Connection, session: StaffSession, *, now: dt.datetime) -> None:
    """
    Mark a session and its member as seen.
    """
    sessions.see_session(connection, session.id, now=now)
    members.edit_member(connection, session.staff_id, last_seen_at=now)


def is_elevated(session: StaffSession, now: dt.datetime) -> bool:
    """
    Return True if the member proved in the last 15 minutes who they are.
    """
    return session.is_open and now - session.elevated_at < ELEVATED


def open_sessions(
    connection: sa.Connection, staff_id: int, *, now: dt.datetime
) -> list[StaffSession]:
    """
    Return the sessions of a member that are open, the one used last first.
    """
    return sessions.sessions_of(connection, staff_id, seen_after=now - IDLE, now=now)


def delete_ended(connection: sa.Connection, *, now: dt.datetime) -> None:
    """
    Delete the sessions that have ended.
    """
    sessions.delete_ended_sessions(connection, seen_before=now - IDLE, now=now)

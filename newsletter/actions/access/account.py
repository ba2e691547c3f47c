"""
Actions of a member of staff on their own account.
"""

from __future__ import annotations

import sqlalchemy as sa

from newsletter.access import members, sessions
from newsletter.access.recovery_codes import new_recovery_codes, recovery_hash
from newsletter.access.sessions import LoggedIn
from newsletter.access.totp import matching_step
from newsletter.actions.access.login import totp_purpose
from newsletter.actions.guard.own_account import record_own
from newsletter.app import App
from newsletter.model.staff import Browser, StaffSession
from newsletter.store.access import factors
from newsletter.store.access import members as stored_members
from newsletter.store.access import sessions as stored_sessions
from subscribers.validation.text_fields import parse_language, person_name
from subscribers.validation.timezones import parse_timezone


def edit(app: App, logged_in: LoggedIn, *, name: str, language: str, timezone: str) -> None:
    """
    Change the member's name, the language of their pages and emails, and the time zone of the times
    they see; empty for UTC.

    Raises:
        InvalidText, UnknownTimezone: one of them is not valid.
    """
    values = {
        "name": person_name(name),
        "language": parse_language(language),
        "timezone": parse_timezone(timezone) if timezone else None,
    }
    with app.database.write() as connection:
        stored_members.edit_member(connection, logged_in.member.id, **values)


def change_password(app: App, logged_in: LoggedIn, password: str, *, browser: Browser) -> str:
    """
    Give the member another password and end all their sessions. Return what the cookie of their
    new one holds.
    """
    password_hash = app.passwords.hash(password)
    with app.database.write() as connection:
        members.set_password(connection, logged_in.member, password_hash)
        _record(app, connection, logged_in, "staff.change_password")
        return sessions.begin_session(
            connection, logged_in.member, browser=browser, now=app.clock()
        )


def add_totp(app: App, logged_in: LoggedIn, secret: str, code: str) -> list[str] | None:
    """
    Give the member an authenticator app that shares *secret*, and end their other sessions. Return
    None if the *code* is wrong, else the recovery codes that were made, if they had none.
    """
    member, now = logged_in.member, app.clock()
    step = matching_step(secret, code, now=now)
    if step is None:
        return None
    encrypted = app.text_cipher.encrypt(secret, totp_purpose(member.id))
    with app.database.write() as connection:
        stored_members.edit_member(connection, member.id, totp_secret=encrypted, totp_step=step)
        stored_sessions.delete_sessions_of(connection, member.id, besides=logged_in.session.id)
        _record(app, connection, logged_in, "staff.add_totp")
        has_codes = factors.count_codes(connection, member.id) > 0
    return [] if has_codes else new_codes(app, logged_in)


def remove_totp(app: App, logged_in: LoggedIn) -> None:
    """
    Remove the member's authenticator app.
    """
    with app.database.write() as connection:
        stored_members.edit_member(
            connection, logged_in.member.id, totp_secret=None, totp_step=None
        )
        _record(app, connection, logged_in, "staff.remove_totp")


def new_codes(app: App, logged_in: LoggedIn) -> list[str]:
    """
    Give the member new recovery codes in place of those they had, and return them.
    """
    staff_id = logged_in.member.id
    codes = new_recovery_codes()
    with app.database.write() as connection:
        hashes = [recovery_hash(code, staff_id=staff_id) for code in codes]
        factors.replace_codes(connection, staff_id, hashes)
        _record(app, connection, logged_in, "staff.new_recovery_codes")
    return codes


def count_codes(app: App, logged_in: LoggedIn) -> int:
    """
    Return how many recovery codes the member has left.
    """
    with app.database.read() as connection:
        return factors.count_codes(connection, logged_in.member.id)


def own_sessions(app: App, logged_in: LoggedIn) -> list[StaffSession]:
    """
    Return the member's open sessions, the one used last first.
    """
    with app.database.read() as connection:
        return sessions.open_sessions(connection, logged_in.member.id, now=app.clock())


def end_session(app: App, logged_in: LoggedIn, session_id: int) -> None:
    """
    End one of the member's sessions.
    """
    with app.database.write() as connection:
        stored_sessions.delete_session(connection, session_id, staff_id=logged_in.member.id)


def end_other_sessions(app: App, logged_in: LoggedIn) -> None:
    """
    End all the member's sessions but this one.
    """
    with app.database.write() as connection:
        stored_sessions.delete_sessions_of(
            connection, logged_in.member.id, besides=logged_in.session.id
        )


def _record(app: App, connection: sa.Connection, logged_in: LoggedIn, action: str) -> None:
    record_own(
        app, connection, logged_in.member, action, from_address=logged_in.session.from_address
    )

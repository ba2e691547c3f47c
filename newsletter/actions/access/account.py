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


def edit(app: App, visit: LoggedIn, *, name: str, language: str) -> None:
    """
    Change the member's name and the language of their pages and emails.

    Raises:
        InvalidText: one of them is not valid.
    """
    values = {"name": person_name(name), "language": parse_language(language)}
    with app.database.write() as connection:
        stored_members.edit_member(connection, visit.member.id, **values)


def change_password(app: App, visit: LoggedIn, password: str, *, browser: Browser) -> str:
    """
    Give the member another password and end all their sessions. Return what the cookie of their
    new one holds.
    """
    password_hash = app.passwords.hash(password)
    with app.database.write() as connection:
        members.set_password(connection, visit.member, password_hash)
        _record(app, connection, visit, "staff.change_password")
        return sessions.begin_session(connection, visit.member, browser=browser, now=app.clock())


def add_totp(app: App, visit: LoggedIn, secret: str, code: str) -> list[str] | None:
    """
    Give the member an authenticator app that shares *secret*, and end their other sessions. Return
    None if the *code* is wrong, else the recovery codes that were made, if they had none.
    """
    member, now = visit.member, app.clock()
    step = matching_step(secret, code, now=now)
    if step is None:
        return None
    encrypted = app.text_cipher.encrypt(secret, totp_purpose(member.id))
    with app.database.write() as connection:
        stored_members.edit_member(connection, member.id, totp_secret=encrypted, totp_step=step)
        stored_sessions.delete_sessions_of(connection, member.id, besides=visit.session.id)
        _record(app, connection, visit, "staff.add_totp")
        has_codes = factors.count_codes(connection, member.id) > 0
    return [] if has_codes else new_codes(app, visit)


def remove_totp(app: App, visit: LoggedIn) -> None:
    """
    Remove the member's authenticator app.
    """
    with app.database.write() as connection:
        stored_members.edit_member(connection, visit.member.id, totp_secret=None, totp_step=None)
        _record(app, connection, visit, "staff.remove_totp")


def new_codes(app: App, visit: LoggedIn) -> list[str]:
    """
    Give the member new recovery codes in place of those they had, and return them.
    """
    staff_id = visit.member.id
    codes = new_recovery_codes()
    with app.database.write() as connection:
        hashes = [recovery_hash(code, staff_id=staff_id) for code in codes]
        factors.replace_codes(connection, staff_id, hashes)
        _record(app, connection, visit, "staff.new_recovery_codes")
    return codes


def count_codes(app: App, visit: LoggedIn) -> int:
    """
    Return how many recovery codes the member has left.
    """
    with app.database.read() as connection:
        return factors.count_codes(connection, visit.member.id)


def own_sessions(app: App, visit: LoggedIn) -> list[StaffSession]:
    """
    Return the member's open sessions, the one used last first.
    """
    with app.database.read() as connection:
        return sessions.open_sessions(connection, visit.member.id, now=app.clock())


def end_session(app: App, visit: LoggedIn, session_id: int) -> None:
    """
    End one of the member's sessions.
    """
    with app.database.write() as connection:
        stored_sessions.delete_session(connection, session_id, staff_id=visit.member.id)


def end_other_sessions(app: App, visit: LoggedIn) -> None:
    """
    End all the member's sessions but this one.
    """
    with app.database.write() as connection:
        stored_sessions.delete_sessions_of(connection, visit.member.id, besides=visit.session.id)


def _record(app: App, connection: sa.Connection, visit: LoggedIn, action: str) -> None:
    record_own(app, connection, visit.member, action, from_address=visit.session.from_address)

"""
Log in with a passkey, add one, and remove one. Each challenge is answered once at most.
"""

from __future__ import annotations

import logging

import sqlalchemy as sa

from newsletter.access import passkeys, sessions
from newsletter.access.passkeys import RelyingParty
from newsletter.access.sessions import LoggedIn
from newsletter.actions.access.login import StartedSession, log_login, remember
from newsletter.actions.guard.own_account import record_own
from newsletter.app import App
from newsletter.model.staff import Browser, Passkey
from newsletter.store.access import factors
from newsletter.store.access import sessions as stored_sessions
from subscribers.validation.text_fields import person_name

logger = logging.getLogger(__name__)


def ask(app: App, logged_in: LoggedIn) -> str:
    """
    Return what the browser needs to answer with a passkey, as JSON; empty if the member has none.
    """
    if not logged_in.member.passkeys:
        return ""
    challenge = passkeys.new_challenge()
    with app.database.write() as connection:
        known = factors.passkeys_of(connection, logged_in.member.id)
        stored_sessions.put_challenge(connection, logged_in.session.id, challenge)
    return passkeys.authentication_options(_party(app), known, challenge)


def answer(
    app: App, logged_in: LoggedIn, credential: str, *, browser: Browser
) -> StartedSession | None:
    """
    Open the session of *logged_in*, or elevate it, with the answer of a passkey. Return None if the
    answer is not genuine. In an open session, the passkey replaces the password, so it must have
    asked for a PIN or a fingerprint.
    """
    now = app.clock()
    with app.database.write() as connection:
        challenge = stored_sessions.take_challenge(connection, logged_in.session.id)
        known = factors.passkeys_of(connection, logged_in.member.id)
    found = challenge and passkeys.verify_authentication(
        _party(app), credential, challenge, known, needs_verification=logged_in.session.is_open
    )
    if not found:
        logger.info("a log-in failed", extra={"event": "staff.login_failed"})
        return None
    used, sign_count = found
    with app.database.write() as connection:
        factors.use_passkey(connection, used.id, sign_count=sign_count, now=now)
        cookie = sessions.renew_session(connection, logged_in.session, browser=browser, now=now)
        if cookie is not None and not logged_in.session.is_open:
            from_address = browser.from_address
            record_own(app, connection, logged_in.member, "staff.log_in", from_address=from_address)
    if cookie is None:
        return None
    if not logged_in.session.is_open:
        log_login(logged_in.member.id)
    name = remember(app, logged_in.member, browser)
    return StartedSession(cookie=cookie, is_open=True, known_browser=name)


def show_all(app: App, logged_in: LoggedIn) -> list[Passkey]:
    """
    Return the member's passkeys.
    """
    with app.database.read() as connection:
        return factors.passkeys_of(connection, logged_in.member.id)


def ask_to_add(app: App, logged_in: LoggedIn) -> str:
    """
    Return what the browser needs to make a passkey, as JSON.
    """
    challenge = passkeys.new_challenge()
    with app.database.write() as connection:
        known = factors.passkeys_of(connection, logged_in.member.id)
        stored_sessions.put_challenge(connection, logged_in.session.id, challenge)
    return passkeys.registration_options(_party(app), logged_in.member, known, challenge)


def add(app: App, logged_in: LoggedIn, credential: str, *, name: str) -> bool:
    """
    Add the passkey that the browser has made. Return False if its answer is not genuine, or
    somebody has that passkey already.
    """
    with app.database.write() as connection:
        challenge = stored_sessions.take_challenge(connection, logged_in.session.id)
    made = challenge and passkeys.verify_registration(_party(app), credential, challenge)
    if not made:
        return False
    with app.database.write() as connection:
        is_added = factors.add_passkey(
            connection,
            logged_in.member.id,
            credential_id=made.credential_id,
            public_key=made.public_key,
            sign_count=made.sign_count,
            name=person_name(name),
            now=app.clock(),
        )
        if is_added:
            _record(app, connection, logged_in, "staff.add_passkey")
        return is_added


def remove(app: App, logged_in: LoggedIn, passkey_id: int) -> bool:
    """
    Remove one of the member's passkeys. Return False if they have none with that number.
    """
    with app.database.write() as connection:
        is_removed = factors.delete_passkey(connection, passkey_id, staff_id=logged_in.member.id)
        if is_removed:
            _record(app, connection, logged_in, "staff.remove_passkey")
        return is_removed


def _record(app: App, connection: sa.Connection, logged_in: LoggedIn, action: str) -> None:
    record_own(
        app, connection, logged_in.member, action, from_address=logged_in.session.from_address
    )


def _party(app: App) -> RelyingParty:
    return RelyingParty(name=app.site.name, base_url=app.site.base_url)

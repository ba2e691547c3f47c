"""
Log in: with a password, then with a second factor if there is one. And log out.

Whether the account exists or not, one password is hashed and one attempt is counted.
"""

from __future__ import annotations

import datetime as dt
import logging
from dataclasses import dataclass, replace

import sqlalchemy as sa

from newsletter.access import sessions
from newsletter.access.known_browsers import known_browser, remember_browser
from newsletter.access.login_limits import AttemptKind, LoginAttempt
from newsletter.access.recovery_codes import recovery_hash
from newsletter.access.sessions import LoggedIn
from newsletter.access.totp import matching_step
from newsletter.actions.guard.own_account import record_own
from newsletter.app import App
from newsletter.model.staff import Browser, Member
from newsletter.store.access import factors, members
from newsletter.store.access import sessions as stored_sessions
from subscribers.errors import InvalidAddress
from subscribers.validation.address import parse_address

logger = logging.getLogger(__name__)

_MOST_LETTERS = 320


@dataclass(frozen=True, kw_only=True)
class StartedSession:
    """
    A session that was started, and what its cookie holds. It is not open if the second factor is
    still missing. `known_browser` is what the cookie holds by which the browser is recognised from
    now on; empty if it is known already.
    """

    cookie: str
    is_open: bool
    known_browser: str = ""


@dataclass(frozen=True, kw_only=True)
class LoginDelay:
    """
    A refusal because too many attempts have failed. The next one can be made after `wait`.
    """

    wait: dt.timedelta


def account_key(email: str) -> str:
    """
    Return the key under which the attempts of an account are counted, whatever was typed.
    """
    try:
        return parse_address(email).key
    except InvalidAddress:
        return email.strip().casefold()[:_MOST_LETTERS]


def log_in(
    app: App, email: str, password: str, *, network: str, browser: Browser
) -> StartedSession | LoginDelay | None:
    """
    Check a password and begin a session. Return None if it is wrong, or there is no such account.
    """
    attempt = attempt_on(app, AttemptKind.PASSWORD, email, network=network, browser=browser)
    with app.database.write() as connection:
        wait = app.login_limits.admit(connection, attempt, now=app.clock())
        member = members.member_by_key(connection, attempt.email_key)
    if wait is not None:
        return _delayed(wait)
    password_hash = member.password_hash if member and member.is_active else None
    if not app.passwords.verify(password, password_hash) or member is None:
        logger.info("a log-in failed", extra={"event": "staff.login_failed"})
        return None
    return _begin(app, member, attempt, password=password, browser=browser)


def _begin(
    app: App, member: Member, attempt: LoginAttempt, *, password: str, browser: Browser
) -> StartedSession | None:
    rehashed = None
    if app.passwords.needs_rehash(member.password_hash or ""):
        rehashed = app.passwords.hash(password)
    now = app.clock()
    with app.database.write() as connection:
        app.login_limits.succeed(connection, attempt, now=now)
        current = members.member_by_id(connection, member.id)
        # The password may have changed while it was checked.
        if current is None or current.password_hash != member.password_hash:
            return None
        if rehashed is not None:
            members.edit_member(connection, member.id, password_hash=rehashed)
        is_open = not current.has_second_factor
        if is_open:
            record_own(app, connection, current, "staff.log_in", from_address=browser.from_address)
        cookie = sessions.begin_session(
            connection, current, browser=browser, now=now, is_open=is_open
        )
    if is_open:
        log_login(member.id)
    known = remember(app, member, browser) if is_open else ""
    return StartedSession(cookie=cookie, is_open=is_open, known_browser=known)


def attempt_on(
    app: App, kind: AttemptKind, email: str, *, network: str, browser: Browser
) -> LoginAttempt:
    """
    Return an attempt on the account with that address, from the *network* and in the *browser*.
    """
    key = account_key(email)
    known = known_browser(app.text_cipher, browser.known, key)
    return LoginAttempt(kind=kind, email_key=key, network=network, browser=known)


def remember(app: App, member: Member, browser: Browser) -> str:
    """
    Return what the cookie is to hold by which the browser of a log-in is recognised later; empty if
    it is already.
    """
    key = account_key(member.email)
    is_known = known_browser(app.text_cipher, browser.known, key)
    return "" if is_known else remember_browser(app.text_cipher, key)


def give_code(
    app: App, logged_in: LoggedIn, code: str, *, network: str, browser: Browser
) -> StartedSession | LoginDelay | None:
    """
    Open the session of *logged_in* with a code from the authenticator app, or with a recovery code.
    Return None if the code is wrong or was used before.
    """
    member, now = logged_in.member, app.clock()
    kind = AttemptKind.SECOND_FACTOR
    attempt = attempt_on(app, kind, member.email, network=network, browser=browser)
    if delay := _admit(app, attempt, now=now):
        return delay
    secret = totp_secret(app, member)
    step = matching_step(secret, code, now=now) if secret else None
    with app.database.write() as connection:
        if not _use(connection, member, code, step=step, now=now):
            logger.info("a log-in failed", extra={"event": "staff.login_failed"})
            return None
        app.login_limits.succeed(connection, attempt, now=now)
        cookie = sessions.renew_session(connection, logged_in.session, browser=browser, now=now)
        if cookie is not None:
            record_own(app, connection, member, "staff.log_in", from_address=browser.from_address)
    if cookie is None:
        return None
    log_login(member.id)
    known = remember(app, member, browser)
    return StartedSession(cookie=cookie, is_open=True, known_browser=known)


def _use(
    connection: sa.Connection, member: Member, code: str, *, step: int | None, now: dt.datetime
) -> bool:
    if step is not None:
        return members.use_totp_step(connection, member.id, step)
    hashed = recovery_hash(code, staff_id=member.id)
    return factors.use_code(connection, member.id, hashed, now=now)


def _admit(app: App, attempt: LoginAttempt, *, now: dt.datetime) -> LoginDelay | None:
    with app.database.write() as connection:
        wait = app.login_limits.admit(connection, attempt, now=now)
    return None if wait is None else _delayed(wait)


def confirm_password(
    app: App, logged_in: LoggedIn, password: str, *, network: str, browser: Browser
) -> StartedSession | LoginDelay | None:
    """
    Renew and elevate the session of *logged_in* with the password. Return None if it is wrong.
    """
    member, now = logged_in.member, app.clock()
    kind = AttemptKind.PASSWORD
    attempt = attempt_on(app, kind, member.email, network=network, browser=browser)
    if delay := _admit(app, attempt, now=now):
        return delay
    if not app.passwords.verify(password, member.password_hash):
        return None
    with app.database.write() as connection:
        app.login_limits.succeed(connection, attempt, now=now)
        cookie = sessions.renew_session(connection, logged_in.session, browser=browser, now=now)
    return None if cookie is None else StartedSession(cookie=cookie, is_open=True)


def find_logged_in(
    app: App, cookie: str, *, is_open: bool = True, is_use: bool = True
) -> LoggedIn | None:
    """
    Return whose session a cookie belongs to, and mark it as used, if this is a use; None if there
    is none.
    """
    now = app.clock()
    with app.database.read() as connection:
        found = sessions.find_logged_in(connection, cookie, now=now, is_open=is_open)
    if found is None or not is_open or not is_use or not sessions.is_due(found.session, now):
        return found
    with app.database.write() as connection:
        sessions.mark_seen(connection, found.session, now=now)
    return replace(found, session=replace(found.session, last_seen_at=now))


def log_out(app: App, cookie: str) -> None:
    """
    End the session that a cookie belongs to, if there is one.
    """
    with app.database.write() as connection:
        for is_open in (True, False):
            found = sessions.find_logged_in(connection, cookie, now=app.clock(), is_open=is_open)
            if found is not None:
                staff_id = found.member.id
                stored_sessions.delete_session(connection, found.session.id, staff_id=staff_id)


def totp_secret(app: App, member: Member) -> str | None:
    """
    Return the secret of a member's authenticator app, None if they have none.
    """
    if member.totp_secret is None:
        return None
    return app.text_cipher.decrypt(member.totp_secret, totp_purpose(member.id))


def totp_purpose(staff_id: int) -> str:
    """
    Return the purpose for which the secret of an authenticator app is encrypted.
    """
    return f"totp\0{staff_id}"


def log_login(staff_id: int) -> None:
    """
    Log that a member of staff has logged in.
    """
    extra = {"event": "staff.logged_in", "staff_id": staff_id}
    logger.info("member of staff %s logged in", staff_id, extra=extra)


def _delayed(wait: dt.timedelta) -> LoginDelay:
    logger.warning("too many log-ins failed", extra={"event": "staff.login_delayed"})
    return LoginDelay(wait=wait)

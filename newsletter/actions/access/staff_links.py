"""
Use the links that are sent to staff: accept an invitation, choose a new password, make the first
owner. And ask for a link to choose a new password.
"""

from __future__ import annotations

import datetime as dt
import logging

import sqlalchemy as sa

from newsletter.access import members, sessions
from newsletter.access.login_limits import AttemptKind
from newsletter.access.staff_links import find_open_link, new_link
from newsletter.actions.access.login import StartedSession, attempt_on, log_login, remember
from newsletter.actions.access.staff_mails import mail_link
from newsletter.actions.guard.own_account import record_own
from newsletter.app import App
from newsletter.model.staff import Browser, Member, StaffLinkKind
from newsletter.store.access import links
from newsletter.store.access import members as stored_members
from subscribers.validation.address import Address
from subscribers.validation.timezones import read_timezone

logger = logging.getLogger(__name__)

# The command that makes the first owner, wherever the server runs.
FIRST_OWNER = "newsletter staff invite you@example.org --owner --link"


def find_link(app: App, kind: StaffLinkKind, token: str) -> tuple[bool, Member | None]:
    """
    Return whether the link with that token works, and whom it is for, if it is for a member.
    """
    with app.database.read() as connection:
        found = find_open_link(connection, app.links, kind, token, now=app.clock())
    return found is not None, found[1] if found else None


def accept(
    app: App,
    kind: StaffLinkKind,
    token: str,
    password: str,
    *,
    name: str | None = None,
    timezone: str = "",
    browser: Browser,
) -> StartedSession | None:
    """
    Use an invitation or a reset: give its member this password and, if they have none, the
    *timezone* of their browser, end their other sessions, and log them in. Return None if the link
    does not work any more.

    Raises:
        InvalidText: the name is not valid.
    """
    password_hash = app.passwords.hash(password)
    now = app.clock()
    with app.database.write() as connection:
        found = find_open_link(connection, app.links, kind, token, now=now)
        if (
            found is None
            or found[1] is None
            or not links.use_link(connection, found[0].id, now=now)
        ):
            return None
        member = found[1]
        if kind is StaffLinkKind.INVITATION:
            own = member.name if name is None else name
            member = members.activate(connection, member, name=own, password_hash=password_hash)
        else:
            members.set_password(connection, member, password_hash)
        action = f"staff.use_{kind}"
        record_own(app, connection, member, action, from_address=browser.from_address)
        _keep_timezone(connection, member, timezone)
        return _begin(app, connection, member, browser, now)


def make_owner(
    app: App,
    token: str,
    address: Address,
    password: str,
    *,
    name: str,
    language: str,
    timezone: str = "",
    browser: Browser,
) -> StartedSession | None:
    """
    Make the first owner, with the *timezone* of their browser, and log them in. Return None if the
    link does not work any more.

    Raises:
        InvalidText: the name is not valid.
        Refused: there is an owner already.
    """
    password_hash = app.passwords.hash(password)
    now = app.clock()
    with app.database.write() as connection:
        found = find_open_link(connection, app.links, StaffLinkKind.SETUP, token, now=now)
        if found is None or not links.use_link(connection, found[0].id, now=now):
            return None
        member = members.add_owner(
            connection, address, name=name, language=language, password_hash=password_hash, now=now
        )
        record_own(app, connection, member, "staff.use_setup", from_address=browser.from_address)
        _keep_timezone(connection, member, timezone)
        return _begin(app, connection, member, browser, now)


def _keep_timezone(connection: sa.Connection, member: Member, timezone: str) -> None:
    """
    Store the time zone that a browser gave, if it is known and the member has none.
    """
    if member.timezone is None and (zone := read_timezone(timezone)):
        stored_members.edit_member(connection, member.id, timezone=zone)


def _begin(
    app: App, connection: sa.Connection, member: Member, browser: Browser, now: dt.datetime
) -> StartedSession:
    """
    Log a member in by a link. It is not a second factor: a member who has one is asked for it.
    """
    is_open = not member.has_second_factor
    cookie = sessions.begin_session(connection, member, browser=browser, now=now, is_open=is_open)
    if is_open:
        log_login(member.id)
    known = remember(app, member, browser) if is_open else ""
    return StartedSession(cookie=cookie, is_open=is_open, known_browser=known)


def ask_reset(app: App, address: Address, *, network: str, browser: Browser) -> None:
    """
    Send a link to choose a new password, if an active member with a password has this address and
    not too many links were asked for.
    """
    attempt = attempt_on(app, AttemptKind.RESET, address.email, network=network, browser=browser)
    with app.database.write() as connection:
        wait = app.login_limits.admit(connection, attempt, now=app.clock())
        member = stored_members.member_by_key(connection, address.key)
    if wait is not None:
        logger.warning("too many log-ins failed", extra={"event": "staff.login_delayed"})
        return
    # A member who logs in at a provider must not get a password, which would be a second way in.
    if member is None or not member.is_active or member.password_hash is None:
        return
    known = member
    mail_link(app, StaffLinkKind.RESET, known.email, language=known.language, find=lambda _: known)


def has_owner(app: App) -> bool:
    """
    Return whether anybody can log in as an owner.
    """
    with app.database.read() as connection:
        return stored_members.count_owners(connection) > 0


def setup_url(app: App) -> str | None:
    """
    Return the URL of a new link that makes the first owner; None if there is an owner. The links
    that were made before stop working.
    """
    with app.database.write() as connection:
        if stored_members.count_owners(connection):
            return None
        link = new_link(connection, StaffLinkKind.SETUP, None, now=app.clock())
    return app.links.staff_link(StaffLinkKind.SETUP, link.id, link.epoch)

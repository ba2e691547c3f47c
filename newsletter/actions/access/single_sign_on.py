"""
Log in people who come back from an OpenID Connect provider, and make their account the first time.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping

import sqlalchemy as sa

from newsletter.access import members, sessions
from newsletter.access.oidc import OidcIdentity, OidcProvider, OidcRefused
from newsletter.actions.access.login import StartedSession, log_login
from newsletter.actions.guard.own_account import record_own
from newsletter.app import App
from newsletter.errors import Refused
from newsletter.mail.templating.translations import language_with_words
from newsletter.model.access import Role
from newsletter.model.staff import Browser, Member, MemberState
from newsletter.settings.login import OidcSettings
from newsletter.store.access import members as stored
from subscribers.errors import InvalidAddress, InvalidText
from subscribers.validation.address import Address, parse_address
from subscribers.validation.text_fields import person_name

logger = logging.getLogger(__name__)


def begin(app: App, *, again: bool = False) -> tuple[str, str] | None:
    """
    Return the URL to send the browser to, and what its cookie has to hold; None if the provider
    cannot be reached. With *again*, the person has to prove once more who they are.
    """
    try:
        return _provider(app).begin(again=again)
    except OidcRefused as refused:
        _log(refused)
        return None


def finish(
    app: App, query: Mapping[str, str], cookie: str, *, browser: Browser
) -> StartedSession | None:
    """
    Begin a session for the person who came back with *query*. Return None if they are refused.
    """
    settings = app.settings.login.oidc
    assert settings is not None
    try:
        identity = _provider(app).finish(query, cookie)
        now = app.clock()
        with app.database.write() as connection:
            member = _member(app, connection, settings, identity)
            began = sessions.begin_session(
                connection,
                member,
                browser=browser,
                now=now,
                # A provider that remembers people has not just made them prove who they are.
                elevated_at=identity.authenticated_at or now - sessions.ELEVATED,
            )
            record_own(app, connection, member, "staff.log_in", from_address=browser.from_address)
    except OidcRefused as refused:
        _log(refused)
        return None
    log_login(member.id)
    return StartedSession(cookie=began, is_open=True)


def _provider(app: App) -> OidcProvider:
    provider = app.oidc_provider
    if provider is None:
        raise OidcRefused("[login.oidc] is not set")
    return provider


def _member(
    app: App, connection: sa.Connection, settings: OidcSettings, identity: OidcIdentity
) -> Member:
    """
    Return the member with this identity, with the role that their groups give them.
    """
    role = _role(settings, identity)
    known = stored.member_of_identity(connection, identity.issuer, identity.subject)
    if known is None:
        known = _bind(app, connection, settings, identity, role)
    if not known.is_active:
        raise OidcRefused("the account was removed")
    if role is None or role is known.role:
        return known
    try:
        lists = None if role is Role.OWNER else known.lists
        return members.change_role(connection, known, role=role, lists=lists)
    except Refused:
        # The last owner stays one.
        return known


def _role(settings: OidcSettings, identity: OidcIdentity) -> Role | None:
    """
    Return the role that the person's groups give them; None if roles are given only here.
    """
    if not settings.roles:
        return None
    groups = identity.claims.get(settings.groups_claim)
    named = {groups} if isinstance(groups, str) else set(groups if isinstance(groups, list) else ())
    role = next((role for group, role in settings.roles.items() if group in named), None)
    if role is None:
        raise OidcRefused("the person is in no group of [login.oidc] roles")
    return role


def _bind(
    app: App,
    connection: sa.Connection,
    settings: OidcSettings,
    identity: OidcIdentity,
    role: Role | None,
) -> Member:
    """
    Bind the identity to the member with the same address, or to a new one.
    """
    address = _address(settings, identity)
    stored.lock_members(connection)
    member = stored.member_by_key(connection, address.key)
    if member is None and role is None:
        raise OidcRefused("the person was not invited")
    if member is None or member.state is MemberState.INVITED:
        member = _activate(app, connection, member, address, identity, role)
    elif stored.has_identity(connection, member.id, identity.issuer):
        raise OidcRefused("the address belongs to somebody else at the provider")
    now = app.clock()
    stored.add_identity(
        connection, member.id, issuer=identity.issuer, subject=identity.subject, now=now
    )
    return member


def _activate(
    app: App,
    connection: sa.Connection,
    invited: Member | None,
    address: Address,
    identity: OidcIdentity,
    role: Role | None,
) -> Member:
    if invited is None:
        assert role is not None
        invited = members.invite(
            connection,
            address,
            name="",
            language=language_with_words(app.settings.template_folders, app.site.language),
            role=role,
            lists=None,
            now=app.clock(),
        )
    try:
        name = person_name(identity.name)
    except InvalidText:
        name = ""
    name = invited.name or name
    return members.activate(connection, invited, name=name, password_hash=None)


def _address(settings: OidcSettings, identity: OidcIdentity) -> Address:
    if not identity.is_verified:
        raise OidcRefused("the provider has not verified the address")
    try:
        address = parse_address(identity.email)
    except InvalidAddress as error:
        raise OidcRefused("the provider knows no valid address") from error
    if settings.domains and address.key.rpartition("@")[2] not in settings.domains:
        raise OidcRefused("the domain of the address is not in [login.oidc] domains")
    return address


def _log(refused: OidcRefused) -> None:
    extra = {"event": "staff.oidc_refused"}
    logger.warning("a log-in by OpenID Connect was refused: %s", refused, extra=extra)

"""
Actions on the accounts of staff: invite, list, change the role, reset, remove.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from newsletter.access import members
from newsletter.actions.access.staff_mails import mail_link, make_link
from newsletter.actions.guard.audit import record_entry
from newsletter.actions.guard.objects import unlimited
from newsletter.actions.guard.requires import requires
from newsletter.app import App
from newsletter.errors import Forbidden, Refused
from newsletter.mail.templating.translations import language_with_words
from newsletter.model.access import Actor, ObjectKind, Permission, Role, Target
from newsletter.model.staff import Member, StaffLinkKind
from newsletter.store.access import members as stored_members
from newsletter.store.access import sessions
from newsletter.store.scheduling.schedules import take_out_editor
from subscribers.text.phrases import phrase
from subscribers.validation.address import parse_address


@dataclass(frozen=True, kw_only=True)
class MemberLink:
    """
    A member, and the URL of the link made for them, unless it was emailed to them.
    """

    member: Member
    url: str | None = None


@dataclass(frozen=True, kw_only=True)
class RemovedMember:
    """
    A member who was removed, and the schedules that named them as an editor. Of these, nobody is
    asked by email about the drafts of those `without_editors` any more.
    """

    member: Member
    schedules: Sequence[str]
    without_editors: Sequence[str]


@requires(Permission.STAFF_WRITE, "staff.invite", about=unlimited(ObjectKind.STAFF, "address"))
def invite(
    app: App,
    address: str,
    *,
    role: Role,
    lists: Iterable[str] | None = None,
    name: str = "",
    language: str | None = None,
    by_mail: bool = True,
    by: Actor,
) -> MemberLink:
    """
    Invite somebody to the staff, by email or by a link that is returned. It works once, within
    seven days.

    Raises:
        Forbidden: the role allows more than *by* may do.
        InvalidAddress: the address is not valid.
        Refused: they are a member already, or the lists do not go with the role.
        UnknownList: there is no list with one of the slugs.
    """
    _require_no_more(by, role)
    parsed = parse_address(address)
    slugs = None if lists is None else list(lists)
    own = language or language_with_words(app.settings.template_folders, app.site.language)

    def find(connection: sa.Connection) -> Member:
        return members.invite(
            connection, parsed, name=name, language=own, role=role, lists=slugs, now=app.clock()
        )

    if not by_mail:
        member, url = make_link(app, StaffLinkKind.INVITATION, find)
        return MemberLink(member=member, url=url)
    member = mail_link(
        app,
        StaffLinkKind.INVITATION,
        parsed.email,
        language=own,
        find=find,
        invited_by=_name_of(app, by),
    )
    return MemberLink(member=member)


@requires(Permission.STAFF_READ, "staff.list", about=unlimited(ObjectKind.STAFF))
def show_all(app: App, *, by: Actor) -> list[Member]:
    """
    Return everybody who is invited or active.
    """
    with app.database.read() as connection:
        return stored_members.all_members(connection)


@requires(Permission.STAFF_READ, "staff.show", about=unlimited(ObjectKind.STAFF, "address"))
def find(app: App, address: str, *, by: Actor) -> Member:
    """
    Return the member with that address.

    Raises:
        NotFound: there is none.
    """
    with app.database.read() as connection:
        return members.find_member(connection, address)


@requires(Permission.STAFF_WRITE, "staff.change_role", about=unlimited(ObjectKind.STAFF, "address"))
def change_role(
    app: App, address: str, role: Role, *, lists: Iterable[str] | None = None, by: Actor
) -> Member:
    """
    Give a member another role, and limit them to *lists*; with None they have all lists. Their
    sessions end.

    Raises:
        Forbidden: the role allows more than *by* may do.
        NotFound: there is no such member.
        Refused: they are the last owner, or the lists do not go with the role.
        UnknownList: there is no list with one of the slugs.
    """
    _require_no_more(by, role)
    with app.database.write() as connection:
        member = members.find_member(connection, address)
        return members.change_role(connection, member, role=role, lists=lists)


@requires(Permission.STAFF_WRITE, "staff.reset", about=unlimited(ObjectKind.STAFF, "address"))
def reset(
    app: App, address: str, *, factors: bool = False, by_mail: bool = True, by: Actor
) -> MemberLink:
    """
    Send a member a link to choose a new password, or return it. It works once, within 30 minutes.
    With *factors*, delete their authenticator app, passkeys and recovery codes, and end their
    sessions.

    Raises:
        NotFound: there is no such member.
        Refused: they have not accepted their invitation.
    """
    with app.database.read() as connection:
        known = members.find_member(connection, address)

    def find(connection: sa.Connection) -> Member:
        member = members.find_member(connection, address)
        if not member.is_active:
            raise Refused(
                phrase(
                    "{address} was invited and has no password: invite them again",
                    address=member.email,
                )
            )
        if factors:
            members.delete_credentials(connection, member.id)
            sessions.delete_sessions_of(connection, member.id)
        return member

    if not by_mail:
        member, url = make_link(app, StaffLinkKind.RESET, find)
        return MemberLink(member=member, url=url)
    language = known.language
    return MemberLink(
        member=mail_link(app, StaffLinkKind.RESET, known.email, language=language, find=find)
    )


@requires(Permission.STAFF_WRITE, "staff.remove", about=unlimited(ObjectKind.STAFF, "address"))
def remove(app: App, address: str, *, by: Actor) -> RemovedMember:
    """
    Remove a member, end their sessions, and take them out of the schedules that name them as an
    editor.

    Raises:
        NotFound: there is no such member.
        Refused: they are the last owner.
    """
    with app.database.write() as connection:
        member = members.find_member(connection, address)
        members.remove(connection, member, now=app.clock())
        changed = take_out_editor(connection, parse_address(member.email).key)
        for before, after in changed:
            values = {"before": list(before.editors), "after": list(after.editors)}
            target = Target(kind=ObjectKind.SCHEDULE, id=before.name)
            record_entry(app, connection, by, "schedule.edit", target, changes={"editors": values})
    return RemovedMember(
        member=member,
        schedules=[before.name for before, _ in changed],
        without_editors=[after.name for _, after in changed if not after.editors],
    )


def _name_of(app: App, by: Actor) -> str:
    """
    Return the name of the member who asks, or their address; empty for the operator, who is no
    member.
    """
    if by.staff_id is None:
        return ""
    with app.database.read() as connection:
        member = stored_members.member_by_id(connection, by.staff_id)
    return "" if member is None else member.name or member.email


def _require_no_more(by: Actor, role: Role) -> None:
    """
    Refuse a role that allows more than *by* may do: a token may have few scopes.
    """
    if beyond := role.permissions - by.permissions:
        raise Forbidden(
            phrase(
                "{by} may not make somebody {role}: that role allows {beyond}, which they "
                "may not do",
                by=by.name,
                role=role,
                beyond=min(beyond),
            )
        )

"""
The links that work once for staff: invitations, password resets, the setup of the first owner.

The token is signed with the secret of the installation and not stored, so that nobody who reads the
database, a backup or a stored email can use it. That of an email is signed for its delivery, and
filled in when it is submitted.
"""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa

from newsletter.mail.links import Links, staff_link_purpose, staff_mail_purpose
from newsletter.model.staff import (
    LINK_LIFETIMES,
    Member,
    MemberState,
    StaffLink,
    StaffLinkKind,
)
from newsletter.store.access import links as stored_links
from newsletter.store.access import members
from newsletter.store.epochs import known_epoch
from subscribers.errors import BadToken

_STATES = {
    StaffLinkKind.INVITATION: MemberState.INVITED,
    StaffLinkKind.RESET: MemberState.ACTIVE,
}


def new_link(
    connection: sa.Connection, kind: StaffLinkKind, member: Member | None, *, now: dt.datetime
) -> StaffLink:
    """
    Make a link. Those that the member got before stop working.
    """
    return stored_links.add_link(
        connection,
        kind,
        member.id if member else None,
        expires_at=now + LINK_LIFETIMES[kind],
        now=now,
    )


def find_open_link(
    connection: sa.Connection, links: Links, kind: StaffLinkKind, token: str, *, now: dt.datetime
) -> tuple[StaffLink, Member | None] | None:
    """
    Return the link of that *kind* with that token, and whom it is for. Return None if it was used
    or replaced, has expired, is of another epoch or was not made here, or if its member cannot use
    it any more.
    """
    link = _find(connection, links, kind, token)
    if link is None or link.used_at is not None or now >= link.expires_at:
        return None
    if link.epoch != known_epoch(connection):
        return None
    if link.staff_id is None:
        is_needed = link.kind is StaffLinkKind.SETUP and not members.count_owners(connection)
        return (link, None) if is_needed else None
    member = members.member_by_id(connection, link.staff_id)
    if member is None or member.state is not _STATES.get(link.kind):
        return None
    return link, member


def _find(
    connection: sa.Connection, links: Links, kind: StaffLinkKind, token: str
) -> StaffLink | None:
    for purpose, find in (
        (staff_link_purpose(kind), stored_links.find_link),
        (staff_mail_purpose(kind), stored_links.find_mailed_link),
    ):
        try:
            number, epoch = links.read(purpose, token)
        except BadToken:
            continue
        link = find(connection, number)
        is_it = link is not None and link.kind is kind and link.epoch == epoch
        return link if is_it else None
    return None

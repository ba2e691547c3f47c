"""
Actions on the second person that an issue needs: whether one is missing, and who can be it.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from newsletter.actions.guard.objects import shared
from newsletter.actions.guard.requires import requires
from newsletter.app import App
from newsletter.issues.settings.second_person import (
    changers_of,
    lacking_second_person,
    missing_second_person,
)
from newsletter.model.access import Actor, ObjectKind, Permission
from newsletter.model.issue import Issue
from newsletter.store.access.members import all_members
from newsletter.store.issues.list_settings import AudienceLists


@dataclass(frozen=True, kw_only=True)
class MissingPerson:
    """
    Why a second person has to approve an issue. `is_changer`: who looks changed it last, so it
    cannot be them. `others` are the names of the members who can, if who looks may see the staff.
    """

    reason: str
    is_changer: bool
    others: Sequence[str] | None


def missing_person(
    connection: sa.Connection,
    issue: Issue,
    lists: AudienceLists,
    *,
    readers: int,
    now: dt.datetime,
    by: Actor,
) -> MissingPerson | None:
    """
    Return why an issue to these *readers* has to be approved by a second person, as *by* sees it;
    None if it need not, or was.
    """
    reason = missing_second_person(connection, issue, now=now, lists=lists, readers=readers)
    if reason is None:
        return None
    changers = changers_of(connection, [issue])[issue.id]
    sees_staff = Permission.STAFF_READ in by.permissions
    return MissingPerson(
        reason=reason,
        is_changer=by.key in changers,
        others=_others(connection, issue, changers | {by.key}) if sees_staff else None,
    )


def _others(connection: sa.Connection, issue: Issue, keys: frozenset[str]) -> list[str]:
    """
    Return the names of the members without those *keys* who can approve *issue*.
    """
    needed = {Permission.ISSUES_APPROVE}
    if issue.at_deadline is not None:
        needed.add(Permission.ISSUES_SEND)
    found = [(each, each.actor("")) for each in all_members(connection) if each.is_active]
    return [
        member.name or member.email
        for member, actor in found
        if actor.key not in keys
        and needed <= actor.permissions
        and actor.sees_all(issue.audience.lists)
    ]


@requires(Permission.ISSUES_READ, "issue.changers_of_unapproved", about=shared(ObjectKind.ISSUE))
def changers_if_missing(
    app: App, found: Sequence[Issue], *, by: Actor
) -> Mapping[int, frozenset[str]]:
    """
    Return those of the issues that a second person has to approve and none has, by number, each
    with the keys of those who changed it last.
    """
    with app.database.read() as connection:
        return lacking_second_person(connection, found, now=app.clock())

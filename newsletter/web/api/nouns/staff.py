"""
Members of staff: list, show and invite them, change their role, reset and remove them.
"""

from __future__ import annotations

from newsletter.actions.access import staff
from newsletter.model.access import Permission
from newsletter.web.api.bodies.staff import (
    MemberBody,
    MemberChanges,
    MemberInPath,
    MemberToInvite,
    RemovedMemberBody,
    ResetOfMember,
)
from newsletter.web.api.body import ResourcePage
from newsletter.web.api.call import Call
from newsletter.web.api.operations import PREFIX, Noun
from newsletter.web.api.requests.paging import CursorText, Limit

noun = Noun("staff", "The people who may log in, and their roles.")

_MEMBER = "/staff/{address}"


@noun.get("/staff", Permission.STAFF_READ)
def list_staff(
    call: Call, limit: Limit = 100, cursor: CursorText = None
) -> ResourcePage[MemberBody]:
    """
    List everybody who is invited or active, the first one first.
    """
    after = call.after(cursor, int, 0)
    found = sorted(staff.show_all(call.app, by=call.actor), key=lambda each: each.id)
    behind = [each for each in found if each.id > after]
    return call.page(behind[: limit + 1], limit, key=lambda each: each.id, show=MemberBody.of)


@noun.post("/staff", Permission.STAFF_WRITE, status=201)
def invite_member(call: Call, body: MemberToInvite) -> MemberBody:
    """
    Invite somebody to the staff by email.
    """
    invited = staff.invite(
        call.app,
        body.address,
        role=body.role,
        lists=body.lists,
        name=body.name,
        language=body.language,
        by=call.actor,
    )
    call.made(f"{PREFIX}/staff/{invited.member.email}")
    return MemberBody.of(invited.member)


@noun.get(_MEMBER, Permission.STAFF_READ)
def show_member(call: Call, address: MemberInPath) -> MemberBody:
    """
    Show a member of staff.
    """
    return MemberBody.of(staff.find(call.app, address, by=call.actor))


@noun.patch(_MEMBER, Permission.STAFF_READ, Permission.STAFF_WRITE)
def change_member(call: Call, address: MemberInPath, body: MemberChanges) -> MemberBody:
    """
    Change the role or the lists of a member, and end their sessions.
    """
    known = staff.find(call.app, address, by=call.actor)
    changed = staff.change_role(
        call.app,
        address,
        body.role or known.role,
        lists=body.lists if "lists" in body.model_fields_set else known.lists,
        by=call.actor,
    )
    return MemberBody.of(changed)


@noun.delete(_MEMBER, Permission.STAFF_WRITE, status=200)
def remove_member(call: Call, address: MemberInPath) -> RemovedMemberBody:
    """
    Remove a member of staff, end their sessions, and take them out of schedules.
    """
    return RemovedMemberBody.of(staff.remove(call.app, address, by=call.actor))


@noun.post(f"{_MEMBER}/reset", Permission.STAFF_WRITE, version_of=_MEMBER)
def reset_member(call: Call, address: MemberInPath, body: ResetOfMember) -> MemberBody:
    """
    Email a member the link to choose a new password.
    """
    done = staff.reset(call.app, address, factors=body.factors, by=call.actor)
    return MemberBody.of(done.member)

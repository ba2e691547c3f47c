"""
The bodies of the requests and responses about members of staff.
"""

from __future__ import annotations

from typing import Annotated, Any, ClassVar

from fastapi import Path
from pydantic import Field

from newsletter.actions.access.staff import RemovedMember
from newsletter.model.access import Role
from newsletter.model.staff import Member, MemberState
from newsletter.web.api.bodies.subscribers import Address, Language, Name
from newsletter.web.api.body import RequestBody, Resource, ResponseBody
from newsletter.web.api.text import Slug
from newsletter.web.api.times import Moment

MemberInPath = Annotated[
    str,
    Path(
        max_length=320, description="The email address of the member", examples=["eve@example.org"]
    ),
]
StaffLists = Annotated[
    list[Slug],
    Field(min_length=1, max_length=200, description="Limit them to these; null for no limit"),
]
_MEMBER: dict[str, Any] = {
    "address": "eve@example.org",
    "name": "Eve Adams",
    "language": "en",
    "role": "author",
    "lists": ["daily"],
}


class MemberToInvite(RequestBody):
    """
    Somebody who is to get an invitation by email. Their role may not allow more than the token.
    """

    EXAMPLE: ClassVar[dict[str, Any]] = _MEMBER
    address: Address
    role: Role
    lists: StaffLists | None = None
    name: Name = ""
    language: Language | None = None


class MemberChanges(RequestBody):
    """
    What is to change about a member. Without `lists` these stay.
    """

    EXAMPLE: ClassVar[dict[str, Any]] = {"role": "editor", "lists": None}
    role: Role | None = None
    lists: StaffLists | None = None


class ResetOfMember(RequestBody):
    """
    What a member has to set up again: the password alone, or the second factors too.
    """

    EXAMPLE: ClassVar[dict[str, Any]] = {"factors": True}
    factors: bool = Field(
        default=False,
        description="Delete their authenticator app, passkeys and recovery codes, and end their "
        "sessions",
    )


class MemberBody(Resource):
    """
    A member of staff. `lists` is null if they are not limited to some.
    """

    EXAMPLE: ClassVar[dict[str, Any]] = {
        "id": 3,
        **_MEMBER,
        "state": "active",
        "has_second_factor": True,
        "created_at": "2026-03-04T12:00:00Z",
    }
    id: int
    address: str
    name: str
    language: str
    role: Role
    lists: list[str] | None
    state: MemberState
    has_second_factor: bool
    created_at: Moment

    @classmethod
    def of(cls, member: Member) -> MemberBody:
        """
        Return the body of a member.
        """
        return cls(
            id=member.id,
            address=member.email,
            name=member.name,
            language=member.language,
            role=member.role,
            lists=None if member.lists is None else sorted(member.lists),
            state=member.state,
            has_second_factor=member.has_second_factor,
            created_at=member.created_at,
        )


class RemovedMemberBody(ResponseBody):
    """
    The schedules that named a member who was removed as an editor, and those of them about whose
    drafts nobody is asked by email any more.
    """

    EXAMPLE: ClassVar[dict[str, Any]] = {"schedules": ["morning"], "without_editors": []}
    schedules: list[str]
    without_editors: list[str]

    @classmethod
    def of(cls, removed: RemovedMember) -> RemovedMemberBody:
        """
        Return the body of what a removal changed.
        """
        return cls(schedules=list(removed.schedules), without_editors=list(removed.without_editors))

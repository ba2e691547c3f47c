"""
The members of staff, their sessions, and the links that are sent to them.
"""

from __future__ import annotations

import datetime as dt
import enum
from collections.abc import Mapping
from dataclasses import dataclass, field

from newsletter.model.access import Actor, Channel, Role


class MemberState(enum.StrEnum):
    """
    Whether a member of staff can log in. INVITED: once they have accepted the invitation.
    """

    INVITED = "invited"
    ACTIVE = "active"
    REMOVED = "removed"


@dataclass(frozen=True, kw_only=True)
class Member:
    """
    A member of staff. `lists` holds the slugs of the lists they are limited to, or is None.
    `totp_secret` is encrypted.
    """

    id: int
    email: str
    name: str
    language: str
    role: Role
    state: MemberState
    lists: frozenset[str] | None
    created_at: dt.datetime
    last_seen_at: dt.datetime | None = None
    timezone: str | None = None
    password_hash: str | None = field(default=None, repr=False)
    totp_secret: str | None = field(default=None, repr=False)
    totp_step: int | None = None
    passkeys: int = 0

    @property
    def is_active(self) -> bool:
        return self.state is MemberState.ACTIVE

    @property
    def has_second_factor(self) -> bool:
        """
        Return True if their password alone does not let them in.
        """
        return self.totp_secret is not None or self.passkeys > 0

    def actor(self, from_address: str) -> Actor:
        """
        Return the actor of what they ask for in their browser at *from_address*.
        """
        return Actor(
            name=self.email,
            channel=Channel.WEB,
            permissions=self.role.permissions,
            lists=self.lists,
            staff_id=self.id,
            from_address=from_address,
        )


@dataclass(frozen=True, kw_only=True)
class StaffSession:
    """
    A session in a browser. It is not open until the second factor was given. `elevated_at` is when
    the member last proved who they are, `id_hash` the SHA-256 of what their cookie holds.
    """

    id: int
    staff_id: int
    is_open: bool
    created_at: dt.datetime
    last_seen_at: dt.datetime
    ends_at: dt.datetime
    elevated_at: dt.datetime
    user_agent: str
    from_address: str
    id_hash: str = field(repr=False)


@dataclass(frozen=True, kw_only=True)
class Browser:
    """
    Where a request comes from, as a session shows it to its owner. `known` is what its cookie holds
    since an earlier log-in.
    """

    user_agent: str = ""
    from_address: str = ""
    known: str = ""


class StaffLinkKind(enum.StrEnum):
    """
    What a link is for. SETUP makes the first owner.
    """

    INVITATION = "invitation"
    RESET = "reset"
    SETUP = "setup"


LINK_LIFETIMES: Mapping[StaffLinkKind, dt.timedelta] = {
    StaffLinkKind.INVITATION: dt.timedelta(days=7),
    StaffLinkKind.RESET: dt.timedelta(minutes=30),
    StaffLinkKind.SETUP: dt.timedelta(hours=24),
}
"""
How long each kind of link works, if it is not used before.
"""


@dataclass(frozen=True, kw_only=True)
class StaffLink:
    """
    A link that works once: for the member `staff_id`, or for nobody yet.
    """

    id: int
    kind: StaffLinkKind
    staff_id: int | None
    epoch: str
    expires_at: dt.datetime
    used_at: dt.datetime | None = None


@dataclass(frozen=True, kw_only=True)
class Passkey:
    """
    A passkey of a member of staff, under the name they gave it.
    """

    id: int
    staff_id: int
    credential_id: bytes
    public_key: bytes = field(repr=False)
    sign_count: int
    name: str
    created_at: dt.datetime
    last_used_at: dt.datetime | None = None

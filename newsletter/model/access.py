"""
Define who makes a request and through which channel, and decide what they may do.

A request names a permission and the object it is about. An object belongs to lists: a list to
itself, an issue or schedule to the lists it is sent to, a person to the lists they are or were on.
Sources, briefs and fields belong to no list, or to the lists whose schedules and drafts use them.
Staff limited to some lists see and change what belongs to these alone (`may`).
"""

from __future__ import annotations

import enum
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from subscribers.history.model import Origin, OriginKind

# How the key begins of somebody who has no account (`Actor.key`).
_WITHOUT_ACCOUNT = "address "


class Channel(enum.StrEnum):
    """
    The way in which a request reached the program.
    """

    COMMAND_LINE = "command line"
    WEB = "web"
    API = "API"
    PROGRAM = "program"


class Permission(enum.StrEnum):
    """
    What a request needs. The values are also the scopes of API tokens.
    """

    BRIEFS_READ = "briefs:read"
    BRIEFS_WRITE = "briefs:write"
    SOURCES_READ = "sources:read"
    SOURCES_WRITE = "sources:write"
    ISSUES_READ = "issues:read"
    ISSUES_WRITE = "issues:write"
    ISSUES_APPROVE = "issues:approve"
    ISSUES_SEND = "issues:send"
    SCHEDULES_READ = "schedules:read"
    SCHEDULES_WRITE = "schedules:write"
    LISTS_READ = "lists:read"
    LISTS_WRITE = "lists:write"
    PEOPLE_READ = "people:read"
    PEOPLE_WRITE = "people:write"
    PEOPLE_EXPORT = "people:export"
    PEOPLE_ERASE = "people:erase"
    SEGMENTS_READ = "segments:read"
    SEGMENTS_WRITE = "segments:write"
    FIELDS_READ = "fields:read"
    FIELDS_WRITE = "fields:write"
    SUPPRESSIONS_READ = "suppressions:read"
    SUPPRESSIONS_WRITE = "suppressions:write"
    NOTICES_SEND = "notices:send"
    STAFF_READ = "staff:read"
    STAFF_WRITE = "staff:write"
    TOKENS_READ = "tokens:read"
    TOKENS_WRITE = "tokens:write"
    WEBHOOKS_READ = "webhooks:read"
    WEBHOOKS_WRITE = "webhooks:write"
    AUDIT_READ = "audit:read"
    METRICS_READ = "metrics:read"
    OPERATIONS_READ = "operations:read"
    OPERATIONS_WRITE = "operations:write"

    @property
    def is_audited(self) -> bool:
        """
        Return True if what needs this permission is recorded in the audit trail: it changes
        something, sends email, or hands out the data of many people.
        """
        return not self.value.endswith(":read")


_CONTENT = frozenset(
    {
        Permission.BRIEFS_READ,
        Permission.BRIEFS_WRITE,
        Permission.SOURCES_READ,
        Permission.ISSUES_READ,
        Permission.ISSUES_WRITE,
        Permission.SCHEDULES_READ,
        Permission.LISTS_READ,
        Permission.SEGMENTS_READ,
        Permission.FIELDS_READ,
    }
)
_PEOPLE = frozenset(
    {
        Permission.LISTS_READ,
        Permission.PEOPLE_READ,
        Permission.PEOPLE_WRITE,
        Permission.PEOPLE_EXPORT,
        Permission.PEOPLE_ERASE,
        Permission.SEGMENTS_READ,
        Permission.SEGMENTS_WRITE,
        Permission.FIELDS_READ,
        Permission.FIELDS_WRITE,
        Permission.SUPPRESSIONS_READ,
        Permission.SUPPRESSIONS_WRITE,
    }
)
ALL_PERMISSIONS = frozenset(Permission)


class Role(enum.StrEnum):
    """
    The part that a member of staff plays.
    """

    OWNER = "owner"
    EDITOR = "editor"
    AUTHOR = "author"
    PEOPLE = "people"
    OBSERVER = "observer"

    @property
    def permissions(self) -> frozenset[Permission]:
        """
        Return what this role may do.
        """
        return _PERMISSIONS[self]


_PERMISSIONS: Mapping[Role, frozenset[Permission]] = {
    Role.OWNER: ALL_PERMISSIONS,
    Role.EDITOR: _CONTENT
    | {
        Permission.SOURCES_WRITE,
        Permission.ISSUES_APPROVE,
        Permission.ISSUES_SEND,
        Permission.SCHEDULES_WRITE,
        Permission.LISTS_WRITE,
        Permission.PEOPLE_READ,
        Permission.SEGMENTS_WRITE,
        Permission.SUPPRESSIONS_READ,
        Permission.OPERATIONS_READ,
    },
    Role.AUTHOR: _CONTENT,
    Role.PEOPLE: _PEOPLE,
    Role.OBSERVER: frozenset(
        {
            Permission.BRIEFS_READ,
            Permission.SOURCES_READ,
            Permission.ISSUES_READ,
            Permission.SCHEDULES_READ,
            Permission.LISTS_READ,
            Permission.PEOPLE_READ,
            Permission.SEGMENTS_READ,
            Permission.FIELDS_READ,
            Permission.SUPPRESSIONS_READ,
            Permission.WEBHOOKS_READ,
            Permission.OPERATIONS_READ,
        }
    ),
}


@dataclass(frozen=True, kw_only=True)
class Actor:
    """
    Who makes a request. `name` is what histories and the audit trail call them. `lists` holds the
    slugs of the lists they are limited to, or is None. `staff_id` is their account, `token_id` the
    API token they use, `token_maker` who made that one by a command, and `from_address` the network
    address the request came from. Somebody who only has a link that was sent to their address has
    no account.
    """

    name: str
    channel: Channel
    permissions: frozenset[Permission] = ALL_PERMISSIONS
    lists: frozenset[str] | None = None
    staff_id: int | None = None
    token_id: int | None = None
    token_maker: str = ""
    from_address: str = ""
    has_account: bool = True

    @property
    def origin(self) -> Origin:
        """
        Return who this is in the history of people.
        """
        kind = OriginKind.SYSTEM if self.channel is Channel.PROGRAM else OriginKind.STAFF
        return Origin(kind=kind, name=self.name, through=self.channel)

    @property
    def key(self) -> str:
        """
        Return a text that identifies this person among all others, whatever they or their tokens
        are called.
        """
        if not self.has_account:
            return f"{_WITHOUT_ACCOUNT}{self.name}"
        return f"staff {self.staff_id}" if self.staff_id is not None else f"user {self.person}"

    @property
    def person(self) -> str:
        """
        Return the name of the person; of a token, the name of who made it.
        """
        return self.token_maker or self.name

    def sees(self, slug: str) -> bool:
        """
        Return True if the list is among those that this actor is limited to.
        """
        return self.lists is None or slug in self.lists

    def sees_all(self, slugs: Collection[str]) -> bool:
        """
        Return True if this actor can reach what belongs to all of these lists.
        """
        return self.lists is None or (bool(slugs) and self.lists.issuperset(slugs))


def has_account(key: str) -> bool:
    """
    Return whether the person with this key (`Actor.key`) had an account.
    """
    return not key.startswith(_WITHOUT_ACCOUNT)


class ObjectKind(enum.StrEnum):
    """
    What a request can be about.
    """

    BRIEF = "brief"
    IMAGE = "image"
    SOURCE = "source"
    ISSUE = "issue"
    SCHEDULE = "schedule"
    LIST = "list"
    PERSON = "person"
    SEGMENT = "segment"
    FIELD = "field"
    TAG = "tag"
    SUPPRESSION = "suppression"
    FILE_JOB = "file job"
    REQUEST = "request"
    STAFF = "staff"
    TOKEN = "token"  # noqa: S105  (the kind, not a secret)
    WEBHOOK = "webhook"
    AUDIT = "audit"
    INSTALLATION = "installation"


@dataclass(frozen=True, kw_only=True)
class Target:
    """
    The object that a request is about. `lists` holds the slugs of the lists it belongs to.

    An actor with limited lists must have all of these, or with `any_list` one, as for a person's
    subscriptions. They cannot reach an object without lists, unless `is_shared`.
    """

    kind: ObjectKind
    id: str = ""
    lists: frozenset[str] = frozenset()
    any_list: bool = False
    is_shared: bool = False

    def is_within(self, lists: frozenset[str] | None) -> bool:
        """
        Return True if the object may be reached by an actor who is limited to *lists*.
        """
        if lists is None:
            return True
        if not self.lists:
            return self.is_shared
        return not self.lists.isdisjoint(lists) if self.any_list else self.lists <= lists


class AccessDecision(enum.Enum):
    """
    Whether a request may go on. HIDDEN: the actor must not learn that the object exists.
    """

    ALLOWED = "allowed"
    FORBIDDEN = "forbidden"
    HIDDEN = "hidden"


def may(actor: Actor, permission: Permission, target: Target) -> AccessDecision:
    """
    Decide whether *actor* may do what needs *permission* to *target*.
    """
    if permission not in actor.permissions:
        return AccessDecision.FORBIDDEN
    return AccessDecision.ALLOWED if target.is_within(actor.lists) else AccessDecision.HIDDEN


# Anybody who may run commands on this machine is its owner.
OPERATOR = Actor(name="a person", channel=Channel.COMMAND_LINE)
# What the link in an editor's mail lets somebody do who has no account.
EDITOR_PERMISSIONS = frozenset(
    {
        Permission.ISSUES_READ,
        Permission.ISSUES_WRITE,
        Permission.ISSUES_APPROVE,
        Permission.ISSUES_SEND,
    }
)
# What the program does by itself.
PROGRAM = Actor(name="the program", channel=Channel.PROGRAM)

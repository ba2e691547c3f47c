"""
The types of a rule: what it asks about a person, and how the answers are combined.

Every test is true or false of everybody: of somebody without the value it is false, and `not` and
`!=` turn that around.
"""

from __future__ import annotations

import datetime as dt
import enum
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa

from subscribers.fields.model import Field
from subscribers.model import SubscriptionState

MAX_LENGTH = 4_000
MAX_TESTS = 100
MAX_VALUES = 200
MAX_DEPTH = 20
# Who joined within 36,500 days joined in this century or the last.
MAX_DAYS = 36_500


class Attribute(enum.StrEnum):
    """
    What is known of everybody.
    """

    EMAIL = "email"
    NAME = "name"
    LANGUAGE = "language"
    TIMEZONE = "timezone"
    TAG = "tag"
    STATE = "state"
    CONSENT = "consent source"
    JOINED = "joined"
    LAST_ACTIVE = "last_active"


class Operator(enum.StrEnum):
    """
    How a value is compared. DAYS_AGO and WITHIN have a number of days as their value.
    """

    EQUAL = "="
    UNEQUAL = "!="
    LESS = "<"
    AT_MOST = "<="
    GREATER = ">"
    AT_LEAST = ">="
    CONTAINS = "contains"
    STARTS_WITH = "starts with"
    ENDS_WITH = "ends with"
    HAS = "has"
    IN = "in"
    NOT_IN = "not in"
    IS_SET = "is set"
    IS_NOT_SET = "is not set"
    WITHIN = "within"
    DAYS_AGO = "more than"


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """
    A test of an attribute or a declared field. The `values` are in the form in which they are
    stored. `list_slug` narrows JOINED, STATE and CONSENT to one list.
    """

    subject: Attribute | Field
    operator: Operator
    values: tuple[str, ...] = ()
    list_slug: str | None = None


@dataclass(frozen=True, kw_only=True)
class OnList:
    """
    A test of the state of the subscription to a list.
    """

    slug: str
    state: SubscriptionState = SubscriptionState.ACTIVE


@dataclass(frozen=True, kw_only=True)
class Mailed:
    """
    A test of what was mailed to a person, known here only by its `name` and by the `words` that
    describe it: in one issue, in the last `days`, or ever; with `list_slug`, in an issue to that
    list. `column` is where the rule names the issue, from 1.
    """

    name: str
    words: str
    issue_id: int | None = None
    days: int | None = None
    list_slug: str | None = None
    column: int = field(default=0, compare=False)


@dataclass(frozen=True, kw_only=True)
class KnownOn:
    """
    A test whether staff limited to these lists see all of a person. It is in no written rule.
    """

    slugs: frozenset[str]


@dataclass(frozen=True, kw_only=True)
class Not:
    part: Rule


@dataclass(frozen=True, kw_only=True)
class AllOf:
    parts: tuple[Rule, ...]


@dataclass(frozen=True, kw_only=True)
class AnyOf:
    parts: tuple[Rule, ...]


Test = Comparison | OnList | Mailed
Rule = Test | KnownOn | Not | AllOf | AnyOf


def tests_of(rule: Rule) -> Iterator[Test]:
    """
    Yield each test of a rule, from left to right.
    """
    match rule:
        case Not(part=part):
            yield from tests_of(part)
        case AllOf(parts=parts) | AnyOf(parts=parts):
            for each in parts:
                yield from tests_of(each)
        case KnownOn():
            return
        case _:
            yield rule


@dataclass(frozen=True, kw_only=True)
class Known:
    """
    What a rule may name: declared fields by their names, the slugs of lists, and by their names the
    words that describe the tests of mail.
    """

    fields: Mapping[str, Field] = field(default_factory=dict)
    lists: Collection[str] = ()
    mailed: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Window:
    """
    What a test of mail looks at: one issue, everything since a time, or everything; of a list, if
    it is given.
    """

    issue_id: int | None = None
    since: dt.datetime | None = None
    list_slug: str | None = None


@dataclass(frozen=True, kw_only=True)
class AudienceSegment:
    """
    A segment that narrows an audience: its name, and its condition on a table of subscribers.
    """

    name: str
    condition: Callable[[Any], sa.ColumnElement[bool]]


MailedQuery = Callable[[Window], sa.Select[Any]]
"""
Selects the numbers of the people, as `subscriber_id` of a plain SELECT that takes more conditions.
"""


@dataclass(frozen=True, kw_only=True)
class Segment:
    """
    A named rule. With a list it selects only readers of that list.
    """

    id: int
    name: str
    rule: str
    list_slug: str | None
    created_at: dt.datetime
    changed_at: dt.datetime

    @property
    def whole_rule(self) -> str:
        """
        Return the rule with the list as a part of it, about which the whole rule is.
        """
        if self.list_slug is None:
            return self.rule
        return f'of list "{self.list_slug}" and ({self.rule})'

"""
Actions on the people of a draft: its readers and who is left out, and who was sent tests.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from newsletter.actions.guard.objects import shared, the_issue
from newsletter.actions.guard.requires import requires
from newsletter.app import App
from newsletter.delivery.freeze import audience_lists
from newsletter.model.access import Actor, ObjectKind, Permission
from newsletter.model.issue import AudienceRule
from newsletter.store.delivery import freeze
from newsletter.store.delivery.left_out import count_left_out
from newsletter.store.delivery.segments.rules import with_segment_rule
from newsletter.store.issues.issues import load_issue
from newsletter.store.issues.listing import recent_tests
from subscribers.audience.exclusion_reason import ExclusionReason

_MOST_TESTS = 50
_MOST_ADDRESSES = 12


@dataclass(frozen=True, kw_only=True)
class CountedAudience:
    """
    How many readers an issue would go to now, and how many people are left out, by the reason.
    """

    readers: int
    left_out: Mapping[ExclusionReason, int]

    @property
    def everybody(self) -> int:
        """
        Return the number of all of them.
        """
        return self.readers + sum(self.left_out.values())


@requires(Permission.ISSUES_READ, "issue.audience", about=the_issue())
def count(app: App, issue_id: int, *, by: Actor) -> CountedAudience:
    """
    Count the readers of a draft, and who is left out and why.

    Raises:
        NotFound: there is no such issue.
    """
    with app.database.read() as connection:
        rule = with_segment_rule(connection, load_issue(connection, issue_id).audience)
        return count_people(connection, rule, now=app.clock())


def count_people(
    connection: sa.Connection, rule: AudienceRule, *, now: dt.datetime
) -> CountedAudience:
    """
    Count the readers that *rule* selects, and who is left out and why.
    """
    lists, minus = audience_lists(connection, rule)
    readers = freeze.count_audience(connection, rule, lists, minus, now=now)
    left_out = count_left_out(connection, rule, lists, minus, readers=readers, now=now)
    return CountedAudience(readers=readers, left_out=left_out)


@requires(
    Permission.ISSUES_SEND, "issue.test_addresses", about=shared(ObjectKind.ISSUE), audited=False
)
def addresses_of_tests(app: App, *, by: Actor) -> Sequence[str]:
    """
    Return the addresses to which tests of issues within reach were sent, the latest first.
    """
    with app.database.read() as connection:
        found = recent_tests(connection, most=_MOST_TESTS)
    seen = (each.audience for each in found if by.sees_all(each.audience.lists))
    addresses = dict.fromkeys(address for rule in seen for address in rule.addresses)
    return list(addresses)[:_MOST_ADDRESSES]

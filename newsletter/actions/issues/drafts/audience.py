"""
Actions on the people of a draft: its readers and who is left out, and who was sent tests.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from newsletter.actions.guard.objects import shared, the_issue
from newsletter.actions.guard.requires import requires
from newsletter.app import App
from newsletter.delivery.freeze import audience_lists, count_audience
from newsletter.model.access import Actor, ObjectKind, Permission
from newsletter.store.delivery.left_out import count_left_out
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
def count(app: App, issue_id: int, *, readers: int | None = None, by: Actor) -> CountedAudience:
    """
    Count the readers of a draft, unless they are known, and who is left out and why.

    Raises:
        NotFound: there is no such issue.
    """
    now = app.clock()
    with app.database.read() as connection:
        rule = load_issue(connection, issue_id).audience
        lists, minus = audience_lists(connection, rule)
        return CountedAudience(
            readers=count_audience(connection, rule, now=now) if readers is None else readers,
            left_out=count_left_out(connection, rule, lists, minus, now=now),
        )


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

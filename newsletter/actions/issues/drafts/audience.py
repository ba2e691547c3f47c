"""
Actions on the people of a draft: its readers and who is left out, and who was sent tests.
"""

from __future__ import annotations

from collections.abc import Sequence

from newsletter.actions.guard.objects import shared, the_issue
from newsletter.actions.guard.requires import requires
from newsletter.app import App
from newsletter.issues.release_conditions.counted_audience import CountedAudience, count_people
from newsletter.model.access import Actor, ObjectKind, Permission
from newsletter.store.delivery.segments.rules import with_segment_rule
from newsletter.store.issues.issues import load_issue
from newsletter.store.issues.listing import recent_tests

_MOST_TESTS = 50
_MOST_ADDRESSES = 12


@requires(Permission.ISSUES_READ, "issue.audience", about=the_issue())
def count(app: App, issue_id: int, *, readers: int | None = None, by: Actor) -> CountedAudience:
    """
    Count the readers of a draft, unless their number is given, and who is left out and why.

    Raises:
        NotFound: there is no such issue.
    """
    with app.database.read() as connection:
        rule = with_segment_rule(connection, load_issue(connection, issue_id).audience)
        return count_people(connection, rule, readers=readers, now=app.clock())


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

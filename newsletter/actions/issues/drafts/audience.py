"""
An action on the people of a draft: who was sent tests.
"""

from __future__ import annotations

from collections.abc import Sequence

from newsletter.actions.guard.objects import shared
from newsletter.actions.guard.requires import requires
from newsletter.app import App
from newsletter.model.access import Actor, ObjectKind, Permission
from newsletter.store.issues.listing import recent_tests

_MOST_TESTS = 50
_MOST_ADDRESSES = 12


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

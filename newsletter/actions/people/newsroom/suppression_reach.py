"""
Actions that count people for the question before a suppression is made or ended.
"""

from __future__ import annotations

from newsletter.actions.guard.objects import within
from newsletter.actions.guard.requires import requires
from newsletter.app import App
from newsletter.model.access import Actor, ObjectKind, Permission
from subscribers.suppression.model import ALL_LISTS
from subscribers.suppression.reach import count_released, count_stopped
from subscribers.suppression.rules import parse_rule
from subscribers.validation.address import parse_address

# Up to so many people are counted.
MOST_COUNTED = 10_000


@requires(
    Permission.SUPPRESSIONS_WRITE,
    "suppression.count_stopped",
    about=within(ObjectKind.SUPPRESSION, "list_slug"),
    audited=False,
)
def stopped(app: App, typed: str, *, list_slug: str = "", by: Actor) -> int | None:
    """
    Return how many people get email now and would not if an address or a domain were suppressed,
    for one list or for all; None if there are more than are counted.

    Raises:
        InvalidAddress: it is not a valid address or domain.
    """
    key, scope = parse_rule(typed) or parse_address(typed).key, list_slug or ALL_LISTS
    with app.database.read() as connection:
        return count_stopped(connection, key, scope=scope, most=MOST_COUNTED)


@requires(
    Permission.SUPPRESSIONS_WRITE,
    "suppression.count_released",
    about=within(ObjectKind.SUPPRESSION, "list_slug"),
    audited=False,
)
def released(app: App, typed: str, *, list_slug: str = "", by: Actor) -> int | None:
    """
    Return how many people may get email again if a suppression ends; None if there are more than
    are counted.

    Raises:
        InvalidAddress: it is not a valid address or domain.
    """
    key, scope = parse_rule(typed) or parse_address(typed).key, list_slug or ALL_LISTS
    with app.database.read() as connection:
        return count_released(connection, key, scope=scope, most=MOST_COUNTED)

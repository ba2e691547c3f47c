"""
Actions on suppressions: list them, add one, lift one.
"""

from __future__ import annotations

from newsletter.app import App
from newsletter.errors import NotFound
from subscribers import suppression
from subscribers.lists import find_list
from subscribers.model import Suppression, SuppressionReason
from subscribers.validation.address import parse_address


def all_of(app: App) -> list[Suppression]:
    """
    Return every suppression.
    """
    with app.database.read() as connection:
        return list(suppression.list_suppressions(connection))


def add(app: App, address: str, *, list_slug: str = "") -> list[Suppression]:
    """
    Suppress an address, for one list or for all, and return all its suppressions.

    Raises:
        UnknownList: there is no such list.
        InvalidAddress: the address is not valid.
    """
    parsed = parse_address(address)
    with app.database.write() as connection:
        scope = find_list(connection, list_slug).slug if list_slug else ""
        suppression.suppress(
            connection, parsed, reason=SuppressionReason.MANUAL, scope=scope, now=app.clock()
        )
        return list(suppression.suppressions_of(connection, parsed))


def remove(app: App, address: str, *, list_slug: str = "") -> list[Suppression]:
    """
    Lift a suppression, and return those the address still has.

    Raises:
        NotFound: the address is not suppressed there.
        InvalidAddress: the address is not valid.
    """
    parsed = parse_address(address)
    with app.database.write() as connection:
        if not suppression.unsuppress(connection, parsed, scope=list_slug):
            raise NotFound(f"{address} is not suppressed: see `newsletter suppression list`")
        return list(suppression.suppressions_of(connection, parsed))

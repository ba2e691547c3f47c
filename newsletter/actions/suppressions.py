"""
Actions on suppressions: list them, add one, lift one.
"""

from __future__ import annotations

from collections.abc import Sequence

from newsletter.app import App
from newsletter.errors import NotFound
from newsletter.model.access import Actor
from subscribers.lists import find_list
from subscribers.suppression import records as suppression
from subscribers.suppression.model import ALL_LISTS, Suppression, SuppressionReason
from subscribers.validation.address import parse_address


def all_of(app: App) -> list[Suppression]:
    """
    Return every suppression.
    """
    with app.database.read() as connection:
        return list(suppression.list_suppressions(connection))


def add(app: App, address: str, *, by: Actor, list_slug: str = "") -> list[Suppression]:
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
            connection,
            parsed,
            reason=SuppressionReason.MANUAL,
            scope=scope,
            by=by.origin,
            now=app.clock(),
        )
        return list(suppression.suppressions_of(connection, parsed))


def remove(app: App, address: str, *, by: Actor, list_slug: str = "") -> list[Suppression]:
    """
    Lift a suppression, and return those the address still has.

    Raises:
        NotFound: the address is not suppressed there.
        InvalidAddress: the address is not valid.
    """
    parsed = parse_address(address)
    with app.database.write() as connection:
        is_lifted = suppression.unsuppress(
            connection, parsed, scope=list_slug, by=by.origin, now=app.clock()
        )
        others = suppression.suppressions_of(connection, parsed)
        if not is_lifted:
            raise NotFound(f"{address} {_where_it_is(others)}")
        return others


def _where_it_is(found: Sequence[Suppression]) -> str:
    """
    Say where an address is suppressed that is not suppressed where it was to be lifted.
    """
    if not found:
        return "is not suppressed: see `newsletter suppression list`"
    slugs = [each.scope for each in found]
    if ALL_LISTS in slugs:
        return "is suppressed on all lists: leave out --list"
    names = " and ".join(f"list {slug}" for slug in slugs)
    options = " or ".join(f"--list {slug}" for slug in slugs)
    return f"is suppressed on {names} only: add {options}"

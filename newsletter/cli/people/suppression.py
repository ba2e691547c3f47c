"""
`newsletter suppression`: the addresses that are never mailed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from newsletter.cli.session import session_of, table
from newsletter.errors import NotFound

if TYPE_CHECKING:
    import sqlalchemy as sa

    from subscribers.model import Suppression
    from subscribers.validation.address import Address

group = typer.Typer()

Scope = Annotated[str, typer.Option("--list", help="For one list only; all without it.")]
Typed = Annotated[str, typer.Argument(help="The address.")]


@group.command(name="list")
def list_all(context: typer.Context) -> None:
    """
    Every suppression.

    Example: newsletter suppression list
    """
    from subscribers.suppression import list_suppressions

    session = session_of(context)
    with session.app() as app, app.database.read() as connection:
        found = [_as_json(one) for one in list_suppressions(connection)]
    columns = ("address", "reason", "scope", "since")
    session.show(found, table([[row[name] for name in columns] for row in found], columns))


@group.command()
def add(context: typer.Context, address: Typed, list_slug: Scope = "") -> None:
    """
    Never mail an address again.

    Example: newsletter suppression add ada@example.org
    """
    from subscribers.lists import find_list
    from subscribers.model import SuppressionReason
    from subscribers.suppression import suppress
    from subscribers.validation.address import parse_address

    session = session_of(context)
    person = parse_address(address)
    with session.app() as app, app.database.write() as connection:
        scope = find_list(connection, list_slug).slug if list_slug else ""
        suppress(connection, person, reason=SuppressionReason.MANUAL, scope=scope, now=app.clock())
        value = _entries_of(connection, person)
    session.show(value, f"{address} is never mailed again")


@group.command()
def remove(context: typer.Context, address: Typed, list_slug: Scope = "") -> None:
    """
    Lift a suppression; the person still has to agree anew to be mailed.

    Example: newsletter suppression remove ada@example.org
    """
    from subscribers.suppression import unsuppress
    from subscribers.validation.address import parse_address

    session = session_of(context)
    person = parse_address(address)
    with session.app() as app, app.database.write() as connection:
        if not unsuppress(connection, person, scope=list_slug):
            raise NotFound(
                f"{address} is not suppressed: `newsletter suppression list` shows who is"
            )
        value = _entries_of(connection, person)
    left = "still suppressed otherwise" if value else "no longer suppressed"
    session.show(value, f"{address} is {left}")


def _entries_of(connection: sa.Connection, person: Address) -> list[dict[str, Any]]:
    """
    Everything that keeps one address from being mailed, in the shape of `suppression list`.
    """
    from subscribers.suppression import suppressions_of

    return [_as_json(one) for one in suppressions_of(connection, person)]


def _as_json(one: Suppression) -> dict[str, Any]:
    return {
        "address": one.address,
        "reason": one.reason,
        "scope": one.scope,
        "since": one.since.isoformat(),
    }

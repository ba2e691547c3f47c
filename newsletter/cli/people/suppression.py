"""
`newsletter suppression`: the addresses that are never mailed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from newsletter.cli.session import session_of, table

if TYPE_CHECKING:
    from subscribers.model import Suppression

group = typer.Typer()

Scope = Annotated[str, typer.Option("--list", help="For one list only; all without it.")]
Typed = Annotated[str, typer.Argument(help="The address.")]


@group.command(name="list")
def list_all(context: typer.Context) -> None:
    """
    Every suppression.

    Example: newsletter suppression list
    """
    from newsletter.actions import suppressions

    session = session_of(context)
    with session.app() as app:
        found = [_as_json(each) for each in suppressions.all_of(app)]
    columns = ("address", "reason", "scope", "since")
    session.show(found, table([[row[name] for name in columns] for row in found], columns))


@group.command()
def add(context: typer.Context, address: Typed, list_slug: Scope = "") -> None:
    """
    Never mail an address again.

    Example: newsletter suppression add ada@example.org
    """
    from newsletter.actions import suppressions

    session = session_of(context)
    with session.app() as app:
        found = suppressions.add(app, address, list_slug=list_slug)
    session.show([_as_json(each) for each in found], f"{address} is never mailed again")


@group.command()
def remove(context: typer.Context, address: Typed, list_slug: Scope = "") -> None:
    """
    Lift a suppression; the person still has to agree anew to be mailed.

    Example: newsletter suppression remove ada@example.org
    """
    from newsletter.actions import suppressions

    session = session_of(context)
    with session.app() as app:
        found = suppressions.remove(app, address, list_slug=list_slug)
    left = "still suppressed otherwise" if found else "no longer suppressed"
    session.show([_as_json(each) for each in found], f"{address} is {left}")


def _as_json(suppression: Suppression) -> dict[str, Any]:
    return {
        "address": suppression.address,
        "reason": suppression.reason,
        "scope": suppression.scope,
        "since": suppression.since.isoformat(),
    }

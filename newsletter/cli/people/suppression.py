"""
`newsletter suppression`: the addresses that never get email.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from newsletter.cli.session import session_of, table
from newsletter.model.access import OPERATOR

if TYPE_CHECKING:
    from subscribers.suppression.model import Suppression

group = typer.Typer()

Scope = Annotated[
    str,
    typer.Option(
        "--list", metavar="SLUG", help="Only for this mailing list", show_default="all lists"
    ),
]
Typed = Annotated[str, typer.Argument(metavar="ADDRESS", help="Email address")]


@group.command(name="list")
def list_all(context: typer.Context) -> None:
    """
    List the suppressed addresses, with the reason for each.

    Example:
        newsletter suppression list
    """
    from newsletter.actions import suppressions

    session = session_of(context)
    with session.app() as app:
        found = suppressions.all_of(app)
    rows = [
        (each.address, each.reason, _lists(each.scope), f"{each.since:%Y-%m-%d %H:%M} UTC")
        for each in found
    ]
    words = table(rows, ("address", "reason", "scope", "since"), empty="No suppressed addresses.")
    session.show([_as_json(each) for each in found], words)


@group.command()
def add(context: typer.Context, address: Typed, list_slug: Scope = "") -> None:
    """
    Suppress an address: it gets no more email.

    Example:
        newsletter suppression add ada@example.org
    """
    from newsletter.actions import suppressions

    session = session_of(context)
    with session.app() as app:
        found = suppressions.add(app, address, by=OPERATOR, list_slug=list_slug)
    session.show([_as_json(each) for each in found], f"suppressed {address} on {_lists(list_slug)}")


@group.command()
def remove(context: typer.Context, address: Typed, list_slug: Scope = "") -> None:
    """
    Remove a suppression. To get email, the person still has to subscribe again.

    Example:
        newsletter suppression remove ada@example.org
    """
    from newsletter.actions import suppressions

    session = session_of(context)
    with session.app() as app:
        found = suppressions.remove(app, address, by=OPERATOR, list_slug=list_slug)
    words = f"{address} is no longer suppressed on {_lists(list_slug)}"
    others = ", ".join(_lists(each.scope) for each in found)
    hint = f"; it is still suppressed on {others}" if others else ""
    session.show([_as_json(each) for each in found], words + hint)


def _lists(scope: str) -> str:
    return f"list {scope}" if scope else "all lists"


def _as_json(suppression: Suppression) -> dict[str, Any]:
    return {
        "address": suppression.address,
        "reason": suppression.reason,
        "scope": suppression.scope,
        "since": suppression.since.isoformat(),
    }

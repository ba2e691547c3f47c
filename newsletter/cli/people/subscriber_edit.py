"""
`newsletter subscriber edit`: another name or time zone for one person.
"""

from __future__ import annotations

from typing import Annotated

import typer

from newsletter.cli.people.subscriber import Address, full
from newsletter.cli.session import session_of
from newsletter.errors import Refused

group = typer.Typer()


@group.command()
def edit(
    context: typer.Context,
    address: Address,
    name: Annotated[str | None, typer.Option(help="Their name.")] = None,
    timezone: Annotated[
        str | None, typer.Option(help="Whose clock they live by: Europe/Paris.")
    ] = None,
) -> None:
    """
    Change a person's name or time zone; what is not named stays, an empty text takes it away.

    Example: newsletter subscriber edit ada@example.org --timezone ""
    """
    from newsletter.actions import subscribers

    if name is None and timezone is None:
        raise Refused("nothing to change: name --name or --timezone")
    session = session_of(context)
    with session.app() as app:
        found = subscribers.edit(app, address, name=name, timezone=timezone)
    session.show(full(found), f"changed {found.email}")

"""
`newsletter subscriber edit`: change a person's name or time zone.
"""

from __future__ import annotations

from typing import Annotated

import typer

from newsletter.cli.people.subscriber import Address, full
from newsletter.cli.session import session_of
from newsletter.errors import Refused
from newsletter.model.access import OPERATOR

group = typer.Typer()


@group.command()
def edit(
    context: typer.Context,
    address: Address,
    name: Annotated[str | None, typer.Option(metavar="NAME", help="Name of the person")] = None,
    timezone: Annotated[
        str | None, typer.Option(metavar="ZONE", help="Time zone, such as Europe/Paris")
    ] = None,
) -> None:
    """
    Change a person's name or time zone. What you leave out stays unchanged; an empty text
    removes it.

    Examples:
        newsletter subscriber edit ada@example.org --name "Ada Byron"
        newsletter subscriber edit ada@example.org --timezone ""
    """
    from newsletter.actions import subscribers

    if name is None and timezone is None:
        raise Refused("nothing to change: give --name NAME or --timezone ZONE")
    session = session_of(context)
    with session.app() as app:
        found = subscribers.edit(app, address, by=OPERATOR, name=name, timezone=timezone)
    session.show(full(found), f"changed {found.email}")

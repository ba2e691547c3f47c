"""
`newsletter subscriber edit`: change a person's name, time zone or fields.
"""

from __future__ import annotations

from typing import Annotated

import typer

from newsletter.cli.people.formats.person import all_about
from newsletter.cli.people.subscriber import Address, Fields, typed_fields
from newsletter.cli.session import session_of
from newsletter.errors import Refused

group = typer.Typer()


@group.command()
def edit(
    context: typer.Context,
    address: Address,
    name: Annotated[str | None, typer.Option(metavar="NAME", help="Name of the person")] = None,
    timezone: Annotated[
        str | None, typer.Option(metavar="ZONE", help="Time zone, such as Europe/Paris")
    ] = None,
    field: Fields = None,
) -> None:
    """
    Change a person's name, time zone or fields. What you leave out stays unchanged; an empty text
    removes it.

    Examples:
        newsletter subscriber edit ada@example.org --name "Ada Byron"
        newsletter subscriber edit ada@example.org --timezone "" --field edition=north
    """
    from newsletter.actions.people import person, subscribers

    if name is None and timezone is None and not field:
        raise Refused("nothing to change: give --name NAME, --timezone ZONE or --field NAME=VALUE")
    session = session_of(context)
    with session.app() as app:
        subscribers.edit(
            app,
            address,
            by=session.actor,
            name=name,
            timezone=timezone,
            fields=typed_fields(field),
        )
        found = person.show(app, address, by=session.actor)
    session.show(all_about(found), f"changed {found.person.email}")

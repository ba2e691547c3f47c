"""
`newsletter subscriber edit`: change a person's address, name, time zone or fields.
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
    new_address: Annotated[
        str | None, typer.Option("--address", metavar="ADDRESS", help="Their new address")
    ] = None,
    field: Fields = None,
) -> None:
    """
    Change a person's address, name, time zone or fields. What you leave out stays unchanged; an
    empty text removes it. A person with a new address is told at the old one.

    Examples:
        newsletter subscriber edit ada@example.org --name "Ada Byron"
        newsletter subscriber edit ada@example.org --address ada.byron@example.org
        newsletter subscriber edit ada@example.org --timezone "" --field edition=north
    """
    from newsletter.actions.people import person, subscribers
    from newsletter.actions.people.newsroom import new_address as addresses

    has_edits = name is not None or timezone is not None or bool(field)
    if not has_edits and new_address is None:
        raise Refused(
            "nothing to change: give --address ADDRESS, --name NAME, --timezone ZONE or "
            "--field NAME=VALUE"
        )
    session = session_of(context)
    with session.app() as app:
        if has_edits:
            subscribers.edit(
                app,
                address,
                by=session.actor,
                name=name,
                timezone=timezone,
                fields=typed_fields(field),
            )
        if new_address is not None:
            addresses.change(app, address, new_address=new_address, by=session.actor)
            address = new_address
        found = person.show(app, address, by=session.actor)
    session.show(all_about(found), f"changed {found.person.email}")

"""
`newsletter subscriber forget`: everything about one person erased, but for the counts.
"""

from __future__ import annotations

from typing import Annotated

import typer

from newsletter.cli.people.subscriber import Address
from newsletter.cli.session import session_of

group = typer.Typer()


@group.command()
def forget(
    context: typer.Context,
    address: Address,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """
    Erase a person: name, address, consents, lists. It cannot be taken back; no import brings them
    back either.

    Example: newsletter subscriber forget ada@example.org
    """
    from newsletter.actions import subscribers

    session = session_of(context)
    with session.app() as app:
        subscribers.show(app, address)
        if not session.confirm(f"erase {address} for good?", yes=yes):
            session.refuse("nothing was erased")
        blanked = subscribers.forget(app, address)
    words = f"{address} is erased; {blanked} deliveries are counted without the address"
    session.show({"address": address, "deliveries": blanked}, words)

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
    from newsletter.store.delivery.erasure import forget_person
    from subscribers.erasure import erase
    from subscribers.people import subscriber_by_address
    from subscribers.validation.address import parse_address

    session = session_of(context)
    person = parse_address(address)
    with session.app() as app:
        with app.database.read() as connection:
            subscriber_by_address(connection, person)
        if not session.may(f"erase {address} for good?", yes=yes):
            session.refuse("nothing was erased")
        with app.database.write() as connection:
            number = erase(connection, person, keyring=app.links.keys, now=app.clock())
            blanked = forget_person(connection, number=number, email_key=person.key)
    words = f"{address} is erased; {blanked} deliveries are counted without the address"
    session.show({"address": address, "deliveries": blanked}, words)

"""
`newsletter subscriber forget`: erase everything about one person except the counts.
"""

from __future__ import annotations

import typer

from newsletter.cli.people.subscriber import Address
from newsletter.cli.session import Yes, session_of
from newsletter.model.access import OPERATOR

group = typer.Typer()


@group.command()
def forget(
    context: typer.Context,
    address: Address,
    yes: Yes = False,
) -> None:
    """
    Erase a person for good: name, address, consents and lists. No import adds that address again.
    The address need not be a subscriber's: test emails and suppressions are erased too.

    Example:
        newsletter subscriber forget ada@example.org
    """
    from newsletter.actions.people import privacy, subscribers

    session = session_of(context)
    with session.app() as app:
        privacy.data_about(app, address)
        if not session.confirm(f"Erase {address} for good?", yes=yes):
            session.refuse("nothing was erased: you answered no")
        blanked = subscribers.forget(app, address, by=OPERATOR)
    deliveries = "1 delivery is" if blanked == 1 else f"{blanked} deliveries are"
    words = f"erased {address}; {deliveries} still counted, without the address"
    session.show({"address": address, "deliveries": blanked}, words)

"""
`newsletter subscriber note`: write down something about a person.
"""

from __future__ import annotations

from typing import Annotated

import typer

from newsletter.cli.people.formats.person import note_as_json
from newsletter.cli.session import session_of

group = typer.Typer()


@group.command()
def note(
    context: typer.Context,
    address: Annotated[str, typer.Argument(metavar="ADDRESS", help="Email address of the person")],
    text: Annotated[str, typer.Argument(metavar="TEXT", help="Text of the note")],
) -> None:
    """
    Add a note about a person, for staff. `subscriber show` shows all of them. A person who asks
    what is stored about them gets to see them too.

    Example:
        newsletter subscriber note ada@example.org "met at the fair, wants the weekly"
    """
    from newsletter.actions.people import tags

    session = session_of(context)
    with session.app() as app:
        notes = tags.write_note(app, address, text, by=session.actor)
    value = {"address": address, "notes": [note_as_json(each) for each in notes]}
    session.show(value, f"noted about {address}")

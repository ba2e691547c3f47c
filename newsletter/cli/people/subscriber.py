"""
`newsletter subscriber`: people, one at a time.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

import typer

from newsletter.cli.people.formats.person import (
    all_about,
    lines_about,
    states_of,
)
from newsletter.cli.session import session_of
from newsletter.errors import Refused

group = typer.Typer()

ListSlug = Annotated[str, typer.Option("--list", metavar="SLUG", help="Mailing list")]
Address = Annotated[str, typer.Argument(metavar="ADDRESS", help="Email address of the person")]

Fields = Annotated[
    list[str] | None,
    typer.Option(
        "--field", metavar="VALUE", help="Value of a field, as NAME=VALUE", show_default="none"
    ),
]


def typed_fields(pairs: Sequence[str] | None) -> dict[str, str]:
    """
    Convert `NAME=VALUE` to a value by the name of its field.

    Raises:
        Refused: there is no = in one of them.
    """
    typed = {}
    for pair in pairs or ():
        name, equals, value = pair.partition("=")
        if not equals:
            raise Refused(f"--field {pair}: write NAME=VALUE, such as edition=north")
        typed[name.strip()] = value.strip()
    return typed


@group.command()
def add(
    context: typer.Context,
    address: Address,
    list_slug: ListSlug,
    name: Annotated[
        str, typer.Option(metavar="NAME", help="Name of the person", show_default="none")
    ] = "",
    consent: Annotated[
        str | None,
        typer.Option(
            metavar="TEXT",
            help="How they agreed; with it they are active at once",
            show_default="none",
        ),
    ] = None,
    timezone: Annotated[
        str | None,
        typer.Option(
            metavar="ZONE", help="Time zone, such as Europe/Paris", show_default="the schedule's"
        ),
    ] = None,
    field: Fields = None,
    resubscribe: Annotated[
        bool,
        typer.Option(
            "--resubscribe",
            help="The person unsubscribed and agreed again since, as --consent says",
        ),
    ] = False,
) -> None:
    """
    Add one person to a list. Without --consent, they stay pending on a double opt-in list. A name,
    time zone or field replaces the one of a person who is already known.

    Example:
        newsletter subscriber add ada@example.org --list daily \\
            --consent "signed up at the fair"
    """
    from newsletter.actions.people import subscribers

    if resubscribe and not consent:
        raise typer.BadParameter("--resubscribe needs --consent TEXT: how they agreed again")
    session = session_of(context)
    with session.app() as app:
        made, person = subscribers.add(
            app,
            address,
            list_slug,
            by=session.actor,
            name=name,
            consent=consent,
            timezone=timezone,
            fields=typed_fields(field),
            resubscribe=resubscribe,
        )
    note = made.note
    if made.state == "pending" and not note:
        note = "gets no issue until they confirm: subscriber resend-confirmation asks them"
    words = f"{address} is {made.state} on list {list_slug}"
    session.show(states_of(person), f"{words}: {note}" if note else words)


@group.command()
def show(context: typer.Context, address: Address) -> None:
    """
    Show one person: name, language, time zone, break, fields, suppressions, and each list with its
    state, how often they get it, and how and when they agreed.

    Example:
        newsletter subscriber show ada@example.org
    """
    from newsletter.actions.people import person

    session = session_of(context)
    with session.app() as app:
        found, now = person.show(app, address, by=session.actor), app.clock()
    session.show(all_about(found), "\n".join(lines_about(found, now)))

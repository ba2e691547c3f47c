"""
`newsletter subscriber`: people, one at a time.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

import typer

from newsletter.cli.people.formats.person import (
    all_about,
    full,
    lines_about,
    state_of,
    states_of,
)
from newsletter.cli.people.subscriber_pending import show_pending
from newsletter.cli.session import session_of, table
from newsletter.errors import Refused
from newsletter.model.access import OPERATOR

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
            by=OPERATOR,
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
        found, now = person.show(app, address), app.clock()
    session.show(all_about(found), "\n".join(lines_about(found, now)))


@group.command(name="list")
def list_people(
    context: typer.Context,
    list_slug: Annotated[
        str | None,
        typer.Option(
            "--list", metavar="SLUG", help="Show only people on this list", show_default="all"
        ),
    ] = None,
    begins: Annotated[
        str,
        typer.Option(
            metavar="TEXT", help="Show only addresses that begin with this", show_default="all"
        ),
    ] = "",
    after: Annotated[
        str,
        typer.Option(
            metavar="ADDRESS", help="Start after this address", show_default="the first one"
        ),
    ] = "",
    pending: Annotated[
        bool,
        typer.Option("--pending", help="Show only people who never confirmed, with their sign-up"),
    ] = False,
    most: Annotated[int, typer.Option(metavar="N", min=1, help="Show at most N people")] = 50,
) -> None:
    """
    List people, sorted by address.

    Examples:
        newsletter subscriber list --list daily --begins ada
        newsletter subscriber list --pending
    """
    from newsletter.actions.people import subscribers
    from newsletter.actions.people.fields import values_of_people
    from newsletter.actions.people.pending import pending as waiting

    session = session_of(context)
    with session.app() as app:
        if pending:
            show_pending(session, waiting(app, list_slug=list_slug, after=after, limit=most))
            return
        found = subscribers.search(app, list_slug=list_slug, begins=begins, after=after, limit=most)
        values = values_of_people(app, found)
    rows = [
        (
            p.email,
            p.name,
            p.timezone or "",
            ", ".join(f"{s.list_slug}: {state_of(p, s)}" for s in p.subscriptions),
        )
        for p in found
    ]
    headings = ("address", "name", "timezone", "lists")
    none = "No subscribers found. Add one: newsletter subscriber add ADDRESS --list SLUG"
    people = [full(p, values.get(p.id, {})) for p in found]
    session.show(people, table(rows, headings, empty=none))

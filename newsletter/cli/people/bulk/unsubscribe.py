"""
`newsletter subscriber unsubscribe` and `move`: end people's subscriptions, or move them to another
list.
"""

from __future__ import annotations

from functools import partial
from typing import Annotated

import typer

from newsletter.cli.options import Fields, Option, Text, with_options
from newsletter.cli.people.bulk.acts import (
    Address,
    BulkCommand,
    DryRun,
    File,
    run_with_many,
    whom,
)
from newsletter.cli.people.bulk.filter_options import OTHERS, PANEL
from newsletter.cli.people.formats.person import states_of
from newsletter.cli.session import Yes, session_of

group = typer.Typer()

_LEAVE = Option(
    "list_slug", Text, "List to leave; with ADDRESS, one is needed", PANEL, "all", "SLUG", "--list"
)


@group.command()
@with_options((_LEAVE, *OTHERS), show_defaults=True)
def unsubscribe(
    context: typer.Context,
    fields: Fields,
    address: Address = "",
    file: File = None,
    dry_run: DryRun = False,
    yes: Yes = False,
) -> None:
    """
    End one person's subscription to a list, or those of many people. An import does not bring them
    back.

    Examples:
        newsletter subscriber unsubscribe ada@example.org --list daily
        newsletter subscriber unsubscribe --file gone.csv --yes
        newsletter subscriber unsubscribe --list daily --tag former --dry-run
    """
    from newsletter.actions.people import bulk, subscribers

    session = session_of(context)
    who = whom(address, file, fields, dry_run=dry_run, about="list_slug")
    list_slug = fields.get("list_slug", "")
    if address and not list_slug:
        raise typer.BadParameter("an ADDRESS needs --list SLUG: the list to leave")
    with session.app() as app:
        if address:
            person = subscribers.unsubscribe(app, address, list_slug, by=session.actor)
            words = f"{address} is unsubscribed from list {list_slug}"
            session.show(states_of(person), words)
            return
        people = bulk.find(app, who, by=session.actor)
        ending = f"from list {list_slug}" if list_slug else "from all lists"
        command = BulkCommand(verb="Unsubscribe", doing="unsubscribing", ending=ending)
        act = partial(bulk.unsubscribe, app, people, list_slug=list_slug)
        run_with_many(session, app, people, command, act, yes=yes, dry_run=dry_run)


@group.command()
@with_options(OTHERS, show_defaults=True)
def move(
    context: typer.Context,
    fields: Fields,
    from_list: Annotated[
        str,
        typer.Option("--list", metavar="SLUG", help="List they are on now", rich_help_panel=PANEL),
    ],
    to_list: Annotated[str, typer.Option("--to", metavar="SLUG", help="List to move them to")],
    address: Address = "",
    file: File = None,
    dry_run: DryRun = False,
    yes: Yes = False,
) -> None:
    """
    Move people from one list to another, with their state and consent. People who left the other
    list, or who are suppressed, stay where they are.

    Examples:
        newsletter subscriber move --list daily --to weekly --tag busy
        newsletter subscriber move ada@example.org --list daily --to weekly
    """
    from newsletter.actions.people import bulk

    session = session_of(context)
    who = whom(
        address, file, {**fields, "list_slug": from_list}, dry_run=dry_run, about="list_slug"
    )
    with session.app() as app:
        people = bulk.find(app, who, by=session.actor)
        act = partial(bulk.move_to, app, people, source=from_list, target=to_list)
        ending = f"from list {from_list} to list {to_list}"
        command = BulkCommand(verb="Move", doing="moving", ending=ending)
        run_with_many(session, app, people, command, act, yes=yes or bool(address), dry_run=dry_run)

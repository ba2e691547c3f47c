"""
`newsletter subscriber tag`: give people tags, and take them away.
"""

from __future__ import annotations

from functools import partial
from typing import Annotated

import typer

from newsletter.cli.options import Fields, with_options
from newsletter.cli.people.bulk.acts import (
    Address,
    BulkCommand,
    DryRun,
    File,
    run_with_many,
    whom,
)
from newsletter.cli.people.bulk.filter_options import FILTER
from newsletter.cli.session import Yes, session_of
from newsletter.errors import Refused

group = typer.Typer()


@group.command()
@with_options(FILTER, show_defaults=True)
def tag(
    context: typer.Context,
    fields: Fields,
    address: Address = "",
    file: File = None,
    add: Annotated[
        list[str] | None, typer.Option(metavar="TAG", help="Give this tag", show_default="none")
    ] = None,
    remove: Annotated[
        list[str] | None,
        typer.Option(metavar="TAG", help="Take this tag away", show_default="none"),
    ] = None,
    dry_run: DryRun = False,
    yes: Yes = False,
) -> None:
    """
    Give one person or many people tags, or take tags away. Without --add and --remove it shows the
    tags of one person.

    Examples:
        newsletter subscriber tag ada@example.org --add press --remove prospect
        newsletter subscriber tag --list daily --state active --add reader --yes
    """
    from newsletter.actions.people import bulk, tags

    session = session_of(context)
    who = whom(address, file, fields, dry_run=dry_run)
    with session.app() as app:
        if add or remove:
            people = bulk.find(app, who, by=session.actor)
            act = partial(bulk.tag, app, people, add=add or (), remove=remove or ())
            command = BulkCommand(verb="Change the tags of", doing="tagging")
            if not address:
                run_with_many(session, app, people, command, act, yes=yes, dry_run=dry_run)
                return
            act(bulk.BulkRun(by=session.actor))
        elif not address:
            raise Refused("nothing to change: give --add TAG or --remove TAG")
        found = tags.of_person(app, address, by=session.actor)
    session.show({"address": address, "tags": found}, ", ".join(found) or "no tags")

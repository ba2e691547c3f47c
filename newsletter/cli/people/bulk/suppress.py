"""
`newsletter subscriber suppress`: never email many people again.
"""

from __future__ import annotations

import datetime as dt
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

group = typer.Typer()


@group.command()
@with_options(FILTER, show_defaults=True)
def suppress(
    context: typer.Context,
    fields: Fields,
    address: Address = "",
    file: File = None,
    scope: Annotated[
        str,
        typer.Option(metavar="SLUG", help="Suppress on this list only", show_default="all lists"),
    ] = "",
    until: Annotated[
        dt.datetime | None,
        typer.Option(
            metavar="DATE", formats=["%Y-%m-%d"], help="Last day", show_default="for good"
        ),
    ] = None,
    note: Annotated[
        str, typer.Option(metavar="TEXT", help="Why, in words", show_default="none")
    ] = "",
    dry_run: DryRun = False,
    yes: Yes = False,
) -> None:
    """
    Suppress people: they get no more email. Addresses that are no subscriber's, domains and hashes
    are for `suppression add` and `suppression import`.

    Example:
        newsletter subscriber suppress --tag competitor --note "asked by legal"
    """
    from newsletter.actions.people import bulk
    from newsletter.actions.people.suppressions import SuppressionValues

    session = session_of(context)
    who = whom(address, file, fields, dry_run=dry_run)
    day = None if until is None else until.date()
    values = SuppressionValues(list_slug=scope, until=day, note=note)
    with session.app() as app:
        people = bulk.find(app, who, by=session.actor)
        act = partial(bulk.suppress, app, people, values=values)
        ending = f"on list {scope}" if scope else "on all lists"
        command = BulkCommand(verb="Suppress", doing="suppressing", ending=ending)
        run_with_many(session, app, people, command, act, yes=yes or bool(address), dry_run=dry_run)

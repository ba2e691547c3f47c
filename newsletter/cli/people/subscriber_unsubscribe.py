"""
`newsletter subscriber unsubscribe`: end the subscriptions of one person, or of those in a file.
"""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Annotated

import typer

from newsletter.cli.format_values import format_values
from newsletter.cli.people.formats.person import states_of
from newsletter.cli.progress import progress
from newsletter.cli.session import Session, session_of
from newsletter.model.access import OPERATOR

group = typer.Typer()


@group.command()
def unsubscribe(
    context: typer.Context,
    address: Annotated[
        str, typer.Argument(metavar="ADDRESS", help="Email address of the person")
    ] = "",
    list_slug: Annotated[
        str,
        typer.Option(
            "--list", metavar="SLUG", help="Mailing list", show_default="with --file: all"
        ),
    ] = "",
    file: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help="CSV, TSV, or text with the addresses", show_default="none"
        ),
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="With --file, only show who would leave")
    ] = False,
) -> None:
    """
    End one person's subscription to a list, or those of everybody in a file.

    Examples:
        newsletter subscriber unsubscribe ada@example.org --list daily
        newsletter subscriber unsubscribe --file gone.csv
    """
    from newsletter.actions.people import subscribers

    session = session_of(context)
    if (file is None) == (not address):
        raise typer.BadParameter("give an ADDRESS, or --file FILE, but not both")
    if file is not None:
        _unsubscribe_file(session, file, list_slug, dry_run=dry_run)
        return
    if not list_slug:
        raise typer.BadParameter("an ADDRESS needs --list SLUG: the list to leave")
    if dry_run:
        raise typer.BadParameter("--dry-run is for --file FILE")
    with session.app() as app:
        person = subscribers.unsubscribe(app, address, list_slug, by=OPERATOR)
    session.show(states_of(person), f"{address} is unsubscribed from list {list_slug}")


def _unsubscribe_file(session: Session, file: Path, list_slug: str, *, dry_run: bool) -> None:
    from newsletter.actions.people.subscriber_files import unsubscribe_people

    with session.app() as app, progress(f"unsubscribing {file.name}, bytes") as report:
        done = unsubscribe_people(
            app, file, list_slug or None, by=OPERATOR, dry_run=dry_run, progress=report
        )
    value = dataclasses.asdict(done)
    words = ["dry run: nobody was unsubscribed"] if dry_run else []
    shown = {name: count for name, count in value.items() if count or name == "left"}
    session.show(value, "\n".join([*words, format_values(shown)]))

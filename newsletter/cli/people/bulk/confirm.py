"""
`newsletter subscriber confirm`: make pending people active, who agreed outside of the confirmation
email.
"""

from __future__ import annotations

import dataclasses
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from newsletter.cli.format_values import format_values
from newsletter.cli.options import Fields, Option, Text, with_options
from newsletter.cli.people.bulk.acts import (
    Address,
    BulkCommand,
    DryRun,
    File,
    ask,
    run_with_many,
    whom,
)
from newsletter.cli.people.bulk.filter_options import OTHERS, PANEL
from newsletter.cli.progress import progress
from newsletter.cli.session import Session, Yes, session_of

if TYPE_CHECKING:
    from subscribers.bulk.confirm_file import ConfirmReport

group = typer.Typer()

_ON = Option("list_slug", Text, "List they are pending on", PANEL, "all", "SLUG", "--list")
_COMMAND = BulkCommand(verb="Confirm", doing="confirming", ending="as far as they are pending")


@group.command()
@with_options((_ON, *(each for each in OTHERS if each.field != "state")), show_defaults=True)
def confirm(
    context: typer.Context,
    fields: Fields,
    evidence: Annotated[
        str, typer.Option(metavar="TEXT", help="How they agreed; recorded as their consent")
    ],
    address: Address = "",
    file: File = None,
    dry_run: DryRun = False,
    yes: Yes = False,
) -> None:
    """
    Confirm pending people. Nobody is added, and nobody who unsubscribed, bounced or complained
    becomes active again.

    Examples:
        newsletter subscriber confirm --file signed.csv --list daily \\
            --evidence "signed the paper list of 12 May" --yes
        newsletter subscriber confirm --list daily --tag fair \\
            --evidence "signed up at our stand on 12 May"
    """
    from newsletter.actions.people import bulk

    session = session_of(context)
    who = whom(address, file, fields, dry_run=dry_run, about="list_slug")
    list_slug = fields.get("list_slug", "")
    if file is not None:
        _confirm_file(session, file, list_slug, evidence, yes=yes, dry_run=dry_run)
        return
    with session.app() as app:
        people = bulk.find(app, who, by=session.actor)
        act = partial(bulk.confirm, app, people, evidence=evidence, list_slug=list_slug)
        run_with_many(
            session, app, people, _COMMAND, act, yes=yes or bool(address), dry_run=dry_run
        )


def _confirm_file(
    session: Session, file: Path, list_slug: str, evidence: str, *, yes: bool, dry_run: bool
) -> None:
    """
    Confirm the people in a file, whose rows are the evidence.
    """
    from newsletter.actions.people.files.subscriber_files import confirm_people

    with session.app() as app:

        def run(*, dry_run: bool) -> ConfirmReport:
            with progress(f"confirming {file.name}, bytes") as report:
                return confirm_people(
                    app,
                    file,
                    list_slug or None,
                    by=session.actor,
                    evidence=evidence,
                    dry_run=dry_run,
                    progress=report,
                )

        if not dry_run and not yes:
            ask(session, _COMMAND, run(dry_run=True).confirmed, yes=False)
        value = dataclasses.asdict(run(dry_run=dry_run))
    words = ["dry run: nobody was confirmed"] if dry_run else []
    words.append(format_values({name: n for name, n in value.items() if n or name == "confirmed"}))
    session.show(value, "\n".join(words))

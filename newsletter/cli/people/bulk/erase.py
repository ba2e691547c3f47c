"""
`newsletter subscriber erase`: remove everything about people except the counts.
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
    run_act,
    show_counts,
    whom,
)
from newsletter.cli.people.bulk.filter_options import FILTER
from newsletter.cli.session import Session, Yes, session_of

group = typer.Typer()

_COMMAND = BulkCommand(verb="Erase", doing="erasing", ending="for good")


@group.command(name="forget", hidden=True)
@group.command()
@with_options(FILTER, show_defaults=True)
def erase(
    context: typer.Context,
    fields: Fields,
    address: Address = "",
    file: File = None,
    count: Annotated[
        int | None,
        typer.Option(
            metavar="N",
            min=0,
            help="Number of people to erase, instead of typing it when asked",
            show_default="ask",
        ),
    ] = None,
    dry_run: DryRun = False,
    yes: Yes = False,
) -> None:
    """
    Erase people for good: name, address, consents and lists. No import adds them again. An ADDRESS
    or one in a file need not be a subscriber's: test emails and suppressions are erased too. To
    erase many, type their number; --yes is not enough.

    Examples:
        newsletter subscriber erase ada@example.org
        newsletter subscriber erase --tag test-data --dry-run
        newsletter subscriber erase --tag test-data --count 12
    """
    from newsletter.actions.people import bulk, bulk_erase

    session = session_of(context)
    who = whom(address, file, fields, dry_run=dry_run)
    if address:
        _erase_one(session, address, yes=yes)
        return
    with session.app() as app:
        people = bulk.find(app, who, by=session.actor)
        if not dry_run:
            others = bulk_erase.count_others(app, file, by=session.actor) if file else 0
            _require_count(session, len(people.numbers) + others, count)
        erase = partial(bulk_erase.erase_people, app, people, file=file)
        counts = run_act(session, _COMMAND, erase, dry_run=dry_run)
    show_counts(session, counts, people, dry_run=dry_run)


def _require_count(session: Session, found: int, typed: int | None) -> None:
    """
    End the run unless the number of people was typed, as an option or at the terminal.
    """
    question = _COMMAND.question(found)
    if typed is None and session.is_interactive:
        answer = session.ask(f"{question}? Type their number to erase them:")
        typed = int(answer) if answer.isdecimal() else -1
    if typed is None:
        session.refuse(f"nothing was erased: {question}? Answer with --count {found}")
    if typed != found:
        session.refuse(f"nothing was erased: it would be {found}, which is not what you typed")


def _erase_one(session: Session, address: str, *, yes: bool) -> None:
    from newsletter.actions.people import privacy, subscribers

    with session.app() as app:
        privacy.data_about(app, address, by=session.actor)
        session.require_yes(f"Erase {address} for good?", yes=yes, otherwise="nothing was erased")
        blanked = subscribers.erase_person(app, address, by=session.actor)
    deliveries = "1 delivery is" if blanked == 1 else f"{blanked} deliveries are"
    words = f"erased {address}; {deliveries} still counted, without the address"
    session.show({"address": address, "deliveries": blanked}, words)

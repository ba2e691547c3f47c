"""
`newsletter source add` and `edit`: the settings of a source.
"""

from __future__ import annotations

from typing import Annotated

import typer

from newsletter.cli.content.source import NameArgument
from newsletter.cli.content.source_options import CLEARING, FIRST_POLL, OPTIONS, with_fields
from newsletter.cli.options import Fields, with_options
from newsletter.cli.session import session_of
from newsletter.errors import Refused
from newsletter.model.source import SourceSettings

group = typer.Typer()


@group.command()
@with_options((FIRST_POLL, *OPTIONS), show_defaults=True)
def add(
    context: typer.Context,
    name: NameArgument,
    kind: Annotated[
        str,
        typer.Argument(
            metavar="KIND",
            help="Kind: folder, feed, wordpress, ghost, page or mailbox, or that of a plugin",
        ),
    ],
    location: Annotated[str, typer.Argument(metavar="LOCATION", help="Folder or address (URL)")],
    fields: Fields,
) -> None:
    """
    Add a source of briefs.

    Examples:
        newsletter source add site feed https://example.org/feed/ --category News
        newsletter source add desk folder briefs --first-poll new --every 5m
    """
    from newsletter.actions.content import sources

    session = session_of(context)
    with session.app() as app:
        source = with_fields(SourceSettings(id=0, name=name, kind=kind, location=location), fields)
        warning = sources.add(app, source, by=session.actor)
    if warning is not None:
        session.say(warning)
    session.show(source.as_json(), f"added source {name}: {kind} {location}")


@group.command(epilog=CLEARING)
@with_options(OPTIONS, show_defaults=False)
def edit(
    context: typer.Context,
    name: NameArgument,
    fields: Fields,
    location: Annotated[
        str | None,
        typer.Option(
            metavar="LOCATION", help="Folder or address; a new one is polled from the beginning"
        ),
    ] = None,
) -> None:
    """
    Change a source. What you leave out stays unchanged, and so do the briefs that were read.

    Example:
        newsletter source edit site --every 5m --category News
    """
    from newsletter.actions.content import sources

    given = {**fields, "location": location} if location is not None else fields
    if not given:
        raise Refused("nothing to change: give an option, such as --every DURATION")
    session = session_of(context)
    with session.app() as app:
        changed, warning = sources.edit(
            app, name, lambda source: with_fields(source, given), by=session.actor
        )
    if warning is not None:
        session.say(warning)
    session.show(changed.as_json(), f"changed source {name}")

"""
`newsletter source add` and `edit`: the settings of a source.
"""

from __future__ import annotations

from typing import Annotated

import typer

from newsletter.cli.content.source_options import (
    Categories,
    DayFirst,
    Every,
    First,
    Image,
    Key,
    LookBack,
    NameArgument,
    Prefixes,
    Settle,
    Text,
    Timezone,
    Trailers,
    with_options,
)
from newsletter.cli.session import session_of
from newsletter.errors import Refused
from newsletter.model.source import SourceSettings

group = typer.Typer()


@group.command()
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
    every: Every = None,
    first_poll: First = None,
    look_back: LookBack = None,
    settle: Settle = None,
    key: Key = None,
    category: Categories = None,
    timezone: Timezone = None,
    prefix: Prefixes = None,
    trailer: Trailers = None,
    day_first: DayFirst = None,
    image: Image = None,
    full_text: Text = None,
) -> None:
    """
    Add a source of briefs.

    Examples:
        newsletter source add site feed https://example.org/feed/ --category News
        newsletter source add desk folder briefs --first-poll new --every 5m
    """
    from newsletter.actions import sources

    typed = {
        "every": every,
        "first_poll": first_poll,
        "look_back": look_back,
        "settle": settle,
        "key": key,
        "categories": category,
        "timezone": timezone,
        "prefixes": prefix,
        "trailers": trailer,
        "day_first": day_first,
        "image": image,
        "full_text": full_text,
    }
    session = session_of(context)
    with session.app() as app:
        bare = SourceSettings(id=0, name=name, kind=kind, location=location)
        source = with_options(bare, typed)
        warning = sources.add(app, source)
    if warning is not None:
        session.say(warning)
    session.show(source.as_json(), f"added source {name}: {kind} {location}")


@group.command()
def edit(
    context: typer.Context,
    name: NameArgument,
    location: Annotated[
        str | None,
        typer.Option(
            metavar="LOCATION",
            help="Folder or address; a new one is polled from the beginning",
            show_default=False,
        ),
    ] = None,
    every: Every = None,
    look_back: LookBack = None,
    settle: Settle = None,
    key: Key = None,
    category: Categories = None,
    timezone: Timezone = None,
    prefix: Prefixes = None,
    trailer: Trailers = None,
    day_first: DayFirst = None,
    image: Image = None,
    full_text: Text = None,
) -> None:
    """
    Change a source. What you leave out stays unchanged; an empty text ("") removes a category,
    prefix, trailer or key. Briefs that were read stay as they are.

    Example:
        newsletter source edit site --every 5m --category News
    """
    from newsletter.actions import sources

    typed = {
        "location": location,
        "every": every,
        "look_back": look_back,
        "settle": settle,
        "key": key,
        "categories": category,
        "timezone": timezone,
        "prefixes": prefix,
        "trailers": trailer,
        "day_first": day_first,
        "image": image,
        "full_text": full_text,
    }
    if all(value is None for value in typed.values()):
        raise Refused("nothing to change: give an option, such as --every DURATION")
    session = session_of(context)
    with session.app() as app:
        changed, warning = sources.edit(app, name, lambda source: with_options(source, typed))
    if warning is not None:
        session.say(warning)
    session.show(changed.as_json(), f"changed source {name}")

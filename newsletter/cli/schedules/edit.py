"""
`newsletter schedule add` and `edit`: when issues are made, from which briefs, and for which
lists. Their shared options are in `options`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated
from zoneinfo import ZoneInfo

import typer

from newsletter.cli.options import Fields, with_options
from newsletter.cli.schedules.options import (
    AUDIENCE,
    CLEARING,
    CONTENT,
    OPTIONS,
    WHEN,
)
from newsletter.cli.schedules.show import Name, next_in_words, next_of
from newsletter.cli.session import Session, session_of
from newsletter.errors import Refused

if TYPE_CHECKING:
    from newsletter.app import App

group = typer.Typer()


@group.command()
@with_options(OPTIONS, show_defaults=True)
def add(
    context: typer.Context,
    name: Name,
    cron: Annotated[
        str,
        typer.Option(
            metavar="CRON",
            help="Minute, hour, day, month, weekday: '0 6 * * mon-fri'",
            rich_help_panel=WHEN,
        ),
    ],
    timezone: Annotated[
        str,
        typer.Option(
            metavar="ZONE", help="Time zone, such as America/New_York", rich_help_panel=WHEN
        ),
    ],
    source: Annotated[
        list[str],
        typer.Option(metavar="NAME", help="Source of the briefs", rich_help_panel=CONTENT),
    ],
    lists: Annotated[
        list[str],
        typer.Option(
            "--list",
            metavar="SLUG",
            help="Mailing list; a reader on several gets it through the first",
            rich_help_panel=AUDIENCE,
        ),
    ],
    fields: Fields,
) -> None:
    """
    Add a schedule, which makes an issue at set times.

    Example:
        newsletter schedule add morning --list daily --source site \\
            --cron "0 6 * * mon-fri" --timezone America/New_York
    """
    from newsletter.actions.issues import schedules

    session = session_of(context)
    with session.app() as app:
        due = schedules.add(
            app,
            name,
            lists=lists,
            sources=source,
            cron=cron,
            timezone=timezone,
            fields=fields,
            by=session.actor,
        )
        zone = _say_delays(session, app, name)
    coming = next_in_words(due, zone)
    session.show({"name": name, "next": next_of(due)}, f"added schedule {name}; next run: {coming}")


@group.command(epilog=CLEARING)
@with_options(OPTIONS, show_defaults=False)
def edit(
    context: typer.Context,
    name: Name,
    fields: Fields,
    cron: Annotated[
        str | None,
        typer.Option(
            metavar="CRON",
            help="Minute, hour, day, month, weekday: '0 6 * * mon-fri'",
            rich_help_panel=WHEN,
        ),
    ] = None,
    timezone: Annotated[
        str | None,
        typer.Option(
            metavar="ZONE", help="Time zone, such as America/New_York", rich_help_panel=WHEN
        ),
    ] = None,
    source: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME",
            help="Source of the briefs; replaces all that it had",
            rich_help_panel=CONTENT,
        ),
    ] = None,
    lists: Annotated[
        list[str] | None,
        typer.Option(
            "--list",
            metavar="SLUG",
            help="Mailing list; replaces all that it had",
            rich_help_panel=AUDIENCE,
        ),
    ] = None,
) -> None:
    """
    Change a schedule. What you leave out stays unchanged; a new time applies from now on.

    Example:
        newsletter schedule edit morning --cron "30 6 * * mon-fri"
    """
    from newsletter.actions.issues import schedules

    if not (fields or cron or timezone or source or lists):
        raise Refused("nothing to change: give an option, such as --cron CRON")
    session = session_of(context)
    with session.app() as app:
        due = schedules.edit(
            app,
            name,
            by=session.actor,
            fields=fields,
            lists=lists or None,
            sources=source or None,
            cron=cron,
            timezone=timezone,
        )
        zone = _say_delays(session, app, name)
    coming = next_in_words(due, zone)
    words = f"changed schedule {name}; next run: {coming}"
    session.show({"name": name, "next": next_of(due)}, words)


def _say_delays(session: Session, app: App, name: str) -> str:
    """
    Say which of the next runs fall in quiet hours, and return the schedule's time zone.
    """
    from newsletter.actions.issues import schedules

    rule, delayed = schedules.delayed_runs(app, name, by=session.actor)
    for slot, end in list(delayed.items())[:1]:
        ends = end.astimezone(ZoneInfo(rule.timezone))
        more = f", and so do {len(delayed) - 1} of the next" if len(delayed) > 1 else ""
        session.say(
            f"the run of {slot.wall} falls in quiet hours{more}: its issue is sent at {ends:%H:%M}"
        )
    return rule.timezone

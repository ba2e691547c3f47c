"""
`newsletter schedule add` and `edit`: when issues are made, of which briefs, and for whom. The
options of both stand in `options`.
"""

from __future__ import annotations

from typing import Annotated

import typer

from newsletter.cli.schedules.options import CLEARING, Fields, with_schedule_options
from newsletter.cli.schedules.show import Name, next_of
from newsletter.cli.session import session_of

group = typer.Typer()


@group.command()
@with_schedule_options
def add(
    context: typer.Context,
    name: Name,
    lists: Annotated[list[str], typer.Option("--list", help="To whom; repeatable, in order.")],
    source: Annotated[list[str], typer.Option(help="Whose briefs; repeatable.")],
    cron: Annotated[str, typer.Option(help="When: '0 6 * * mon-fri', minute first.")],
    timezone: Annotated[str, typer.Option(help="Whose clock: America/New_York.")],
    fields: Fields,
) -> None:
    """
    Add a schedule.

    Example: newsletter schedule add morning --list daily --source site --cron "0 6 * * mon-fri"
    --timezone America/New_York
    """
    from newsletter.actions import schedules

    session = session_of(context)
    with session.app() as app:
        due = schedules.add(
            app, name, lists=lists, sources=source, cron=cron, timezone=timezone, fields=fields
        )
    coming = next_of(due)
    session.show({"name": name, "next": coming}, f"added {name}; next: {coming}")


@group.command(epilog=CLEARING)
@with_schedule_options
def edit(
    context: typer.Context,
    name: Name,
    fields: Fields,
    cron: Annotated[str | None, typer.Option(help="When.")] = None,
    timezone: Annotated[str | None, typer.Option(help="Whose clock.")] = None,
) -> None:
    """
    Change a schedule; what is not named stays. A new time counts from now on.

    Example: newsletter schedule edit morning --cron "30 6 * * mon-fri"
    """
    from newsletter.actions import schedules

    session = session_of(context)
    with session.app() as app:
        due = schedules.edit(app, name, fields=fields, cron=cron, timezone=timezone)
    coming = next_of(due)
    session.show({"name": name, "next": coming}, f"changed {name}; next: {coming}")

"""
`newsletter schedule add` and `edit`: when issues are made, of which briefs, and for whom. The
options of both stand in `schedule_options`.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated

import typer

from newsletter.cli.schedules.options import CLEARING, ScheduleOptions, with_schedule_options
from newsletter.cli.schedules.show import Name, next_of
from newsletter.cli.session import session_of
from newsletter.errors import Refused
from newsletter.model.issue import AudienceRule
from newsletter.model.schedule import Schedule

if TYPE_CHECKING:
    from newsletter.app import App

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
    options: ScheduleOptions,
) -> None:
    """
    Add a schedule.

    Example: newsletter schedule add morning --list daily --source site --cron "0 6 * * mon-fri"
    --timezone America/New_York
    """
    if not re.fullmatch(r"[\w.-]+", name):
        raise typer.BadParameter(f"{name!r}: a name has letters, digits, '-', '_' and '.'")
    plain = Schedule(
        id=0,
        name=name,
        cron=cron,
        timezone=timezone,
        audience=AudienceRule(lists=tuple(lists)),
        sources=tuple(source),
    )
    _keep_new(context, options.put_on(plain))


def _keep_new(context: typer.Context, rule: Schedule) -> None:
    from newsletter.store.content.sources import find_source
    from newsletter.store.scheduling.schedules import add_schedule
    from subscribers.lists import find_list

    session = session_of(context)
    with session.app() as app, app.database.write() as connection:
        for slug in rule.audience.lists:
            find_list(connection, slug)
        for one in rule.sources:
            find_source(connection, one)
        coming = check_schedule(app, rule)
        add_schedule(connection, rule, now=app.clock())
    session.show({"name": rule.name, "next": coming}, f"added {rule.name}; next: {coming}")


@group.command(epilog=CLEARING)
@with_schedule_options
def edit(
    context: typer.Context,
    name: Name,
    options: ScheduleOptions,
    cron: Annotated[str | None, typer.Option(help="When.")] = None,
    timezone: Annotated[str | None, typer.Option(help="Whose clock.")] = None,
) -> None:
    """
    Change a schedule; what is not named stays. A new time counts from now on.

    Example: newsletter schedule edit morning --cron "30 6 * * mon-fri"
    """
    from newsletter.store.scheduling.schedules import change_schedule, find_schedule, store_schedule

    session = session_of(context)
    with session.app() as app, app.database.write() as connection:
        found = find_schedule(connection, name)
        moved = replace(found, cron=cron or found.cron, timezone=timezone or found.timezone)
        changed = options.put_on(moved)
        coming = check_schedule(app, changed)
        store_schedule(connection, changed)
        if cron is not None or timezone is not None:
            change_schedule(connection, found.id, last_due=app.clock())
    session.show({"name": name, "next": coming}, f"changed {name}; next: {coming}")


def check_schedule(app: App, rule: Schedule) -> str | None:
    """
    When the schedule fires next.

    Raises:
        Refused: its rule or zone cannot be read, or its days off leave no day.
        SettingsError: its second provider cannot go on with what the first began.
        TemplateError: there is no template of that name.
    """
    from newsletter.mail.templating.files import gather_templates
    from newsletter.scheduling.firing import upcoming
    from newsletter.scheduling.slots import parse_cron, zone_named

    parse_cron(rule.cron)
    zone_named(rule.timezone)
    app.settings.fallback_provider(rule.fallback_provider)
    if rule.template is not None:
        gather_templates(app.settings.template_folders, rule.template)
    coming = next_of(upcoming(rule, now=app.clock(), count=1))
    if coming is None and rule.days_off:
        raise Refused(f"schedule {rule.name} would never fire: its days off leave no slot")
    return coming

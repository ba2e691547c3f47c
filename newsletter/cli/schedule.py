"""
`newsletter schedule`: rules that make issues, and what became of their slots.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Annotated, Any

import typer

from newsletter.cli.session import duration, session_of, table
from newsletter.model.issue import AudienceRule
from newsletter.model.schedule import Approval, Late, Schedule, Slot

group = typer.Typer()

Name = Annotated[str, typer.Argument(help="The schedule's name.")]


@group.command()
def add(
    context: typer.Context,
    name: Name,
    lists: Annotated[list[str], typer.Option("--list", help="To whom; repeatable, in order.")],
    source: Annotated[list[str], typer.Option(help="Whose briefs; repeatable.")],
    cron: Annotated[str, typer.Option(help="When: '0 6 * * mon-fri', minute first.")],
    timezone: Annotated[str, typer.Option(help="Whose clock: America/New_York.")],
    template: Annotated[str | None, typer.Option(help="The template folder.")] = None,
    each: Annotated[bool, typer.Option("--each", help="One issue a brief.")] = False,
    sender: Annotated[str | None, typer.Option(help="The From address.")] = None,
    least: Annotated[int, typer.Option("--min", min=1, help="Skip with fewer briefs.")] = 1,
    most: Annotated[int | None, typer.Option("--max", min=1, help="Leave more for next.")] = None,
    approval: Annotated[
        Approval, typer.Option(help="auto sends; draft waits for a person.")
    ] = Approval.AUTO,
    late: Annotated[
        Late, typer.Option(help="What a slot does that comes up too late.")
    ] = Late.SEND,
    latest: Annotated[str, typer.Option(help="What too late is.")] = "2h",
    repeat: Annotated[
        bool, typer.Option("--repeat", help="Send briefs other schedules sent to the list.")
    ] = False,
) -> None:
    """
    Add a schedule.

    Example: newsletter schedule add morning --list daily --source site --cron "0 6 * * mon-fri"
    --timezone America/New_York
    """
    from newsletter.schedule import upcoming
    from newsletter.slots import parse_cron, zone_named
    from newsletter.store.schedules import add_schedule
    from newsletter.store.sources import find_source
    from subscribers.lists import find_list

    session = session_of(context)
    parse_cron(cron)
    zone_named(timezone)
    rule = Schedule(
        id=0,
        name=name,
        cron=cron,
        timezone=timezone,
        audience=AudienceRule(lists=tuple(lists)),
        sources=tuple(source),
        template=template,
        each=each,
        sender=sender,
        least=least,
        most=most,
        approval=approval,
        late=late,
        latest=duration(latest),
        repeat=repeat,
    )
    with session.app() as app, app.database.write() as connection:
        for slug in lists:
            find_list(connection, slug)
        for one in source:
            find_source(connection, one)
        add_schedule(connection, rule, now=app.clock())
        coming = upcoming(rule, now=app.clock(), count=1)
    session.show({"name": name, "next": _next(coming)}, f"added {name}; next: {_next(coming)}")


@group.command()
def edit(
    context: typer.Context,
    name: Name,
    cron: Annotated[str | None, typer.Option(help="When.")] = None,
    timezone: Annotated[str | None, typer.Option(help="Whose clock.")] = None,
    template: Annotated[str | None, typer.Option(help="The template folder.")] = None,
    sender: Annotated[str | None, typer.Option(help="The From address.")] = None,
    least: Annotated[int | None, typer.Option("--min", min=1, help="Skip with fewer.")] = None,
    most: Annotated[int | None, typer.Option("--max", min=1, help="Leave more for next.")] = None,
    approval: Annotated[Approval | None, typer.Option(help="auto or draft.")] = None,
    late: Annotated[Late | None, typer.Option(help="send, skip or ask.")] = None,
    latest: Annotated[str | None, typer.Option(help="What too late is.")] = None,
) -> None:
    """
    Change a schedule; what is not named stays. A new time counts from now on.

    Example: newsletter schedule edit morning --cron "30 6 * * mon-fri"
    """
    from newsletter.schedule import upcoming
    from newsletter.slots import parse_cron, zone_named
    from newsletter.store.schedules import change_schedule, find_schedule

    told: dict[str, Any] = {
        "cron": cron,
        "timezone": timezone,
        "template": template,
        "sender": sender,
        "least": least,
        "most": most,
        "approval": approval,
        "late": late,
        "latest_s": int(duration(latest).total_seconds()) if latest else None,
    }
    values = {column: value for column, value in told.items() if value is not None}
    session = session_of(context)
    with session.app() as app, app.database.write() as connection:
        rule = find_schedule(connection, name)
        parse_cron(cron or rule.cron)
        zone_named(timezone or rule.timezone)
        if cron or timezone:
            values["last_due"] = app.clock()
        if values:
            change_schedule(connection, rule.id, **values)
        rule = find_schedule(connection, name)
        coming = upcoming(rule, now=app.clock(), count=1)
    session.show({"name": name, "next": _next(coming)}, f"changed {name}; next: {_next(coming)}")


@group.command(name="list")
def list_schedules(context: typer.Context) -> None:
    """
    Every schedule and its next slot.

    Example: newsletter schedule list
    """
    from newsletter.schedule import upcoming
    from newsletter.store.schedules import all_schedules

    session = session_of(context)
    with session.app() as app:
        with app.database.read() as connection:
            found = all_schedules(connection)
        now = app.clock()
    values = [{**_as_json(r), "next": _next(upcoming(r, now=now, count=1))} for r in found]
    columns = ("name", "cron", "timezone", "paused", "next")
    session.show(values, table([[row[name] for name in columns] for row in values], columns))


@group.command()
def show(context: typer.Context, name: Name) -> None:
    """
    One schedule, every rule of it.

    Example: newsletter schedule show morning
    """
    from newsletter.store.schedules import find_schedule

    session = session_of(context)
    with session.app() as app, app.database.read() as connection:
        value = _as_json(find_schedule(connection, name))
    session.show(value, "\n".join(f"{key}: {what}" for key, what in value.items()))


@group.command()
def remove(context: typer.Context, name: Name) -> None:
    """
    Remove a schedule; its issues stay.

    Example: newsletter schedule remove morning
    """
    from newsletter.store.schedules import find_schedule, remove_schedule

    session = session_of(context)
    with session.app() as app, app.database.write() as connection:
        remove_schedule(connection, find_schedule(connection, name).id)
    session.show({"removed": name}, f"removed {name}")


def _next(coming: Sequence[Slot]) -> str | None:
    return coming[0].due.isoformat() if coming else None


def _as_json(rule: Schedule) -> dict[str, Any]:
    return {
        "name": rule.name,
        "cron": rule.cron,
        "timezone": rule.timezone,
        "lists": list(rule.audience.lists),
        "sources": list(rule.sources),
        "template": rule.template,
        "each": rule.each,
        "sender": rule.sender,
        "min": rule.least,
        "max": rule.most,
        "approval": rule.approval,
        "late": rule.late,
        "latest_s": int(rule.latest / dt.timedelta(seconds=1)),
        "repeat": rule.repeat,
        "paused": rule.is_paused,
    }

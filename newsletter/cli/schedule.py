"""
`newsletter schedule`: rules that make issues, and what became of their slots.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from newsletter.cli.sending import hand_over_with_progress
from newsletter.cli.session import duration, session_of, table
from newsletter.errors import Refused
from newsletter.model.issue import AudienceRule
from newsletter.model.schedule import Approval, Late, Schedule, Slot

if TYPE_CHECKING:
    from newsletter.store.schedules import SlotRow

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


@group.command()
def pause(context: typer.Context, name: Name) -> None:
    """
    Let no slot fire until resumed.

    Example: newsletter schedule pause morning
    """
    _set_paused(context, name, paused=True)


@group.command()
def resume(context: typer.Context, name: Name) -> None:
    """
    Let slots fire again, from now on: those of the pause are not made up for.

    Example: newsletter schedule resume morning
    """
    _set_paused(context, name, paused=False)


def _set_paused(context: typer.Context, name: str, *, paused: bool) -> None:
    from newsletter.store.schedules import change_schedule, find_schedule

    session = session_of(context)
    with session.app() as app, app.database.write() as connection:
        rule = find_schedule(connection, name)
        values: dict[str, Any] = {"is_paused": paused}
        if rule.is_paused and not paused:
            values["last_due"] = app.clock()
        change_schedule(connection, rule.id, **values)
    session.show({"name": name, "paused": paused}, f"{name} {'paused' if paused else 'resumed'}")


@group.command(name="next")
def next_(
    context: typer.Context,
    name: Name,
    count: Annotated[int, typer.Option("-n", min=1, max=1000, help="How many.")] = 5,
) -> None:
    """
    The next slots, by its own clock and in UTC.

    Example: newsletter schedule next morning -n 10
    """
    from newsletter.schedule import upcoming
    from newsletter.store.schedules import find_schedule

    session = session_of(context)
    with session.app() as app, app.database.read() as connection:
        rule = find_schedule(connection, name)
        coming = upcoming(rule, now=app.clock(), count=count)
    session.show(
        [{"slot": slot.wall, "due": slot.due.isoformat()} for slot in coming],
        table([(s.wall, f"{s.due:%Y-%m-%d %H:%M} UTC") for s in coming], (rule.timezone, "")),
    )


@group.command()
def run(
    context: typer.Context,
    name: Name,
    slot: Annotated[
        str | None, typer.Option(help="A slot by its local time: 2026-03-05T06:00.")
    ] = None,
    wait: Annotated[bool, typer.Option("--wait", help="Work along until it is submitted.")] = False,
) -> None:
    """
    Fire the slot that is due now, or a named one. A slot fires once, whoever asks.

    Example: newsletter schedule run morning
    """
    from newsletter.pipeline import publish_slot
    from newsletter.schedule import fire_due, fire_slot
    from newsletter.slots import slot_at
    from newsletter.store.schedules import find_schedule, last_slots

    session = session_of(context)
    with session.app() as app:
        with app.database.read() as connection:
            rule = find_schedule(connection, name)
        if slot is None:
            fired = fire_due(app.road, rule)
        else:
            fired = fire_slot(app.road, rule, slot_at(slot, rule.timezone))
        if fired is not None:
            publish_slot(app.road, fired)
        elif slot is None:
            session.show([], "nothing is due")
            return
        else:
            session.say(f"{slot} fired before")
        wall = fired.slot.wall if fired is not None else slot
        with app.database.read() as connection:
            rows = last_slots(connection, rule.id, most=1000)
        done = [row for row in rows if row.slot.wall == wall]
        for issue_id in {row.issue_id for row in done if row.issue_id is not None and wait}:
            hand_over_with_progress(app, issue_id)
    _show_slots(context, done)
    for row in done:
        if row.outcome == "failed":
            raise Refused(f"slot {wall} of {name} failed: {row.reason}")


@group.command()
def why(
    context: typer.Context,
    name: Name,
    most: Annotated[int, typer.Option("-n", help="How many slots.")] = 10,
) -> None:
    """
    What became of the last slots, and why.

    Example: newsletter schedule why morning
    """
    from newsletter.store.schedules import find_schedule, last_slots

    session = session_of(context)
    with session.app() as app, app.database.read() as connection:
        rows = last_slots(connection, find_schedule(connection, name).id, most=most)
    _show_slots(context, rows)


def _show_slots(context: typer.Context, rows: Sequence[SlotRow]) -> None:
    shown = [(row.slot.wall, row.outcome, row.issue_id or "", row.reason) for row in rows]
    session_of(context).show(
        [row.as_json() for row in rows], table(shown, ("slot", "outcome", "issue", "why"))
    )


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

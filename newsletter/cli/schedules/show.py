"""
`newsletter schedule list`, `show` and `remove`: the rules that make issues.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Annotated, Any

import typer

from newsletter.cli.session import session_of, table
from newsletter.model.schedule import IssueRules, Schedule, Slot

group = typer.Typer()

Name = Annotated[str, typer.Argument(help="The schedule's name.")]


@group.command(name="list")
def list_schedules(context: typer.Context) -> None:
    """
    Every schedule and its next slot.

    Example: newsletter schedule list
    """
    from newsletter.scheduling.firing import upcoming
    from newsletter.store.scheduling.schedules import all_schedules

    session = session_of(context)
    with session.app() as app:
        with app.database.read() as connection:
            found = all_schedules(connection)
        now = app.clock()
    values = [{**_as_json(r), "next": next_of(upcoming(r, now=now, count=1))} for r in found]
    columns = ("name", "cron", "timezone", "paused", "next")
    rows = [
        [*(_in_words(row[name]) for name in columns), _rules_in_words(rule)]
        for row, rule in zip(values, found, strict=True)
    ]
    session.show(values, table(rows, (*columns, "rules")))


@group.command()
def show(context: typer.Context, name: Name) -> None:
    """
    One schedule, every rule of it.

    Example: newsletter schedule show morning
    """
    from newsletter.store.scheduling.schedules import find_schedule

    session = session_of(context)
    with session.app() as app, app.database.read() as connection:
        value = _as_json(find_schedule(connection, name))
    session.show(value, "\n".join(f"{key}: {_in_words(what)}" for key, what in value.items()))


@group.command()
def remove(context: typer.Context, name: Name) -> None:
    """
    Remove a schedule; its issues stay.

    Example: newsletter schedule remove morning
    """
    from newsletter.store.scheduling.schedules import find_schedule, remove_schedule

    session = session_of(context)
    with session.app() as app, app.database.write() as connection:
        remove_schedule(connection, find_schedule(connection, name).id)
    session.show({"removed": name}, f"removed {name}")


def next_of(coming: Sequence[Slot]) -> str | None:
    return coming[0].due.isoformat() if coming else None


def _rules_in_words(rule: Schedule) -> str:
    """
    The issue rules that are not as they would be anyway.
    """
    usual = IssueRules().as_json()
    told = {key: what for key, what in rule.rules.as_json().items() if what != usual[key]}
    return "; ".join(f"{key} {_in_words(what)}" for key, what in told.items())


def _in_words(what: Any) -> str:
    if isinstance(what, bool):
        return "yes" if what else "no"
    if isinstance(what, list):
        return ", ".join(what)
    return "" if what is None else str(what)


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
        "second_provider": rule.fallback_provider,
        **rule.rules.as_json(),
        "approval": rule.approval,
        "deadline_s": int(rule.deadline / dt.timedelta(seconds=1)) if rule.deadline else None,
        "at_deadline": rule.at_deadline,
        "editors": list(rule.editors),
        "reader_time": rule.is_local,
        "quiet": str(rule.quiet) if rule.quiet else None,
        "days_off": list(rule.days_off),
        "late": rule.misfire_policy,
        "latest_s": int(rule.misfire_limit / dt.timedelta(seconds=1)),
        "repeat": rule.repeat,
        "paused": rule.is_paused,
    }

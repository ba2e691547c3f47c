"""
`newsletter schedule list`, `show` and `remove`: the schedules that make issues.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Annotated, Any

import typer

from newsletter.cli.format_values import format_field, format_name, format_values
from newsletter.cli.session import session_of, table
from newsletter.model.schedule import IssueRules, Schedule

group = typer.Typer()

Name = Annotated[str, typer.Argument(metavar="NAME", help="Name of the schedule")]


@group.command(name="list")
def list_schedules(context: typer.Context) -> None:
    """
    List the schedules, with the next run of each.

    Example:
        newsletter schedule list
    """
    from newsletter.actions.issues import schedules

    session = session_of(context)
    with session.app() as app:
        found = schedules.all_with_next(app, by=session.actor)
    values = [{**_as_json(rule), "next": next_of(due)} for rule, due in found]
    columns = ("name", "cron", "timezone", "paused")
    rows = [
        [
            *(format_field(name, row[name]) for name in columns),
            next_in_words(due, rule.timezone),
            _rules_in_words(rule),
        ]
        for row, (rule, due) in zip(values, found, strict=True)
    ]
    none = "No schedules yet. Add one: newsletter schedule add --help"
    session.show(values, table(rows, (*columns, "next", "rules"), empty=none))


@group.command()
def show(context: typer.Context, name: Name) -> None:
    """
    Show all settings of one schedule.

    Example:
        newsletter schedule show morning
    """
    from newsletter.actions.issues import schedules

    session = session_of(context)
    with session.app() as app:
        value = _as_json(schedules.show(app, name, by=session.actor))
    session.show(value, format_values(value))


@group.command()
def remove(context: typer.Context, name: Name) -> None:
    """
    Remove a schedule. Its issues stay. Readers who chose its cadence get each issue from then on,
    if no other schedule of the list has it.

    Example:
        newsletter schedule remove morning
    """
    from newsletter.actions.issues import schedules

    session = session_of(context)
    with session.app() as app:
        moved = schedules.remove(app, name, by=session.actor)
    value = {"removed": name, "get_each_issue": moved}
    session.show(value, f"removed schedule {name}{moved_readers(moved)}")


def moved_readers(moved: Mapping[str, int]) -> str:
    """
    Say how many readers of each list get each issue from now on; nothing if there are none.
    """
    return "".join(
        f"; {count} reader{'s' if count > 1 else ''} of list {slug} who chose its cadence "
        f"{'get' if count > 1 else 'gets'} each issue from now on"
        for slug, count in moved.items()
    )


def next_of(due: dt.datetime | None) -> str | None:
    """
    Return the time of a schedule's next run, as JSON has it.
    """
    return due.isoformat() if due else None


def next_in_words(due: dt.datetime | None, timezone: str) -> str:
    """
    Describe the time of a schedule's next run, in its own time zone.
    """
    from newsletter.scheduling.local_times import format_time

    return format_time(due, timezone) if due else "none"


def _rules_in_words(rule: Schedule) -> str:
    """
    Format the issue rules that differ from the defaults.
    """
    defaults = IssueRules().as_json()
    changed = {key: what for key, what in rule.rules.as_json().items() if what != defaults[key]}
    return "; ".join(f"{format_name(key)} {format_field(key, changed[key])}" for key in changed)


def _as_json(rule: Schedule) -> dict[str, Any]:
    return {
        "name": rule.name,
        "cron": rule.cron,
        "timezone": rule.timezone,
        "lists": list(rule.audience.lists),
        "not_lists": list(rule.audience.minus),
        "cadence": rule.cadence,
        "sources": list(rule.sources),
        "template": rule.template,
        "each": rule.each,
        "sender": rule.sender,
        "fallback_provider": rule.fallback_provider,
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

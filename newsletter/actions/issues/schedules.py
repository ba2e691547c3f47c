"""
Actions on schedules: add, edit, pause and remove, and list their next slots.
"""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from newsletter.actions.guard.objects import shared, the_schedule
from newsletter.actions.guard.requires import requires
from newsletter.app import App
from newsletter.issues.settings import schedules as checked
from newsletter.model.access import Actor, ObjectKind, Permission
from newsletter.model.schedule import Schedule, Slot
from newsletter.scheduling.firing import upcoming
from newsletter.scheduling.schedule_fields import changed_schedule, new_schedule, set_fields
from newsletter.store.scheduling import schedules


@requires(
    Permission.SCHEDULES_WRITE,
    "schedule.add",
    about=the_schedule(lists=("lists", "fields.minus"), segment="fields.segment"),
)
def add(
    app: App,
    name: str,
    *,
    lists: Sequence[str],
    sources: Sequence[str],
    cron: str,
    timezone: str,
    fields: Mapping[str, Any],
    by: Actor,
) -> dt.datetime | None:
    """
    Store a new schedule, its other *fields* as they were entered, and return when it fires next.

    Raises:
        InvalidValue: its name or a field is not valid.
        UnknownList, NotFound: a list or source that it names does not exist.
        Refused, SettingsError, TemplateError: it could never send anything.
    """
    plain = new_schedule(name, lists=lists, sources=sources, cron=cron, timezone=timezone)
    rule = set_fields(plain, fields)
    with app.database.write() as connection:
        return checked.add_schedule(app.publishing, connection, rule)


@requires(
    Permission.SCHEDULES_WRITE,
    "schedule.edit",
    about=the_schedule(lists=("lists", "fields.minus"), segment="fields.segment"),
)
def edit(
    app: App,
    name: str,
    *,
    by: Actor,
    fields: Mapping[str, Any],
    lists: Sequence[str] | None = None,
    sources: Sequence[str] | None = None,
    cron: str | None = None,
    timezone: str | None = None,
) -> dt.datetime | None:
    """
    Change a schedule and return when it fires next. Values that are not given are kept; a new time
    takes effect now. *lists* and *sources* replace all that it had. Readers whose cadence no
    schedule has any more get each issue.

    Raises:
        NotFound: there is no such schedule.
        UnknownList, InvalidValue, Refused, SettingsError, TemplateError: as `add`.
    """
    with app.database.write() as connection:
        found = schedules.find_schedule(connection, name)
        changed = changed_schedule(
            found, fields, lists=lists, sources=sources, cron=cron, timezone=timezone
        )
        if lists is not None or sources is not None or {"minus", "segment"} & fields.keys():
            checked.require_named(connection, changed)
        due = checked.change_schedule(
            app.publishing,
            connection,
            changed,
            has_new_time=cron is not None or timezone is not None,
        )
        _serve_all(app, connection, [found, changed], by)
        return due


@requires(Permission.SCHEDULES_READ, "schedule.delayed_runs", about=the_schedule())
def delayed_runs(app: App, name: str, *, by: Actor) -> tuple[Schedule, dict[Slot, dt.datetime]]:
    """
    Return a schedule with those of its next runs that fall in quiet hours, each with the time at
    which its issue would be sent.

    Raises:
        NotFound: there is no such schedule.
    """
    with app.database.read() as connection:
        rule = schedules.find_schedule(connection, name)
        return rule, checked.runs_in_quiet_hours(connection, rule, now=app.clock())[1]


@requires(Permission.SCHEDULES_WRITE, "schedule.remove", about=the_schedule())
def remove(app: App, name: str, *, by: Actor) -> dict[str, int]:
    """
    Remove a schedule; its issues stay. Return how many readers get each issue from now on, because
    no other schedule has their cadence, by list.

    Raises:
        NotFound: there is no such schedule.
    """
    with app.database.write() as connection:
        rule = schedules.find_schedule(connection, name)
        schedules.remove_schedule(connection, rule.id)
        return _serve_all(app, connection, [rule], by)


def _serve_all(
    app: App, connection: sa.Connection, rules: Sequence[Schedule], by: Actor
) -> dict[str, int]:
    slugs = dict.fromkeys(slug for rule in rules for slug in rule.audience.lists)
    return checked.serve_all_cadences(connection, list(slugs), by=by.origin, now=app.clock())


@requires(Permission.SCHEDULES_WRITE, "schedule.pause", about=the_schedule())
def set_paused(app: App, name: str, *, paused: bool, by: Actor) -> dict[str, int]:
    """
    Pause a schedule, so that no slot fires, or resume it from now on. Return how many readers get
    each issue from now on, as `remove` does.

    Raises:
        NotFound: there is no such schedule.
    """
    with app.database.write() as connection:
        rule = schedules.find_schedule(connection, name)
        values: dict[str, Any] = {"is_paused": paused}
        if rule.is_paused and not paused:
            # The slots during the pause are not fired afterwards.
            values["last_due"] = app.clock()
        schedules.change_schedule(connection, rule.id, **values)
        return _serve_all(app, connection, [rule], by)


@requires(Permission.SCHEDULES_READ, "schedule.show", about=the_schedule())
def show(app: App, name: str, *, by: Actor) -> Schedule:
    """
    Return one schedule.

    Raises:
        NotFound: there is no such schedule.
    """
    with app.database.read() as connection:
        return schedules.find_schedule(connection, name)


@requires(Permission.SCHEDULES_READ, "schedule.list", about=shared(ObjectKind.SCHEDULE))
def all_with_next(app: App, *, by: Actor) -> list[tuple[Schedule, dt.datetime | None]]:
    """
    Return every schedule within reach with the time at which it fires next.
    """
    with app.database.read() as connection:
        every = schedules.all_schedules(connection)
    found = [rule for rule in every if by.sees_all(rule.audience.lists)]
    now = app.clock()
    coming = [upcoming(rule, now=now, count=1) for rule in found]
    return [
        (rule, slots[0].due if slots else None) for rule, slots in zip(found, coming, strict=True)
    ]


@requires(Permission.SCHEDULES_READ, "schedule.page", about=shared(ObjectKind.SCHEDULE))
def page(app: App, *, after: int, limit: int, by: Actor) -> list[Schedule]:
    """
    Return at most *limit* schedules within reach with a number above *after*, in the order of their
    numbers.
    """
    with app.database.read() as connection:
        every = sorted(schedules.all_schedules(connection), key=lambda rule: rule.id)
    found = (rule for rule in every if rule.id > after and by.sees_all(rule.audience.lists))
    return list(itertools.islice(found, limit))


@requires(Permission.SCHEDULES_READ, "schedule.next", about=the_schedule())
def next_slots(app: App, name: str, *, count: int, by: Actor) -> tuple[Schedule, Sequence[Slot]]:
    """
    Return a schedule with its next slots.

    Raises:
        NotFound: there is no such schedule.
    """
    with app.database.read() as connection:
        rule = schedules.find_schedule(connection, name)
        return rule, upcoming(rule, now=app.clock(), count=count)

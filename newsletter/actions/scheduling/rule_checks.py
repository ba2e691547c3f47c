"""
Actions that check a schedule before it is stored, and say what one can name.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from newsletter.actions.guard.objects import shared, the_schedule
from newsletter.actions.guard.requires import requires
from newsletter.app import App
from newsletter.issues.settings import schedules as checked
from newsletter.mail.templating.files import template_names
from newsletter.model.access import Actor, ObjectKind, Permission
from newsletter.model.schedule import Schedule, Slot
from newsletter.scheduling.firing import upcoming
from newsletter.scheduling.schedule_fields import changed_schedule, new_schedule, set_fields
from newsletter.store.access.owning_lists import lists_of_segments
from newsletter.store.content.sources import all_sources
from newsletter.store.scheduling import schedules
from subscribers.lists import all_slugs


@dataclass(frozen=True, kw_only=True)
class CheckedSchedule:
    """
    A schedule that can be stored, with the next slots that it would have. Those in quiet hours are
    in `delayed`, with the time at which their issues are sent.
    """

    rule: Schedule
    coming: Sequence[Slot]
    delayed: Mapping[Slot, Any]


@requires(
    Permission.SCHEDULES_WRITE,
    "schedule.check_new",
    about=the_schedule(lists=("lists", "fields.minus"), segment="fields.segment"),
    audited=False,
)
def check_new(
    app: App,
    name: str,
    *,
    lists: Sequence[str],
    sources: Sequence[str],
    cron: str,
    timezone: str,
    fields: Mapping[str, Any],
    count: int,
    by: Actor,
) -> CheckedSchedule:
    """
    Return what `schedules.add` would store, with its next *count* slots.

    Raises:
        As `schedules.add`.
    """
    plain = new_schedule(name, lists=lists, sources=sources, cron=cron, timezone=timezone)
    rule = set_fields(plain, fields)
    with app.database.read() as connection:
        schedules.require_free_name(connection, name)
        return _checked(app, connection, rule, count)


@requires(
    Permission.SCHEDULES_WRITE,
    "schedule.check_change",
    about=the_schedule(lists=("lists", "fields.minus"), segment="fields.segment"),
    audited=False,
)
def check_change(
    app: App,
    name: str,
    *,
    lists: Sequence[str] | None = None,
    sources: Sequence[str] | None = None,
    cron: str,
    timezone: str,
    fields: Mapping[str, Any],
    count: int,
    by: Actor,
) -> CheckedSchedule:
    """
    Return what `schedules.edit` would store, with its next *count* slots.

    Raises:
        As `schedules.edit`.
    """
    with app.database.read() as connection:
        found = schedules.find_schedule(connection, name)
        rule = changed_schedule(
            found, fields, lists=lists, sources=sources, cron=cron, timezone=timezone
        )
        return _checked(app, connection, rule, count)


def _checked(app: App, connection: sa.Connection, rule: Schedule, count: int) -> CheckedSchedule:
    checked.require_named(connection, rule)
    checked.check_schedule(app.publishing, connection, rule)
    delayed = checked.runs_in_quiet_hours(connection, rule, now=app.clock())[1]
    coming = upcoming(rule, now=app.clock(), count=count)
    return CheckedSchedule(rule=rule, coming=coming, delayed=delayed)


@dataclass(frozen=True, kw_only=True)
class ScheduleChoices:
    """
    What a schedule can name: the lists and segments within reach, sources, and templates.
    """

    lists: Sequence[str]
    segments: Sequence[str]
    sources: Sequence[str]
    templates: Sequence[str]


@requires(
    Permission.SCHEDULES_WRITE, "schedule.choices", about=shared(ObjectKind.SCHEDULE), audited=False
)
def choices(app: App, *, by: Actor) -> ScheduleChoices:
    """
    Return what a schedule of *by* can name.
    """
    with app.database.read() as connection:
        owned = lists_of_segments(connection)
        return ScheduleChoices(
            lists=[slug for slug in all_slugs(connection) if by.sees(slug)],
            segments=[name for name in owned if by.lists is None or by.sees_all(owned[name])],
            sources=[source.name for source in all_sources(connection)],
            templates=template_names(app.settings.template_folders),
        )

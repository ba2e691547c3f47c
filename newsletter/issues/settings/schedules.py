"""
Check a schedule against the lists, sources, templates and providers that it names, and store it.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import replace

import sqlalchemy as sa

from newsletter.delivery.freeze import audience_lists
from newsletter.errors import Refused
from newsletter.issues.context import PublishingContext
from newsletter.issues.settings.list_identity import fallback_of_list, provider_of_list
from newsletter.mail.templating.files import gather_templates
from newsletter.model.schedule import Schedule, Slot
from newsletter.scheduling.firing import upcoming
from newsletter.scheduling.quiet_hours import quiet_runs
from newsletter.scheduling.slots import parse_cron, zone_named
from newsletter.store.access.members import removed_among
from newsletter.store.content.sources import find_source
from newsletter.store.delivery.segments.rules import with_segment_rule
from newsletter.store.issues.list_settings import load_list_settings, quiet_hours_of
from newsletter.store.scheduling import schedules
from subscribers.history.model import Origin
from subscribers.lists import find_list
from subscribers.preferences.cadences import fall_back
from subscribers.text.phrases import phrase

# How many of the next runs are compared with the quiet hours.
RUNS_CHECKED = 50


class NeverRuns(Refused):
    """
    Raised if the days off of a schedule leave no day on which it runs.
    """


class RunsInQuietHours(Refused):
    """
    Raised if all runs of a schedule are in quiet hours.
    """


def add_schedule(
    context: PublishingContext, connection: sa.Connection, rule: Schedule
) -> dt.datetime | None:
    """
    Store a new schedule and return when it fires next.

    Raises:
        UnknownList, NotFound: a list or source that it names does not exist.
        Refused: there is a schedule with that name, or as `check_schedule`.
        SettingsError, TemplateError: as `check_schedule`.
    """
    require_named(connection, rule)
    coming = check_schedule(context, connection, rule)
    schedules.add_schedule(connection, rule, now=context.clock())
    return coming


def change_schedule(
    context: PublishingContext, connection: sa.Connection, rule: Schedule, *, has_new_time: bool
) -> dt.datetime | None:
    """
    Store the changed *rule* of an existing schedule and return when it fires next. A new time takes
    effect now.

    Raises:
        Refused, SettingsError, TemplateError: as `check_schedule`.
    """
    coming = check_schedule(context, connection, rule)
    schedules.store_schedule(connection, rule)
    if has_new_time:
        schedules.change_schedule(connection, rule.id, last_due=context.clock())
    return coming


def serve_all_cadences(
    connection: sa.Connection, slugs: Sequence[str], *, by: Origin, now: dt.datetime
) -> dict[str, int]:
    """
    Give each issue to the readers of those lists whose cadence no schedule has any more, because it
    was removed, paused or changed. Return how many they are, by list.
    """
    offered = schedules.offered_cadences(connection)
    moved = {
        slug: fall_back(
            connection,
            find_list(connection, slug),
            offered=offered.get(slug, set()),
            by=by,
            now=now,
        )
        for slug in slugs
    }
    return {slug: count for slug, count in moved.items() if count}


def require_named(connection: sa.Connection, rule: Schedule) -> None:
    """
    Require the lists, the segment and the sources that *rule* names.

    Raises:
        UnknownList, UnknownSegment, NotFound: one of them does not exist.
    """
    audience_lists(connection, rule.audience)
    with_segment_rule(connection, rule.audience)
    for name in rule.sources:
        find_source(connection, name)


def check_schedule(
    context: PublishingContext, connection: sa.Connection, rule: Schedule
) -> dt.datetime | None:
    """
    Check a schedule and return when it fires next.

    Raises:
        Refused: its rule or zone cannot be read, its days off leave no day, all its runs are in
            quiet hours, or one of its editors was removed from the staff.
        SettingsError: its fallback provider cannot continue what the first began.
        TemplateError: there is no template of that name.
    """
    parse_cron(rule.cron)
    zone_named(rule.timezone)
    for address in sorted(removed_among(connection, rule.editors)):
        raise Refused(
            phrase(
                "{address} was removed from the staff and cannot be an editor: invite them again, "
                "or name somebody else",
                address=address,
            )
        )
    first = find_list(connection, rule.audience.lists[0])
    own = load_list_settings(connection, first.id)
    provider_of_list(context, first.slug, own)
    fallback_of_list(context, own, rule.fallback_provider)
    if rule.template is not None:
        gather_templates(context.template_folders, rule.template)
    coming = upcoming(rule, now=context.clock(), count=1)
    if not coming and rule.days_off:
        raise NeverRuns(
            phrase("schedule {rule} would never run: its days off leave no day", rule=rule.name)
        )
    _require_outside_quiet_hours(connection, rule, now=context.clock())
    return coming[0].due if coming else None


def runs_in_quiet_hours(
    connection: sa.Connection, rule: Schedule, *, now: dt.datetime
) -> tuple[Sequence[Slot], dict[Slot, dt.datetime]]:
    """
    Return the next runs of a schedule, and those of them that fall in its quiet hours or, if it has
    none, in those of its lists, each with the time at which its issue would be sent.
    """
    quiet = [rule.quiet] if rule.quiet else quiet_hours_of(connection, rule.audience.lists)
    if rule.is_local:
        quiet = [replace(hours, timezone=None) for hours in quiet]
    coming = upcoming(rule, now=now, count=RUNS_CHECKED) if quiet else ()
    return coming, quiet_runs(quiet, rule.timezone, coming)


def require_runs_outside_quiet_hours(
    connection: sa.Connection, slug: str, *, now: dt.datetime
) -> None:
    """
    Require that every schedule of the list *slug* has a run outside the quiet hours.

    Raises:
        Refused: all runs of a schedule fall in them.
    """
    for rule in schedules.all_schedules(connection):
        if slug in rule.audience.lists:
            _require_outside_quiet_hours(connection, rule, now=now)


def _require_outside_quiet_hours(
    connection: sa.Connection, rule: Schedule, *, now: dt.datetime
) -> None:
    coming, quiet = runs_in_quiet_hours(connection, rule, now=now)
    if not coming or len(quiet) < len(coming):
        return
    slot, end = next(iter(quiet.items()))
    ends = end.astimezone(zone_named(rule.timezone))
    whose = phrase("its") if rule.quiet else phrase("its lists'")
    raise RunsInQuietHours(
        phrase(
            "schedule {rule} runs at {wall}, in {whose} quiet hours, which end at "
            "{ends}: choose another --cron, or other --quiet hours",
            rule=rule.name,
            wall=slot.wall[11:],
            whose=whose,
            ends=f"{ends:%H:%M}",
        )
    )

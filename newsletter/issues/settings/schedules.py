"""
Check a schedule against the lists, sources, templates and providers that it names, and store it.
"""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa

from newsletter.delivery.freeze import audience_lists
from newsletter.errors import Refused
from newsletter.issues.context import PublishingContext
from newsletter.mail.templating.files import gather_templates
from newsletter.model.schedule import Schedule
from newsletter.scheduling.firing import upcoming
from newsletter.scheduling.slots import parse_cron, zone_named
from newsletter.store.content.sources import find_source
from newsletter.store.scheduling import schedules


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
    coming = check_schedule(context, rule)
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
    coming = check_schedule(context, rule)
    schedules.store_schedule(connection, rule)
    if has_new_time:
        schedules.change_schedule(connection, rule.id, last_due=context.clock())
    return coming


def require_named(connection: sa.Connection, rule: Schedule) -> None:
    """
    Require the lists and sources that *rule* names.

    Raises:
        UnknownList, NotFound: one of them does not exist.
    """
    audience_lists(connection, rule.audience)
    for name in rule.sources:
        find_source(connection, name)


def check_schedule(context: PublishingContext, rule: Schedule) -> dt.datetime | None:
    """
    Check a schedule and return when it fires next.

    Raises:
        Refused: its rule or zone cannot be read, or its days off leave no day.
        SettingsError: its fallback provider cannot continue what the first began.
        TemplateError: there is no template of that name.
    """
    parse_cron(rule.cron)
    zone_named(rule.timezone)
    context.fallback_provider(rule.fallback_provider)
    if rule.template is not None:
        gather_templates(context.template_folders, rule.template)
    coming = upcoming(rule, now=context.clock(), count=1)
    if not coming and rule.days_off:
        raise Refused(f"schedule {rule.name} would never run: its days off leave no day")
    return coming[0].due if coming else None

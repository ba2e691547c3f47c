"""
A schedule as a table of the file: the options of `schedule add` as keys.
"""

from __future__ import annotations

import datetime as dt
import enum
from typing import Any

import sqlalchemy as sa

from newsletter.app import App
from newsletter.errors import Refused
from newsletter.issues.settings.schedules import (
    check_schedule,
    require_named,
    serve_all_cadences,
)
from newsletter.model.access import OPERATOR
from newsletter.model.duration import format_duration
from newsletter.model.issue import AudienceRule
from newsletter.model.reserved_names import require_free_name
from newsletter.model.schedule import Schedule
from newsletter.operations.config_as_code.tables import Table, require_kinds
from newsletter.scheduling.schedule_fields import FIELDS, ScheduleField, set_fields
from newsletter.store.scheduling import schedules
from newsletter.store.scheduling.schedule_rows import columns_of

_OWN: dict[str, type] = {"list": list, "source": list, "cron": str, "timezone": str}
# Fields that have another name on the command line.
_KEYS = {
    "minus": "not_list",
    "least": "min",
    "most": "max",
    "categories": "category",
    "not_categories": "not_category",
    "editors": "editor",
    "is_local": "reader_time",
    "days_off": "day_off",
    "misfire_policy": "late",
    "misfire_limit": "latest",
}


def key_of(field: ScheduleField) -> str:
    """
    Return the name of a field in the file: as on the command line, without the dashes.
    """
    return _KEYS.get(field.name, field.name)


def _kind_of(field: ScheduleField) -> type:
    return str if issubclass(field.typed_as, enum.StrEnum) else field.typed_as


KEYS = {**_OWN, **{key_of(field): _kind_of(field) for field in FIELDS}}


def apply_schedule(app: App, connection: sa.Connection, name: str, table: Table) -> None:
    """
    Create or change the schedule as its table says.

    Raises:
        Refused, InvalidAddress: a key is unknown or missing, or its value is not valid.
        UnknownList, NotFound: a list or source that it names does not exist.
        InvalidValue: its name is reserved.
    """
    require_kinds(table, KEYS, needed=_OWN)
    found = next((r for r in schedules.all_schedules(connection) if r.name == name), None)
    rule = _rule_from(name, table, found)
    require_named(connection, rule)
    check_schedule(app.publishing, connection, rule)
    if found is None:
        require_free_name(name)
        schedules.add_schedule(connection, rule, now=app.clock())
        return
    if columns_of(rule) != columns_of(found):
        schedules.store_schedule(connection, rule)
        slugs = dict.fromkeys([*found.audience.lists, *rule.audience.lists])
        serve_all_cadences(connection, list(slugs), by=OPERATOR.origin, now=app.clock())
    if (rule.cron, rule.timezone) != (found.cron, found.timezone):
        schedules.change_schedule(connection, found.id, last_due=app.clock())


def _rule_from(name: str, table: Table, found: Schedule | None) -> Schedule:
    plain = Schedule(
        id=found.id if found else 0,
        name=name,
        cron=table["cron"],
        timezone=table["timezone"],
        audience=AudienceRule(lists=tuple(table["list"])),
        sources=tuple(table["source"]),
    )
    typed = {
        field.name: _typed(field, table[key_of(field)])
        for field in FIELDS
        if key_of(field) in table
    }
    return set_fields(plain, typed)


def _typed(field: ScheduleField, value: Any) -> Any:
    words = field.typed_as
    if issubclass(words, enum.StrEnum) and value not in list(words):
        raise Refused(f"{key_of(field)}: write one of {', '.join(words)}")
    return value


def schedule_table(rule: Schedule) -> Table:
    """
    Make the table of a schedule: each key whose value is not the default.
    """
    table: Table = {
        "list": list(rule.audience.lists),
        "source": list(rule.sources),
        "cron": rule.cron,
        "timezone": rule.timezone,
    }
    for field in FIELDS:
        value = field.value_of(rule)
        if value is not None:
            table[key_of(field)] = _plain(value)
    return table


def _plain(value: Any) -> Any:
    if isinstance(value, dt.timedelta):
        return format_duration(value)
    if isinstance(value, tuple):
        return list(value)
    return value if isinstance(value, bool | int) else str(value)

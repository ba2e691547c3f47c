"""
A schedule as a table of the file that `apply` reads: the options of `schedule add`, by their names.
"""

from __future__ import annotations

import datetime as dt
import enum
import typing
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from newsletter.cli.schedules.edit import check_schedule
from newsletter.cli.schedules.options import OPTIONS, Flag, Number, Option, ScheduleOptions, Several
from newsletter.cli.setup.setup_file import Table, require_kinds, span
from newsletter.errors import Refused
from newsletter.model.issue import AudienceRule
from newsletter.model.schedule import IssueRules, Schedule
from newsletter.store.content import sources
from newsletter.store.scheduling import schedules
from newsletter.store.scheduling.schedule_rows import columns_of
from subscribers.lists import find_list

if TYPE_CHECKING:
    from newsletter.app import App

_OWN: dict[str, type] = {"list": list, "source": list, "cron": str, "timezone": str}
_USUAL = Schedule(id=0, name="", cron="", timezone="", audience=AudienceRule(lists=()), sources=())


def key_of(option: Option) -> str:
    """
    What an option is called in the file: as on the command line, without its dashes.
    """
    named = (option.flags or option.field).partition("/")[0]
    return named.removeprefix("--").replace("-", "_")


def _kind_of(option: Option) -> type:
    kinds: list[tuple[Any, type]] = [(Flag, bool), (Number, int), (Several, list)]
    return next((kind for told, kind in kinds if option.kind == told), str)


KEYS = {**_OWN, **{key_of(option): _kind_of(option) for option in OPTIONS}}


def apply_schedule(app: App, connection: sa.Connection, name: str, table: Table) -> None:
    """
    Makes the schedule what its table says.

    Raises:
        Refused: a key is unknown or missing, or its value is none for it.
        UnknownList, NotFound: a list or source it names is not there.
        typer.BadParameter: a value cannot be read.
    """
    require_kinds(table, KEYS, needed=_OWN)
    for slug in table["list"]:
        find_list(connection, slug)
    for source in table["source"]:
        sources.find_source(connection, source)
    found = next((r for r in schedules.all_schedules(connection) if r.name == name), None)
    rule = _rule_from(name, table, found)
    check_schedule(app, rule)
    if found is None:
        schedules.add_schedule(connection, rule, now=app.clock())
        return
    if columns_of(rule) != columns_of(found):
        schedules.store_schedule(connection, rule)
    if (rule.cron, rule.timezone) != (found.cron, found.timezone):
        schedules.change_schedule(connection, found.id, last_due=app.clock())


def _rule_from(name: str, table: Table, found: Schedule | None) -> Schedule:
    minus = found.audience.minus if found else ()
    plain = replace(
        _USUAL,
        id=found.id if found else 0,
        name=name,
        cron=table["cron"],
        timezone=table["timezone"],
        audience=AudienceRule(lists=tuple(table["list"]), minus=minus),
        sources=tuple(table["source"]),
    )
    typed = {
        option.field: _typed(option, table[key_of(option)])
        for option in OPTIONS
        if key_of(option) in table
    }
    return ScheduleOptions(typed).put_on(plain)


def _typed(option: Option, value: Any) -> Any:
    """
    *value* as typer hands it on: a word of an enum as that.
    """
    enums = [k for k in typing.get_args(option.kind) if issubclass(k, enum.StrEnum)]
    if not enums:
        return value
    if value not in list(enums[0]):
        raise Refused(f"{key_of(option)}: write one of {', '.join(enums[0])}")
    return enums[0](value)


def schedule_table(rule: Schedule) -> Table:
    """
    The table of a schedule: each key that is not as it would be anyway.
    """
    table: Table = {
        "list": list(rule.audience.lists),
        "source": list(rule.sources),
        "cron": rule.cron,
        "timezone": rule.timezone,
    }
    rules = {option.field for option in OPTIONS} & set(IssueRules.__dataclass_fields__)
    for option in OPTIONS:
        one, usual = (rule.rules, IssueRules()) if option.field in rules else (rule, _USUAL)
        value = getattr(one, option.field)
        if value != getattr(usual, option.field):
            table[key_of(option)] = _plain(value)
    return table


def _plain(value: Any) -> Any:
    if isinstance(value, dt.timedelta):
        return span(value)
    if isinstance(value, tuple):
        return list(value)
    return value if isinstance(value, bool | int) else str(value)

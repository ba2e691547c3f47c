"""
Filters for numbers, dates and times of the newsroom, in the language and the time zone of the
member who looks. The templates' context has `locale` and `zone`.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import babel
import babel.dates
import babel.numbers
import babel.units
from jinja2 import pass_context
from jinja2.runtime import Context
from markupsafe import Markup


@pass_context
def number(context: Context, value: float) -> str:
    """
    Return a number with the separators of the language.
    """
    return babel.numbers.format_decimal(value, locale=context["locale"])


@pass_context
def percent(context: Context, share: float) -> str:
    """
    Return a share of one as a percentage with at most two decimals: 0.0213 is 2.13 %.
    """
    return babel.numbers.format_percent(share, format="#,##0.##%", locale=context["locale"])


@pass_context
def date(context: Context, moment: dt.date | dt.datetime, form: str = "medium") -> Markup:
    """
    Return a day in words, as a `<time>`: a date, or that of a moment in the member's zone.
    """
    local = _local(context, moment)
    text = babel.dates.format_date(local, format=form, locale=context["locale"])
    day = local.date() if isinstance(local, dt.datetime) else local
    return Markup('<time datetime="{}">{}</time>').format(day.isoformat(), text)


@pass_context
def clock(context: Context, moment: dt.datetime, form: str = "short") -> Markup:
    """
    Return the time of day of a moment in the member's zone, as a `<time>`.
    """
    local = _local(context, moment)
    text = babel.dates.format_time(local, format=form, locale=context["locale"])
    return Markup('<time datetime="{}">{}</time>').format(local.isoformat(), text)


@pass_context
def moment(context: Context, value: dt.datetime) -> Markup:
    """
    Return day and time of a moment in the member's zone, as a `<time>`.
    """
    local = _local(context, value)
    text = moment_text(local, context["locale"])
    return Markup('<time datetime="{}">{}</time>').format(local.isoformat(), text)


def moment_text(local: dt.datetime, locale: babel.Locale) -> str:
    """
    Return day and time of a moment as its own zone has them.
    """
    day = babel.dates.format_date(local, format="medium", locale=locale)
    time = babel.dates.format_time(local, format="short", locale=locale)
    # CLDR's pattern has the time as {0} and the day as {1}.
    return str(locale.datetime_formats["medium"]).format(time, day)


@pass_context
def weekday(context: Context, value: dt.date | dt.datetime) -> str:
    """
    Return the short name of a day of the week.
    """
    local = _local(context, value)
    return babel.dates.format_skeleton("E", local, locale=context["locale"])


@pass_context
def duration(context: Context, length: dt.timedelta) -> str:
    """
    Return a length of time in its largest whole unit: "2 hours", "90 minutes".
    """
    seconds = int(length.total_seconds())
    units = (("day", 86_400), ("hour", 3600), ("minute", 60), ("second", 1))
    name, size = next(
        unit for unit in units if seconds % unit[1] == 0 and (seconds or unit[1] == 1)
    )
    return babel.units.format_unit(seconds // size, f"duration-{name}", locale=context["locale"])


def _local(context: Context, value: Any) -> Any:
    return value.astimezone(context["zone"]) if isinstance(value, dt.datetime) else value


DATE_FILTERS: dict[str, Callable[..., Any]] = {
    "clock": clock,
    "date": date,
    "duration": duration,
    "moment": moment,
    "number": number,
    "percent": percent,
    "weekday": weekday,
}

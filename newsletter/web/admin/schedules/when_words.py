"""
Say in a sentence when a schedule runs: "Weekdays at 07:30, New York time".
"""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Iterable, Sequence

import babel.dates
import babel.lists
import babel.units

from newsletter.errors import Refused
from newsletter.model.schedule import Schedule
from newsletter.scheduling.cron import Cron, parse_cron
from newsletter.web.admin.frame.words import StaffWords
from newsletter.web.preferences.timezones import timezone_option

EVERY_DAY, EVERY_WEEKDAY = frozenset(range(1, 32)), frozenset(range(7))
EVERY_MONTH = frozenset(range(1, 13))
MONDAY_TO_FRIDAY = frozenset(range(1, 6))
# More times of day than these are said as an interval, or by the first and the last.
_MOST_TIMES = 4
_DAY_MINUTES = 24 * 60


def when_words(rule: Schedule, words: StaffWords) -> str:
    """
    Say on which days and at which times *rule* runs, and whose time that is.
    """
    try:
        when = cron_words(parse_cron(rule.cron), words)
    except Refused:
        return rule.cron
    zone, _ = zone_words(rule.timezone, words), words.gettext
    if rule.is_local:
        return _(
            "%(when)s in each reader’s own time; %(zone)s time where it is not known",
            when=when,
            zone=zone,
        )
    return _("%(when)s, %(zone)s time", when=when, zone=zone)


def cron_words(cron: Cron, words: StaffWords) -> str:
    """
    Say on which days and at which times an expression names.
    """
    _, days = words.gettext, _days_words(cron, words)
    if cron.months != EVERY_MONTH:
        names = words.locale.months["stand-alone"]["wide"]
        months = listed((names[month] for month in sorted(cron.months)), words)
        days = _("%(days)s, only in %(months)s", days=days, months=months)
    if len(cron.times) <= _MOST_TIMES:
        times = listed((time_words(time, words) for time in cron.times), words)
        return _("%(days)s at %(times)s", days=days, times=times)
    return _("%(days)s, %(interval)s", days=days, interval=_interval_words(cron.times, words))


def zone_words(timezone: str, words: StaffWords) -> str:
    """
    Return what the place of a time zone is called.
    """
    return timezone_option(timezone, words.language).label


def time_words(time: dt.time, words: StaffWords) -> str:
    """
    Return a time of day as it is written in the language.
    """
    return str(babel.dates.format_time(time, format="short", locale=words.locale))


def span_words(span: dt.timedelta, words: StaffWords) -> str:
    """
    Return a length of time in its largest whole unit: "90 minutes", "2 hours".
    """
    seconds = int(span.total_seconds())
    units = {"duration-day": 86_400, "duration-hour": 3_600, "duration-minute": 60}
    unit = next((name for name, size in units.items() if seconds % size == 0), "duration-second")
    size = units.get(unit, 1)
    return str(babel.units.format_unit(seconds // size, unit, locale=words.locale))


def day_off_words(rule: str, words: StaffWords) -> str:
    """
    Say which days a day off names: a day, a day of each year, or a span of either.
    """
    _ = words.gettext
    first, _dots, last = rule.partition("..")
    is_yearly = len(first) < len("2026-12-25")
    # 2028 is a leap year, so that 29 February is a day of it.
    days = [
        dt.date.fromisoformat(f"2028-{day}" if is_yearly else day) for day in (first, last) if day
    ]
    form = "MMMMd" if is_yearly else "yMMMd"
    said = [babel.dates.format_skeleton(form, day, locale=words.locale) for day in days]
    span = _("%(first)s to %(last)s", first=said[0], last=said[1]) if last else said[0]
    return _("%(day)s of each year", day=span) if is_yearly else span


def interval_words(minutes: int, words: StaffWords) -> str:
    """
    Say how often something happens that does so all day: "every hour".
    """
    if minutes == 60:
        return words.gettext("every hour")
    interval = span_words(dt.timedelta(minutes=minutes), words)
    return words.gettext("every %(interval)s", interval=interval)


def listed(texts: Iterable[str], words: StaffWords) -> str:
    """
    Enumerate *texts* as in the language: a, b and c.
    """
    return str(babel.lists.format_list(list(texts), locale=words.locale))


def weekday_words(weekdays: Iterable[int], words: StaffWords) -> str:
    """
    Enumerate days of the week, 0 being Sunday: "Mondays and Thursdays".
    """
    _ = words.gettext
    names = {
        1: _("Mondays"),
        2: _("Tuesdays"),
        3: _("Wednesdays"),
        4: _("Thursdays"),
        5: _("Fridays"),
        6: _("Saturdays"),
        0: _("Sundays"),
    }
    chosen = set(weekdays)
    return listed((name for number, name in names.items() if number in chosen), words)


def _days_words(cron: Cron, words: StaffWords) -> str:
    _ = words.gettext
    has_days, has_weekdays = cron.days != EVERY_DAY, cron.weekdays != EVERY_WEEKDAY
    if has_days and has_weekdays:
        both = {"days": _month_days(cron, words), "weekdays": _weekdays(cron, words)}
        if cron.is_either:
            return _("%(days)s, and also %(weekdays)s", **both)
        return _("%(days)s, if that is one of these: %(weekdays)s", **both)
    if has_days:
        return _month_days(cron, words)
    return _weekdays(cron, words) if has_weekdays else _("Every day")


def _weekdays(cron: Cron, words: StaffWords) -> str:
    if cron.weekdays == MONDAY_TO_FRIDAY:
        return words.gettext("Weekdays")
    return weekday_words(cron.weekdays, words)


def _month_days(cron: Cron, words: StaffWords) -> str:
    _ = words.gettext
    days = listed((_("day %(n)s", n=day) for day in sorted(cron.days)), words)
    return _("On %(days)s of each month", days=days)


def _interval_words(times: Sequence[dt.time], words: StaffWords) -> str:
    """
    Say how often it runs: all day, or from the first time to the last.
    """
    _ = words.gettext
    minutes = [time.hour * 60 + time.minute for time in times]
    steps = {later - earlier for earlier, later in itertools.pairwise(minutes)}
    span = {"first": time_words(times[0], words), "last": time_words(times[-1], words)}
    if len(steps) > 1:
        count = words.ngettext("%(n)s time", "%(n)s times", len(times), n=len(times))
        return _("%(count)s from %(first)s to %(last)s", count=count, **span)
    step = steps.pop()
    if step * len(times) == _DAY_MINUTES and minutes[0] == 0:
        return interval_words(step, words)
    interval = span_words(dt.timedelta(minutes=step), words)
    return _("every %(interval)s from %(first)s to %(last)s", interval=interval, **span)

"""
Parse and apply quiet hours and days off. Pure; `waves` and `firing` use it.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence

from newsletter.errors import Refused
from newsletter.model.schedule import Slot
from newsletter.model.timing import QuietHours, quiet_from
from newsletter.scheduling.slots import instants_of
from subscribers.text.phrases import phrase

ONE_DAY = dt.timedelta(days=1)
_DAY = r"(?:\d{4}-)?\d{2}-\d{2}"
# A leap year, so that 02-29 is a day.
_ANY_YEAR = "2028-"


class NoTimeToSend(Refused):
    """
    Quiet hours together leave no time to send; nothing was sent or stored.
    """


def span_from(
    quiet: Sequence[QuietHours], timezone: str, at: dt.datetime
) -> tuple[dt.datetime, dt.datetime | None]:
    """
    Return when sending may start, not before *at* and in none of the *quiet* hours, and when the
    next of them begin (None: never). *timezone* is that of hours without one.

    Raises:
        NoTimeToSend: together they leave none.
    """
    if not quiet:
        return at, None
    spans = sorted(span for hours in quiet for span in _quiet_spans(hours, timezone, at))
    start = at
    for begin, end in spans:
        if begin <= start < end:
            start = end
    if start >= max(begin for begin, _ in spans):
        raise NoTimeToSend(
            phrase(
                "the quiet hours {quiet} leave no time to send", quiet=", ".join(map(str, quiet))
            )
        )
    return start, next(begin for begin, _ in spans if begin >= start)


def quiet_runs(
    quiet: Sequence[QuietHours], timezone: str, slots: Sequence[Slot]
) -> dict[Slot, dt.datetime]:
    """
    Return those of *slots* that fall in the quiet hours, each with the time at which they end.
    """
    ends = {slot: span_from(quiet, timezone, slot.due)[0] for slot in slots}
    return {slot: end for slot, end in ends.items() if end > slot.due}


def _quiet_spans(
    quiet: QuietHours, timezone: str, at: dt.datetime
) -> list[tuple[dt.datetime, dt.datetime]]:
    """
    Return the quiet hours from the evening before *at* to two days after it, enough to find the
    ones around *at* and the next.
    """
    timezone = quiet.timezone or timezone
    days = [at.date() + ONE_DAY * number for number in range(-2, 4)]
    over_midnight = ONE_DAY if quiet.end < quiet.begin else ONE_DAY * 0
    return [
        (
            instants_of(dt.datetime.combine(day, quiet.begin), timezone)[0],
            instants_of(dt.datetime.combine(day + over_midnight, quiet.end), timezone)[1],
        )
        for day in days
    ]


def parse_quiet(text: str) -> QuietHours:
    """
    Parse the quiet hours in *text*.

    Raises:
        Refused: it is not two times of day.
    """
    try:
        return quiet_from(text)
    except ValueError:
        raise Refused(
            phrase("quiet hours {text!r} are not valid: write them like 22:00-07:00", text=text)
        ) from None


def parse_day_off(text: str) -> str:
    """
    Check and return *text*: a day (`2026-12-25`), the same day of each year (`12-25`), or a span of
    either (`2026-12-24..2027-01-02`, `12-24..01-02`).

    Raises:
        Refused: it is none of these.
    """
    first, dots, last = text.partition("..")
    days = [first, last] if dots else [first]
    is_same_form = len({len(day) for day in days}) == 1 and all(_is_day(day) for day in days)
    if is_same_form and (len(first) < 10 or first <= days[-1]):
        return text
    raise Refused(
        phrase(
            "day off {text!r} is not valid: write a day like 2026-12-25, 12-25 for "
            "every year, or a span like 2026-12-24..2027-01-02",
            text=text,
        )
    )


def _is_day(text: str) -> bool:
    if not re.fullmatch(_DAY, text):
        return False
    try:
        dt.date.fromisoformat(text if len(text) == 10 else _ANY_YEAR + text)
    except ValueError:
        return False
    return True


def day_off_on(days_off: Sequence[str], day: dt.date) -> str | None:
    """
    Return the first of *days_off* that *day* falls on, or None.
    """
    return next((rule for rule in days_off if _falls_on(rule, day)), None)


def _falls_on(rule: str, day: dt.date) -> bool:
    first, _, last = rule.partition("..")
    last = last or first
    key = day.isoformat()[-len(first) :]
    if first <= last:
        return first <= key <= last
    # 12-24..01-02 crosses the new year.
    return key >= first or key <= last

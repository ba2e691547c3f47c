"""
Read times as people type them, and write instants in the time zone of what they belong to.
"""

from __future__ import annotations

import datetime as dt

from newsletter.errors import InvalidValue
from newsletter.model.duration import parse_duration
from newsletter.scheduling.slots import zone_named
from subscribers.text.phrase_values import Moment, in_utc
from subscribers.text.phrases import phrase

FORMS = phrase("write +2h, 2026-03-05 06:00, or 2026-03-05T06:00:00-05:00")


def parse_time(text: str, *, now: dt.datetime, timezone: str) -> dt.datetime:
    """
    Read an instant: `+2h` from *now*, a time with its UTC offset, or a local time in *timezone*.
    A local time that occurs twice is the first of the two. The result is in UTC.

    Raises:
        InvalidValue: it is none of these, or the clocks skip it.
    """
    if text.startswith("+"):
        return now + parse_duration(text[1:].strip())
    try:
        when = dt.datetime.fromisoformat(text)
    except ValueError as error:
        raise InvalidValue(
            phrase("{text!r} is not a valid time: {forms}", text=text, forms=FORMS)
        ) from error
    if len(text) <= len("2026-03-05"):
        raise InvalidValue(phrase("{text!r} has no time of day: {forms}", text=text, forms=FORMS))
    if when.tzinfo is not None:
        return when.astimezone(dt.UTC)
    zone = zone_named(timezone)
    # In UTC, because a local time that occurs twice equals no other time (PEP 495).
    instant = when.replace(tzinfo=zone).astimezone(dt.UTC)
    if instant.astimezone(zone).replace(tzinfo=None) != when:
        raise InvalidValue(
            phrase(
                "{text} is skipped by the clocks in {timezone}: write another time",
                text=text,
                timezone=timezone,
            )
        )
    return instant


def wall_now(now: dt.datetime, timezone: str) -> str:
    """
    Return the local time of *now* in *timezone*, to the minute, without its offset:
    `2026-03-05T06:00`.
    """
    local = now.astimezone(zone_named(timezone)).replace(tzinfo=None)
    return local.isoformat(timespec="minutes")


def format_time(when: dt.datetime, timezone: str) -> str:
    """
    Write an instant as `2026-03-05 06:00 America/New_York (11:00 UTC)`. The date is repeated where
    it is another one in UTC.
    """
    local, utc = when.astimezone(zone_named(timezone)), when.astimezone(dt.UTC)
    if local.utcoffset() == dt.timedelta(0):
        return in_utc(when)
    same_day = local.date() == utc.date()
    beside = f"{utc:%H:%M}" if same_day else f"{utc:%Y-%m-%d %H:%M}"
    return Moment(f"{local:%Y-%m-%d %H:%M} {timezone} ({beside} UTC)", when)

"""
Turn a cron expression into instants, in a zone where the clocks change. Pure, except that it reads
the zone data.

A slot is identified by its wall time, so it fires once when the clocks go back: an hourly schedule
skips one hour on that night. A wall time that the clock jumps over is due where the jump leads
(02:30 in New York on 2026-03-08 is due at 07:30 UTC, 03:30 by the clock). If the schedule also
names that later wall time, only that one fires, so that nothing fires twice at one instant.
"""

from __future__ import annotations

import datetime as dt
import difflib
import itertools
import zoneinfo
from collections.abc import Iterable, Iterator

from newsletter.errors import InvalidValue, Refused, is_temporary
from newsletter.model.schedule import Slot
from newsletter.scheduling.cron import Cron, parse_cron
from subscribers.text.phrases import phrase

__all__ = [
    "Cron",
    "instants_of",
    "known_zones",
    "local_slots_between",
    "next_slots",
    "parse_cron",
    "require_zone",
    "slot_at",
    "slots_between",
    "wall_times",
    "zone_named",
]

ONE_DAY = dt.timedelta(days=1)
# After this long without a match an expression is assumed to have no more slots.
HORIZON = dt.timedelta(days=5 * 366)
# More than any zone's clock ever jumped at once: Samoa skipped 2011-12-30.
WIDEST_SHIFT = dt.timedelta(hours=25)
# A wall time occurs in the first zone (UTC+14) 26 hours before it does in the last (UTC-12).
ZONE_SPREAD = dt.timedelta(hours=27)
WIDEST_WINDOW = dt.timedelta(days=366)


def zone_named(timezone: str) -> zoneinfo.ZoneInfo:
    """
    Return the zone of that name in the IANA database.

    Raises:
        Refused: there is none; the message names the nearest.
    """
    try:
        return zoneinfo.ZoneInfo(timezone)
    # A folder in the database raises an OSError, a path outside it a ValueError.
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError) as error:
        if is_temporary(error):
            raise
        raise Refused(
            phrase(
                "time zone {timezone!r} is not known: {advice}",
                timezone=timezone,
                advice=_nearest_zone(timezone),
            )
        ) from None


def known_zones(names: Iterable[str]) -> list[str]:
    """
    Return the *names* that this machine's database has; a stored name may come from a newer
    database.
    """
    return [name for name in names if _is_zone(name)]


def require_zone(name: str) -> None:
    """
    Require a time zone of that name.

    Raises:
        InvalidValue: there is none.
    """
    if not _is_zone(name):
        raise InvalidValue(
            phrase("{name!r} is not a known time zone: write one such as Europe/Paris", name=name)
        )


def _is_zone(name: str) -> bool:
    try:
        zone_named(name)
    except Refused:
        return False
    return True


def wall_times(cron: Cron, after: dt.datetime) -> Iterator[dt.datetime]:
    """
    Yield the wall times that *cron* names after the naive *after*, in order, until five years pass
    without one.
    """
    day = after.date()
    last = day + HORIZON
    while day <= last:
        if cron.is_on(day):
            last = day + HORIZON
            walls = (dt.datetime.combine(day, time) for time in cron.times)
            yield from (wall for wall in walls if wall > after)
        day += ONE_DAY


def slots_between(cron: Cron, timezone: str, after: dt.datetime, until: dt.datetime) -> list[Slot]:
    """
    Return the slots due after *after*, up to and including *until* (both aware), by instant.
    """
    zone = zone_named(timezone)
    first = _wall_at(after, zone) - WIDEST_SHIFT
    last = _wall_at(until, zone) + WIDEST_SHIFT
    by_instant: dict[dt.datetime, dt.datetime] = {}
    # If two wall times share an instant, the clock shows the later one.
    for wall in itertools.takewhile(lambda wall: wall <= last, wall_times(cron, first)):
        by_instant[_instant_of(wall, zone)] = wall
    return [
        Slot(wall=by_instant[due].isoformat(timespec="minutes"), due=due)
        for due in sorted(by_instant)
        if after < due <= until
    ]


def local_slots_between(
    cron: Cron, zones: Iterable[str], after: dt.datetime, until: dt.datetime
) -> list[Slot]:
    """
    Return the slots of a schedule in each reader's own time: each wall time once, due when the
    first of *zones* reaches it, later than *after* and not later than *until*.
    """
    first: dict[str, Slot] = {}
    for zone in zones:
        for slot in slots_between(cron, zone, after - ZONE_SPREAD, until):
            known = first.get(slot.wall)
            if known is None or slot.due < known.due:
                first[slot.wall] = slot
    due = (slot for slot in first.values() if after < slot.due <= until)
    return sorted(due, key=lambda slot: (slot.due, slot.wall))


def next_slots(cron: Cron, timezone: str, after: dt.datetime, count: int) -> list[Slot]:
    """
    Return the first *count* slots due later than *after* (aware); fewer if five years pass without
    one.
    """
    found: list[Slot] = []
    since, window = after, ONE_DAY
    while len(found) < count and since - (found[-1].due if found else after) < HORIZON:
        found += slots_between(cron, timezone, since, since + window)
        since, window = since + window, min(2 * window, WIDEST_WINDOW)
    return found[:count]


def _wall_at(instant: dt.datetime, zone: zoneinfo.ZoneInfo) -> dt.datetime:
    return instant.astimezone(zone).replace(tzinfo=None, fold=0)


def _instant_of(wall: dt.datetime, zone: zoneinfo.ZoneInfo) -> dt.datetime:
    """
    Return the instant of a wall time. If it occurs twice, return the first; if it never occurs,
    apply the offset before the jump (PEP 495, fold=0).
    """
    return wall.replace(tzinfo=zone, fold=0).astimezone(dt.UTC)


def instants_of(wall: dt.datetime, timezone: str) -> tuple[dt.datetime, dt.datetime]:
    """
    Return the first and the last instant at which the clock of *timezone* shows the naive *wall*;
    if it skips *wall*, both are the moment of the jump.
    """
    zone = zone_named(timezone)
    first, last = (wall.replace(tzinfo=zone, fold=fold).astimezone(dt.UTC) for fold in (0, 1))
    if first <= last:
        return first, last
    jump = _jump_between(last, first, zone)
    return jump, jump


def _jump_between(before: dt.datetime, after: dt.datetime, zone: zoneinfo.ZoneInfo) -> dt.datetime:
    """
    Find the minute in which the clock of *zone* jumps; it does so once between the two instants.
    """
    offset = before.astimezone(zone).utcoffset()
    minutes = range(int((after - before).total_seconds() // 60) + 1)
    instants = (before + dt.timedelta(minutes=minute) for minute in minutes)
    return next((at for at in instants if at.astimezone(zone).utcoffset() != offset), after)


def _nearest_zone(timezone: str) -> str:
    names = sorted(zoneinfo.available_timezones())
    by_city = {name.rpartition("/")[2].lower(): name for name in names if "/" in name}
    known = by_city | {name.lower(): name for name in names}
    asked = timezone.strip().lower().replace(" ", "_")
    near = difflib.get_close_matches(asked, known, n=1, cutoff=0.75)
    if near:
        return phrase("did you mean {known}?", known=known[near[0]])
    return phrase("use a name such as Europe/Paris, America/New_York or UTC")


def slot_at(wall: str, timezone: str) -> Slot:
    """
    Return the slot at *wall* (`2026-03-05T06:00`, local to *timezone*), whether a rule names it or
    not.

    Raises:
        Refused: not a local time without offset.
    """
    refusal = Refused(
        phrase("slot {wall!r} is not a valid local time: write it like 2026-03-05T06:00", wall=wall)
    )
    try:
        time = dt.datetime.fromisoformat(wall)
    except ValueError:
        raise refusal from None
    if time.tzinfo is not None:
        raise refusal
    return Slot(
        wall=time.isoformat(timespec="minutes"), due=_instant_of(time, zone_named(timezone))
    )

"""
Work out the slots of a schedule that are to come in a span of time, those on its days off too.
Pure.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, replace

from newsletter.model.schedule import Schedule, Slot
from newsletter.model.timing import QuietHours
from newsletter.scheduling.quiet_hours import NoTimeToSend, day_off_on, quiet_runs
from newsletter.scheduling.slots import instants_of, parse_cron, slots_between, zone_named

# A schedule that runs more often is shown by the first slots of each day.
MOST_A_DAY = 4


@dataclass(frozen=True, kw_only=True)
class ComingSlot:
    """
    A slot that has not been started. `day_off` is the rule of the schedule that skips it, if any.
    `sent_at` is when its issue is sent if it is in quiet hours. `more` counts the slots after it on
    the same day that are not shown.
    """

    slot: Slot
    day_off: str | None = None
    sent_at: dt.datetime | None = None
    more: int = 0


def coming_slots(
    rule: Schedule,
    quiet: Sequence[QuietHours] = (),
    *,
    after: dt.datetime,
    until: dt.datetime,
) -> list[ComingSlot]:
    """
    Return the slots of *rule* due after *after* and before *until*, by the schedule's own clock.
    *quiet* are the hours in which nothing is sent.
    """
    cron = parse_cron(rule.cron)
    more = max(len(cron.times) - MOST_A_DAY, 0)
    # What is left of today is worked out whole, whatever the first slots of the day were.
    midnight = min(until, _end_of_day(rule.timezone, after)) if more else until
    few = replace(cron, times=cron.times[:MOST_A_DAY])
    today = slots_between(cron, rule.timezone, after, midnight)
    later = slots_between(few, rule.timezone, max(midnight, after), until) if more else []
    slots = [slot for slot in [*today, *later] if slot.due < until]
    delayed = _delayed(quiet, rule.timezone, slots)
    last_of_days = {slot.day: slot for slot in later}
    return [
        ComingSlot(
            slot=slot,
            day_off=day_off_on(rule.days_off, slot.day),
            sent_at=delayed.get(slot),
            more=more if last_of_days.get(slot.day) is slot else 0,
        )
        for slot in slots
    ]


def _end_of_day(timezone: str, moment: dt.datetime) -> dt.datetime:
    """
    Return the last minute of the day of *moment* in that zone.
    """
    local = moment.astimezone(zone_named(timezone))
    last = dt.datetime.combine(local.date(), dt.time(23, 59, 59))
    return instants_of(last, timezone)[1]


def _delayed(
    quiet: Sequence[QuietHours], timezone: str, slots: Sequence[Slot]
) -> dict[Slot, dt.datetime]:
    try:
        return quiet_runs(quiet, timezone, slots)
    except NoTimeToSend:
        # Whoever joined the lists' hours so that none is left learns that when it is to be sent.
        return {}


def quiet_of(rule: Schedule, by_list: dict[str, QuietHours]) -> list[QuietHours]:
    """
    Return the quiet hours of a schedule or, if it has none, of its lists. In readers' own time they
    are those of each reader.
    """
    found = [by_list[slug] for slug in rule.audience.lists if slug in by_list]
    hours = [rule.quiet] if rule.quiet else found
    return [replace(each, timezone=None) for each in hours] if rule.is_local else hours

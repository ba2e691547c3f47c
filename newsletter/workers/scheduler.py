"""
Fires the slots of schedules: whoever asks, each slot once. `timer` asks, and a person may.

Schedules and slots live in our tables. Every process may run a timer; `take_slot` lets one of
them have a slot, and what a dead one took is taken over (`pipeline.resume`).
"""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Sequence

import sqlalchemy as sa

from newsletter import pipeline
from newsletter.errors import NewsletterError, StoreError
from newsletter.issues.context import Road
from newsletter.model.schedule import Late, Schedule, Slot, SlotOutcome
from newsletter.operations.alerts import tell_operator
from newsletter.scheduling.misfire import in_minutes, late_by
from newsletter.scheduling.quiet_hours import day_off_on
from newsletter.scheduling.slots import (
    HORIZON,
    ZONE_SPREAD,
    known_zones,
    local_slots_between,
    next_slots,
    parse_cron,
    slot_at,
    slots_between,
)
from newsletter.store.content import sources
from newsletter.store.flow_control import kill_switch as stops
from newsletter.store.scheduling import schedules
from newsletter.store.scheduling.schedules import SlotRow
from subscribers.audience import zones_of
from subscribers.errors import SubscribersError
from subscribers.lists import find_list

logger = logging.getLogger(__name__)

# A timer wakes at each slot, and may poll slow sources first.
FIRED_WITHIN = dt.timedelta(minutes=2)
# After a long stop only this many missed slots are written down one by one.
MISSED_SHOWN = 100


def fire_due(road: Road, rule: Schedule) -> SlotRow | None:
    """
    The slot of *rule* that is due now and was taken by this call; None when none is, or another
    process has it. Earlier slots nobody made are written down as skipped.
    """
    now = road.clock()
    if rule.is_paused or rule.last_due is None:
        return None
    due = _due_slots(road, rule, rule.last_due, now)
    if not due:
        return None
    wanted = next((slot for slot in reversed(due) if not _is_day_off(rule, slot)), None)
    with road.database.write() as connection:
        for slot in due[-MISSED_SHOWN:]:
            if slot is not wanted:
                _skip(connection, rule, slot, reason=_why_not(rule, slot), now=now)
        fired = None if wanted is None else _take(connection, rule, wanted, now=now)
        schedules.advance(connection, rule.id, min(slot_at(due[-1].wall, rule.timezone).due, now))
    return fired


def left_slot(road: Road, rule: Schedule) -> Slot | None:
    """
    The newest slot of *rule* that nobody fired though it is due for a while; None when none is.
    """
    if rule.is_paused or rule.last_due is None:
        return None
    due = _due_slots(road, rule, rule.last_due, road.clock() - FIRED_WITHIN)
    return due[-1] if due else None


def _due_slots(road: Road, rule: Schedule, after: dt.datetime, now: dt.datetime) -> list[Slot]:
    cron = parse_cron(rule.cron)
    if not rule.is_local:
        return slots_between(cron, rule.timezone, after, now)
    with road.database.read() as connection:
        lists = [find_list(connection, slug) for slug in rule.audience.lists]
        zones = known_zones(zones_of(connection, lists))
    found = local_slots_between(cron, {rule.timezone, *zones}, after - ZONE_SPREAD, now)
    # Known by their own instants: a reader in the east moves when a slot is due, not which it is.
    return [slot for slot in found if slot_at(slot.wall, rule.timezone).due > after]


def _is_day_off(rule: Schedule, slot: Slot) -> bool:
    return day_off_on(rule.days_off, slot.day) is not None


def _why_not(rule: Schedule, slot: Slot) -> str:
    off = day_off_on(rule.days_off, slot.day)
    return "a later slot came up before this one was made" if off is None else f"day off: {off}"


def _skip(
    connection: sa.Connection, rule: Schedule, slot: Slot, *, reason: str, now: dt.datetime
) -> None:
    schedules.take_slot(
        connection, rule.id, slot, outcome=SlotOutcome.SKIPPED, reason=reason, now=now
    )


def _take(
    connection: sa.Connection, rule: Schedule, due: Slot, *, now: dt.datetime
) -> SlotRow | None:
    lateness = late_by(rule, due, now)
    if lateness > rule.latest and rule.late is Late.SKIP:
        reason = f"came up {in_minutes(lateness)} late, more than {in_minutes(rule.latest)}"
        _skip(connection, rule, due, reason=reason, now=now)
        return None
    return schedules.take_slot(connection, rule.id, due, now=now)


def fire_slot(road: Road, rule: Schedule, slot: Slot) -> SlotRow | None:
    """
    One named *slot*, taken by this call; None when it fired before.
    """
    now = road.clock()
    with road.database.write() as connection:
        return schedules.take_slot(connection, rule.id, slot, now=now)


def held_slot(road: Road, rule: Schedule, *, wall: str | None = None) -> SlotRow | None:
    """
    The newest slot of *rule* (or the one at *wall*) that is held open, taken up by this call; None
    when none is.
    """
    now = road.clock()
    with road.database.write() as connection:
        held = [
            fired
            for fired in schedules.unfinished_slots(connection)
            if fired.schedule_id == rule.id and not fired.part and wall in (None, fired.slot.wall)
        ]
        if not held or not schedules.retake_slot(connection, held[-1], now=now):
            return None
    return held[-1]


def tick(road: Road) -> list[SlotRow]:
    """
    Everything whose time has come: sources to poll, slots to fire, what was left half-way. The
    slots fired are returned; none while everything is stopped, and then they count as late.
    """
    with road.database.read() as connection:
        if stops.current_stop(connection) is not None:
            return []
    poll_due_sources(road)
    with road.database.read() as connection:
        rules = schedules.all_schedules(connection)
    fired = [row for rule in rules if (row := _fire_alone(road, rule)) is not None]
    for row in fired:
        pipeline.publish_slot(road, row)
    pipeline.resume(road)
    _tell_operator(road)
    return fired


def _tell_operator(road: Road) -> None:
    """
    As `tell_operator`; a mail that cannot be made stops nothing else.
    """
    try:
        count = tell_operator(road)
    except StoreError:
        raise
    except NewsletterError as error:
        told = {"event": "operator.not_told"}
        logger.error("the operator cannot be told: %s", error, extra=told)
        return
    if count:
        told = {"event": "operator.told"}
        logger.warning("the operator is told of what needs a person: %s", count, extra=told)


def _fire_alone(road: Road, rule: Schedule) -> SlotRow | None:
    """
    As `fire_due`; what is wrong with one schedule stops no other.
    """
    try:
        return fire_due(road, rule)
    except StoreError:
        raise
    except Exception as error:
        logger.error(
            "schedule %s cannot fire: %s",
            rule.name,
            error,
            extra={"event": "schedule.broken"},
            exc_info=not isinstance(error, NewsletterError | SubscribersError),
        )
        return None


def poll_due_sources(road: Road) -> None:
    """
    Polls the sources whose interval is over.
    """
    now = road.clock()
    with road.database.read() as connection:
        known = sources.all_sources(connection)
    due = [
        source.name
        for source in known
        if not source.is_gone and (source.next_poll_at is None or source.next_poll_at <= now)
    ]
    pipeline.collect_sources(road, due)


def upcoming(rule: Schedule, *, now: dt.datetime, count: int) -> Sequence[Slot]:
    """
    The next *count* slots of a schedule, days off left out; fewer when five years pass without
    one. Where it goes by each reader's clock, they are due when those of no known zone get it.
    """
    cron, since = parse_cron(rule.cron), now
    found: list[Slot] = []
    while len(found) < count and since - now < HORIZON:
        some = next_slots(cron, rule.timezone, since, count)
        if not some:
            break
        found += [slot for slot in some if not _is_day_off(rule, slot)]
        since = some[-1].due
    return found[:count]

"""
Fire the slots of schedules, each slot once, however many processes try.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

import sqlalchemy as sa

from newsletter.model.schedule import MisfirePolicy, Schedule, Slot, SlotOutcome
from newsletter.scheduling.misfire import in_minutes, is_past_limit, misfire_delay
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
from newsletter.store.database import Database
from newsletter.store.outgoing.issue_events import add_skipped_event
from newsletter.store.scheduling import schedules
from newsletter.store.scheduling.schedules import SlotRow
from subscribers.audience.timezones import timezones_of
from subscribers.lists import find_list
from subscribers.text.phrases import phrase

# A timer wakes at each slot, but slow sources may be polled first.
FIRED_WITHIN = dt.timedelta(minutes=2)
# After a long stop only this many missed slots are stored.
MISSED_SHOWN = 100


def fire_due(database: Database, rule: Schedule, *, now: dt.datetime) -> SlotRow | None:
    """
    Claim the slot of *rule* that is due now, and store earlier slots that did not fire as skipped.
    Return None if no slot is due, or if another process has claimed it.
    """
    if rule.is_paused or rule.last_due is None:
        return None
    due = _due_slots(database, rule, rule.last_due, now)
    if not due:
        return None
    wanted = next((slot for slot in reversed(due) if not _is_day_off(rule, slot)), None)
    with database.write() as connection:
        for slot in due[-MISSED_SHOWN:]:
            if slot is not wanted:
                _skip(connection, rule, slot, reason=_skip_reason(rule, slot), now=now)
        fired = None if wanted is None else _take(connection, rule, wanted, now=now)
        schedules.advance(connection, rule.id, min(slot_at(due[-1].wall, rule.timezone).due, now))
    return fired


def overdue_slot(database: Database, rule: Schedule, *, now: dt.datetime) -> Slot | None:
    """
    Return the newest slot of *rule* that has been due for a while and has not fired, if any.
    """
    if rule.is_paused or rule.last_due is None:
        return None
    due = _due_slots(database, rule, rule.last_due, now - FIRED_WITHIN)
    return due[-1] if due else None


def late_slots(connection: sa.Connection, *, now: dt.datetime) -> list[dt.datetime]:
    """
    Return the times of the slots that should have run by now: the oldest slot of each schedule that
    has not fired, and those that nobody has resumed since they could be. A slot at readers' local
    times is late by the schedule's own clock.
    """
    before = now - FIRED_WITHIN
    late = [_first_late(connection, rule, before) for rule in schedules.all_schedules(connection)]
    abandoned = [
        fired.slot.due
        for fired in schedules.unfinished_slots(connection)
        if fired.is_resumable(before)
    ]
    return [*(slot for slot in late if slot is not None), *abandoned]


def _first_late(
    connection: sa.Connection, rule: Schedule, before: dt.datetime
) -> dt.datetime | None:
    if rule.is_paused or rule.last_due is None:
        return None
    due = slots_between(parse_cron(rule.cron), rule.timezone, rule.last_due, before)
    fired = schedules.last_slots(connection, rule.id, most=MISSED_SHOWN) if due else []
    walls = {row.slot.wall for row in fired}
    return next((slot.due for slot in due if slot.wall not in walls), None)


def _due_slots(
    database: Database, rule: Schedule, after: dt.datetime, now: dt.datetime
) -> list[Slot]:
    cron = parse_cron(rule.cron)
    if not rule.is_local:
        return slots_between(cron, rule.timezone, after, now)
    with database.read() as connection:
        lists = [find_list(connection, slug) for slug in rule.audience.lists]
        zones = known_zones(timezones_of(connection, lists))
    found = local_slots_between(cron, {rule.timezone, *zones}, after - ZONE_SPREAD, now)
    # Selected by the schedule's own clock: a reader in the east only affects when a slot is due.
    return [slot for slot in found if slot_at(slot.wall, rule.timezone).due > after]


def _is_day_off(rule: Schedule, slot: Slot) -> bool:
    return day_off_on(rule.days_off, slot.day) is not None


def _skip_reason(rule: Schedule, slot: Slot) -> str:
    off = day_off_on(rule.days_off, slot.day)
    return (
        phrase("a later run was already due") if off is None else phrase("day off: {day}", day=off)
    )


def _skip(
    connection: sa.Connection, rule: Schedule, slot: Slot, *, reason: str, now: dt.datetime
) -> None:
    outcome = SlotOutcome.SKIPPED
    if schedules.take_slot(connection, rule.id, slot, outcome=outcome, reason=reason, now=now):
        add_skipped_event(connection, rule, slot.wall, outcome=outcome, reason=str(reason), now=now)


def _take(
    connection: sa.Connection, rule: Schedule, due: Slot, *, now: dt.datetime
) -> SlotRow | None:
    delay = misfire_delay(rule, due, now)
    if delay > rule.misfire_limit and rule.misfire_policy is MisfirePolicy.SKIP:
        reason = phrase(
            "{delay} late, and the limit is {limit}",
            delay=in_minutes(delay),
            limit=in_minutes(rule.misfire_limit),
        )
        _skip(connection, rule, due, reason=reason, now=now)
        return None
    return schedules.take_slot(connection, rule.id, due, now=now)


def fire_slot(
    database: Database, rule: Schedule, slot: Slot, *, now: dt.datetime
) -> SlotRow | None:
    """
    Claim one named *slot*; return None if it already fired.
    """
    with database.write() as connection:
        return schedules.take_slot(connection, rule.id, slot, now=now)


def resume_held_slot(
    database: Database, rule: Schedule, *, now: dt.datetime, wall: str | None = None
) -> SlotRow | None:
    """
    Claim the newest slot of *rule* (or the one at *wall*) that is held open; return None if there
    is none.
    """
    with database.write() as connection:
        open_slots = [
            fired
            for fired in schedules.unfinished_slots(connection)
            if fired.schedule_id == rule.id and not fired.part and wall in (None, fired.slot.wall)
        ]
        if not open_slots or not schedules.retake_slot(connection, open_slots[-1], now=now):
            return None
    return open_slots[-1]


def end_without_issue(
    connection: sa.Connection,
    rule: Schedule,
    fired: SlotRow,
    outcome: SlotOutcome,
    *,
    reason: str,
    now: dt.datetime,
) -> None:
    """
    End a slot that made no issue, and write the event for webhooks.
    """
    if schedules.end_slot(connection, fired.id, outcome, reason=reason):
        wall, why = fired.slot.wall, str(reason)
        add_skipped_event(connection, rule, wall, outcome=outcome, reason=why, now=now)


def resume_slot(database: Database, fired: SlotRow, *, now: dt.datetime) -> bool:
    """
    Claim an open slot for this caller. Return False if another has it.

    A slot past its misfire limit is skipped; a slot of a paused schedule stays open.
    """
    with database.write() as connection:
        rule = schedules.load_schedule(connection, fired.schedule_id)
        if (
            rule is not None
            and rule.misfire_policy is MisfirePolicy.SKIP
            and is_past_limit(rule, fired, now)
        ):
            late = in_minutes(misfire_delay(rule, fired.slot, now))
            reason = phrase("interrupted, and resumed only {late} after its time", late=late)
            end_without_issue(connection, rule, fired, SlotOutcome.SKIPPED, reason=reason, now=now)
            return False
        if rule is not None and rule.is_paused:
            return False
        return schedules.retake_slot(connection, fired, now=now)


def upcoming(rule: Schedule, *, now: dt.datetime, count: int) -> Sequence[Slot]:
    """
    Return the next *count* slots of a schedule, without days off; fewer if five years pass without
    one. With each reader's own clock, they are due when readers without a known zone get them.
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

"""
Measure how late a slot fires, and whether that is past the misfire limit of its schedule. Pure.
"""

from __future__ import annotations

import datetime as dt

from newsletter.model.schedule import Schedule, Slot
from newsletter.scheduling.slots import slot_at
from newsletter.store.scheduling.schedules import SlotRow

# How long after its hold a slot still counts as resumed in time, because the scheduler ticks every
# few seconds and polls the sources first.
GRACE = dt.timedelta(minutes=5)


def misfire_delay(rule: Schedule, slot: Slot, now: dt.datetime) -> dt.timedelta:
    """
    Return how late *slot* is by the schedule's own clock. By the readers' clocks it may be due
    earlier, but a new reader far in the east must not make it late for everybody.
    """
    return now - max(slot.due, slot_at(slot.wall, rule.timezone).due)


def is_past_limit(rule: Schedule, fired: SlotRow, now: dt.datetime) -> bool:
    """
    Return True if a claimed slot is past the misfire limit. If it fired in time, the time for which
    it is held open on purpose does not count.
    """
    is_held = fired.held_until is not None and now <= fired.held_until + GRACE
    return misfire_delay(rule, fired.slot, fired.fired_at if is_held else now) > rule.misfire_limit


def in_minutes(span: dt.timedelta) -> str:
    """
    Format a span as `125 min`.
    """
    return f"{int(span.total_seconds() // 60)} min"

"""
The timer: it wakes by itself, and stops when told.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from house import House

from newsletter.model.issue import AudienceRule
from newsletter.schedule import Timer, upcoming
from newsletter.store import schedules


def wait_for(what: Callable[[], bool], seconds: float = 10.0) -> bool:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if what():
            return True
        time.sleep(0.05)
    return False


def outcomes(house: House) -> list[str]:
    with house.app.database.read() as connection:
        rule = schedules.find_schedule(connection, "morning")
        return [row.outcome for row in schedules.last_slots(connection, rule.id, most=5)]


def test_the_timer_fires_a_slot_that_came_due_while_nobody_was_there(house: House) -> None:
    house.add_list()
    rule = house.add_schedule(sources=())
    house.now = upcoming(rule, now=house.now, count=1)[0].due
    timer = Timer(house.app.road, is_stopping=lambda: False)
    timer.start()
    fired = wait_for(lambda: outcomes(house) == ["skipped"])
    timer.stop()
    assert fired


def test_a_timer_that_is_told_to_stop_fires_nothing(house: House) -> None:
    house.add_list()
    rule = house.add_schedule(sources=())
    house.now = upcoming(rule, now=house.now, count=1)[0].due
    timer = Timer(house.app.road, is_stopping=lambda: True)
    timer.start()
    time.sleep(0.5)
    timer.stop()
    assert outcomes(house) == []


def test_a_paused_schedule_fires_nothing(house: House) -> None:
    from newsletter.schedule import tick

    house.add_list()
    rule = house.add_schedule(sources=(), audience=AudienceRule(lists=("daily",)))
    with house.app.database.write() as connection:
        schedules.change_schedule(connection, rule.id, is_paused=True)
    house.now = upcoming(rule, now=house.now, count=1)[0].due
    assert tick(house.app.road) == []

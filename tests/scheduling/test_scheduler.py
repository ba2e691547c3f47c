"""
The timer: it wakes by itself, and stops when told.
"""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest
from http_server import ScriptedServer
from installation import Installation

from newsletter.model.issue import AudienceRule
from newsletter.scheduling.firing import upcoming
from newsletter.store.scheduling import schedules
from newsletter.workers.scheduler import tick
from newsletter.workers.timer import Timer


def wait_for(what: Callable[[], bool], seconds: float = 60.0) -> bool:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if what():
            return True
        time.sleep(0.05)
    return False


def outcomes(installation: Installation) -> list[str]:
    with installation.app.database.read() as connection:
        rule = schedules.find_schedule(connection, "morning")
        return [row.outcome for row in schedules.last_slots(connection, rule.id, most=5)]


def test_the_timer_fires_a_slot_that_came_due_while_nobody_was_there(
    installation: Installation,
) -> None:
    installation.add_list()
    rule = installation.add_schedule(sources=())
    installation.now = upcoming(rule, now=installation.now, count=1)[0].due
    timer = Timer(installation.app.publishing, is_stopping=lambda: False)
    timer.start()
    fired = wait_for(lambda: outcomes(installation) == ["skipped"])
    timer.stop()
    assert fired


def test_a_timer_that_is_told_to_stop_fires_nothing(installation: Installation) -> None:
    installation.add_list()
    rule = installation.add_schedule(sources=())
    installation.now = upcoming(rule, now=installation.now, count=1)[0].due
    asked: list[str] = []

    def is_stopping() -> bool:
        asked.append("again")
        return True

    timer = Timer(installation.app.publishing, is_stopping=is_stopping)
    timer.start()
    assert wait_for(lambda: asked != [])
    timer.stop()
    assert outcomes(installation) == []


def test_a_slot_that_comes_due_as_the_timer_stops_breaks_nothing(
    installation: Installation,
) -> None:
    timer = Timer(installation.app.publishing, is_stopping=lambda: False)
    timer.start()
    timer.stop()
    # What APScheduler's thread calls when it took up the slot's job just before.
    timer._wake_for_slot()


def test_a_paused_schedule_fires_nothing(installation: Installation) -> None:
    installation.add_list()
    rule = installation.add_schedule(sources=(), audience=AudienceRule(lists=("daily",)))
    with installation.app.database.write() as connection:
        schedules.change_schedule(connection, rule.id, is_paused=True)
    installation.now = upcoming(rule, now=installation.now, count=1)[0].due
    assert tick(installation.app.publishing) == []


@pytest.mark.parametrize("asked", ["9" * 30, "Fri, 31 Dec 9999 23:59:59 -2359"])
def test_a_server_that_asks_for_ages_stops_no_schedule(
    installation: Installation, asked: str
) -> None:
    installation.add_list()
    rule = installation.add_schedule(sources=())
    installation.now = upcoming(rule, now=installation.now, count=1)[0].due
    with ScriptedServer() as server:
        server.answer("/feed", status=503, headers={"Retry-After": asked})
        installation.add_source("site", "feed", server.url("/feed"))
        tick(installation.app.publishing)
    assert outcomes(installation) == ["skipped"]


def test_a_source_that_cannot_be_opened_stops_no_schedule(installation: Installation) -> None:
    installation.add_list()
    rule = installation.add_schedule(sources=())
    installation.add_source("site", "ghost", "https://x.example", key="env:NOT_SET_ANYWHERE")
    installation.now = upcoming(rule, now=installation.now, count=1)[0].due
    tick(installation.app.publishing)
    assert outcomes(installation) == ["skipped"]

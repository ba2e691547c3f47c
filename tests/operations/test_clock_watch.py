"""
A wall clock that jumps is noticed, and nothing is done until it agrees with itself again.
"""

from __future__ import annotations

import datetime as dt

import pytest
from installation import Installation
from scripted_provider import Scripted, sending

from newsletter.actions.access import audit
from newsletter.actions.people import lists
from newsletter.app import utc_now
from newsletter.errors import StoreError
from newsletter.issues.settings.lists import ListValues
from newsletter.model.access import OPERATOR
from newsletter.operations.clock_watch import ClockWatch
from newsletter.operations.restore_guard import Marker
from newsletter.workers.housekeeping import Housekeeping


@pytest.mark.parametrize(
    ("wall_s", "monotonic_s", "jump_s"),
    [(2, 2, None), (-2, 2, None), (-4, 2, -6), (250, 2, None), (303, 2, 301), (400, 400, None)],
)
def test_a_jump_is_told_from_time_that_passed(
    now: dt.datetime, wall_s: int, monotonic_s: int, jump_s: int | None
) -> None:
    watch = ClockWatch()
    assert watch.jump_s(now, 100.0) is None
    later = now + dt.timedelta(seconds=wall_s)
    assert watch.jump_s(later, 100.0 + monotonic_s) == jump_s
    assert watch.jump_s(later, 100.0 + monotonic_s) is None


def test_a_sender_rests_for_one_beat_when_the_clock_jumped(installation: Installation) -> None:
    _, dispatcher = sending(installation, Scripted([]))
    memory = Marker(installation.app.database, installation.folder)
    heartbeat = Housekeeping(installation.app, dispatcher, memory, lambda: False)
    heartbeat.clock = lambda: clock_at
    found, clock_at = [], utc_now()
    for day in (0, 0, 1, 0):
        clock_at += dt.timedelta(days=day)
        heartbeat()
        found.append(heartbeat.is_steady)
    assert found == [True, True, False, True]


def test_nothing_is_sent_on_a_clock_far_from_the_databases(installation: Installation) -> None:
    _, dispatcher = sending(installation, Scripted([]))
    memory = Marker(installation.app.database, installation.folder)
    heartbeat = Housekeeping(installation.app, dispatcher, memory, lambda: False)
    heartbeat.clock = lambda: utc_now() + dt.timedelta(seconds=30)
    for _ in range(2):
        heartbeat()
        assert heartbeat.is_steady == (installation.app.database.file is not None)


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_no_audit_entry_is_deleted_by_a_clock_far_from_the_databases(
    installation: Installation,
) -> None:
    app = installation.app
    lists.add(app, "weekly", "Weekly", ListValues(), by=OPERATOR)
    _, dispatcher = sending(installation, Scripted([]))
    memory = Marker(app.database, installation.folder)
    heartbeat = Housekeeping(app, dispatcher, memory, lambda: False)
    installation.now += dt.timedelta(days=800)
    heartbeat.clock = lambda: utc_now() + dt.timedelta(days=800)
    heartbeat()
    assert len(audit.entries(app, limit=10, by=OPERATOR)) == 1
    heartbeat = Housekeeping(app, dispatcher, memory, lambda: False)
    heartbeat()
    assert audit.entries(app, limit=10, by=OPERATOR) == []


def test_no_call_is_made_without_room_to_write_its_result_down(installation: Installation) -> None:
    database = installation.app.database
    database.require_space()
    database.least_free = 2**62
    if database.file is None:
        database.require_space()
        return
    with pytest.raises(StoreError, match="are needed: free some space"):
        database.require_space()

"""
Times that a wrong clock wrote delay nobody once the clock is right.
"""

from __future__ import annotations

import datetime as dt

import pytest
import sqlalchemy as sa
from installation import Installation
from scripted_provider import WAIT, Scripted, all_of, batches_of, sending, submit_next

from newsletter.model.delivery import BatchState, HoldReason
from newsletter.store.delivery import leases
from newsletter.store.operations.clock_repair import repair_times
from newsletter.store.tables import batch

WEEKS = dt.timedelta(days=40)


def waiting_until(installation: Installation) -> dt.datetime | None:
    with installation.app.database.read() as connection:
        found: dt.datetime | None = connection.execute(sa.select(batch.c.not_before)).scalar_one()
    return found


def repair(installation: Installation) -> int:
    with installation.app.database.write() as connection:
        return repair_times(connection, now=installation.now)


def test_a_batch_put_off_on_a_wrong_clock_goes_on_when_it_is_right(
    installation: Installation,
) -> None:
    _, dispatcher = sending(installation, Scripted([all_of(WAIT)]))
    installation.now += WEEKS
    submit_next(dispatcher)
    installation.now -= WEEKS
    assert (repair(installation), repair(installation)) == (1, 0)
    assert waiting_until(installation) == installation.now


def test_a_batch_that_was_told_to_wait_waits(installation: Installation) -> None:
    _, dispatcher = sending(installation, Scripted([all_of(WAIT)]))
    submit_next(dispatcher)
    assert repair(installation) == 0
    assert waiting_until(installation) == installation.now + dt.timedelta(seconds=30)


@pytest.mark.parametrize("state", ["claimed", "submitting"])
def test_a_worker_that_died_on_a_wrong_clock_expires_when_it_is_right(
    installation: Installation, state: str
) -> None:
    issue_id, dispatcher = sending(installation, Scripted([]))
    installation.now += WEEKS
    with installation.app.database.write() as connection:
        leases.heartbeat(connection, "me", now=installation.now)
    dispatcher.prepare_next()
    with installation.app.database.write() as connection:
        connection.execute(sa.update(batch).values(state=state))
    installation.now -= WEEKS
    with installation.app.database.write() as connection:
        leases.expire_dead_workers(connection, installation.app.database.file, now=installation.now)
    expired = {"claimed": BatchState.PENDING, "submitting": BatchState.UNCERTAIN}[state]
    assert batches_of(installation, issue_id) == [(1, expired)]


def test_a_batch_that_waits_for_its_readers_time_of_day_is_left_alone(
    installation: Installation,
) -> None:
    sending(installation, Scripted([]))
    later = installation.now + WEEKS
    waits = {"state": BatchState.WAITING, "not_before": later}
    with installation.app.database.write() as connection:
        connection.execute(sa.update(batch).values(**waits, hold=HoldReason.TIME_OF_DAY))
    assert (repair(installation), waiting_until(installation)) == (0, later)
    with installation.app.database.write() as connection:
        connection.execute(sa.update(batch).values(hold=None, reason=""))
    assert (repair(installation), waiting_until(installation)) == (1, installation.now)


def test_who_waits_for_their_time_of_day_is_woken_by_nobody_because_the_first_go_alone(
    installation: Installation,
) -> None:
    sending(installation, Scripted([]))
    later = installation.now + dt.timedelta(hours=26)
    waits = {"state": BatchState.WAITING, "hold": HoldReason.CANARY, "not_before": later}
    with installation.app.database.write() as connection:
        connection.execute(sa.update(batch).values(**waits, timezone="Pacific/Midway"))
    assert (repair(installation), waiting_until(installation)) == (0, later)

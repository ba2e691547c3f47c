"""
What a clock wrote that was weeks ahead keeps nobody waiting once it is right.
"""

from __future__ import annotations

import datetime as dt

import pytest
import sqlalchemy as sa
from installation import House
from scripted_provider import WAIT, Scripted, all_of, batches_of, sending, submit_next

from newsletter.model.delivery import BatchState, HoldReason
from newsletter.store.delivery import leases
from newsletter.store.operations.clock_repair import repair_times
from newsletter.store.tables import batch

WEEKS = dt.timedelta(days=40)


def waiting_until(house: House) -> dt.datetime | None:
    with house.app.database.read() as connection:
        found: dt.datetime | None = connection.execute(sa.select(batch.c.not_before)).scalar_one()
    return found


def repair(house: House) -> int:
    with house.app.database.write() as connection:
        return repair_times(connection, now=house.now)


def test_a_batch_put_off_on_a_wrong_clock_goes_on_when_it_is_right(house: House) -> None:
    _, dispatcher = sending(house, Scripted([all_of(WAIT)]))
    house.now += WEEKS
    submit_next(dispatcher)
    house.now -= WEEKS
    assert (repair(house), repair(house)) == (1, 0)
    assert waiting_until(house) == house.now


def test_a_batch_that_was_told_to_wait_waits(house: House) -> None:
    _, dispatcher = sending(house, Scripted([all_of(WAIT)]))
    submit_next(dispatcher)
    assert repair(house) == 0
    assert waiting_until(house) == house.now + dt.timedelta(seconds=30)


@pytest.mark.parametrize("state", ["claimed", "submitting"])
def test_a_worker_that_died_on_a_wrong_clock_expires_when_it_is_right(
    house: House, state: str
) -> None:
    issue_id, dispatcher = sending(house, Scripted([]))
    house.now += WEEKS
    with house.app.database.write() as connection:
        leases.heartbeat(connection, "me", now=house.now)
    dispatcher.prepare_next()
    with house.app.database.write() as connection:
        connection.execute(sa.update(batch).values(state=state))
    house.now -= WEEKS
    with house.app.database.write() as connection:
        leases.expire_dead_workers(connection, house.app.database.file, now=house.now)
    expired = {"claimed": BatchState.PENDING, "submitting": BatchState.UNCERTAIN}[state]
    assert batches_of(house, issue_id) == [(1, expired)]


def test_a_batch_that_waits_for_its_readers_time_of_day_is_left_alone(house: House) -> None:
    sending(house, Scripted([]))
    later = house.now + WEEKS
    waits = {"state": BatchState.WAITING, "not_before": later}
    with house.app.database.write() as connection:
        connection.execute(sa.update(batch).values(**waits, hold=HoldReason.TIME_OF_DAY))
    assert (repair(house), waiting_until(house)) == (0, later)
    with house.app.database.write() as connection:
        connection.execute(sa.update(batch).values(hold=None, reason=""))
    assert (repair(house), waiting_until(house)) == (1, house.now)


def test_who_waits_for_their_time_of_day_is_woken_by_nobody_because_the_first_go_alone(
    house: House,
) -> None:
    sending(house, Scripted([]))
    later = house.now + dt.timedelta(hours=26)
    waits = {"state": BatchState.WAITING, "hold": HoldReason.CANARY, "not_before": later}
    with house.app.database.write() as connection:
        connection.execute(sa.update(batch).values(**waits, timezone="Pacific/Midway"))
    assert (repair(house), waiting_until(house)) == (0, later)

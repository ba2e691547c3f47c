"""
Workers on PostgreSQL: what one of them cannot send blocks neither the others nor the other
providers.
"""

from __future__ import annotations

import datetime as dt
import threading
import time

import pytest
import sqlalchemy as sa
from installation import House
from scripted_provider import ACCEPTED, Scripted, all_of, sending, states

from newsletter import pipeline
from newsletter.app import utc_now
from newsletter.workers.sender import run_forever

pytestmark = pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
JOBS = "SELECT count(*) FROM procrastinate.procrastinate_jobs WHERE status = 'doing'"
LONGEST_S = 20.0


def test_a_worker_that_waits_for_a_slow_provider_goes_on_with_the_others(house: House) -> None:
    slow, _ = sending(house, Scripted([all_of(ACCEPTED)] * 100, name="outbox"), readers=100)
    house.app.rate_limiter.configured = {"outbox": 0.05}.get
    house.app.settings = house.app.settings.model_copy(
        update={"provider": {"second": house.app.settings.provider_named("outbox")}}
    )
    house.app.providers["second"] = Scripted([all_of(ACCEPTED)] * 50, name="second")
    brisk = house.add_issue("Another", provider="second")
    pipeline.publish_issue(house.app.publishing, brisk)
    ends_s = time.monotonic() + LONGEST_S
    run_forever(
        house.app,
        is_stopping=lambda: house.state(brisk) == "submitted" or time.monotonic() > ends_s,
    )
    assert (states(house, brisk), house.state(slow)) == ({"accepted": 100}, "sending")


def test_a_worker_whose_clock_is_wrong_keeps_no_batch_from_the_others(house: House) -> None:
    issue_id, _ = sending(house, Scripted([all_of(ACCEPTED)] * 9), readers=8)
    ends_s = time.monotonic() + LONGEST_S

    def is_over() -> bool:
        return house.state(issue_id) == "submitted" or time.monotonic() > ends_s

    def wrong() -> dt.datetime:
        return utc_now() + dt.timedelta(seconds=30)

    lost = threading.Thread(
        target=lambda: run_forever(house.app, is_stopping=is_over, machine_clock=wrong)
    )
    lost.start()
    while held_jobs(house) < 4 and not is_over():
        time.sleep(0.02)
    run_forever(house.app, is_stopping=is_over)
    lost.join()
    assert states(house, issue_id) == {"accepted": 8}


def held_jobs(house: House) -> int:
    with house.app.database.read() as connection:
        return int(connection.execute(sa.text(JOBS)).scalar_one())

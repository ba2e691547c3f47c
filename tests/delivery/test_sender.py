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
from installation import Installation
from scripted_provider import ACCEPTED, Scripted, all_of, sending, states

from newsletter import pipeline
from newsletter.app import utc_now
from newsletter.workers.sender import run_forever

pytestmark = pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
JOBS = "SELECT count(*) FROM procrastinate.procrastinate_jobs WHERE status = 'doing'"
# Only ends a test that hangs: a job that the wrong worker took is given back every five seconds.
LONGEST_S = 180.0


def test_a_worker_that_waits_for_a_slow_provider_goes_on_with_the_others(
    installation: Installation,
) -> None:
    slow, _ = sending(installation, Scripted([all_of(ACCEPTED)] * 100, name="outbox"), readers=100)
    installation.app.rate_limiter.configured = {"outbox": 0.05}.get
    installation.app.settings = installation.app.settings.model_copy(
        update={"provider": {"second": installation.app.settings.provider_named("outbox")}}
    )
    installation.app.providers["second"] = Scripted([all_of(ACCEPTED)] * 50, name="second")
    brisk = installation.add_issue("Another", provider="second")
    pipeline.publish_issue(installation.app.publishing, brisk)
    ends_s = time.monotonic() + LONGEST_S
    run_forever(
        installation.app,
        is_stopping=lambda: installation.state(brisk) == "submitted" or time.monotonic() > ends_s,
    )
    assert (states(installation, brisk), installation.state(slow)) == ({"accepted": 100}, "sending")


def test_a_worker_whose_clock_is_wrong_keeps_no_batch_from_the_others(
    installation: Installation,
) -> None:
    issue_id, _ = sending(installation, Scripted([all_of(ACCEPTED)] * 9), readers=8)
    ends_s = time.monotonic() + LONGEST_S

    def is_over() -> bool:
        return installation.state(issue_id) == "submitted" or time.monotonic() > ends_s

    def wrong() -> dt.datetime:
        return utc_now() + dt.timedelta(seconds=30)

    lost = threading.Thread(
        target=lambda: run_forever(installation.app, is_stopping=is_over, machine_clock=wrong)
    )
    lost.start()
    while held_jobs(installation) < 4 and not is_over():
        time.sleep(0.02)
    run_forever(installation.app, is_stopping=is_over)
    lost.join()
    assert states(installation, issue_id) == {"accepted": 8}


def held_jobs(installation: Installation) -> int:
    with installation.app.database.read() as connection:
        return int(connection.execute(sa.text(JOBS)).scalar_one())

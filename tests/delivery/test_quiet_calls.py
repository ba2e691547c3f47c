"""
No call begins in quiet hours: neither a replay nor a call that waited for its slot.
"""

from __future__ import annotations

import datetime as dt

from installation import Installation
from scheduled_waves import scheduled, utc
from scripted_provider import (
    ACCEPTED,
    REPLAYS,
    UNCERTAIN,
    Scripted,
    all_of,
    states,
    submit_next,
)
from site_of_posts import Site

from newsletter.delivery.dispatch import Dispatcher
from newsletter.delivery.reconciliation.reconcile import reconcile_next
from newsletter.delivery.waves import defer_in_quiet_hours
from newsletter.scheduling.quiet_hours import parse_quiet
from newsletter.workers.scheduler import tick

# Ten in the evening in New York.
NIGHT = utc(5, 3)


def sending_at_half_past_nine(installation: Installation, provider: Scripted) -> Dispatcher:
    scheduled(installation, cron="30 21 * * *", quiet=parse_quiet("22:00-07:00"))
    installation.add_readers(1)
    site = Site()
    site.write()
    installation.now = utc(5, 2, 30)
    tick(site.read_by(installation))
    installation.app.providers["outbox"] = provider
    return installation.app.dispatcher("me")


def housekeeping(installation: Installation, dispatcher: Dispatcher, now: dt.datetime) -> None:
    installation.now = now
    with installation.app.database.write() as connection:
        defer_in_quiet_hours(connection, now=now)
    reconcile_next(dispatcher)


def test_a_replay_waits_for_the_end_of_quiet_hours(installation: Installation) -> None:
    provider = Scripted([all_of(UNCERTAIN), all_of(ACCEPTED)], capabilities=REPLAYS)
    dispatcher = sending_at_half_past_nine(installation, provider)
    installation.now = NIGHT - dt.timedelta(minutes=1)
    submit_next(dispatcher)
    housekeeping(installation, dispatcher, NIGHT + dt.timedelta(hours=2))
    at_midnight = (len(provider.handed), states(installation, 1))
    housekeeping(installation, dispatcher, utc(5, 12))
    assert at_midnight == (1, {"uncertain": 1})
    assert (len(provider.handed), states(installation, 1)) == (2, {"accepted": 1})


def test_a_call_whose_turn_comes_in_quiet_hours_is_put_off(installation: Installation) -> None:
    provider = Scripted([all_of(ACCEPTED)])
    dispatcher = sending_at_half_past_nine(installation, provider)
    installation.now = NIGHT - dt.timedelta(seconds=1)
    begun = dispatcher.prepare_next()
    assert begun is not None
    installation.now = NIGHT + dt.timedelta(seconds=1)
    dispatcher.record_result(begun, dispatcher.submit(begun))
    housekeeping(installation, dispatcher, installation.now)
    assert (provider.handed, dispatcher.prepare_next(), states(installation, 1)) == (
        [],
        None,
        {"pending": 1},
    )

"""
No call begins in quiet hours: neither a replay nor a call that waited for its slot.
"""

from __future__ import annotations

import datetime as dt

from installation import House
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


def sending_at_half_past_nine(house: House, provider: Scripted) -> Dispatcher:
    scheduled(house, cron="30 21 * * *", quiet=parse_quiet("22:00-07:00"))
    house.add_readers(1)
    site = Site()
    site.write()
    house.now = utc(5, 2, 30)
    tick(site.read_by(house))
    house.app.providers["outbox"] = provider
    return house.app.dispatcher("me")


def housekeeping(house: House, dispatcher: Dispatcher, now: dt.datetime) -> None:
    house.now = now
    with house.app.database.write() as connection:
        defer_in_quiet_hours(connection, now=now)
    reconcile_next(dispatcher)


def test_a_replay_waits_for_the_end_of_quiet_hours(house: House) -> None:
    provider = Scripted([all_of(UNCERTAIN), all_of(ACCEPTED)], capabilities=REPLAYS)
    dispatcher = sending_at_half_past_nine(house, provider)
    house.now = NIGHT - dt.timedelta(minutes=1)
    submit_next(dispatcher)
    housekeeping(house, dispatcher, NIGHT + dt.timedelta(hours=2))
    at_midnight = (len(provider.handed), states(house, 1))
    housekeeping(house, dispatcher, utc(5, 12))
    assert at_midnight == (1, {"uncertain": 1})
    assert (len(provider.handed), states(house, 1)) == (2, {"accepted": 1})


def test_a_call_whose_turn_comes_in_quiet_hours_is_put_off(house: House) -> None:
    provider = Scripted([all_of(ACCEPTED)])
    dispatcher = sending_at_half_past_nine(house, provider)
    house.now = NIGHT - dt.timedelta(seconds=1)
    begun = dispatcher.prepare_next()
    assert begun is not None
    house.now = NIGHT + dt.timedelta(seconds=1)
    dispatcher.record_result(begun, dispatcher.submit(begun))
    housekeeping(house, dispatcher, house.now)
    assert (provider.handed, dispatcher.prepare_next(), states(house, 1)) == (
        [],
        None,
        {"pending": 1},
    )

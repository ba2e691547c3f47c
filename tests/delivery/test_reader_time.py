"""
A schedule by each reader's clock keeps its slots, whoever joins or leaves, and a fault in one zone
or schedule stops no other.
"""

from __future__ import annotations

import datetime as dt

import pytest
from installation import Installation
from scheduled_waves import NEW_YORK, TOKYO, add_reader, scheduled, sent_at, utc
from site_of_posts import Site

from newsletter.delivery.waves import plan_waves
from newsletter.model.schedule import MisfirePolicy, Schedule
from newsletter.model.timing import Timing
from newsletter.scheduling.firing import upcoming
from newsletter.scheduling.quiet_hours import parse_quiet, span_from
from newsletter.store.scheduling import schedules
from newsletter.workers.scheduler import tick

AUCKLAND = "Pacific/Auckland"
DENVER, PHOENIX = "America/Denver", "America/Phoenix"


def slots(installation: Installation, rule: Schedule) -> list[tuple[str, str]]:
    with installation.app.database.read() as connection:
        rows = schedules.last_slots(connection, rule.id, most=9)
    return [(row.slot.wall, row.outcome) for row in rows]


def test_a_reader_who_joins_in_the_east_takes_no_slot_from_the_others(
    installation: Installation,
) -> None:
    rule = scheduled(installation, cron="0 6,18 * * *", is_local=True)
    add_reader(installation, "cleo@example.org", NEW_YORK)
    site = Site()
    site.write()
    sent_at(installation, utc(5, 11), site)
    site.write()
    # In Auckland it is past 18:00 by now, in New York not.
    add_reader(installation, "kiwi@example.org", AUCKLAND)
    for hour in range(12, 24):
        sent_at(installation, utc(5, hour), site)
    assert ("2026-03-05T18:00", "issued") in slots(installation, rule)
    assert installation.mailed().count("cleo@example.org") == 2


@pytest.mark.parametrize("late", [MisfirePolicy.SKIP, MisfirePolicy.ASK])
def test_a_reader_who_joins_in_the_east_makes_no_slot_late(
    installation: Installation, late: MisfirePolicy
) -> None:
    scheduled(installation, is_local=True, misfire_policy=late)
    add_reader(installation, "cleo@example.org", NEW_YORK)
    site = Site()
    site.write()
    sent_at(installation, utc(5, 11), site)
    site.write()
    sent_at(installation, utc(5, 20), site)
    add_reader(installation, "kiwi@example.org", AUCKLAND)
    sent_at(installation, utc(5, 20, 1), site)
    assert sent_at(installation, utc(6, 11), site).count("cleo@example.org") == 2


def test_a_new_schedule_keeps_the_slot_that_next_names(installation: Installation) -> None:
    installation.now = utc(4, 22)
    rule = scheduled(installation, is_local=True)
    add_reader(installation, "aiko@example.org", TOKYO)
    add_reader(installation, "cleo@example.org", NEW_YORK)
    site = Site()
    site.write()
    promised = upcoming(rule, now=installation.now, count=1)[0]
    assert sent_at(installation, promised.due, site) == ["aiko@example.org", "cleo@example.org"]
    assert slots(installation, rule)[0] == (promised.wall, "issued")


def test_a_zone_this_machine_does_not_know_counts_as_none(installation: Installation) -> None:
    scheduled(installation, is_local=True)
    add_reader(installation, "olympia@example.org", "Mars/Olympus")
    site = Site()
    site.write()
    assert sent_at(installation, utc(5, 11), site) == ["olympia@example.org"]


def test_a_schedule_that_cannot_fire_stops_no_other(installation: Installation) -> None:
    scheduled(installation, is_local=True)
    rule = installation.add_schedule("other", timezone=NEW_YORK)
    with installation.app.database.write() as connection:
        connection.exec_driver_sql("UPDATE schedule SET cron = 'never' WHERE name = 'morning'")
    installation.now = utc(5, 11)
    tick(Site().read_by(installation))
    assert [wall for wall, _ in slots(installation, rule)] == ["2026-03-05T06:00"]


def test_zones_whose_coming_nights_differ_are_waves_of_their_own() -> None:
    quiet = parse_quiet("22:00-07:00")
    timing = Timing(timezone="UTC", wall="2026-03-07T20:00", quiet=(quiet,))
    # In the night of 8 March the clocks go forward in Denver, and not in Phoenix.
    waves = plan_waves(timing, [DENVER, PHOENIX], now=dt.datetime(2026, 3, 8, 3, tzinfo=dt.UTC))
    wave = next(wave for wave in waves if PHOENIX in wave.zones)
    assert wave.zones == (PHOENIX,)
    assert wave.not_after is not None
    assert span_from([quiet], PHOENIX, wave.not_after)[0] == dt.datetime(
        2026, 3, 8, 14, tzinfo=dt.UTC
    )

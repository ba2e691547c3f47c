"""
One issue, a wave a time zone: each reader gets it at their own hour, and nobody in quiet hours.
"""

from __future__ import annotations

import datetime as dt

import pytest
import sqlalchemy as sa
from installation import Installation
from scheduled_waves import BERLIN, NEW_YORK, PARIS, TOKYO, add_reader, scheduled, sent_at, utc
from site_of_posts import Site

from newsletter.delivery.waves import defer_in_quiet_hours, end_quiet_wait, plan_waves
from newsletter.model.delivery import BatchState, HoldReason
from newsletter.model.timing import Timing
from newsletter.scheduling.firing import upcoming
from newsletter.scheduling.quiet_hours import parse_quiet
from newsletter.scheduling.slots import local_slots_between, parse_cron
from newsletter.store.delivery import leases
from newsletter.store.delivery.claims import claim_batch
from newsletter.store.delivery.waits import Wait, waits_of
from newsletter.store.scheduling import schedules
from newsletter.store.tables import batch, delivery
from newsletter.workers.scheduler import tick
from newsletter.workers.sender import run_until_done

HOUR = dt.timedelta(hours=1)
START = dt.datetime(2026, 3, 4, 12, 0, tzinfo=dt.UTC)


def test_each_reader_gets_the_issue_at_their_own_six_in_the_morning(
    installation: Installation,
) -> None:
    scheduled(installation, is_local=True)
    for address, zone in [
        ("aiko@example.org", TOKYO),
        ("bea@example.org", PARIS),
        ("cleo@example.org", NEW_YORK),
        ("dan@example.org", None),
    ]:
        add_reader(installation, address, zone)
    site = Site()
    site.write()
    waves = [
        sent_at(installation, when, site)
        for when in (utc(4, 20, 59), utc(4, 21), utc(5, 5), utc(5, 11))
    ]
    assert waves == [
        [],
        ["aiko@example.org"],
        ["aiko@example.org", "bea@example.org"],
        ["aiko@example.org", "bea@example.org", "cleo@example.org", "dan@example.org"],
    ]


def test_who_joins_after_the_first_wave_does_not_get_the_issue(installation: Installation) -> None:
    scheduled(installation, is_local=True)
    add_reader(installation, "aiko@example.org", TOKYO)
    site = Site()
    site.write()
    sent_at(installation, utc(4, 21), site)
    add_reader(installation, "late@example.org", NEW_YORK)
    assert sent_at(installation, utc(5, 11), site) == ["aiko@example.org"]


def test_who_leaves_before_their_wave_gets_nothing(installation: Installation) -> None:
    scheduled(installation, is_local=True)
    add_reader(installation, "aiko@example.org", TOKYO)
    add_reader(installation, "bea@example.org", PARIS)
    site = Site()
    site.write()
    sent_at(installation, utc(4, 21), site)
    installation.unsubscribe("bea@example.org")
    assert sent_at(installation, utc(5, 5), site) == ["aiko@example.org"]


def test_all_waves_are_one_issue_that_ends_with_the_last(installation: Installation) -> None:
    scheduled(installation, is_local=True)
    add_reader(installation, "aiko@example.org", TOKYO)
    add_reader(installation, "cleo@example.org", NEW_YORK)
    site = Site()
    site.write()
    sent_at(installation, utc(4, 21), site)
    between = (
        installation.state(1),
        installation.counts(1)["accepted"],
        installation.counts(1)["pending"],
    )
    sent_at(installation, utc(5, 11), site)
    assert between == ("sending", 1, 1)
    assert (installation.state(1), installation.counts(1)["accepted"]) == ("submitted", 2)


def test_a_local_schedule_fires_each_wall_time_once_whoever_joins_or_leaves(
    installation: Installation,
) -> None:
    rule = scheduled(installation, is_local=True)
    add_reader(installation, "cleo@example.org", NEW_YORK)
    site = Site()
    for hours in range(60):
        if hours == 20:
            add_reader(installation, "aiko@example.org", TOKYO)
        if hours == 40:
            installation.unsubscribe("aiko@example.org")
        installation.now = START + HOUR * hours
        tick(site.read_by(installation))
    with installation.app.database.read() as connection:
        walls = [row.slot.wall for row in schedules.last_slots(connection, rule.id, most=9)]
    assert walls == ["2026-03-06T06:00", "2026-03-05T06:00"]


def test_a_wall_time_is_due_where_the_first_zone_comes_to_it() -> None:
    zones = [NEW_YORK, TOKYO, "Pacific/Honolulu"]
    found = local_slots_between(parse_cron("0 6 * * *"), zones, utc(4, 12), utc(6, 12))
    assert [(slot.wall, slot.due) for slot in found] == [
        ("2026-03-05T06:00", utc(4, 21)),
        ("2026-03-06T06:00", utc(5, 21)),
    ]


def test_zones_with_one_clock_are_one_wave() -> None:
    timing = Timing(timezone=NEW_YORK, wall="2026-03-05T06:00")
    waves = plan_waves(timing, [TOKYO, PARIS, BERLIN], now=utc(4, 22))
    assert [(wave.zones, wave.not_before, wave.takes_unknown) for wave in waves] == [
        ((TOKYO,), None, False),
        ((BERLIN, PARIS), utc(5, 5), False),
        ((NEW_YORK,), utc(5, 11), True),
    ]


def test_without_a_timing_all_is_one_wave_at_once() -> None:
    waves = plan_waves(None, [], now=START)
    assert [(wave.not_before, wave.not_after, wave.takes_unknown) for wave in waves] == [
        (None, None, True)
    ]


def test_a_send_that_meets_quiet_hours_goes_on_in_the_morning(installation: Installation) -> None:
    scheduled(installation, cron="30 21 * * *", quiet=parse_quiet("22:00-07:00"))
    installation.add_readers(3)
    site = Site()
    site.write()
    installation.now = utc(5, 2, 30)
    tick(site.read_by(installation))
    installation.now = utc(5, 3)
    run_until_done(installation.app, is_done=lambda: True)
    at_night = (installation.mailed(), installation.counts(1)["pending"])
    installation.now = utc(5, 11, 59)
    run_until_done(installation.app, is_done=lambda: True)
    before_seven = installation.mailed()
    installation.now = utc(5, 12)
    installation.submit_all()
    assert (at_night, before_seven, len(installation.mailed())) == (([], 3), [], 3)


def test_a_slot_in_quiet_hours_waits_for_their_end(installation: Installation) -> None:
    scheduled(installation, cron="0 6 * * *", quiet=parse_quiet("22:00-07:00"))
    installation.add_readers(1)
    site = Site()
    site.write()
    at_six = sent_at(installation, utc(5, 11), site)
    assert (at_six, sent_at(installation, utc(5, 12), site)) == ([], ["reader0000@example.org"])


def test_quiet_hours_are_each_readers_own_where_the_schedule_goes_by_theirs(
    installation: Installation,
) -> None:
    scheduled(installation, cron="0 23 * * *", is_local=True, quiet=parse_quiet("22:00-07:00"))
    add_reader(installation, "aiko@example.org", TOKYO)
    add_reader(installation, "cleo@example.org", NEW_YORK)
    site = Site()
    site.write()
    waves = [sent_at(installation, when, site) for when in (utc(4, 14), utc(4, 22), utc(5, 12))]
    assert waves == [[], ["aiko@example.org"], ["aiko@example.org", "cleo@example.org"]]


def test_putting_off_never_shortens_another_wait(installation: Installation) -> None:
    scheduled(installation, cron="30 21 * * *", quiet=parse_quiet("22:00-23:00"))
    installation.add_readers(1)
    site = Site()
    site.write()
    installation.now = utc(5, 2, 30)
    tick(site.read_by(installation))
    later = utc(5, 9)
    with installation.app.database.write() as connection:
        connection.exec_driver_sql("UPDATE batch SET state = 'waiting'")
        connection.execute(batch.update().values(not_before=later))
        defer_in_quiet_hours(connection, now=utc(5, 3))
        row = connection.execute(batch.select()).one()
    assert (row.not_before, row.not_after) == (later, utc(6, 3))


@pytest.mark.parametrize(
    ("reason", "not_before", "hold"),
    [
        ("", None, HoldReason.TIME_OF_DAY),
        ("asked to slow down", utc(5, 2, 31), HoldReason.TIME_OF_DAY),
        ("asked to slow down", utc(5, 9), None),
    ],
)
def test_a_batch_deferred_in_quiet_hours_is_held_for_the_time_of_day(
    installation: Installation, reason: str, not_before: dt.datetime | None, hold: HoldReason | None
) -> None:
    scheduled(installation, cron="30 21 * * *", quiet=parse_quiet("22:00-23:00"))
    installation.add_readers(1)
    site = Site()
    site.write()
    installation.now = utc(5, 2, 30)
    tick(site.read_by(installation))
    state = BatchState.WAITING if not_before else BatchState.PENDING
    with installation.app.database.write() as connection:
        connection.execute(batch.update().values(state=state, reason=reason, not_before=not_before))
        defer_in_quiet_hours(connection, now=utc(5, 3))
        row = connection.execute(batch.select()).one()
    assert (row.state, row.hold) == (BatchState.WAITING, hold)


def test_a_claimed_batch_is_held_no_longer(installation: Installation) -> None:
    scheduled(installation, is_local=True)
    add_reader(installation, "aiko@example.org", TOKYO)
    add_reader(installation, "cleo@example.org", NEW_YORK)
    site = Site()
    site.write()
    sent_at(installation, utc(4, 21), site)
    installation.now = utc(5, 11)
    with installation.app.database.write() as connection:
        held = sa.select(batch.c.hold).where(batch.c.state == BatchState.WAITING)
        before = connection.execute(held).scalar_one()
        claim_batch(connection, worker_id="me", now=installation.now, lease=leases.LEASE)
        row = connection.execute(batch.select().order_by(batch.c.id.desc()).limit(1)).one()
    assert (before, row.state, row.hold) == (HoldReason.TIME_OF_DAY, BatchState.CLAIMED, None)


@pytest.mark.parametrize(
    ("days_off", "expected"),
    [((), ["2026-03-05", "2026-03-06"]), (("2026-03-05",), ["2026-03-06", "2026-03-07"])],
)
def test_the_next_slots_leave_days_off_out(
    installation: Installation, days_off: tuple[str, ...], expected: list[str]
) -> None:
    rule = scheduled(installation, days_off=days_off)
    found = upcoming(rule, now=START, count=2)
    assert [slot.wall[:10] for slot in found] == expected


def test_a_slot_on_a_day_off_is_skipped_with_the_day_as_the_reason(
    installation: Installation,
) -> None:
    rule = scheduled(installation, days_off=("03-05",))
    installation.add_readers(1)
    site = Site()
    site.write()
    sent_at(installation, utc(5, 11), site)
    with installation.app.database.read() as connection:
        row = schedules.last_slots(connection, rule.id, most=1)[0]
    assert (row.outcome, row.reason) == ("skipped", "day off: 03-05")


def test_a_slot_missed_before_a_day_off_is_still_made(installation: Installation) -> None:
    scheduled(installation, days_off=("03-06",))
    installation.add_readers(1)
    site = Site()
    site.write()
    assert sent_at(installation, utc(6, 15), site) == ["reader0000@example.org"]


def test_the_status_says_who_waits_until_when(installation: Installation) -> None:
    scheduled(installation, is_local=True)
    add_reader(installation, "aiko@example.org", TOKYO)
    add_reader(installation, "cleo@example.org", NEW_YORK)
    site = Site()
    site.write()
    sent_at(installation, utc(4, 21), site)
    with installation.app.database.read() as connection:
        waits = waits_of(connection, 1)
    assert waits == [
        Wait(
            until=utc(5, 11),
            reason="",
            recipients=1,
            hold=HoldReason.TIME_OF_DAY,
            timezone=NEW_YORK,
            wall="2026-03-05T06:00",
        )
    ]
    assert waits[0].as_json()["reason"] == "the readers' time of day"


def test_batches_held_for_the_same_quiet_hours_wait_for_one_thing(
    installation: Installation,
) -> None:
    scheduled(installation, cron="30 21 * * *", quiet=parse_quiet("22:00-23:00"))
    installation.add_readers(2)
    site = Site()
    site.write()
    installation.now = utc(5, 2, 30)
    tick(site.read_by(installation))
    with installation.app.database.write() as connection:
        first = connection.execute(batch.select()).mappings().one()
        retried = {"no": 2, "state": BatchState.WAITING, "reason": "asked to slow down"}
        kept = ("issue_id", "timezone", "not_after")
        values = {name: first[name] for name in kept} | retried
        connection.execute(batch.insert().values(**values, not_before=utc(5, 2, 31)))
        connection.execute(delivery.update().where(delivery.c.id == 2).values(batch_no=2))
        defer_in_quiet_hours(connection, now=utc(5, 3))
        waits = waits_of(connection, 1)
    held = HoldReason.TIME_OF_DAY
    assert [(one.until, one.hold, one.recipients) for one in waits] == [(utc(5, 4), held, 2)]


def test_readers_who_are_ahead_of_their_hour_keep_it_when_quiet_hours_are_ended(
    installation: Installation,
) -> None:
    scheduled(installation, is_local=True, quiet=parse_quiet("05:00-09:00"))
    add_reader(installation, "aiko@example.org", TOKYO)
    add_reader(installation, "cleo@example.org", NEW_YORK)
    site = Site()
    site.write()
    assert sent_at(installation, utc(4, 21), site) == []
    with installation.app.database.write() as connection:
        end_quiet_wait(connection, 1, now=utc(4, 21))
    assert sent_at(installation, utc(4, 21), site) == ["aiko@example.org"]
    assert sent_at(installation, utc(5, 10, 59), site) == ["aiko@example.org"]
    assert sent_at(installation, utc(5, 11), site) == ["aiko@example.org", "cleo@example.org"]

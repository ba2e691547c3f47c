"""
Two years by a simulated clock: six schedules in six zones, processes that die and come back at
random, and every slot written down once, on its own local day.
"""

from __future__ import annotations

import datetime as dt
import random
from collections import Counter

import pytest
import sqlalchemy as sa
from installation import Installation

from newsletter import pipeline
from newsletter.scheduling.firing import fire_due
from newsletter.store.scheduling import schedules
from newsletter.store.tables import schedule, slot

START = dt.datetime(2026, 1, 1, 0, 0, tzinfo=dt.UTC)
END = START + dt.timedelta(days=730)
# Two of the times do not exist on one night a year and come twice on another.
CLOCKS = {
    "America/New_York": "02:30",
    "Europe/Berlin": "02:15",
    "Australia/Lord_Howe": "02:05",
    "Asia/Kolkata": "06:00",
    "Pacific/Apia": "23:55",
    "UTC": "00:00",
}


def expected_walls(zone: str, time: str) -> list[str]:
    """
    Every day of the two years with the schedule's time, counted by the calendar alone.
    """
    from zoneinfo import ZoneInfo

    hour, minute = map(int, time.split(":"))
    walls, day = [], (START - dt.timedelta(days=2)).date()
    while day <= (END + dt.timedelta(days=2)).date():
        wall = dt.datetime.combine(day, dt.time(hour, minute))
        due = wall.replace(tzinfo=ZoneInfo(zone), fold=0).astimezone(dt.UTC)
        if START < due <= END:
            walls.append(wall.isoformat(timespec="minutes"))
        day += dt.timedelta(days=1)
    return walls


def live(installation: Installation, chance: random.Random) -> None:
    """
    One stretch of a process's life: what is due is taken, and mostly also made.
    """
    with installation.app.database.read() as connection:
        rules = schedules.all_schedules(connection)
    for rule in rules:
        fired = fire_due(
            installation.app.publishing.database, rule, now=installation.app.publishing.clock()
        )
        # One in ten dies with a slot taken and not made.
        if fired is not None and chance.random() > 0.1:
            pipeline.publish_slot(installation.app.publishing, fired)
    if chance.random() < 0.3:
        pipeline.resume(installation.app.publishing)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize("seed", [1, 2])
def test_every_slot_of_two_years_is_written_down_once_on_its_local_day(
    installation: Installation, seed: int
) -> None:
    chance = random.Random(seed)
    installation.now = START
    installation.add_list()
    for number, (zone, time) in enumerate(CLOCKS.items()):
        hour, minute = map(int, time.split(":"))
        installation.add_schedule(
            f"s{number}", cron=f"{minute} {hour} * * *", timezone=zone, sources=()
        )
    while installation.now < END:
        away = chance.choice([0.2, 1, 5, 26, 26, 80, 300])
        installation.now = min(
            END, installation.now + dt.timedelta(hours=away * chance.random() * 2)
        )
        live(installation, chance)
    installation.now += dt.timedelta(minutes=5)
    pipeline.resume(installation.app.publishing)
    with installation.app.database.read() as connection:
        rows = connection.execute(
            sa.select(schedule.c.timezone, slot.c.slot, slot.c.outcome)
            .join(slot, slot.c.schedule_id == schedule.c.id)
            .order_by(slot.c.slot)
        ).all()
    for zone, time in CLOCKS.items():
        walls = [row.slot for row in rows if row.timezone == zone and row.slot]
        assert Counter(walls) == Counter(expected_walls(zone, time))
    assert {row.outcome for row in rows} == {"skipped"}

"""
The two days on which clocks change, in six zones, with a slot at the wall time that does not come,
or comes twice. Two processes tick, at odd moments, on clocks that are set now and then; no date of
the series may fire twice, and none may go missing.
"""

from __future__ import annotations

import datetime as dt
import itertools
import json
import random
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from newsletter.app import App
from newsletter.model.issue import AudienceRule
from newsletter.model.schedule import MisfirePolicy, Schedule
from newsletter.settings import load_settings
from newsletter.store.scheduling import schedules
from newsletter.workers.scheduler import tick
from reliability.processes.sender import InlineSandbox
from reliability.runs.checker import Figures
from reliability.runs.draft import SLUG
from reliability.runs.row import PRODUCT, Row
from reliability.runs.suite_environment import SuiteEnvironment

ZONES = (
    "America/New_York",
    "Europe/Berlin",
    "Europe/London",
    "Australia/Lord_Howe",
    "America/Santiago",
    "Africa/Cairo",
)
YEAR = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
MINUTE, DAY = dt.timedelta(minutes=1), dt.timedelta(days=1)
CHANGES = tuple(itertools.product(ZONES, ("forward", "back")))


def clock_changes(zone: ZoneInfo) -> Iterator[tuple[dt.datetime, dt.timedelta]]:
    """
    Give each change of a zone's clock in the year: the first instant after it, and by how much.
    """
    for number in range(366 * 48):
        before = YEAR + dt.timedelta(minutes=30 * number)
        after = before + dt.timedelta(minutes=30)
        shift = (after.astimezone(zone).utcoffset() or dt.timedelta()) - (
            before.astimezone(zone).utcoffset() or dt.timedelta()
        )
        if shift:
            yield after, shift


def critical_wall_time(zone: ZoneInfo, direction: str) -> tuple[dt.datetime, dt.datetime]:
    """
    Return when the clock changes, and a wall time in the middle of what is left out or comes twice.
    """
    for at, shift in clock_changes(zone):
        if (shift > dt.timedelta()) is (direction == "forward"):
            # Forward it shows the end of what was left out, back the start of the second time.
            first = at.astimezone(zone).replace(tzinfo=None)
            return at, first - shift / 2
    raise AssertionError(f"{zone} has no such change")


def fire_through_change(parameters: Mapping[str, Any]) -> None:
    """
    Tick through the change `direction` of `zone` in the installation in `folder`, and write
    `found.json`.
    """
    folder, rng = Path(parameters["folder"]), random.Random(parameters["seed"])
    zone = ZoneInfo(parameters["zone"])
    at, wall = critical_wall_time(zone, parameters["direction"])
    start, end = at - 2 * DAY, at + 2 * DAY
    clock = [start]
    fired: Counter[str] = Counter()
    with App(
        settings=load_settings(folder / "newsletter.toml"),
        clock=lambda: clock[0],
        shared_sandbox=InlineSandbox(),  # type: ignore[arg-type]
    ) as app:
        add_schedule(app, wall, parameters["zone"], now=start)
        for now in moments(rng, start, end):
            clock[0] = now
            if parameters["naive"]:
                fired.update(fired_naively(now, wall, zone))
            else:
                fired.update(row.slot.wall[:10] for row in tick(app.publishing))
    days = {str((wall + n * DAY).date()) for n in (-1, 0, 1)}
    found = Figures(doubled=sum(times - 1 for times in fired.values()), lost=len(days - set(fired)))
    (folder / "found.json").write_text(json.dumps(asdict(found)))


def add_schedule(app: App, wall: dt.datetime, timezone: str, *, now: dt.datetime) -> None:
    rule = Schedule(
        id=0,
        name="nightly",
        cron=f"{wall.minute} {wall.hour} * * *",
        timezone=timezone,
        audience=AudienceRule(lists=(SLUG,)),
        sources=(),
        misfire_policy=MisfirePolicy.SEND,
    )
    with app.database.write() as connection:
        schedules.add_schedule(connection, rule, now=now)


def moments(rng: random.Random, start: dt.datetime, end: dt.datetime) -> Iterator[dt.datetime]:
    """
    Give the moments at which somebody ticks: each minute about the change, each half hour else, and
    after one in ten also on a clock that is up to two hours behind.
    """
    now, middle = start, start + (end - start) / 2
    while now < end:
        yield now
        if rng.random() < 0.1:
            yield now - rng.uniform(0.0, 120.0) * MINUTE
        is_near = abs(now - middle) < 3 * 60 * MINUTE
        now += MINUTE if is_near else 30 * MINUTE


def fired_naively(now: dt.datetime, wall: dt.datetime, zone: ZoneInfo) -> list[str]:
    """
    Return the dates that a timer fires which compares the time on the wall.
    """
    here = now.astimezone(zone)
    is_time = (here.hour, here.minute) == (wall.hour, wall.minute)
    return [str(here.date())] if is_time else []


def fill_changes(environment: SuiteEnvironment, row: Row, *, seeds: Sequence[int]) -> None:
    """
    Fill *row*: a change for each seed, every zone and direction in turn.
    """
    for seed in seeds:
        zone, direction = CHANGES[seed % len(CHANGES)]
        name = f"clocks-{row.sender}-{row.database}-change-{seed}"
        with environment.fresh_run(name, database=row.database, readers=1, script={}) as run:
            job = {
                "folder": str(run.folder), "zone": zone, "direction": direction, "seed": seed,
                "naive": row.sender != PRODUCT,
            }  # fmt: skip
            if environment.forks.run(fire_through_change, job) != 0:
                row.wrong.append(f"{direction} in {zone}, seed {seed}: broke")
                continue
            found = json.loads((run.folder / "found.json").read_text())
        row.add(f"{direction} in {zone}, seed {seed}", Figures(**found), most_uncertain=0)

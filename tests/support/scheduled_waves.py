"""
A schedule that sends at six in each reader's own time zone.
"""

from __future__ import annotations

import datetime as dt

from installation import Installation
from site_of_posts import Site

from newsletter.model.schedule import Schedule
from newsletter.model.source import FirstPoll
from newsletter.workers.scheduler import tick
from newsletter.workers.sender import run_until_done
from subscribers.database.tables import subscriber

TOKYO, PARIS, BERLIN, NEW_YORK = "Asia/Tokyo", "Europe/Paris", "Europe/Berlin", "America/New_York"


def utc(day: int, hour: int, minute: int = 0) -> dt.datetime:
    return dt.datetime(2026, 3, day, hour, minute, tzinfo=dt.UTC)


def scheduled(installation: Installation, **rule: object) -> Schedule:
    installation.add_list()
    installation.add_source("site", "feed", "https://site.example/", first_poll=FirstPoll.NEW)
    return installation.add_schedule(timezone=NEW_YORK, **rule)


def add_reader(installation: Installation, address: str, timezone: str | None) -> None:
    installation.subscribe([address])
    with installation.app.database.write() as connection:
        theirs = subscriber.update().where(subscriber.c.email == address)
        connection.execute(theirs.values(timezone=timezone))


def sent_at(installation: Installation, when: dt.datetime, site: Site) -> list[str]:
    """
    Submit what is due by *when*, and return everybody who has got an email by then.
    """
    installation.now = when
    tick(site.read_by(installation))
    run_until_done(installation.app, is_done=lambda: True)
    return installation.mailed()

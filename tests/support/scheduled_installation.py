"""
An installation with a schedule.
"""

from __future__ import annotations

import datetime as dt
from pathlib import Path

from installation import Installation

from newsletter.model.source import FirstPoll
from newsletter.store.scheduling import schedules

MORNING = dt.datetime(2026, 3, 5, 11, 0, tzinfo=dt.UTC)


BRIEF = """March 5, 2026

IntelBrief: {title}

• The ferries stay.
• The tolls rise.

Nobody left the quay on Monday, and the pilots went home without a word to the harbor master.
"""


def put_brief(folder: Path, title: str) -> None:
    import os

    folder.mkdir(exist_ok=True)
    file = folder / f"{title.replace(' ', '-')}.txt"
    file.write_text(BRIEF.format(title=title))
    os.utime(file, (0, 0))


def last_slot(installation: Installation, name: str = "morning") -> tuple[str, str]:
    with installation.app.database.read() as connection:
        rule = schedules.find_schedule(connection, name)
        row = schedules.last_slots(connection, rule.id, most=1)[0]
    return row.outcome, row.reason


def scheduled(installation: Installation, **values: object) -> None:
    """
    Set up a list of three readers, a folder of briefs, and a schedule at six in New York.
    """
    installation.add_list()
    installation.add_readers(3)
    installation.add_source(
        "site", "folder", "briefs", first_poll=FirstPoll.NEW, timezone="America/New_York"
    )
    installation.add_schedule(**values)

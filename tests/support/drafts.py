"""
A schedule with a deadline whose slot has made its draft, for tests of what happens to the draft.
"""

from __future__ import annotations

import datetime as dt
import os
from typing import Any

from installation import Installation

from newsletter.model.issue import DeadlineAction, Issue
from newsletter.model.schedule import Approval
from newsletter.model.source import FirstPoll
from newsletter.store.issues import issues
from newsletter.store.scheduling import schedules
from newsletter.workers.scheduler import tick

SLOT = dt.datetime(2026, 3, 5, 11, 0, tzinfo=dt.UTC)
DEADLINE = SLOT + dt.timedelta(hours=2)
DRAFT = 1
EDITORS = ("ed@example.org", "flo@example.org")
BRIEF = """March 5, 2026

IntelBrief: {title}

• The ferries stay.
• The tolls rise.

Nobody left the quay on Monday, and the pilots went home without a word to the harbor master.
"""


def put_brief(installation: Installation, title: str) -> None:
    folder = installation.folder / "briefs"
    folder.mkdir(exist_ok=True)
    file = folder / f"{title.replace(' ', '-')}.txt"
    file.write_text(BRIEF.format(title=title))
    os.utime(file, (0, 0))


def prepared(installation: Installation, **values: Any) -> None:
    """
    Set up three readers, one brief, and a schedule at six in New York whose draft waits for two
    hours.
    """
    installation.add_list()
    installation.add_readers(3)
    installation.add_source("site", "folder", "briefs", first_poll=FirstPoll.NEW)
    options = {
        "approval": Approval.DEADLINE,
        "deadline": dt.timedelta(hours=2),
        "at_deadline": DeadlineAction.SEND,
    }
    installation.add_schedule(**(options | values))
    put_brief(installation, "The Quiet Quay")


def drafted(installation: Installation, **values: Any) -> None:
    """
    Set up the same and make the draft at the slot: it is issue 1.
    """
    prepared(installation, **values)
    tick_at(installation, SLOT)


def tick_at(installation: Installation, now: dt.datetime) -> None:
    """
    Run one tick at *now*, and submit everything that came of it.
    """
    installation.now = now
    tick(installation.app.publishing)
    installation.submit_all()


def draft(installation: Installation) -> Issue:
    with installation.app.database.read() as connection:
        return issues.load_issue(connection, DRAFT)


def why(installation: Installation) -> str:
    """
    Return what `schedule why` says about the last slot.
    """
    with installation.app.database.read() as connection:
        rule = schedules.find_schedule(connection, "morning")
        return schedules.last_slots(connection, rule.id, most=1)[0].reason


def readers(installation: Installation) -> list[str]:
    """
    Return everybody whose mailbox holds the issue: all who were mailed, without the editors.
    """
    return [address for address in installation.mailed() if address not in EDITORS]

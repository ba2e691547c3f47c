"""
An issue that was sent and is now to be corrected.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
from typing import Any

from installation import Installation

from newsletter import pipeline
from newsletter.store.content import briefs, edits

DAY = dt.timedelta(days=1)


def sent(installation: Installation, *titles: str, readers: int = 3) -> int:
    """
    Send an issue to all readers of the list, a day ago.
    """
    installation.add_list()
    installation.add_readers(readers)
    issue_id = installation.add_issue(*titles)
    send(installation, issue_id)
    installation.now += DAY
    return issue_id


def send(installation: Installation, issue_id: int) -> None:
    pipeline.publish_issue(installation.app.publishing, issue_id)
    installation.submit_all()


def edit(installation: Installation, brief_id: int = 1, **values: Any) -> None:
    with installation.app.database.write() as connection:
        old = briefs.load_brief(connection, brief_id).brief
        edited = dataclasses.replace(old, **values)
        edits.edit_brief(connection, brief_id, edited, now=installation.now)

"""
An issue that was sent and is now to be corrected.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
from typing import Any

from installation import House

from newsletter import pipeline
from newsletter.store.content import briefs, edits

DAY = dt.timedelta(days=1)


def sent(house: House, *titles: str, readers: int = 3) -> int:
    """
    Send an issue to all readers of the list, a day ago.
    """
    house.add_list()
    house.add_readers(readers)
    issue_id = house.add_issue(*titles)
    send(house, issue_id)
    house.now += DAY
    return issue_id


def send(house: House, issue_id: int) -> None:
    pipeline.publish_issue(house.app.publishing, issue_id)
    house.submit_all()


def edit(house: House, brief_id: int = 1, **values: Any) -> None:
    with house.app.database.write() as connection:
        old = briefs.load_brief(connection, brief_id).brief
        edited = dataclasses.replace(old, **values)
        edits.edit_brief(connection, brief_id, edited, now=house.now)

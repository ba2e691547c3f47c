"""
The inbox of briefs is narrowed by the day that is shown of each, on both databases.
"""

from __future__ import annotations

import datetime as dt

from brief_pages import add_brief
from installation import Installation

from newsletter.store.content.inbox import InboxFilter, load_page

SECOND, THIRD, FOURTH = (dt.date(2026, 3, day) for day in (2, 3, 4))


def test_briefs_are_narrowed_by_the_day_that_is_shown(installation: Installation) -> None:
    for day in (SECOND, THIRD, FOURTH):
        add_brief(installation, f"Day {day.day}", date=day, body_text=f"{day}.")
    add_brief(installation, "No day", date=None, body_text="It came on the fourth.")
    with installation.app.database.read() as connection:
        for since, until, found in (
            (THIRD, None, ["No day", "Day 4", "Day 3"]),
            (None, THIRD, ["Day 3", "Day 2"]),
            (THIRD, THIRD, ["Day 3"]),
            (dt.date(2027, 1, 1), None, []),
        ):
            wanted = InboxFilter(since=since, until=until)
            page = load_page(connection, wanted, beside=None, most=9)
            assert [each.brief.title for each in page.briefs] == found, wanted

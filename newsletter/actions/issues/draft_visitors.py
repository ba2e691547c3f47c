"""
The action by which staff see who else has a draft open.
"""

from __future__ import annotations

import datetime as dt

from newsletter.actions.guard.objects import the_issue
from newsletter.actions.guard.requires import requires
from newsletter.app import App
from newsletter.model.access import Actor, Permission
from newsletter.store.issues import draft_visitors
from newsletter.store.issues.issues import load_issue

# A page says so every 20 seconds; one that has missed two of them is closed.
PRESENT_FOR = dt.timedelta(seconds=60)


@requires(Permission.ISSUES_READ, "issue.visit", about=the_issue())
def visit(app: App, issue_id: int, *, by: Actor) -> list[str]:
    """
    Record that *by*, a member of staff, has the issue open, and return the names of the others who
    have.

    Raises:
        NotFound: there is no such issue.
    """
    assert by.staff_id is not None
    now = app.clock()
    since = now - PRESENT_FOR
    with app.database.write() as connection:
        load_issue(connection, issue_id)
        draft_visitors.forget_visitors(connection, issue_id, before=since)
        draft_visitors.note_visitor(connection, issue_id, by.staff_id, now=now)
        return draft_visitors.other_visitors(connection, issue_id, by.staff_id, since=since)

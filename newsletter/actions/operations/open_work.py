"""
The action that reads what waits for a member of staff, and whether sending is stopped.
"""

from __future__ import annotations

from newsletter.actions.guard.objects import shared
from newsletter.actions.guard.requires import requires
from newsletter.app import App
from newsletter.model.access import Actor, ObjectKind, Permission
from newsletter.store.operations import open_work
from newsletter.store.operations.open_work import OpenWork


@requires(Permission.LISTS_READ, "open_work.count", about=shared(ObjectKind.INSTALLATION))
def count(app: App, *, by: Actor) -> OpenWork:
    """
    Count the new briefs and the drafts that *by* may see. The drafts of somebody who is limited to
    some lists are not counted: each would have to be looked at. The stop of all sending is read
    for those who may see it.
    """
    can_see_drafts = Permission.ISSUES_READ in by.permissions and by.lists is None
    with app.database.read() as connection:
        return open_work.read_open_work(
            connection,
            briefs=Permission.BRIEFS_READ in by.permissions,
            drafts=can_see_drafts,
            stop=Permission.OPERATIONS_READ in by.permissions,
        )

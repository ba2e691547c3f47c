"""
An action that names the readers of an issue about whose email one kind of event was reported, such
as a hard bounce.
"""

from __future__ import annotations

from newsletter.actions.guard.bulk_reads import record_page_read
from newsletter.actions.guard.objects import the_issue
from newsletter.actions.guard.requires import requires
from newsletter.app import App
from newsletter.model.access import Actor, ObjectKind, Permission, Target
from newsletter.model.event import EventKind
from newsletter.store.delivery.status.recipients import RecipientStatus
from newsletter.store.delivery.status.reported import reported_recipients
from newsletter.store.issues.issues import load_issue


@requires(Permission.PEOPLE_READ, "issue.reported_readers", about=the_issue())
def page(
    app: App, issue_id: int, kind: EventKind, *, after: int, limit: int, by: Actor
) -> list[RecipientStatus]:
    """
    Return at most *limit* recipients of an issue with an event of this kind, behind the delivery
    numbered *after*. The audit trail records it if there are many.

    Raises:
        NotFound: there is no such issue.
    """
    with app.database.read() as connection:
        load_issue(connection, issue_id)
        found = reported_recipients(connection, issue_id, kind, after=after, most=limit)
    target, count = Target(kind=ObjectKind.ISSUE, id=str(issue_id)), len(found)
    record_page_read(app, by, "issue.reported_readers", target, found=count, limit=limit, seen=0)
    return found

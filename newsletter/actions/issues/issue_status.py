"""
Actions that show how an issue is being sent: its counts, and its recipients.
"""

from __future__ import annotations

from typing import Any

from newsletter.actions.guard.bulk_reads import record_bulk_read, record_page_read
from newsletter.actions.guard.objects import shared, the_issue
from newsletter.actions.guard.requires import requires
from newsletter.app import App
from newsletter.issues import status
from newsletter.model.access import Actor, ObjectKind, Permission, Target
from newsletter.model.delivery import DeliveryState
from newsletter.store.delivery.leases import has_live_sender
from newsletter.store.delivery.status.recipients import RecipientStatus, recipient_statuses
from newsletter.store.issues.issues import load_issue


@requires(Permission.ISSUES_READ, "issue.status", about=the_issue())
def status_of(app: App, issue_id: int, *, by: Actor) -> dict[str, Any]:
    """
    Return the status of the issue, in the shape of `issue status --json`.

    Raises:
        NotFound: there is no such issue.
    """
    return status.status_of(app.publishing, issue_id)


@requires(Permission.PEOPLE_READ, "issue.recipients", about=the_issue())
def recipients_of(
    app: App, issue_id: int, *, only: DeliveryState | None = None, by: Actor
) -> list[RecipientStatus]:
    """
    Return each recipient of a frozen issue, or those in one state. The audit trail records it if
    there are many.

    Raises:
        NotFound: there is no such issue.
    """
    with app.database.read() as connection:
        load_issue(connection, issue_id)
        found = recipient_statuses(connection, issue_id, only=only)
    record_bulk_read(app, by, "issue.recipients", _target(issue_id), count=len(found))
    return found


@requires(Permission.PEOPLE_READ, "issue.recipients_page", about=the_issue())
def recipients_page(
    app: App,
    issue_id: int,
    *,
    after: int,
    seen: int = 0,
    limit: int,
    only: DeliveryState | None = None,
    by: Actor,
) -> list[RecipientStatus]:
    """
    Return at most *limit* recipients of a frozen issue behind the delivery numbered *after*, or of
    those in one state. *seen* is their number on the pages before. The audit trail records it if
    there are many.

    Raises:
        NotFound: there is no such issue.
    """
    with app.database.read() as connection:
        load_issue(connection, issue_id)
        found = recipient_statuses(connection, issue_id, only=only, after=after, most=limit)
    target, name = _target(issue_id), "issue.recipients_page"
    record_page_read(app, by, name, target, found=len(found), limit=limit, seen=seen)
    return found


def _target(issue_id: int) -> Target:
    return Target(kind=ObjectKind.ISSUE, id=str(issue_id))


@requires(Permission.ISSUES_READ, "issue.has_sender", about=shared(ObjectKind.INSTALLATION))
def has_sender(app: App, *, by: Actor) -> bool:
    """
    Return True if a process is running that submits frozen issues.
    """
    with app.database.read() as connection:
        return has_live_sender(connection, app.database.file, now=app.clock())

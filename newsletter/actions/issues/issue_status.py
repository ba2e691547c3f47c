"""
Actions that show how an issue is being sent: its counts, and its recipients.
"""

from __future__ import annotations

from typing import Any

from newsletter.actions.guard.audit import record_entry
from newsletter.actions.guard.objects import shared, the_issue
from newsletter.actions.guard.requires import requires
from newsletter.actions.people.search import NOTED_FROM
from newsletter.app import App
from newsletter.issues import status
from newsletter.model.access import Actor, ObjectKind, Permission, Target
from newsletter.model.delivery import DeliveryState
from newsletter.store.delivery.leases import has_live_sender
from newsletter.store.delivery.status import RecipientStatus, recipient_statuses
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
    Return each recipient of a frozen issue, or those in one state.

    Raises:
        NotFound: there is no such issue.
    """
    with app.database.read() as connection:
        load_issue(connection, issue_id)
        return recipient_statuses(connection, issue_id, only=only)


@requires(Permission.PEOPLE_READ, "issue.recipients_page", about=the_issue())
def recipients_page(
    app: App, issue_id: int, *, after: int, limit: int, only: DeliveryState | None = None, by: Actor
) -> list[RecipientStatus]:
    """
    Return at most *limit* recipients of a frozen issue behind the delivery numbered *after*, or of
    those in one state. The audit trail records it if there are many.

    Raises:
        NotFound: there is no such issue.
    """
    with app.database.read() as connection:
        load_issue(connection, issue_id)
        found = recipient_statuses(connection, issue_id, only=only, after=after, most=limit)
    if len(found) > NOTED_FROM:
        target = Target(kind=ObjectKind.ISSUE, id=str(issue_id))
        with app.database.write() as connection:
            changes = {"people": len(found)}
            record_entry(app, connection, by, "issue.recipients_page", target, changes=changes)
    return found


@requires(Permission.ISSUES_READ, "issue.has_sender", about=shared(ObjectKind.INSTALLATION))
def has_sender(app: App, *, by: Actor) -> bool:
    """
    Return True if a process is running that submits frozen issues.
    """
    with app.database.read() as connection:
        return has_live_sender(connection, app.database.file, now=app.clock())

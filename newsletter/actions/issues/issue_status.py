"""
Actions that show how an issue is being sent: its counts, what happened on the way, and its
recipients.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from newsletter.actions.guard.audit import REFUSED
from newsletter.actions.guard.bulk_reads import record_bulk_read, record_page_read
from newsletter.actions.guard.objects import shared, the_issue
from newsletter.actions.guard.requires import requires
from newsletter.actions.issues.issue_pages import StoredIssue
from newsletter.app import App
from newsletter.delivery.freeze import audience_lists
from newsletter.delivery.reconciliation.timing import reconciles_at
from newsletter.issues import status
from newsletter.issues.status import failover_time
from newsletter.model.access import Actor, ObjectKind, Permission, Target
from newsletter.model.audit import AuditEntry
from newsletter.model.delivery import DeliveryState
from newsletter.model.issue import EDITABLE, ChosenBrief, IssueState
from newsletter.store.access.audit import list_entries
from newsletter.store.delivery.leases import has_live_sender
from newsletter.store.delivery.left_out import left_out_now
from newsletter.store.delivery.status.batches import BatchGroup, batch_groups
from newsletter.store.delivery.status.counts import Counts, count_with_reasons
from newsletter.store.delivery.status.recipients import (
    LeftOutPerson,
    RecipientStatus,
    left_out_people,
    recipient_statuses,
)
from newsletter.store.delivery.status.sent_issue import SentIssue, load_sent_issue
from newsletter.store.issues.corrections import SentBrief, changed_briefs, corrections_of
from newsletter.store.issues.issues import chosen_briefs, load_issue

# Over what time the throughput of an issue is measured.
THROUGHPUT_OVER = dt.timedelta(minutes=1)
_MOST_DECISIONS = 50


@dataclass(frozen=True, kw_only=True)
class IssueDecision:
    """
    What somebody decided about an issue: the action, the reason they gave, and the time at which it
    was to be sent. `is_refused` if that was not done.
    """

    at: dt.datetime
    actor: str
    action: str
    reason: str
    send_at: dt.datetime | None = None
    is_refused: bool = False


@dataclass(frozen=True, kw_only=True)
class SendingProgress:
    """
    How far an issue is. `reasons` count why readers were rejected or skipped. `fails_over_at` is
    when it goes to its fallback provider if nothing improves, `reconciles_at` when the provider can
    be asked about the uncertain readers; None if that is not so. Of a submitted issue,
    `changed_briefs` show something else than its email, and `corrections` are the issues that
    correct it. `draft` is the issue if it can still be edited; then nothing else is filled.
    """

    sent: SentIssue
    counts: Counts
    reasons: Mapping[str, int]
    batches: Sequence[BatchGroup]
    decisions: Sequence[IssueDecision]
    draft: StoredIssue | None = None
    fails_over_at: dt.datetime | None = None
    reconciles_at: dt.datetime | None = None
    changed_briefs: Sequence[SentBrief] = ()
    corrections: Sequence[tuple[int, IssueState]] = ()


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
    target, count = _target(issue_id), len(found)
    record_page_read(app, by, "issue.recipients_page", target, found=count, limit=limit, seen=seen)
    return found


@requires(Permission.PEOPLE_READ, "issue.left_out_page", about=the_issue())
def left_out_page(
    app: App, issue_id: int, *, after: int, limit: int, by: Actor
) -> list[LeftOutPerson]:
    """
    Return at most *limit* of the people who were left out of an issue, behind the one numbered
    *after*; of a draft those who would be now, without who is only outside its segment. The audit
    trail records it if there are many.

    Raises:
        NotFound: there is no such issue.
    """
    with app.database.read() as connection:
        issue = load_issue(connection, issue_id)
        if issue.state in EDITABLE:
            lists, minus = audience_lists(connection, issue.audience)
            now = app.clock()
            found = left_out_now(
                connection, issue.audience, lists, minus, after=after, most=limit, now=now
            )
        else:
            found = left_out_people(connection, issue_id, after=after, most=limit)
    target, count = _target(issue_id), len(found)
    record_page_read(app, by, "issue.left_out_page", target, found=count, limit=limit, seen=0)
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


@requires(Permission.ISSUES_READ, "issue.progress", about=the_issue())
def progress(app: App, issue_id: int, *, by: Actor) -> SendingProgress:
    """
    Return how far an issue is, and what happened on the way; of one that can still be edited, only
    what it holds.

    Raises:
        NotFound: there is no such issue.
    """
    now = app.clock()
    with app.database.read() as connection:
        sent = load_sent_issue(connection, issue_id, now=now)
        if sent.issue.state in EDITABLE:
            return _not_sent(sent, chosen_briefs(connection, sent.issue.content_id))
        counts, reasons = count_with_reasons(connection, issue_id)
        is_uncertain = counts.by_state.get(DeliveryState.UNCERTAIN, 0) > 0
        is_submitted = sent.issue.state is IssueState.SUBMITTED
        return SendingProgress(
            sent=sent,
            counts=counts,
            reasons=reasons,
            batches=batch_groups(connection, issue_id, since=now - THROUGHPUT_OVER),
            decisions=_decisions(connection, issue_id),
            fails_over_at=failover_time(app.publishing, connection, issue_id)
            if sent.is_refused
            else None,
            reconciles_at=reconciles_at(connection, issue_id, app.provider_named)
            if is_uncertain
            else None,
            changed_briefs=changed_briefs(connection, issue_id) if is_submitted else (),
            corrections=corrections_of(connection, issue_id) if is_submitted else (),
        )


def _not_sent(sent: SentIssue, briefs: Sequence[ChosenBrief]) -> SendingProgress:
    return SendingProgress(
        sent=sent,
        draft=StoredIssue(
            issue=sent.issue, subject=sent.subject, schedule=sent.schedule, briefs=briefs
        ),
        counts=Counts(audience=0, by_state={}, excluded={}),
        reasons={},
        batches=(),
        decisions=(),
    )


def _decisions(connection: sa.Connection, issue_id: int) -> list[IssueDecision]:
    """
    Load the latest decisions about the issue, the last one first.
    """
    about = {"object_kind": ObjectKind.ISSUE.value, "object_id": str(issue_id)}
    entries = list_entries(connection, about, before=None, limit=_MOST_DECISIONS)
    return [_decision(each) for each in entries]


def _decision(entry: AuditEntry) -> IssueDecision:
    changed = entry.changes.get("resume_reason") or entry.changes.get("pause_reason")
    after = changed.get("after") if isinstance(changed, Mapping) else None
    # A long text is not recorded, only its length.
    reason = after if isinstance(after, str) else ""
    return IssueDecision(
        at=entry.at,
        actor=entry.actor,
        action=entry.action,
        reason=reason,
        send_at=_time_in(entry),
        is_refused=bool(entry.changes.get(REFUSED)),
    )


def _time_in(entry: AuditEntry) -> dt.datetime | None:
    """
    Return the time that an entry gave an issue: what was asked for, or what its time became.
    """
    asked = entry.changes.get("at")
    changed = entry.changes.get("send_at")
    text = changed.get("after") if isinstance(changed, Mapping) else asked
    return dt.datetime.fromisoformat(text) if isinstance(text, str) else None

"""
Count an issue's bounces, complaints and rejections, and pause the issue at the reputation limits.

Only addresses that were suppressed since the freeze count or, if a person resumed the issue or sent
it again, since then.
"""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa

from newsletter.errors import Refused
from newsletter.model.delivery import BatchState, DeliveryState
from newsletter.model.issue import IssueKind, IssueState
from newsletter.model.reputation import ReputationCounts, is_worth_counting, pause_reason
from newsletter.store.delivery.status.shown import IN_BATCH, SHOWN_STATE, any_issue
from newsletter.store.flow_control import canary
from newsletter.store.issues.issues import move_issue
from newsletter.store.issues.pauses import try_pause
from newsletter.store.tables import batch, delivery, issue
from subscribers.database.tables import suppression
from subscribers.suppression.model import SuppressionReason
from subscribers.text.phrases import phrase


def issue_counts(connection: sa.Connection, issue_id: int) -> ReputationCounts | None:
    """
    Count an issue's bounces and complaints; return None while they are too few to matter.
    """
    since = connection.execute(
        sa.select(sa.func.coalesce(issue.c.resumed_at, issue.c.frozen_at)).where(
            issue.c.id == issue_id
        )
    ).scalar_one()
    rows = connection.execute(
        sa.select(
            suppression.c.reason,
            # Somebody who was sent it again has more than one delivery.
            sa.func.count(suppression.c.email_key.distinct()).label("people"),
        )
        .join(delivery, delivery.c.email_key == suppression.c.email_key)
        .where(delivery.c.issue_id == issue_id, suppression.c.since >= since)
        .group_by(suppression.c.reason)
    )
    people = {row.reason: row.people for row in rows}
    bounced = people.get(SuppressionReason.BOUNCE, 0)
    complained = people.get(SuppressionReason.COMPLAINT, 0)
    if not is_worth_counting(bounced=bounced, complained=complained):
        return None
    accepted = _accepted(connection, issue_id, since)
    is_canary = canary.is_holding(connection, issue_id)
    return ReputationCounts(
        accepted=accepted, bounced=bounced, complained=complained, is_canary=is_canary
    )


def _sending_issues(connection: sa.Connection) -> list[int]:
    found = sa.select(issue.c.id).where(
        issue.c.kind == IssueKind.ISSUE, issue.c.state == IssueState.SENDING
    )
    return [int(number) for number in connection.execute(found).scalars()]


def _accepted(connection: sa.Connection, issue_id: int, since: dt.datetime) -> int:
    counted = (
        sa.select(sa.func.count())
        .select_from(delivery)
        .join(batch, IN_BATCH)
        .where(
            delivery.c.issue_id == any_issue(issue_id),
            batch.c.state == BatchState.SETTLED,
            batch.c.settled_at >= since,
            SHOWN_STATE.in_([DeliveryState.ACCEPTED, DeliveryState.REJECTED]),
        )
    )
    return int(connection.execute(counted).scalar_one())


def pause_harmful_issues(connection: sa.Connection, *, now: dt.datetime) -> list[tuple[int, str]]:
    """
    Pause the issues that exceed a reputation limit, until a person resumes them with a reason.
    Return each with the limit that it exceeded.
    """
    paused_issues = []
    for issue_id in _sending_issues(connection):
        counts = issue_counts(connection, issue_id)
        reason = pause_reason(counts) if counts is not None else None
        if reason and try_pause(connection, issue_id, reason, now=now, auto_paused_at=now):
            paused_issues.append((issue_id, reason))
    return paused_issues


def resume(
    connection: sa.Connection, issue_id: int, *, reason: str | None, now: dt.datetime
) -> bool:
    """
    Resume a paused issue, and return whether it was paused for its reputation.

    Raises:
        Refused: it is not paused, or it was paused for its reputation and *reason* is missing.
    """
    auto_paused_at = connection.execute(
        sa.select(issue.c.auto_paused_at).where(issue.c.id == issue_id)
    ).scalar_one_or_none()
    # Refusals before the pause do not count towards a failover.
    values: dict[str, object] = {"pause_reason": None, "refused_since": None}
    if auto_paused_at is not None:
        if not reason:
            raise Refused(
                phrase(
                    "issue {issue} was paused to protect your readers: to continue, add "
                    "--reason TEXT",
                    issue=issue_id,
                )
            )
        values |= {"auto_paused_at": None, "resumed_at": now, "resume_reason": reason}
    move_issue(connection, issue_id, IssueState.SENDING, **values)
    return auto_paused_at is not None

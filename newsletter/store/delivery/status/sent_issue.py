"""
Load an issue together with what its page shows of its sending: times, subject, schedule, the rate
of its provider, and how many readers bounced or complained.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import sqlalchemy as sa

from newsletter.errors import NotFound
from newsletter.model.issue import Issue
from newsletter.store.delivery.failover import CURRENT_PROVIDER
from newsletter.store.flow_control.rate_limits import in_cooldown, now_of
from newsletter.store.issues.issues import issue_from_row
from newsletter.store.issues.listing import FROZEN_SUBJECT, subject_in
from newsletter.store.tables import issue, issue_check, mail, outcome, rate_limit, schedule
from subscribers.text.phrases import phrase


@dataclass(frozen=True, kw_only=True)
class SentIssue:
    """
    An issue and the course of its sending. `subject` is the one it was frozen with. `slowed_to` is
    the rate its provider was reduced to, in units per second, and `slowed_at` when;
    `cooldown_until` until when the provider is not called. `is_refused`: its first provider began
    to refuse calls. `override_reason` is why it was sent in spite of warnings.
    """

    issue: Issue
    subject: str | None
    schedule: str | None
    override_reason: str | None
    frozen_at: dt.datetime | None
    submitted_at: dt.datetime | None
    auto_paused_at: dt.datetime | None
    resumed_at: dt.datetime | None
    resume_reason: str | None
    is_refused: bool
    slowed_to: float | None
    slowed_at: dt.datetime | None
    cooldown_until: dt.datetime | None
    bounced: int
    complained: int


def load_sent_issue(connection: sa.Connection, issue_id: int, *, now: dt.datetime) -> SentIssue:
    """
    Load the issue and the course of its sending.

    Raises:
        NotFound: there is no such issue.
    """
    cooldown = sa.case((in_cooldown(now_of(connection, now)), rate_limit.c.cooldown_until))
    row = connection.execute(
        sa.select(
            issue,
            schedule.c.name.label("schedule"),
            issue_check.c.override_reason,
            *FROZEN_SUBJECT,
            rate_limit.c.throttled_rate,
            rate_limit.c.changed_at,
            cooldown.label("cooldown_until"),
            _count(outcome.c.bounced_hard_at).label("bounced"),
            _count(outcome.c.complained_at).label("complained"),
        )
        .outerjoin(schedule, schedule.c.id == issue.c.schedule_id)
        .outerjoin(issue_check, issue_check.c.issue_id == issue.c.id)
        .outerjoin(mail, mail.c.issue_id == issue.c.id)
        .outerjoin(rate_limit, rate_limit.c.provider == CURRENT_PROVIDER)
        .where(issue.c.id == issue_id)
    ).one_or_none()
    if row is None:
        raise NotFound(phrase("there is no issue {issue}", issue=issue_id))
    return SentIssue(
        issue=issue_from_row(row),
        subject=subject_in(row),
        schedule=row.schedule,
        override_reason=row.override_reason,
        frozen_at=row.frozen_at,
        submitted_at=row.submitted_at,
        auto_paused_at=row.auto_paused_at,
        resumed_at=row.resumed_at,
        resume_reason=row.resume_reason,
        is_refused=row.refused_since is not None and row.failed_over_at is None,
        slowed_to=row.throttled_rate,
        slowed_at=_moment(row.changed_at) if row.throttled_rate else None,
        cooldown_until=_moment(row.cooldown_until),
        bounced=row.bounced,
        complained=row.complained,
    )


def _count(column: sa.Column[dt.datetime]) -> sa.ScalarSelect[int]:
    """
    Count the readers of the issue with this event, by the index of those few that have it.
    """
    counted = sa.select(sa.func.count()).select_from(outcome)
    return counted.where(outcome.c.issue_id == issue.c.id, column.is_not(None)).scalar_subquery()


def _moment(seconds: float | None) -> dt.datetime | None:
    return dt.datetime.fromtimestamp(seconds, dt.UTC) if seconds else None

"""
Load the issues that concern staff now, in one statement: those that are not sent yet or are being
sent, and those that were sent lately.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from newsletter.model.access import ObjectKind
from newsletter.model.check import Finding
from newsletter.model.issue import Issue, IssueKind, IssueState
from newsletter.model.mail import MergeField, mark_of
from newsletter.store.issues.issues import issue_from_row
from newsletter.store.tables import brief, issue, issue_brief, issue_check, mail, schedule
from newsletter.store.tables.audit import audit_entry

OPEN = (
    IssueState.DRAFT,
    IssueState.APPROVED,
    IssueState.SCHEDULED,
    IssueState.MISSED,
    IssueState.FREEZING,
    IssueState.SENDING,
    IssueState.PAUSED,
)
_CANCEL = "issue.cancel"
# What the approval covered may be long, and is not shown here.
_COLUMNS = [column for column in issue.c if column.name != "approved_text"]


@dataclass(frozen=True, kw_only=True)
class OpenIssue:
    """
    An issue with what a list shows of it. `subject` is the one it was frozen with or that staff
    typed, `headline` that of its first brief. `was_approved`: it was once, and may have changed
    since. `findings` are those of its last check, None if it
    was not checked; `override_reason` is why it may be sent with warnings. `called_off_at` is when
    somebody cancelled it.
    """

    issue: Issue
    subject: str | None
    headline: str | None
    briefs: int
    was_approved: bool
    schedule: str | None
    findings: tuple[Finding, ...] | None
    override_reason: str | None
    frozen_at: dt.datetime | None
    submitted_at: dt.datetime | None
    resumed_at: dt.datetime | None
    called_off_at: dt.datetime | None = None
    called_off_by: str | None = None

    @property
    def title(self) -> str | None:
        return self.subject or self.headline


def open_issues(
    connection: sa.Connection, *, sent_since: dt.datetime, most: int
) -> list[OpenIssue]:
    """
    Load the newest *most* issues that are open, or were submitted or called off since *sent_since*.
    """
    wanted = issue.c.state.in_(OPEN) | (issue.c.submitted_at >= sent_since) | _ended(sent_since)
    rows = connection.execute(
        sa.select(
            *_COLUMNS,
            _of_briefs(sa.func.count()).label("briefs"),
            _headline().label("headline"),
            issue.c.approved_text.is_not(None).label("was_approved"),
            schedule.c.name.label("schedule"),
            _of_cancel(audit_entry.c.at).label("called_off_at"),
            _of_cancel(audit_entry.c.actor).label("called_off_by"),
            issue_check.c.findings,
            issue_check.c.override_reason,
            mail.c.mail["subject"].as_string().label("frozen_subject"),
            mail.c.mail["nonce"].as_string().label("nonce"),
            mail.c.mail["fields"].label("merge_fields"),
        )
        .outerjoin(schedule, schedule.c.id == issue.c.schedule_id)
        .outerjoin(issue_check, issue_check.c.issue_id == issue.c.id)
        .outerjoin(mail, mail.c.issue_id == issue.c.id)
        .where(issue.c.kind == IssueKind.ISSUE, wanted)
        .order_by(issue.c.id.desc())
        .limit(most)
    )
    return [_read(row) for row in rows]


def _ended(since: dt.datetime) -> sa.ColumnElement[bool]:
    """
    Return the condition that somebody cancelled the issue after *since*, before it was frozen.
    """
    lately = sa.select(sa.cast(audit_entry.c.object_id, issue.c.id.type)).where(
        audit_entry.c.at >= since, audit_entry.c.action == _CANCEL, audit_entry.c.object_id != ""
    )
    is_ended = (issue.c.state == IssueState.CANCELLED) & issue.c.frozen_at.is_(None)
    return is_ended & issue.c.id.in_(lately)


def _of_cancel(what: sa.Column[Any]) -> sa.ScalarSelect[Any]:
    return (
        sa.select(what)
        .where(
            audit_entry.c.object_kind == ObjectKind.ISSUE.value,
            audit_entry.c.object_id == sa.cast(issue.c.id, sa.Text),
            audit_entry.c.action == _CANCEL,
        )
        .order_by(audit_entry.c.id.desc())
        .limit(1)
        .scalar_subquery()
    )


def _of_briefs(what: sa.ColumnElement[Any]) -> sa.ScalarSelect[Any]:
    return sa.select(what).where(issue_brief.c.issue_id == issue.c.id).scalar_subquery()


def _headline() -> sa.ScalarSelect[str]:
    return (
        sa.select(brief.c.fields["title"].as_string())
        .join(issue_brief, issue_brief.c.brief_id == brief.c.id)
        .where(issue_brief.c.issue_id == issue.c.id, issue_brief.c.position == 0)
        .scalar_subquery()
    )


def _read(row: Any) -> OpenIssue:
    findings = None if row.findings is None else tuple(map(Finding.unpack, row.findings))
    return OpenIssue(
        issue=issue_from_row(row),
        subject=_subject(row),
        headline=row.headline,
        briefs=row.briefs,
        was_approved=bool(row.was_approved),
        schedule=row.schedule,
        findings=findings,
        override_reason=row.override_reason,
        frozen_at=row.frozen_at,
        submitted_at=row.submitted_at,
        resumed_at=row.resumed_at,
        called_off_at=row.called_off_at,
        called_off_by=row.called_off_by,
    )


def _subject(row: Any) -> str | None:
    """
    Return the subject with its merge fields as staff type them.
    """
    text: str | None = row.frozen_subject
    if text is None:
        return row.subject  # type: ignore[no-any-return]
    for number, values in enumerate(row.merge_fields or ()):
        text = text.replace(mark_of(row.nonce, number), MergeField.from_json(values).typed)
    return text

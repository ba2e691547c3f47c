"""
Store what the last preflight check of an issue found, and read what the rules need to know about
earlier issues.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from newsletter.model.brief import BriefStatus
from newsletter.model.check import Finding, Level, of_level
from newsletter.model.issue import AudienceRule, Issue, IssueKind, IssueState
from newsletter.store.tables import batch, brief, delivery, issue, issue_brief, issue_check
from subscribers.database.columns import insert_into
from subscribers.text.stored_phrases import stored_reason

# How many recent issues are searched for the last one with the same audience rule.
_RECENT = 50


@dataclass(frozen=True, kw_only=True)
class StoredCheck:
    """
    What the last preflight check found; `override_reason` is why the issue may be sent with
    warnings.
    """

    findings: tuple[Finding, ...]
    override_reason: str | None
    checked_at: dt.datetime

    def as_json(self) -> dict[str, Any]:
        """
        Return the shape of `check` in `issue show --json`.
        """
        return {
            "at": self.checked_at.isoformat(),
            "override": self.override_reason,
            "findings": [finding.as_json() for finding in self.findings],
        }

    def lines(self) -> list[str]:
        """
        Describe what was found, for a person.
        """
        head = f"checked on {self.checked_at:%Y-%m-%d %H:%M} UTC{self._verdict()}"
        return [head, *(f"  {finding.level} {finding}" for finding in self.findings)]

    def _verdict(self) -> str:
        if of_level(self.findings, Level.ERROR):
            return "; its errors prevent sending"
        if of_level(self.findings, Level.WARNING) and self.override_reason:
            return f"; it may be sent anyway: {self.override_reason}"
        return ""


def store_check(
    connection: sa.Connection,
    issue_id: int,
    findings: Sequence[Finding],
    *,
    override_reason: str | None,
    now: dt.datetime,
) -> None:
    """
    Store the findings in place of earlier ones. If two processes check an issue at once, the later
    findings are kept.
    """
    values = {
        "findings": [finding.pack() for finding in findings],
        "override_reason": override_reason,
        "checked_at": now,
    }
    connection.execute(
        insert_into(connection, issue_check)
        .values(issue_id=issue_id, **values)
        .on_conflict_do_update(index_elements=["issue_id"], set_=values)
    )


def load_check(connection: sa.Connection, issue_id: int) -> StoredCheck | None:
    """
    Load the last check of an issue; None if it was never checked before a release.
    """
    row = connection.execute(
        sa.select(issue_check).where(issue_check.c.issue_id == issue_id)
    ).one_or_none()
    if row is None:
        return None
    return StoredCheck(
        findings=tuple(Finding.unpack(values) for values in row.findings),
        override_reason=row.override_reason,
        checked_at=row.checked_at,
    )


def readers_before(connection: sa.Connection, current: Issue) -> int | None:
    """
    Count the readers of the last issue with the audience rule of *current*, its lists in any order;
    None if it is the first.
    """
    recent = connection.execute(
        sa.select(issue.c.id, issue.c.audience)
        .where(
            issue.c.id != current.id,
            issue.c.kind == IssueKind.ISSUE,
            issue.c.state == IssueState.SUBMITTED,
        )
        .order_by(issue.c.id.desc())
        .limit(_RECENT)
    )
    before = next(
        (
            row.id
            for row in recent
            if AudienceRule.from_json(row.audience).selects_as(current.audience)
        ),
        None,
    )
    if before is None:
        return None
    # Only those of the freeze, and not what was sent again to named people.
    # Batches from before their size was written have none.
    in_batch = (delivery.c.issue_id == batch.c.issue_id) & (delivery.c.batch_no == batch.c.no)
    in_it = sa.select(sa.func.count()).select_from(delivery).where(in_batch).scalar_subquery()
    counted = sa.select(sa.func.sum(sa.func.coalesce(batch.c.size, in_it))).where(
        batch.c.issue_id == before, batch.c.occasion.is_(None)
    )
    return int(connection.scalar(counted) or 0)


def held_briefs(connection: sa.Connection, issue_id: int) -> dict[int, str]:
    """
    Return the briefs of the issue that are held, in its order, each with the reason.
    """
    found = (
        sa.select(brief.c.id, brief.c.status_reason, brief.c.status_phrase)
        .join(issue_brief, issue_brief.c.brief_id == brief.c.id)
        .where(issue_brief.c.issue_id == issue_id, brief.c.status == BriefStatus.HELD)
        .order_by(issue_brief.c.position)
    )
    rows = connection.execute(found)
    return {row.id: stored_reason(row, "status_reason") for row in rows}


def is_tested(connection: sa.Connection, issue_id: int) -> bool:
    """
    Return whether a test mail of the issue was sent; a refused one does not count.
    """
    return bool(connection.scalar(sa.select(_is_tested(issue_id))))


def _is_tested(issue_id: int) -> sa.ColumnElement[bool]:
    return (
        sa.select(issue.c.id)
        .where(
            issue.c.parent_id == issue_id,
            issue.c.kind == IssueKind.TEST,
            issue.c.frozen_at.is_not(None),
        )
        .exists()
        .label("is_tested")
    )


def held_briefs_and_test(connection: sa.Connection, issue_id: int) -> tuple[dict[int, str], bool]:
    """
    Return what `held_briefs` and `is_tested` do, in one statement if the issue has briefs.
    """
    rows = connection.execute(
        sa.select(
            brief.c.id,
            brief.c.status,
            brief.c.status_reason,
            brief.c.status_phrase,
            _is_tested(issue_id),
        )
        .join(issue_brief, issue_brief.c.brief_id == brief.c.id)
        .where(issue_brief.c.issue_id == issue_id)
        .order_by(issue_brief.c.position)
    ).all()
    if not rows:
        return {}, is_tested(connection, issue_id)
    held = [row for row in rows if row.status == BriefStatus.HELD]
    return {row.id: stored_reason(row, "status_reason") for row in held}, bool(rows[0].is_tested)

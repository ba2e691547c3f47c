"""
Find the briefs that were sent before, and to which lists, for a schedule's next issue. `briefs`
selects from the rest.
"""

from __future__ import annotations

import datetime as dt
import functools
import json
from typing import Any

import sqlalchemy as sa

from newsletter.model.brief import BriefStatus
from newsletter.model.issue import AudienceRule, Issue, IssueKind, IssueState
from newsletter.store.tables import batch, brief, issue, issue_brief

LEAVING = (
    IssueState.FREEZING,
    IssueState.SENDING,
    IssueState.PAUSED,
    IssueState.SUBMITTED,
    IssueState.CANCELLED,
)
_LEFT = tuple(state for state in LEAVING if state is not IssueState.FREEZING)
_WAS_SUBMITTED = sa.exists().where(
    batch.c.issue_id == issue.c.id, batch.c.call_started_at.is_not(None)
)
# The briefs and the number of an issue are free again if it was cancelled before any submission.
GAVE_BACK = (issue.c.state == IssueState.CANCELLED) & ~_WAS_SUBMITTED


def taken_briefs(
    connection: sa.Connection, schedule_id: int, readers: AudienceRule, *, repeats: bool
) -> set[int]:
    """
    Return the ids of the briefs in any issue of the schedule, and (unless it *repeats*) in issues
    to some of its *readers* that another schedule made, or a person from several briefs.
    `sent_singly` finds what a person sent on its own.
    """
    several = (
        sa.select(issue_brief.c.issue_id)
        .group_by(issue_brief.c.issue_id)
        .having(sa.func.count() > 1)
    )
    by_hand = sa.and_(
        issue.c.kind == IssueKind.ISSUE,
        issue.c.state.in_(LEAVING),
        issue.c.id.in_(several),
    )
    # As text: after years there are thousands of rows, and they have few audiences.
    audience = sa.cast(issue.c.audience, sa.Text).label("audience")
    rows = connection.execute(
        sa.select(issue_brief.c.brief_id, issue.c.schedule_id, audience)
        .join(issue, issue.c.id == issue_brief.c.issue_id)
        .where(issue.c.slot.is_not(None) | by_hand, ~GAVE_BACK)
    )

    @functools.cache
    def may_reach(text: str) -> bool:
        return _may_reach(json.loads(text), readers)

    return {
        row.brief_id
        for row in rows
        if row.schedule_id == schedule_id or (not repeats and may_reach(row.audience))
    }


def _may_reach(audience: dict[str, Any], readers: AudienceRule) -> bool:
    """
    Return whether an issue with that stored *audience* was for some of *readers*.
    """
    return AudienceRule.from_json(audience).may_share_readers_with(readers)


def sent_singly(connection: sa.Connection, readers: AudienceRule) -> dict[int, dt.datetime]:
    """
    Return, by brief id, when an issue with only that brief was created for some of *readers*. A
    digest for which its schedule found only one brief does not count, nor does a correction.
    """
    singles = (
        sa.select(issue_brief.c.issue_id)
        .group_by(issue_brief.c.issue_id)
        .having(sa.func.count() == 1)
    )
    rows = connection.execute(
        sa.select(issue_brief.c.brief_id, issue.c.created_at, issue.c.audience)
        .join(issue, issue.c.id == issue_brief.c.issue_id)
        .where(
            issue.c.id.in_(singles),
            issue.c.kind == IssueKind.ISSUE,
            issue.c.state.in_(LEAVING),
            issue.c.slot.is_(None) | (issue.c.part != ""),
            ~GAVE_BACK,
        )
        .order_by(issue.c.id)
    )
    return {
        row.brief_id: row.created_at
        for row in rows
        if row.audience.get("sent_to_issue") is None and _may_reach(row.audience, readers)
    }


def sent_before(
    connection: sa.Connection, about: Issue, *, since: dt.datetime | None = None
) -> set[int]:
    """
    Return the ids of the briefs of *about* that another issue sent to some of its readers; with
    *since*, only those sent after that time.
    """
    mine = sa.select(issue_brief.c.brief_id).where(issue_brief.c.issue_id == about.id)
    rows = connection.execute(
        sa.select(issue_brief.c.brief_id, issue.c.audience)
        .join(issue, issue.c.id == issue_brief.c.issue_id)
        .where(
            issue_brief.c.brief_id.in_(mine),
            issue.c.id != about.id,
            issue.c.kind == IssueKind.ISSUE,
            issue.c.state.in_(_LEFT),
            ~GAVE_BACK,
            sa.true() if since is None else issue.c.frozen_at > since,
        )
    )
    return {row.brief_id for row in rows if _may_reach(row.audience, about.audience)}


def mark_briefs_used(connection: sa.Connection, issue_id: int) -> None:
    """
    Mark the briefs of a submitted issue as used, and unpin them: a pin counts for one issue. One
    that was held meanwhile stays held.
    """
    chosen = sa.select(issue_brief.c.brief_id).where(issue_brief.c.issue_id == issue_id)
    connection.execute(
        sa.update(brief)
        .where(brief.c.id.in_(chosen))
        .values(
            status=sa.case(
                (brief.c.status == BriefStatus.HELD, BriefStatus.HELD), else_=BriefStatus.USED
            ),
            is_pinned=False,
        )
    )


def last_issue_at(connection: sa.Connection, schedule_id: int) -> dt.datetime | None:
    """
    Return when the schedule last created an issue, not counting those cancelled before any
    submission; None if it never did.
    """
    return connection.execute(
        sa.select(issue.c.created_at)
        .where(issue.c.schedule_id == schedule_id, ~GAVE_BACK)
        .order_by(issue.c.created_at.desc())
        .limit(1)
    ).scalar_one_or_none()

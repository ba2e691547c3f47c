"""
Count what waits for staff: the briefs that no issue has used, and the drafts.
"""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa

from newsletter.model.brief import BriefStatus
from newsletter.model.issue import IssueKind, IssueState
from newsletter.store.tables import brief, issue


@dataclass(frozen=True, kw_only=True)
class OpenWork:
    """
    How many briefs are new, and how many issues are drafts; None for what was not counted.
    """

    new_briefs: int | None = None
    drafts: int | None = None


def count_open_work(connection: sa.Connection, *, briefs: bool, drafts: bool) -> OpenWork:
    """
    Count what is asked for, in one statement.
    """
    of_briefs = sa.select(sa.func.count()).where(brief.c.status == BriefStatus.NEW)
    of_drafts = sa.select(sa.func.count()).where(
        issue.c.kind == IssueKind.ISSUE, issue.c.state == IssueState.DRAFT
    )
    row = connection.execute(
        sa.select(
            of_briefs.scalar_subquery() if briefs else sa.null(),
            of_drafts.scalar_subquery() if drafts else sa.null(),
        )
    ).one()
    return OpenWork(new_briefs=row[0], drafts=row[1])

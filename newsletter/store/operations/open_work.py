"""
Read what each page for staff shows: the briefs that no issue has used, the issues that wait for
staff, and whether all sending is stopped.
"""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa

from newsletter.model.brief import BriefStatus
from newsletter.model.issue import WAITS_FOR_STAFF, IssueKind
from newsletter.store.flow_control.kill_switch import SELECT_ACTIVE_STOP, Stop, read_stop
from newsletter.store.tables import brief, issue


@dataclass(frozen=True, kw_only=True)
class OpenWork:
    """
    How many briefs are new, and how many issues wait for staff; None for what was not counted.
    `stop` is the stop that is active, if it was asked for and there is one.
    """

    new_briefs: int | None = None
    drafts: int | None = None
    stop: Stop | None = None


def read_open_work(
    connection: sa.Connection, *, briefs: bool, drafts: bool, stop: bool
) -> OpenWork:
    """
    Read what is asked for, in one statement.
    """
    of_briefs = sa.select(sa.func.count()).where(brief.c.status == BriefStatus.NEW)
    of_drafts = sa.select(sa.func.count()).where(
        issue.c.kind == IssueKind.ISSUE, issue.c.state.in_(sorted(WAITS_FOR_STAFF))
    )
    stopped = SELECT_ACTIVE_STOP.where(sa.true() if stop else sa.false()).subquery()
    counts = sa.select(
        (of_briefs.scalar_subquery() if briefs else sa.null()).label("briefs"),
        (of_drafts.scalar_subquery() if drafts else sa.null()).label("drafts"),
    ).subquery()
    row = connection.execute(
        sa.select(counts, stopped).select_from(counts.outerjoin(stopped, sa.true()))
    ).one()
    return OpenWork(
        new_briefs=row.briefs,
        drafts=row.drafts,
        stop=None if row.kind is None else read_stop(row),
    )

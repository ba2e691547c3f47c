"""
Find what uses a segment by its name.
"""

from __future__ import annotations

from collections.abc import Collection

import sqlalchemy as sa

from newsletter.model.issue import AudienceRule, IssueState
from newsletter.store.tables import issue, schedule


def schedules_using(connection: sa.Connection, segment: str) -> list[str]:
    """
    Return the names of the schedules whose issues go to the segment, sorted.
    """
    rows = connection.execute(sa.select(schedule.c.name, schedule.c.audience))
    return sorted(row.name for row in rows if _segment(row.audience) == segment)


def issues_using(
    connection: sa.Connection, segment: str, *, states: Collection[IssueState]
) -> list[int]:
    """
    Return the numbers of the issues in one of *states* that go to the segment, sorted.
    """
    wanted = sa.select(issue.c.id, issue.c.audience).where(
        issue.c.state.in_([state.value for state in states])
    )
    rows = connection.execute(wanted)
    return sorted(row.id for row in rows if _segment(row.audience) == segment)


def _segment(audience: dict[str, object]) -> str | None:
    return AudienceRule.from_json(audience).segment

"""
Find what uses a segment by its name.
"""

from __future__ import annotations

from collections.abc import Collection

import sqlalchemy as sa

from newsletter.model.issue import AudienceRule, IssueState
from newsletter.store.tables import issue, schedule


def schedules_using(
    connection: sa.Connection, segment: str, *, reach: frozenset[str] | None = None
) -> list[str]:
    """
    Return the names of the schedules whose issues go to the segment, sorted. With *reach*, slugs of
    lists, only of those that go to no other lists.
    """
    rows = connection.execute(sa.select(schedule.c.name, schedule.c.audience))
    return sorted(row.name for row in rows if _uses(row.audience, segment, reach))


def issues_using(
    connection: sa.Connection,
    segment: str,
    *,
    states: Collection[IssueState],
    reach: frozenset[str] | None = None,
) -> list[int]:
    """
    Return the numbers of the issues in one of *states* that go to the segment, sorted; with *reach*
    as for schedules.
    """
    wanted = sa.select(issue.c.id, issue.c.audience).where(
        issue.c.state.in_([state.value for state in states])
    )
    rows = connection.execute(wanted)
    return sorted(row.id for row in rows if _uses(row.audience, segment, reach))


def _uses(audience: dict[str, object], segment: str, reach: frozenset[str] | None) -> bool:
    rule = AudienceRule.from_json(audience)
    return rule.segment == segment and (reach is None or reach.issuperset(rule.lists))

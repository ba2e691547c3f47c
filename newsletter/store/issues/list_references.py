"""
Find and rename a mailing list where issues and schedules name it by its slug.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator

import sqlalchemy as sa

from newsletter.model.issue import AudienceRule, IssueState
from newsletter.store.tables import issue, schedule


def schedules_naming(connection: sa.Connection, slug: str) -> list[str]:
    """
    Return the names of the schedules that send to the list *slug* or leave it out, sorted.
    """
    rows = connection.execute(sa.select(schedule.c.name, schedule.c.audience))
    return sorted(row.name for row in rows if _names(row.audience, slug))


def issues_naming(
    connection: sa.Connection, slug: str, *, states: Collection[IssueState]
) -> list[int]:
    """
    Return the numbers of the issues in one of *states* that name the list *slug*, sorted.
    """
    wanted = sa.select(issue.c.id, issue.c.audience).where(
        issue.c.state.in_([state.value for state in states])
    )
    return sorted(row.id for row in connection.execute(wanted) if _names(row.audience, slug))


def rename_references(connection: sa.Connection, old: str, new: str) -> None:
    """
    Let every issue and schedule that names the list *old* name it *new*.
    """
    for table in (issue, schedule):
        rows = connection.execute(sa.select(table.c.id, table.c.audience)).all()
        for row in rows:
            if _names(row.audience, old):
                audience = {**row.audience, **dict(_renamed(row.audience, old, new))}
                update = table.update().where(table.c.id == row.id)
                connection.execute(update.values(audience=audience))


def _names(audience: dict[str, list[str]], slug: str) -> bool:
    rule = AudienceRule.from_json(audience)
    return slug in rule.lists or slug in rule.minus


def _renamed(audience: dict[str, list[str]], old: str, new: str) -> Iterator[tuple[str, list[str]]]:
    for part in ("lists", "minus"):
        yield part, [new if slug == old else slug for slug in audience.get(part, ())]

"""
Find what the tables contain now about the people of an import that is undone.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import sqlalchemy as sa

from subscribers.database.history_tables import history
from subscribers.database.tables import subscriber, subscription
from subscribers.import_export.jobs.model import FileJob

_p, _s, _h = subscriber, subscription, history


def find_present(connection: sa.Connection, numbers: Collection[int]) -> dict[int, sa.Row[Any]]:
    """
    Return those who are not erased, by number.
    """
    columns = (_p.c.id, _p.c.name, _p.c.timezone)
    found: sa.Select[Any] = sa.select(*columns).where(
        _p.c.id.in_(numbers), _p.c.erased_at.is_(None)
    )
    return {row.id: row for row in connection.execute(found)}


def find_subscriptions(
    connection: sa.Connection, job: FileJob, numbers: Collection[int]
) -> tuple[dict[int, str], set[int]]:
    """
    Return the state on the list of the import of each person who is on it, and those who are or
    were on another one.
    """
    columns = (_s.c.subscriber_id, _s.c.list_id, _s.c.state)
    found: sa.Select[Any] = sa.select(*columns).where(_s.c.subscriber_id.in_(numbers))
    states: dict[int, str] = {}
    on_others = set()
    for number, list_id, state in connection.execute(found):
        if list_id == job.list_id:
            states[number] = state
        else:
            on_others.add(number)
    return states, on_others


def find_added_elsewhere(
    connection: sa.Connection, job: FileJob, numbers: Collection[int]
) -> set[int]:
    """
    Return those who were added to another list first. The history tells it, because an undo moves
    subscriptions.
    """
    of_a_list = sa.and_(_h.c.subscriber_id.in_(numbers), _h.c.list_id.is_not(None))
    first = sa.select(sa.func.min(_h.c.id)).where(of_a_list).group_by(_h.c.subscriber_id)
    elsewhere = sa.select(_h.c.subscriber_id).where(_h.c.id.in_(first), _h.c.list_id != job.list_id)
    return set(connection.scalars(elsewhere))

"""
Store who has the page of a draft open.
"""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa

from newsletter.store.tables import draft_visitor, staff_member
from subscribers.database.columns import insert_into

_v = draft_visitor


def note_visitor(
    connection: sa.Connection, issue_id: int, staff_id: int, *, now: dt.datetime
) -> None:
    """
    Record that a member of staff has the draft open now.
    """
    values = {"issue_id": issue_id, "staff_id": staff_id, "seen_at": now}
    insert = insert_into(connection, _v).values(values)
    connection.execute(
        insert.on_conflict_do_update(
            index_elements=["issue_id", "staff_id"], set_={"seen_at": insert.excluded.seen_at}
        )
    )


def forget_visitors(connection: sa.Connection, issue_id: int, *, before: dt.datetime) -> None:
    """
    Forget who had the draft open *before* then, and not since.
    """
    connection.execute(sa.delete(_v).where(_v.c.issue_id == issue_id, _v.c.seen_at < before))


def other_visitors(
    connection: sa.Connection, issue_id: int, staff_id: int, *, since: dt.datetime
) -> list[str]:
    """
    Return the names, else the addresses, of the others who have had the draft open *since* then, in
    order.
    """
    m = staff_member
    shown = sa.case((m.c.name != "", m.c.name), else_=m.c.email)
    found = (
        sa.select(shown)
        .join(m, m.c.id == _v.c.staff_id)
        .where(_v.c.issue_id == issue_id, _v.c.staff_id != staff_id, _v.c.seen_at >= since)
    )
    return sorted(connection.execute(found).scalars())

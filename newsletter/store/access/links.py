"""
Store and find the links that are sent to staff.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

import sqlalchemy as sa

from newsletter.model.staff import StaffLink, StaffLinkKind
from newsletter.store.epochs import current_epoch
from newsletter.store.tables import delivery, staff_link

_x = staff_link


def add_link(
    connection: sa.Connection,
    kind: StaffLinkKind,
    staff_id: int | None,
    *,
    expires_at: dt.datetime,
    now: dt.datetime,
) -> StaffLink:
    """
    Add a link in place of the unused ones of the same member, and return it.
    """
    end_links(connection, staff_id, now=now)
    insert = sa.insert(_x).values(
        kind=kind,
        staff_id=staff_id,
        epoch=current_epoch(connection),
        created_at=now,
        expires_at=expires_at,
    )
    return _read(connection.execute(insert.returning(*_x.c)).one())


def end_links(connection: sa.Connection, staff_id: int | None, *, now: dt.datetime) -> None:
    """
    End all links of a member, or those for nobody yet, that were not used.
    """
    unused = _x.c.staff_id.is_not_distinct_from(staff_id) & _x.c.used_at.is_(None)
    connection.execute(sa.update(_x).where(unused).values(used_at=now))


def set_notice(connection: sa.Connection, link_id: int, issue_id: int) -> None:
    """
    Record the notice that a link is sent with.
    """
    connection.execute(sa.update(_x).where(_x.c.id == link_id).values(issue_id=issue_id))


def find_link(connection: sa.Connection, link_id: int) -> StaffLink | None:
    """
    Return the link with that number, or None.
    """
    return _one(connection, _x.c.id == link_id)


def find_mailed_link(connection: sa.Connection, delivery_id: int) -> StaffLink | None:
    """
    Return the link that was sent with that delivery, or None.
    """
    issue_id = sa.select(delivery.c.issue_id).where(delivery.c.id == delivery_id).scalar_subquery()
    return _one(connection, _x.c.issue_id == issue_id)


def use_link(connection: sa.Connection, link_id: int, *, now: dt.datetime) -> bool:
    """
    Record that a link was used. Return False if it was used before.
    """
    used = connection.execute(
        sa.update(_x).where(_x.c.id == link_id, _x.c.used_at.is_(None)).values(used_at=now)
    )
    return used.rowcount == 1


def _one(connection: sa.Connection, where: sa.ColumnElement[bool]) -> StaffLink | None:
    row = connection.execute(sa.select(_x).where(where).order_by(_x.c.id.desc()).limit(1)).first()
    return None if row is None else _read(row)


def _read(row: sa.Row[Any]) -> StaffLink:
    return StaffLink(
        id=row.id,
        kind=StaffLinkKind(row.kind),
        staff_id=row.staff_id,
        epoch=row.epoch,
        expires_at=row.expires_at,
        used_at=row.used_at,
    )

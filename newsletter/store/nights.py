"""
The nights on which providers were asked what no webhook brought: one process asks for all.
"""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa

from newsletter.store.heard import night as table
from subscribers.columns import insert_into


def begin(connection: sa.Connection, provider: str, night: dt.date) -> dt.date | None:
    """
    The last night in which *provider* was asked, where this process is the one to ask in that
    *night*; else None. Nobody asks in the first night that is known, before which nothing was sent.
    """
    first = insert_into(connection, table).values(provider=provider, night=night)
    if connection.execute(first.on_conflict_do_nothing().returning(table.c.provider)).first():
        return None
    theirs = table.c.provider == provider
    earlier = sa.select(table.c.night).where(theirs, table.c.night < night).with_for_update()
    asked: dt.date | None = connection.execute(earlier).scalar_one_or_none()
    if asked is not None:
        connection.execute(sa.update(table).where(theirs).values(night=night))
    return asked

"""
The nights on which providers were asked what no webhook brought: one process asks for all.
"""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa

from newsletter.store.tables import night as table
from subscribers.database.columns import insert_into


def begin(connection: sa.Connection, provider: str, night: dt.date) -> dt.date | None:
    """
    The last night in which *provider* answered to the end, where this process is the one to ask in
    that *night*; else None. Nobody asks in the first night that is known, before which nothing was
    sent.
    """
    first = insert_into(connection, table).values(provider=provider, night=night, heard=night)
    if connection.execute(first.on_conflict_do_nothing().returning(table.c.provider)).first():
        return None
    begun = sa.update(table).where(table.c.provider == provider, table.c.night < night)
    heard = connection.execute(begun.values(night=night).returning(table.c.heard))
    last: dt.date | None = heard.scalar_one_or_none()
    return last


def end(connection: sa.Connection, provider: str, night: dt.date) -> None:
    """
    Notes that *provider* answered to the end in that *night*.
    """
    connection.execute(sa.update(table).where(table.c.provider == provider).values(heard=night))

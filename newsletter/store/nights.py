"""
The nights on which providers were asked what no webhook brought: one process asks for all.
"""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa

from newsletter.store.heard import night as table
from subscribers.columns import insert_into


def begin(connection: sa.Connection, provider: str, night: dt.date) -> bool:
    """
    Whether this process is the one to ask *provider* in that *night*. Nobody asks in the first
    night that is known, before which nothing was sent.
    """
    first = insert_into(connection, table).values(provider=provider, night=night)
    if connection.execute(first.on_conflict_do_nothing().returning(table.c.provider)).first():
        return False
    later = (
        sa.update(table)
        .where(table.c.provider == provider, table.c.night < night)
        .values(night=night)
    )
    return connection.execute(later).rowcount == 1

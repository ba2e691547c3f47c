"""
Record since when each provider is used through its current account. A new account knows nothing of
what was submitted through the old one, and would report it as never received.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

import sqlalchemy as sa

from newsletter.store.tables import account
from subscribers.database.columns import insert_into


def note_account(connection: sa.Connection, provider: str, name: str, *, now: dt.datetime) -> None:
    """
    Record that *provider* is used through the account called *name*, from now on if that is a new
    one.
    """
    first = insert_into(connection, account).values(provider=provider, name=name)
    connection.execute(first.on_conflict_do_nothing())
    is_another = (account.c.provider == provider) & (account.c.name != name)
    connection.execute(sa.update(account).where(is_another).values(name=name, since=now))


def changed_at(connection: sa.Connection) -> Mapping[str, dt.datetime]:
    """
    Return when each provider's account last changed, by provider name. Providers whose account
    never changed are omitted.
    """
    rows = connection.execute(
        sa.select(account.c.provider, account.c.since).where(account.c.since.is_not(None))
    )
    return {row.provider: row.since for row in rows}

"""
Find out whose access was ended in another copy of the database: tokens that were revoked, members
of staff who were removed.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import sqlalchemy as sa

from newsletter.model.staff import MemberState
from newsletter.store.tables import api_token, staff_member


@dataclass(frozen=True, kw_only=True)
class EndedAccess:
    """
    The tokens, by number and the time they were made, and the members, by the key of their address.
    """

    tokens: frozenset[tuple[int, dt.datetime]] = frozenset()
    members: frozenset[str] = frozenset()


def ended_access_in(database_file: Path) -> EndedAccess:
    """
    Return what was ended in an SQLite database, nothing if it is damaged or too old to say.
    """
    # It must stay as it is, with its logs.
    engine = sa.create_engine(f"sqlite:///file:{database_file}?mode=ro&immutable=1&uri=true")
    try:
        with engine.connect() as connection:
            return EndedAccess(
                tokens=frozenset(_revoked(connection)), members=frozenset(_removed(connection))
            )
    except sa.exc.SQLAlchemyError:
        return EndedAccess()
    finally:
        engine.dispose()


def _revoked(connection: sa.Connection) -> Iterator[tuple[int, dt.datetime]]:
    t = api_token
    found = sa.select(t.c.id, t.c.created_at).where(t.c.revoked_at.is_not(None))
    for row in connection.execute(found):
        yield row.id, row.created_at


def _removed(connection: sa.Connection) -> Iterator[str]:
    m = staff_member
    removed = sa.select(m.c.email_key).where(m.c.state == MemberState.REMOVED)
    yield from connection.scalars(removed)

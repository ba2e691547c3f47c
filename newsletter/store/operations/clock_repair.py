"""
Moments in the ledger that a wrong clock wrote: a batch that would wait for weeks because the
machine's clock was weeks ahead for a second. `sender` looks for them when its clock is right.
"""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa

from newsletter.model.delivery import BatchState
from newsletter.model.rate import LONGEST_RETRY_S
from newsletter.store.tables import batch

# Nothing rests longer after a call: a provider is obeyed for at most a day, and a back-off is less.
MAX_WAIT = dt.timedelta(seconds=LONGEST_RETRY_S) + dt.timedelta(hours=1)


def repair_times(connection: sa.Connection, *, now: dt.datetime) -> int:
    """
    How many batches rested until a moment that no rest leads to, and may be looked at from *now*
    on. Those that wait for the time of day of their readers are left: such a wait may be long.
    """
    # One state at a time: for two at once SQLite goes through all batches there ever were.
    return sum(
        connection.execute(
            sa.update(batch)
            .where(
                batch.c.state == state,
                # A held batch with a time zone may wait for a time of day too.
                (batch.c.reason != "") | (batch.c.hold.is_not(None) & batch.c.timezone.is_(None)),
                batch.c.not_after.is_(None),
                batch.c.not_before > now + MAX_WAIT,
            )
            .values(not_before=now)
        ).rowcount
        for state in (BatchState.WAITING, BatchState.UNCERTAIN)
    )

"""
Repair times in the ledger that a wrong clock wrote. If the machine's clock was weeks ahead for a
second, a batch would otherwise wait for weeks. Workers do this once their clock is right.
"""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa

from newsletter.model.delivery import BatchState, HoldReason
from newsletter.model.rate import LONGEST_RETRY_S
from newsletter.store.tables import batch

# No cooldown is longer: a Retry-After counts as a day at most, and a back-off is shorter.
MAX_WAIT = dt.timedelta(seconds=LONGEST_RETRY_S) + dt.timedelta(hours=1)


def repair_times(connection: sa.Connection, *, now: dt.datetime) -> int:
    """
    Make batches due *now* if they wait longer than any cooldown, and return how many. Batches that
    wait for their readers' time of day are skipped, because they may wait that long.
    """
    # One state at a time, because for two at once SQLite scans all batches.
    return sum(
        connection.execute(
            sa.update(batch)
            .where(
                batch.c.state == state,
                batch.c.hold.is_distinct_from(HoldReason.TIME_OF_DAY),
                # The canary hold of a batch with a time zone ends at a time of day too.
                batch.c.hold.is_(None) | batch.c.timezone.is_(None),
                batch.c.not_after.is_(None),
                batch.c.not_before > now + MAX_WAIT,
            )
            .values(not_before=now)
        ).rowcount
        for state in (BatchState.WAITING, BatchState.UNCERTAIN)
    )

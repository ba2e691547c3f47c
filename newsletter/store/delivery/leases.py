"""
Who is handing over right now, and what becomes of the batches of those who died.

Each process that hands over beats in the `worker` table. On SQLite it also holds a lock on a file
beside the database: when the lock can be taken, the owner is dead, at once and for certain.
"""

from __future__ import annotations

import datetime as dt
import fcntl
from collections.abc import Sequence
from pathlib import Path
from typing import IO

import sqlalchemy as sa

from newsletter.model.delivery import BatchState
from newsletter.store.delivery.batches import BATCH_COLUMNS, ClaimedBatch
from newsletter.store.queue.jobs import enqueue
from newsletter.store.tables import batch, worker

LEASE = dt.timedelta(seconds=8)
BEAT = dt.timedelta(seconds=2)
# A silent owner on PostgreSQL may only be paused, with its call still open: no look before that
# call must have ended. It begins up to 30 s after its intent, and has a deadline of 60 s.
CALL_DEADLINE = dt.timedelta(seconds=90)
# A beat or lease further ahead than clocks may be apart was written by a wrong one, and is none.
MOST_AHEAD = dt.timedelta(minutes=1)


class WorkerLock:
    """
    The lock one owner holds beside an SQLite file, for as long as its process lives.
    """

    def __init__(self, database_file: Path, owner: str) -> None:
        self.path = lock_path(database_file, owner)
        self._file: IO[bytes] = self.path.open("wb")
        fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)

    def close(self) -> None:
        self._file.close()
        self.path.unlink(missing_ok=True)


def lock_path(database_file: Path, owner: str) -> Path:
    """
    Where the lock of *owner* lies.
    """
    return database_file.with_name(f"{database_file.name}-owner-{owner}")


def is_dead(database_file: Path, owner: str) -> bool:
    """
    Whether the process that was *owner* is gone: its lock is free or was given back.
    """
    try:
        with lock_path(database_file, owner).open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except FileNotFoundError:
        return True
    except BlockingIOError:
        return False
    return True


def heartbeat(connection: sa.Connection, owner: str, *, now: dt.datetime) -> None:
    """
    Says that *owner* lives, and gives back what it has claimed: a claim lasts from one statement
    to the next and never over a beat, so the intent of what is found here met a broken database.
    """
    beaten = connection.execute(
        sa.update(worker).where(worker.c.owner == owner).values(beat_at=now)
    )
    if beaten.rowcount == 0:
        connection.execute(sa.insert(worker).values(owner=owner, beat_at=now))
    _give_back(connection, batch.c.owner == owner)


def extend_uncertain_leases(connection: sa.Connection, owner: str, *, now: dt.datetime) -> None:
    """
    Keeps the doubt that *owner* asks about its own for another lease: asked about by another, its
    answer would be nobody's, and where each takes longer than a lease none would ever count.
    """
    until = now + LEASE
    connection.execute(
        sa.update(batch)
        .where(
            batch.c.state == BatchState.UNCERTAIN,
            batch.c.owner == owner,
            # One that was answered has none, and that of a call still open is longer.
            batch.c.lease_until < until,
        )
        .values(lease_until=until)
    )


def _give_back(connection: sa.Connection, whose: sa.ColumnElement[bool]) -> None:
    given_back = connection.execute(
        sa.update(batch)
        .where(batch.c.state == BatchState.CLAIMED, whose)
        .values(state=BatchState.PENDING, owner=None, lease_until=None)
        .returning(batch.c.id)
    )
    enqueue(given_back.scalars().all(), connection)


def unregister(connection: sa.Connection, owner: str) -> None:
    """
    Says that *owner* has ended in order.
    """
    connection.execute(sa.delete(worker).where(worker.c.owner == owner))


def has_live_sender(
    connection: sa.Connection, database_file: Path | None, *, now: dt.datetime
) -> bool:
    """
    Whether some process is about that hands batches over.
    """
    return len(live_workers(connection, database_file, now=now)) > 0


def live_workers(
    connection: sa.Connection, database_file: Path | None, *, now: dt.datetime
) -> list[str]:
    """
    The owners that live: by their lock on SQLite, by their beat on PostgreSQL.
    """
    rows = connection.execute(sa.select(worker.c.owner, worker.c.beat_at)).all()
    if database_file is None:
        return [row.owner for row in rows if now - LEASE < row.beat_at < now + MOST_AHEAD]
    # An owner whose first beat met a locked database may hold batches all the same. Asked for one
    # state at a time: for two at once SQLite goes through all batches there ever were.
    held = (BatchState.CLAIMED, BatchState.SUBMITTING)
    holding = connection.execute(
        sa.union(*(sa.select(batch.c.owner).where(batch.c.state == state) for state in held))
    ).scalars()
    owners = {row.owner for row in rows} | {owner for owner in holding if owner is not None}
    return sorted(owner for owner in owners if not is_dead(database_file, owner))


def expire_dead_workers(
    connection: sa.Connection, database_file: Path | None, *, now: dt.datetime
) -> list[ClaimedBatch]:
    """
    The batches that dead owners left HANDING, now UNCERTAIN; their claimed ones are pending
    again, for nothing of those left.
    """
    alive = live_workers(connection, database_file, now=now)
    orphaned = batch.c.owner.is_not(None) & batch.c.owner.not_in(alive)
    if database_file is None:
        orphaned = orphaned & _is_over(now)
    _give_back(connection, orphaned)
    deadline = sa.cast(batch.c.handed_at, sa.DateTime(timezone=True)) + CALL_DEADLINE
    left = connection.execute(
        sa.update(batch)
        .where(batch.c.state == BatchState.SUBMITTING, orphaned)
        .values(
            state=BatchState.UNCERTAIN,
            not_before=now if database_file else deadline,
            # An event may have it looked at before; until then its answer may still come.
            lease_until=None if database_file else deadline,
            reason="the sending process died during the hand-over",
            hold=None,
        )
        .returning(*BATCH_COLUMNS)
    )
    found = [ClaimedBatch(**row._mapping) for row in left]
    _forget(connection, database_file, alive)
    return found


def _is_over(now: dt.datetime) -> sa.ColumnElement[bool]:
    lease = batch.c.lease_until
    return lease.is_(None) | (lease < now) | (lease > now + CALL_DEADLINE + MOST_AHEAD)


def _forget(connection: sa.Connection, database_file: Path | None, alive: Sequence[str]) -> None:
    gone = connection.execute(
        sa.delete(worker).where(worker.c.owner.not_in(alive)).returning(worker.c.owner)
    ).scalars()
    for owner in gone:
        if database_file is not None:
            lock_path(database_file, owner).unlink(missing_ok=True)


def claim_uncertain(
    connection: sa.Connection, *, owner: str, now: dt.datetime
) -> ClaimedBatch | None:
    """
    The next uncertain batch whose time to look has come, now *owner*'s to resolve.
    """
    candidate = (
        sa.select(batch.c.id)
        .where(
            batch.c.state == BatchState.UNCERTAIN,
            batch.c.not_before <= now,
            _is_over(now),
        )
        # In turn: one that a hanging provider leaves in doubt is soon due again.
        .order_by(batch.c.not_before, batch.c.id)
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    row = connection.execute(
        sa.update(batch)
        .where(batch.c.id == candidate.scalar_subquery())
        .values(
            owner=owner,
            epoch=batch.c.epoch + 1,
            tries=batch.c.tries + 1,
            lease_until=now + LEASE,
        )
        .returning(*BATCH_COLUMNS)
    ).one_or_none()
    return None if row is None else ClaimedBatch(**row._mapping)

"""
Leases: which workers are live, and what happens to the batches of dead ones.

Each worker writes its heartbeat to the `worker` table. On SQLite it also holds a lock on a file
beside the database: when the lock can be taken, the worker is certainly dead.
"""

from __future__ import annotations

import datetime as dt
import fcntl
import glob
from collections.abc import Sequence
from pathlib import Path
from typing import IO

import sqlalchemy as sa

from newsletter.model.delivery import BatchState
from newsletter.store.delivery.batches import BATCH_COLUMNS, ClaimedBatch
from newsletter.store.queue.jobs import enqueue
from newsletter.store.tables import batch, worker

LEASE = dt.timedelta(seconds=8)
# A silent worker on PostgreSQL may be merely suspended, with its call still open. So nothing is
# looked up until that call must have ended: it starts at most 30 s after its intent and has a
# deadline of 60 s.
CALL_DEADLINE = dt.timedelta(seconds=90)
# A heartbeat or lease that is further in the future than this was written by a wrong clock and does
# not count.
MOST_AHEAD = dt.timedelta(minutes=1)


class WorkerLock:
    """
    The lock that one worker holds beside an SQLite file, for as long as its process lives.
    """

    def __init__(self, database_file: Path, worker_id: str) -> None:
        self.path = lock_path(database_file, worker_id)
        self._file: IO[bytes] = self.path.open("wb")
        fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)

    def close(self) -> None:
        self._file.close()
        self.path.unlink(missing_ok=True)


def lock_path(database_file: Path, worker_id: str) -> Path:
    """
    Return the path of the lock of *worker_id*.
    """
    return database_file.with_name(f"{database_file.name}-worker-{worker_id}")


def is_dead(database_file: Path, worker_id: str) -> bool:
    """
    Return whether the process of *worker_id* has ended: its lock is free or was removed.
    """
    try:
        with lock_path(database_file, worker_id).open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except FileNotFoundError:
        return True
    except BlockingIOError:
        return False
    return True


def has_locked_worker(database_file: Path) -> bool:
    """
    Return whether a process that submits batches is live, without reading the database.
    """
    start = lock_path(database_file, "").name
    found = database_file.parent.glob(f"{glob.escape(start)}*")
    return any(not is_dead(database_file, file.name.removeprefix(start)) for file in found)


def heartbeat(connection: sa.Connection, worker_id: str, *, now: dt.datetime) -> None:
    """
    Record that *worker_id* is live, and release its claims. A claim lasts only until the next
    statement, so a claim found here belongs to an intent that failed with a database error.
    """
    updated = connection.execute(
        sa.update(worker).where(worker.c.name == worker_id).values(heartbeat_at=now)
    )
    if updated.rowcount == 0:
        connection.execute(sa.insert(worker).values(name=worker_id, heartbeat_at=now))
    _release_claims(connection, batch.c.worker == worker_id)


def extend_uncertain_leases(connection: sa.Connection, worker_id: str, *, now: dt.datetime) -> None:
    """
    Extend the leases of the uncertain batches that *worker_id* is asking about. If another worker
    asked too, this answer would be lost, and if every answer takes longer than a lease, none would
    ever be recorded.
    """
    until = now + LEASE
    connection.execute(
        sa.update(batch)
        .where(
            batch.c.state == BatchState.UNCERTAIN,
            batch.c.worker == worker_id,
            # A batch that got an answer has no lease, and the lease of an open call is longer.
            batch.c.lease_until < until,
        )
        .values(lease_until=until)
    )


def _release_claims(connection: sa.Connection, whose: sa.ColumnElement[bool]) -> None:
    released = connection.execute(
        sa.update(batch)
        .where(batch.c.state == BatchState.CLAIMED, whose)
        .values(state=BatchState.PENDING, worker=None, lease_until=None)
        .returning(batch.c.id)
    )
    enqueue(released.scalars().all(), connection)


def unregister(connection: sa.Connection, worker_id: str) -> None:
    """
    Record that *worker_id* has shut down cleanly.
    """
    connection.execute(sa.delete(worker).where(worker.c.name == worker_id))


def has_live_sender(
    connection: sa.Connection, database_file: Path | None, *, now: dt.datetime
) -> bool:
    """
    Return whether a worker that submits batches is live.
    """
    return len(live_workers(connection, database_file, now=now)) > 0


def live_workers(
    connection: sa.Connection, database_file: Path | None, *, now: dt.datetime
) -> list[str]:
    """
    Return the live workers: by their locks on SQLite, by their heartbeats on PostgreSQL.
    """
    rows = connection.execute(sa.select(worker.c.name, worker.c.heartbeat_at)).all()
    if database_file is None:
        return [row.name for row in rows if now - LEASE < row.heartbeat_at < now + MOST_AHEAD]
    # A worker whose first heartbeat failed on a locked database may still hold batches. One query
    # for each state: for two at once SQLite reads every batch that ever existed.
    states = (BatchState.CLAIMED, BatchState.SUBMITTING)
    holding = connection.execute(
        sa.union(*(sa.select(batch.c.worker).where(batch.c.state == state) for state in states))
    ).scalars()
    found = {row.name for row in rows} | set(holding)
    return sorted(each for each in found if each is not None and not is_dead(database_file, each))


def expire_dead_workers(
    connection: sa.Connection, database_file: Path | None, *, now: dt.datetime
) -> list[ClaimedBatch]:
    """
    Release the claims of dead workers, mark the batches they were submitting as uncertain, and
    return these.
    """
    alive = live_workers(connection, database_file, now=now)
    orphaned = batch.c.worker.is_not(None) & batch.c.worker.not_in(alive)
    if database_file is None:
        orphaned = orphaned & _is_over(now)
    _release_claims(connection, orphaned)
    deadline = sa.cast(batch.c.call_started_at, sa.DateTime(timezone=True)) + CALL_DEADLINE
    left = connection.execute(
        sa.update(batch)
        .where(batch.c.state == BatchState.SUBMITTING, orphaned)
        .values(
            state=BatchState.UNCERTAIN,
            not_before=now if database_file else deadline,
            # An event may make the batch due earlier; until then the response may still arrive.
            lease_until=None if database_file else deadline,
            reason="the worker died while sending this batch",
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
        sa.delete(worker).where(worker.c.name.not_in(alive)).returning(worker.c.name)
    ).scalars()
    for worker_id in gone:
        if database_file is not None:
            lock_path(database_file, worker_id).unlink(missing_ok=True)


def claim_uncertain(
    connection: sa.Connection, *, worker_id: str, now: dt.datetime, key: str | None = None
) -> ClaimedBatch | None:
    """
    Claim the next uncertain batch that is due for reconciliation, or that of the call *key*, due or
    not.
    """
    is_asked = batch.c.not_before <= now if key is None else batch.c.key == key
    candidate = (
        sa.select(batch.c.id)
        .where(batch.c.state == BatchState.UNCERTAIN, is_asked, _is_over(now))
        # Oldest first, because a batch that a hanging provider leaves uncertain is soon due again.
        .order_by(batch.c.not_before, batch.c.id)
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    row = connection.execute(
        sa.update(batch)
        .where(batch.c.id == candidate.scalar_subquery())
        .values(
            worker=worker_id,
            epoch=batch.c.epoch + 1,
            attempts=batch.c.attempts + 1,
            lease_until=now + LEASE,
        )
        .returning(*BATCH_COLUMNS)
    ).one_or_none()
    return None if row is None else ClaimedBatch(**row._mapping)


def is_call_open(connection: sa.Connection, key: str) -> bool:
    """
    Return whether the batch of the call *key* has no result yet.
    """
    open_states = (BatchState.SUBMITTING, BatchState.UNCERTAIN)
    # One query for each state: for two at once SQLite reads every batch that ever existed.
    found = [
        connection.scalar(sa.select(batch.c.id).where(batch.c.state == state, batch.c.key == key))
        for state in open_states
    ]
    return any(number is not None for number in found)

"""
The jobs that bring batches to the workers, on PostgreSQL: one job names one batch.

A job is only a hint: the batch itself says whether it may be submitted, by which worker, and what
the result was. So an unneeded job does nothing, and a lost one is replaced. On SQLite there are no
jobs: the worker reads the batches themselves.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

# A worker that is silent for this long loses its jobs. It sends a heartbeat every second.
STALLED = dt.timedelta(seconds=4)

# Procrastinate's own way to defer jobs in plain SQL. The second value in the row is the name of the
# task, the third the priority: notices go ahead of issues.
_DEFER = """
SELECT procrastinate.procrastinate_defer_jobs_v1(array_agg(
    ROW('issue-' || issue_id, 'submit_batch',
        (SELECT CAST(kind <> 'issue' AS integer) FROM issue WHERE issue.id = issue_id), NULL, NULL,
        jsonb_build_object('batch_id', id), not_before)
    ::procrastinate.procrastinate_job_to_defer_v1 ORDER BY issue_id, no))
FROM batch WHERE """

_ENQUEUE = sa.text(_DEFER + "id = ANY(:batch_ids) AND state IN ('pending', 'waiting')").bindparams(
    sa.bindparam("batch_ids", type_=postgresql.ARRAY(sa.BigInteger))
)

_ENQUEUE_OPEN = sa.text(_DEFER + "issue_id = :issue_id AND state IN ('pending', 'waiting')")

_FORGOTTEN = """
    (state = 'pending' OR state = 'waiting' AND not_before <= :now)
    AND (not_after IS NULL OR not_after > :now)
    AND issue_id IN (SELECT id FROM issue WHERE state = 'sending')
    AND NOT EXISTS (SELECT FROM kill_switch)
    AND NOT EXISTS (
        SELECT FROM procrastinate.procrastinate_jobs
        WHERE CAST(args->>'batch_id' AS bigint) = batch.id
        AND (status = 'doing' OR status = 'todo' AND coalesce(scheduled_at <= now(), true))
    )
"""
_ENQUEUE_FORGOTTEN = sa.text(_DEFER + _FORGOTTEN)

_DROP_STALLED = sa.text("""
DELETE FROM procrastinate.procrastinate_jobs AS job
WHERE status = 'doing' AND NOT EXISTS (
    SELECT FROM procrastinate.procrastinate_workers AS worker
    WHERE worker.id = job.worker_id AND last_heartbeat >= now() - CAST(:stalled AS interval)
)
""")

_FORGET = sa.text("""
DELETE FROM procrastinate.procrastinate_jobs
WHERE queue_name = 'issue-' || :issue_id AND status = 'todo'
""").bindparams(sa.bindparam("issue_id", type_=sa.BigInteger))

# Only one worker sweeps at a time. The number is arbitrary.
_MAY_SWEEP = sa.text("SELECT pg_try_advisory_xact_lock(7214466031)")


def enqueue(batch_ids: Sequence[int], connection: sa.Connection) -> None:
    """
    Enqueue a job for each of these batches, due at its `not_before` if it has one, in the
    transaction that opens them.
    """
    if has_jobs(connection) and batch_ids:
        connection.execute(_ENQUEUE, {"batch_ids": list(batch_ids)})


def enqueue_forgotten(connection: sa.Connection, *, now: dt.datetime) -> None:
    """
    Enqueue a job for each batch that is due and has none, because its worker died, or because the
    job ran while everything was stopped, while the issue was paused, or too early by our clock.
    """
    if has_jobs(connection) and connection.execute(_MAY_SWEEP).scalar_one():
        connection.execute(_DROP_STALLED, {"stalled": STALLED})
        connection.execute(_ENQUEUE_FORGOTTEN, {"now": now})


def renew_jobs(connection: sa.Connection, issue_id: int) -> None:
    """
    Enqueue a new job for each open batch of an issue that is sending again, because the earlier
    jobs may have run.
    """
    forget_jobs(connection, issue_id)
    if has_jobs(connection):
        connection.execute(_ENQUEUE_OPEN, {"issue_id": issue_id})


def forget_jobs(connection: sa.Connection, issue_id: int) -> None:
    """
    Delete the remaining jobs of an issue that has no open batch left.
    """
    if has_jobs(connection):
        connection.execute(_FORGET, {"issue_id": issue_id})


def has_jobs(connection: sa.Connection) -> bool:
    """
    Return whether the database has jobs, as PostgreSQL does.
    """
    return connection.dialect.name == "postgresql"

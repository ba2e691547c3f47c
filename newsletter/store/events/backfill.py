"""
Record the backfill runs of each provider, so that one process runs it each night for all.
"""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa

from newsletter.store.tables import backfill_run
from subscribers.database.columns import insert_into


def start_run(connection: sa.Connection, provider: str, run_date: dt.date) -> dt.date | None:
    """
    Claim the run of *run_date* for this process. Return the date of the last complete run, or None
    if another process has claimed this one. The very first call also returns None and only records
    the date, because nothing was sent before it.
    """
    first = insert_into(connection, backfill_run).values(
        provider=provider, asked_on=run_date, answered_on=run_date
    )
    if connection.execute(
        first.on_conflict_do_nothing().returning(backfill_run.c.provider)
    ).first():
        return None
    claim = sa.update(backfill_run).where(
        backfill_run.c.provider == provider, backfill_run.c.asked_on < run_date
    )
    claimed = connection.execute(
        claim.values(asked_on=run_date).returning(backfill_run.c.answered_on)
    )
    last_complete: dt.date | None = claimed.scalar_one_or_none()
    return last_complete


def complete_run(connection: sa.Connection, provider: str, run_date: dt.date) -> None:
    """
    Record that the run of *run_date* read the provider's whole history.
    """
    connection.execute(
        sa.update(backfill_run)
        .where(backfill_run.c.provider == provider)
        .values(answered_on=run_date)
    )

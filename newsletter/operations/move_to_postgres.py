"""
Move an installation from SQLite to PostgreSQL, so that two databases never send at the same time.

The old database is locked for writing while it is copied. The copy is committed with its kill
switch on. Then the old database is marked as migrated, and only then may the copy send. So wherever
this is interrupted, at most one of them sends.
"""

from __future__ import annotations

import datetime as dt
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from newsletter.errors import Refused
from newsletter.model.delivery import BatchState
from newsletter.operations.restore_guard import marker_file, write_marker
from newsletter.store.database import Database
from newsletter.store.delivery import leases
from newsletter.store.delivery.finish import unfinished_issues
from newsletter.store.flow_control import kill_switch
from newsletter.store.flow_control.kill_switch import StopKind
from newsletter.store.migrate import upgrade_within
from newsletter.store.operations import database_identity, postgres_copy
from newsletter.store.operations.database_identity import DatabaseIdentity
from newsletter.store.operations.postgres_copy import Copied, OnProgress
from newsletter.store.queue import jobs
from newsletter.store.tables import batch


@dataclass(frozen=True, kw_only=True)
class MigrationReport:
    """
    Where the database was moved to, how many rows were copied, and what continues there: the issues
    that are sending, and the batches with an uncertain outcome.
    """

    to: str
    tables: Sequence[Copied]
    sending: Sequence[int]
    uncertain_batches: int

    @property
    def rows(self) -> int:
        return sum(copied.rows for copied in self.tables)

    def as_json(self) -> dict[str, Any]:
        return {
            "to": self.to,
            "rows": self.rows,
            "tables": [{"table": copied.table, "rows": copied.rows} for copied in self.tables],
            "sending": list(self.sending),
            "uncertain_batches": self.uncertain_batches,
        }


def move_database(
    old: Database,
    new: Database,
    folder: Path,
    *,
    now: dt.datetime,
    report: OnProgress,
    on_step: Callable[[str], None] = lambda step: None,
) -> MigrationReport:
    """
    Copy *old* to *new*, and make *new* the database that sends. *folder* is the folder of the
    settings; *on_step* is called after each commit.

    Raises:
        Refused: *old* is not an SQLite database or may not send itself, a process is sending, or
            *new* has rows.
        StoreError: *new* refused something; it stays empty, and *old* unchanged.
    """
    place = new.shown_url
    _require_kinds(old, new)
    with old.write() as source:
        _require_migratable(source, old, now)
        leases.expire_dead_workers(source, old.file, now=now)
        with new.write() as target:
            postgres_copy.require_empty(target, place)
            upgrade_within(target)
            tables = postgres_copy.copy_rows(source, target, report)
            postgres_copy.require_equal(source, target)
            identity = _make_identity(source, target)
            reason = f"the copy from {old.file} was not finished"
            kill_switch.engage(target, StopKind.COPY, reason=reason, now=now)
            migration = _report_on(target, place, tables)
        on_step("move.copied")
        reason = f"this database was moved to {place}"
        kill_switch.engage(source, StopKind.MOVED, reason=reason, now=now)
    on_step("move.marked")
    with new.write() as target:
        kill_switch.disengage(target, StopKind.COPY)
        jobs.enqueue_forgotten(target, now=now)
    write_marker(marker_file(new, folder), identity)
    return migration


def _require_kinds(old: Database, new: Database) -> None:
    if old.file is None:
        raise Refused("[database] url is not an SQLite database: there is nothing to copy from")
    if new.file is not None:
        raise Refused("--to is not a PostgreSQL database: write postgresql://USER@HOST/NAME")


def _require_migratable(source: sa.Connection, old: Database, now: dt.datetime) -> None:
    kill_switch.require_not_migrated(source)
    stop = kill_switch.stop_of(source, StopKind.COPY)
    if stop is not None:
        raise Refused(str(stop))
    if leases.has_live_sender(source, old.file, now=now):
        raise Refused("a process is sending: stop `newsletter serve` first, then copy")


def _make_identity(source: sa.Connection, target: sa.Connection) -> DatabaseIdentity:
    """
    Give the new database its own identity, which continues the old one's submission count.
    """
    before = database_identity.load_identity(source)
    identity = DatabaseIdentity(
        name=secrets.token_hex(8),
        place=database_identity.place_of(target, None),
        submitted_count=before.submitted_count if before else 0,
    )
    database_identity.save_identity(target, identity)
    return identity


def _report_on(target: sa.Connection, place: str, tables: Sequence[Copied]) -> MigrationReport:
    uncertain = sa.select(sa.func.count()).where(batch.c.state == BatchState.UNCERTAIN)
    return MigrationReport(
        to=place,
        tables=tables,
        sending=unfinished_issues(target),
        uncertain_batches=int(target.execute(uncertain).scalar_one()),
    )

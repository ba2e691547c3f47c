"""
An installation moved from SQLite to PostgreSQL, so that at no moment two databases send.

The old one is locked for writing meanwhile. The copy is committed stopped, then the old one is
marked as moved, then the copy may send: wherever that breaks off, at most one of them does.
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
from newsletter.model.issue import IssueState
from newsletter.operations.restore_guard import memory_file, write_marker
from newsletter.store.database import Database
from newsletter.store.delivery import leases as owners
from newsletter.store.flow_control import kill_switch as stops
from newsletter.store.flow_control.kill_switch import StopKind
from newsletter.store.issues import issues
from newsletter.store.migrate import upgrade_within
from newsletter.store.operations import database_identity as originals
from newsletter.store.operations import postgres_copy as copying
from newsletter.store.operations.database_identity import Original
from newsletter.store.operations.postgres_copy import Copied, Report
from newsletter.store.queue import jobs
from newsletter.store.tables import batch


@dataclass(frozen=True, kw_only=True)
class Moved:
    """
    Where to, what was copied, and what goes on there: issues on their way, and batches in doubt.
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
    report: Report,
    on_step: Callable[[str], None] = lambda step: None,
) -> Moved:
    """
    What was copied from *old* to *new*, which is the original from now on; *folder* is that of the
    settings. `on_step` hears when each commit is done.

    Raises:
        Refused: *old* is no SQLite database or may not send itself, somebody is sending, or *new*
            holds rows.
        StoreError: *new* refused something; it is as empty as it was then, and *old* untouched.
    """
    place = new.engine.url.render_as_string(hide_password=True)
    _require_kinds(old, new)
    with old.write() as source:
        _require_movable(source, old, now)
        owners.expire_dead_workers(source, old.file, now=now)
        with new.write() as target:
            copying.require_empty(target, place)
            upgrade_within(target)
            tables = copying.copy_rows(source, target, report)
            copying.require_equal(source, target)
            found = _make_original(source, target)
            why = f"the copy from {old.file} was not finished"
            stops.engage(target, StopKind.COPY, reason=why, now=now)
            moved = _moved(target, place, tables)
        on_step("move.copied")
        why = f"this database was moved to {place}"
        stops.engage(source, StopKind.MOVED, reason=why, now=now)
    on_step("move.marked")
    with new.write() as target:
        stops.disengage(target, StopKind.COPY)
        jobs.enqueue_forgotten(target, now=now)
    write_marker(memory_file(new, folder), found)
    return moved


def _require_kinds(old: Database, new: Database) -> None:
    if old.file is None:
        raise Refused("[database] url names no SQLite database: there is nothing to copy from")
    if new.file is not None:
        raise Refused("--to names no PostgreSQL database: write postgresql://USER@HOST/NAME")


def _require_movable(source: sa.Connection, old: Database, now: dt.datetime) -> None:
    stops.require_not_migrated(source)
    copied = stops.stop_of(source, StopKind.COPY)
    if copied is not None:
        raise Refused(str(copied))
    if owners.has_live_sender(source, old.file, now=now):
        raise Refused("a process is sending: stop `newsletter serve` first, then copy")


def _make_original(source: sa.Connection, target: sa.Connection) -> Original:
    """
    The new database is the original, wherever the old one lay; its hand-overs count on.
    """
    before = originals.load_original(source)
    found = Original(
        name=secrets.token_hex(8),
        place=originals.place_of(target, None),
        handed=before.handed if before else 0,
    )
    originals.keep_original(target, found)
    return found


def _moved(target: sa.Connection, place: str, tables: Sequence[Copied]) -> Moved:
    doubtful = sa.select(sa.func.count()).where(batch.c.state == BatchState.UNCERTAIN)
    return Moved(
        to=place,
        tables=tables,
        sending=[issue.id for issue in issues.issues_in(target, [IssueState.SENDING])],
        uncertain_batches=int(target.execute(doubtful).scalar_one()),
    )

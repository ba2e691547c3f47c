"""
Store acts on many people, and how far they are.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from newsletter.model.bulk_job import BulkActKind, BulkJob, BulkJobState
from newsletter.store.tables import bulk_job
from subscribers.text.stored_phrases import stored_reason, with_phrases

_j = bulk_job
_RUNNING = _j.c.state == BulkJobState.RUNNING


def add_job(
    connection: sa.Connection,
    kind: BulkActKind,
    people: Sequence[int],
    *,
    given: Mapping[str, str],
    staff_id: int,
    from_address: str,
    now: dt.datetime,
) -> int:
    """
    Add an act on the people of these numbers, and return its own number.
    """
    values = {
        "kind": kind,
        "state": BulkJobState.RUNNING,
        "staff_id": staff_id,
        "from_address": from_address,
        "given": dict(given),
        "people": list(people),
        "total": len(people),
        "created_at": now,
    }
    return int(connection.execute(_j.insert().values(values).returning(_j.c.id)).scalar_one())


def find_job(connection: sa.Connection, number: int) -> BulkJob | None:
    """
    Return the act of that number; None if there is none.
    """
    row = connection.execute(sa.select(_j).where(_j.c.id == number)).first()
    return None if row is None else _read(row)


def running_jobs(connection: sa.Connection, *, staff_id: int | None = None) -> list[BulkJob]:
    """
    Return the acts that are not at their end, the oldest first; those of one member, if given.
    """
    found = sa.select(_j).where(_RUNNING).order_by(_j.c.id)
    found = found if staff_id is None else found.where(_j.c.staff_id == staff_id)
    return [_read(row) for row in connection.execute(found)]


def advance(
    connection: sa.Connection, job: BulkJob, *, position: int, changed: int, now: dt.datetime
) -> None:
    """
    Store that the people up to *position* are done, of whom *changed* more were changed. Nothing is
    stored if another process did the same, or the act was stopped.
    """
    values: dict[str, Any] = {"position": position, "changed": _j.c.changed + changed}
    if position >= job.total:
        values |= _ended(BulkJobState.DONE, now)
    this = sa.update(_j).where(_j.c.id == job.id, _RUNNING, _j.c.position == job.position)
    connection.execute(this.values(values))


def end_job(
    connection: sa.Connection,
    number: int,
    state: BulkJobState,
    *,
    now: dt.datetime,
    error: str = "",
) -> None:
    """
    Store that an act goes on no more.
    """
    values = {**_ended(state, now), **with_phrases({"error": error})}
    connection.execute(sa.update(_j).where(_j.c.id == number, _RUNNING).values(values))


def delete_ended(connection: sa.Connection, *, before: dt.datetime) -> int:
    """
    Delete the acts that ended *before*, and return how many.
    """
    old = sa.delete(_j).where(_j.c.ended_at < before)
    return int(connection.execute(old).rowcount)


def _ended(state: BulkJobState, now: dt.datetime) -> dict[str, Any]:
    return {"state": state, "ended_at": now, "people": []}


def _read(row: sa.Row[Any]) -> BulkJob:
    values = dict(row._mapping)
    del values["error_phrase"]
    kind, state = BulkActKind(values.pop("kind")), BulkJobState(values.pop("state"))
    return BulkJob(**{**values, "error": stored_reason(row, "error")}, kind=kind, state=state)

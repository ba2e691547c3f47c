"""
Start, find, stop and finish runs.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Sequence
from typing import Any

import sqlalchemy as sa

from subscribers.ask_again.model import (
    UNDECIDED,
    AskAudience,
    AskedState,
    AskRun,
    AskRunState,
    AskRunStatus,
    AskTerms,
)
from subscribers.ask_again.status import expected_end
from subscribers.database.asking_tables import ask_run, ask_run_person
from subscribers.database.columns import insert_into
from subscribers.database.history_tables import history
from subscribers.database.tables import consent
from subscribers.history.model import Origin
from subscribers.model import MailingList

_r, _a = ask_run, ask_run_person
_AT_ONCE = 500


def start_run(
    connection: sa.Connection,
    mailing_list: MailingList,
    people: sa.Select[Any],
    terms: AskTerms,
    *,
    by: Origin,
    now: dt.datetime,
) -> AskRunStatus | None:
    """
    Store a run that asks *people*, who are fixed from now on; they are rows of subscriber_id and
    subscription_id. Return None if another run asks the people of the list.
    """
    values = {
        "list_id": mailing_list.id,
        "audience": terms.audience.value,
        "segment": terms.segment,
        "import_id": terms.import_id,
        "per_day": terms.per_day,
        "days": terms.days,
        "state": AskRunState.RUNNING.value,
        "by_name": by.name,
        "through": by.through,
        "started_at": now,
        "history_before": connection.scalar(sa.select(sa.func.max(history.c.id))) or 0,
        "consents_before": connection.scalar(sa.select(sa.func.max(consent.c.id))) or 0,
    }
    insert = insert_into(connection, _r).values(values).on_conflict_do_nothing()
    row = connection.execute(insert.returning(*_r.c)).one_or_none()
    if row is None:
        return None
    chosen = people.subquery()
    rows = sa.select(
        sa.literal(row.id, _a.c.run_id.type),
        chosen.c.subscriber_id,
        chosen.c.subscription_id,
        sa.literal(AskedState.WAITING.value),
    )
    columns = ["run_id", "subscriber_id", "subscription_id", "state"]
    made = connection.execute(
        _a.insert().from_select(columns, rows).execution_options(preserve_rowcount=True)
    )
    run, counts = _read(row), {AskedState.WAITING: made.rowcount}
    return AskRunStatus(run=run, ends_at=expected_end(run, counts, [], now), counts=counts)


def running_runs(connection: sa.Connection) -> list[AskRun]:
    """
    Return the runs that ask now, the oldest first.
    """
    running = _r.c.state == AskRunState.RUNNING.value
    return [
        _read(row) for row in connection.execute(sa.select(_r).where(running).order_by(_r.c.id))
    ]


def latest_run(connection: sa.Connection, list_id: int) -> AskRun | None:
    """
    Return the latest run of a list; None if there was none.
    """
    latest = sa.select(_r).where(_r.c.list_id == list_id).order_by(_r.c.id.desc()).limit(1)
    row = connection.execute(latest).one_or_none()
    return None if row is None else _read(row)


def lock_run(connection: sa.Connection, run: AskRun) -> bool:
    """
    Let nobody else ask or end people of the run, or stop it, before the transaction ends. Return
    False if it does not run any more.
    """
    this = sa.select(_r.c.id).where(_r.c.id == run.id, _r.c.state == AskRunState.RUNNING.value)
    return connection.execute(this.with_for_update()).first() is not None


def end_run(connection: sa.Connection, run: AskRun, state: AskRunState, now: dt.datetime) -> None:
    """
    Record that the run was stopped or is done. Its people keep their state.
    """
    this = _r.update().where(_r.c.id == run.id, _r.c.state == AskRunState.RUNNING.value)
    connection.execute(this.values(state=state.value, ended_at=now))


def is_finished(connection: sa.Connection, run: AskRun) -> bool:
    """
    Return True if it is decided what became of everybody in the run.
    """
    return not any(_has_any(connection, run, state) for state in UNDECIDED)


def has_waiting(connection: sa.Connection, run: AskRun) -> bool:
    """
    Return True if somebody in the run was not asked yet.
    """
    return _has_any(connection, run, AskedState.WAITING)


def _has_any(connection: sa.Connection, run: AskRun, state: AskedState) -> bool:
    its = sa.select(_a.c.run_id).where(_a.c.run_id == run.id, _a.c.state == state.value)
    first = its.order_by(_a.c.due_at, _a.c.subscriber_id).limit(1)
    return connection.execute(first).first() is not None


def take_back(connection: sa.Connection, run: AskRun, request_ids: Sequence[int]) -> None:
    """
    Let people wait again whose email is not sent any more, because the run was stopped.
    """
    nothing = {"asked_at": None, "due_at": None, "request_id": None}
    change = _a.update().values(state=AskedState.WAITING.value, **nothing)
    asked = sa.and_(_a.c.run_id == run.id, _a.c.state == AskedState.ASKED.value)
    for start in range(0, len(request_ids), _AT_ONCE):
        some = _a.c.request_id.in_(request_ids[start : start + _AT_ONCE])
        connection.execute(change.where(asked, some))


def forget_asked(connection: sa.Connection, subscriber_ids: Collection[int]) -> None:
    """
    Delete these people from every run, because they are erased or their import is undone.
    """
    connection.execute(_a.delete().where(_a.c.subscriber_id.in_(subscriber_ids)))


def _read(row: sa.Row[Any]) -> AskRun:
    terms = AskTerms(
        audience=AskAudience(row.audience),
        per_day=row.per_day,
        days=row.days,
        segment=row.segment,
        import_id=row.import_id,
    )
    return AskRun(
        id=row.id,
        list_id=row.list_id,
        terms=terms,
        state=AskRunState(row.state),
        by_name=row.by_name,
        through=row.through,
        started_at=row.started_at,
        ended_at=row.ended_at,
        history_before=row.history_before,
        consents_before=row.consents_before,
    )

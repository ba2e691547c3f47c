"""
Count the people of a run that asks a list again, by what has become of them.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from subscribers.ask_again.model import UNDECIDED, AskedState, AskRun, AskRunStatus
from subscribers.ask_again.signs import select_answered
from subscribers.database.asking_tables import ask_run_person
from subscribers.database.tables import subscription
from subscribers.model import SubscriptionState

_a = ask_run_person
_DAY = dt.timedelta(days=1)


def status_of_run(connection: sa.Connection, run: AskRun, *, now: dt.datetime) -> AskRunStatus:
    """
    Count the people of the run by state. Who has answered or left counts as such at once, though
    the run decides about them later.
    """
    # An index has the stored states of a million people; only those who answered or left since are
    # looked at one by one.
    left, answered = _select_left(run), select_answered(run)
    rows = connection.execute(
        sa.union_all(
            _count_stored(run),
            _count_changed(run, AskedState.LEFT, _a.c.subscriber_id.in_(left)),
            _count_changed(
                run,
                AskedState.ANSWERED,
                _a.c.subscriber_id.in_(answered) & _a.c.subscriber_id.not_in(left),
            ),
        )
    ).all()
    counts: Counter[AskedState] = Counter()
    for row in rows:
        counts[AskedState(row.state)] += row.people
        if row.was:
            counts[AskedState(row.was)] -= row.people
    due = [row.due for row in rows if row.due and counts[AskedState.ASKED]]
    ends_at = run.ended_at or expected_end(run, counts, due, now)
    return AskRunStatus(run=run, ends_at=ends_at, counts=+counts)


def expected_end(
    run: AskRun, counts: Mapping[AskedState, int], due: Sequence[dt.datetime], now: dt.datetime
) -> dt.datetime:
    """
    Return when the run ends if all emails are accepted at once. *due* has the latest time to answer
    of those who were asked.
    """
    waiting = counts.get(AskedState.WAITING, 0)
    if not waiting:
        return max(due, default=now)
    return now + (-(-waiting // run.terms.per_day) - 1 + run.terms.days) * _DAY


def _count_stored(run: AskRun) -> sa.Select[Any]:
    """
    Select the number of people by stored state, and when the last of those who were asked is due.
    """
    due = sa.case((_a.c.state == AskedState.ASKED.value, sa.func.max(_a.c.due_at)))
    return (
        sa.select(_a.c.state, sa.null().label("was"), sa.func.count().label("people"))
        .add_columns(due.label("due"))
        .where(_a.c.run_id == run.id)
        .group_by(_a.c.state)
    )


def _count_changed(
    run: AskRun, state: AskedState, condition: sa.ColumnElement[bool]
) -> sa.Select[Any]:
    """
    Select how many meet the condition of those about whom nothing is decided, by what they were.
    """
    is_open = sa.and_(_a.c.run_id == run.id, _a.c.state.in_(UNDECIDED))
    return (
        sa.select(sa.literal(state.value), _a.c.state, sa.func.count(), sa.null())
        .where(is_open, condition)
        .group_by(_a.c.state)
    )


def _select_left(run: AskRun) -> sa.Select[int]:
    s = subscription
    return sa.select(s.c.subscriber_id).where(
        s.c.list_id == run.list_id, s.c.state == SubscriptionState.ENDED.value
    )

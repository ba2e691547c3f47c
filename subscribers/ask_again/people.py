"""
Load the people of a run who are to be asked or whose time is over, with what is known of them now,
and save what was decided about them.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence

import sqlalchemy as sa

from subscribers.ask_again.decide import AskedPerson, Verdict
from subscribers.ask_again.model import AskedState, AskRun
from subscribers.ask_again.signs import has_answered
from subscribers.database.asking_tables import ask_run, ask_run_person
from subscribers.database.tables import subscriber, subscription, suppression
from subscribers.history.model import HistoryEvent, HistoryRecord
from subscribers.history.records import record_all
from subscribers.model import EndCause, MailingList, SubscriptionState
from subscribers.requests.records import withdraw_requests
from subscribers.subscription_records import lock_subscriptions
from subscribers.suppression.model import ALL_LISTS

NO_ANSWER = "no answer"
_a, _p, _s = ask_run_person, subscriber, subscription
_DAY = dt.timedelta(days=1)


def people_waiting(
    connection: sa.Connection, run: AskRun, on: MailingList, *, limit: int, is_asking: bool
) -> list[AskedPerson]:
    """
    Return those who are asked next, those who have been known longest first. If *is_asking*, none
    of them is erased before the transaction ends.
    """
    waiting = sa.and_(_a.c.run_id == run.id, _a.c.state == AskedState.WAITING.value)
    order = (_a.c.due_at, _a.c.subscriber_id)
    found = sa.select(_a.c.subscriber_id).where(waiting).order_by(*order).limit(limit)
    numbers = list(connection.scalars(found))
    if is_asking:
        _keep_from_erasure(connection, numbers)
    return _load(connection, run, on, numbers)


def people_due(
    connection: sa.Connection,
    run: AskRun,
    mailing_list: MailingList,
    *,
    now: dt.datetime,
    limit: int,
) -> list[AskedPerson]:
    """
    Return those whose time to answer is over. Nobody changes their subscriptions before the
    transaction ends.
    """
    due = sa.and_(_a.c.run_id == run.id, _a.c.state == AskedState.ASKED.value, _a.c.due_at <= now)
    order = (_a.c.due_at, _a.c.subscriber_id)
    found = sa.select(_a.c.subscriber_id).where(due).order_by(*order).limit(limit)
    numbers = list(connection.scalars(found))
    _keep_from_erasure(connection, numbers)
    lock_subscriptions(connection, numbers)
    return _load(connection, run, mailing_list, numbers)


def count_asked_today(connection: sa.Connection, list_id: int, *, now: dt.datetime) -> int:
    """
    Return how many people of a list were asked in the last 24 hours, by any run.
    """
    asked = (
        sa.select(sa.func.count())
        .join_from(ask_run, _a, _a.c.run_id == ask_run.c.id)
        .where(ask_run.c.list_id == list_id, _a.c.asked_at > now - _DAY)
    )
    return connection.scalar(asked) or 0


def mark_asked(
    connection: sa.Connection, run: AskRun, requests: Mapping[int, int], *, now: dt.datetime
) -> None:
    """
    Store who is asked now, by the number of the person the request that their email is about.
    """
    if not requests:
        return
    due_at = now + dt.timedelta(days=run.terms.days)
    change = _a.update().where(_a.c.run_id == run.id, _a.c.subscriber_id == sa.bindparam("person"))
    connection.execute(
        change.values(
            state=AskedState.ASKED.value,
            asked_at=now,
            due_at=due_at,
            request_id=sa.bindparam("request"),
        ),
        [{"person": person, "request": request} for person, request in requests.items()],
    )


def mark_answered(connection: sa.Connection, subscriber_id: int, request_id: int) -> None:
    """
    Store that a person said yes by the link in the email.
    """
    connection.execute(
        _a.update()
        .where(
            _a.c.subscriber_id == subscriber_id,
            _a.c.request_id == request_id,
            _a.c.state == AskedState.ASKED.value,
        )
        .values(state=AskedState.ANSWERED.value)
    )


def save_verdicts(
    connection: sa.Connection,
    run: AskRun,
    verdicts: Sequence[tuple[AskedPerson, Verdict]],
    *,
    now: dt.datetime,
) -> None:
    """
    Store what became of people, and end the subscriptions of those who have not answered.
    """
    by_verdict: defaultdict[Verdict, list[AskedPerson]] = defaultdict(list)
    for person, verdict in verdicts:
        by_verdict[verdict].append(person)
    for verdict, people in by_verdict.items():
        theirs = _a.c.subscriber_id.in_([each.subscriber_id for each in people])
        change = _a.update().where(_a.c.run_id == run.id, theirs)
        connection.execute(change.values(state=verdict.state.value, due_at=verdict.due_at))
        if verdict.state is AskedState.NO_ANSWER:
            _end(connection, run, people, now)


def _end(
    connection: sa.Connection, run: AskRun, people: Sequence[AskedPerson], now: dt.datetime
) -> None:
    """
    End the subscriptions of people. The links in their emails do not work any more.
    """
    connection.execute(
        _s.update()
        .where(_s.c.id.in_([each.subscription_id for each in people]))
        .values(
            state=SubscriptionState.ENDED.value,
            since=now,
            ended_reason=NO_ANSWER,
            ended_cause=EndCause.NO_ANSWER.value,
        )
    )
    records = [
        HistoryRecord(
            what=HistoryEvent.LEFT,
            subscriber_id=each.subscriber_id,
            list_id=run.list_id,
            detail={"reason": NO_ANSWER, "before": each.state, "run": run.id},
        )
        for each in people
    ]
    record_all(connection, records, by=run.origin, at=now)
    withdraw_requests(connection, [each.request_id for each in people if each.request_id])


def _keep_from_erasure(connection: sa.Connection, subscriber_ids: Collection[int]) -> None:
    people = sa.select(_p.c.id).where(_p.c.id.in_(subscriber_ids)).order_by(_p.c.id)
    connection.execute(people.with_for_update(read=True, key_share=True)).all()


def _load(
    connection: sa.Connection,
    run: AskRun,
    mailing_list: MailingList,
    subscriber_ids: Collection[int],
) -> list[AskedPerson]:
    everywhere, here = suppression.alias("everywhere"), suppression.alias("here")
    is_theirs = sa.and_(_s.c.subscriber_id == _a.c.subscriber_id, _p.c.erased_at.is_(None))
    rows = connection.execute(
        sa.select(
            _a.c.subscriber_id,
            _a.c.subscription_id,
            _a.c.request_id,
            _a.c.asked_at,
            _p.c.email,
            _p.c.email_key,
            _p.c.language,
            sa.case((is_theirs, _s.c.state)).label("state"),
            sa.or_(everywhere.c.id.is_not(None), here.c.id.is_not(None)).label("is_suppressed"),
            has_answered(run, _a).label("has_answered"),
        )
        .join_from(_a, _p, _p.c.id == _a.c.subscriber_id)
        .join(_s, _s.c.id == _a.c.subscription_id)
        .outerjoin(everywhere, _suppresses(everywhere, ALL_LISTS))
        .outerjoin(here, _suppresses(here, mailing_list.slug))
        .where(_a.c.run_id == run.id, _a.c.subscriber_id.in_(subscriber_ids))
        .order_by(_a.c.subscriber_id)
    )
    return [
        AskedPerson(
            subscriber_id=row.subscriber_id,
            subscription_id=row.subscription_id,
            state=None if row.state is None else SubscriptionState(row.state),
            is_suppressed=bool(row.is_suppressed),
            has_answered=bool(row.has_answered),
            language=row.language,
            email=row.email or "",
            email_key=row.email_key or "",
            request_id=row.request_id,
            asked_at=row.asked_at,
        )
        for row in rows
    ]


def _suppresses(table: sa.FromClause, scope: str) -> sa.ColumnElement[bool]:
    return sa.and_(table.c.email_key == _p.c.email_key, table.c.scope == scope)

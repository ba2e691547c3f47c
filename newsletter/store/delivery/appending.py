"""
Add people to a standing notice, one after another or many at once, or to an issue that was sent.

Many who are added before a worker takes their batch share it, so that a flood of them costs as
little as an issue. A batch never contains a person twice: it has the deliveries of one occasion.
"""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Collection, Iterator, Sequence
from typing import NamedTuple

import sqlalchemy as sa

from newsletter.errors import Refused
from newsletter.model.delivery import BatchState
from newsletter.model.issue import IssueState
from newsletter.model.notice import NoticeRecipient, StandingNotice
from newsletter.store.delivery.deliveries import next_number
from newsletter.store.issues.standing_notices import lock_standing
from newsletter.store.queue.jobs import enqueue
from newsletter.store.tables import batch, delivery, issue
from subscribers.database.tables import subscriber
from subscribers.text.phrases import phrase

_AT_ONCE = 500


def append_notices(
    connection: sa.Connection,
    notice: StandingNotice,
    recipients: Sequence[NoticeRecipient],
    *,
    now: dt.datetime,
) -> None:
    """
    Add *recipients* to the notice, in the caller's transaction: each gets it once more. Whether it
    may go to them is decided when it is about to be submitted. Call this last in a transaction,
    and for several notices in the order of their numbers: their rows are locked until it ends.

    Raises:
        Refused: the notice was cancelled a moment ago.
    """
    issue_id = lock_standing(connection, notice)
    if issue_id is None:
        raise Refused(phrase("this email was cancelled a moment ago: try again"))
    for start in range(0, len(recipients), _AT_ONCE):
        chunk = recipients[start : start + _AT_ONCE]
        for occasion, same in _by_occasion(connection, issue_id, chunk):
            _append(connection, notice, issue_id, occasion, same)


def _by_occasion(
    connection: sa.Connection, issue_id: int, recipients: Sequence[NoticeRecipient]
) -> Iterator[tuple[int, list[NoticeRecipient]]]:
    """
    Group *recipients* by the occasion on which each gets the notice: the next that neither the
    person nor the address has had.
    """
    people = [(who.subscriber_id, who.email.key) for who in recipients]
    occasions = _next_occasions(connection, issue_id, people)
    numbered = sorted(zip(occasions, recipients, strict=True), key=lambda each: each[0])
    for occasion, same in itertools.groupby(numbered, key=lambda each: each[0]):
        yield occasion, [who for _, who in same]


def _next_occasions(
    connection: sa.Connection, issue_id: int, people: Sequence[tuple[int, str]]
) -> list[int]:
    """
    Return the next occasion of each of *people*, by their numbers and the keys of their addresses:
    one that neither has had in the issue. Their rows are locked until the transaction ends.
    """
    _lock_people(connection, [number for number, _ in people])
    by_number = _highest(connection, issue_id, delivery.c.subscriber_id, [n for n, _ in people])
    by_key = _highest(connection, issue_id, delivery.c.email_key, [key for _, key in people])
    occasions = []
    for number, key in people:
        occasion = max(by_number.get(number, -1), by_key.get(key, -1)) + 1
        by_number[number] = by_key[key] = occasion
        occasions.append(occasion)
    return occasions


def _lock_people(connection: sa.Connection, numbers: Collection[int]) -> None:
    """
    Keep two transactions on PostgreSQL from giving the same occasion to one person. SQLite has one
    writer at a time.
    """
    if connection.dialect.name != "postgresql":
        return
    connection.execute(
        sa.select(subscriber.c.id)
        .where(subscriber.c.id.in_(sorted(numbers)))
        .order_by(subscriber.c.id)
        .with_for_update(key_share=True)
    )


def _highest(
    connection: sa.Connection,
    issue_id: int,
    column: sa.Column[int] | sa.Column[str],
    wanted: Collection[int] | Collection[str],
) -> dict[int | str, int]:
    """
    Return the highest occasion of those of the *wanted* people or addresses who are in the issue.
    """
    rows = connection.execute(
        sa.select(column, sa.func.max(delivery.c.occasion))
        .where(delivery.c.issue_id == issue_id, column.in_(list(dict.fromkeys(wanted))))
        .group_by(column)
    )
    return {row[0]: row[1] for row in rows}


def _append(
    connection: sa.Connection,
    notice: StandingNotice,
    issue_id: int,
    occasion: int,
    recipients: Sequence[NoticeRecipient],
) -> None:
    rest = list(recipients)
    while rest:
        number, size = _room_in_open_batch(connection, notice, issue_id, occasion, len(rest))
        _insert(connection, notice, issue_id, number, occasion, rest[:size])
        rest = rest[size:]


def _room_in_open_batch(
    connection: sa.Connection, notice: StandingNotice, issue_id: int, occasion: int, wanted: int
) -> tuple[int, int]:
    """
    Reserve room in a batch for up to *wanted* deliveries; return its number, and for how many. The
    batch is locked, so no worker can claim it before they are committed.
    """
    found = _reserve(connection, notice, issue_id, occasion, wanted)
    if found is None:
        number = next_number(connection, issue_id)
        # On PostgreSQL somebody who had the number before may have begun a batch in the meantime.
        found = _reserve(connection, notice, issue_id, occasion, wanted)
        if found is None:
            size = min(wanted, notice.batch_size)
            _begin_batch(connection, issue_id, number, occasion, size)
            return number, size
    return found


def _reserve(
    connection: sa.Connection, notice: StandingNotice, issue_id: int, occasion: int, wanted: int
) -> tuple[int, int] | None:
    """
    Reserve room in an open batch: all of *wanted*, or what is left in it.
    """
    candidate = (
        sa.select(batch.c.id, batch.c.size)
        .where(
            batch.c.issue_id == issue_id,
            batch.c.state == BatchState.PENDING,
            batch.c.occasion == occasion,
            batch.c.size < notice.batch_size,
            # One that was in a call before may be known to the provider.
            batch.c.attempts == 0,
        )
        .order_by(batch.c.no.desc())
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    row = connection.execute(candidate).one_or_none()
    if row is None:
        return None
    size = min(wanted, notice.batch_size - row.size)
    number = connection.execute(
        sa.update(batch)
        .where(batch.c.id == row.id)
        .values(size=row.size + size)
        .returning(batch.c.no)
    ).scalar_one()
    return number, size


def _begin_batch(
    connection: sa.Connection, issue_id: int, number: int, occasion: int, size: int
) -> None:
    values = {"no": number, "state": BatchState.PENDING, "occasion": occasion, "size": size}
    batch_id = connection.execute(
        sa.insert(batch).values(issue_id=issue_id, **values).returning(batch.c.id)
    ).scalar_one()
    enqueue([batch_id], connection)


def _insert(
    connection: sa.Connection,
    notice: StandingNotice,
    issue_id: int,
    number: int,
    occasion: int,
    recipients: Sequence[NoticeRecipient],
) -> None:
    connection.execute(
        sa.insert(delivery),
        [
            {
                "issue_id": issue_id,
                "subscriber_id": who.subscriber_id,
                "subscription_id": who.subscription_id,
                "list_id": notice.list_id,
                "email": who.email.email,
                "email_key": who.email.key,
                "batch_no": number,
                "occasion": occasion,
                "request_id": who.request_id,
            }
            for who in recipients
        ],
    )


class NamedRecipient(NamedTuple):
    """
    A person who is sent an issue again, with the subscription through which they get it, and their
    name and merge values as they are now.
    """

    subscriber_id: int
    subscription_id: int
    list_id: int
    email: str
    email_key: str
    name: str
    merge_values: str | None


def append_resent(
    connection: sa.Connection,
    issue_id: int,
    recipients: Sequence[NamedRecipient],
    *,
    batch_size: int,
    now: dt.datetime,
) -> None:
    """
    Let an issue that was submitted send again, in the caller's transaction: to *recipients*, each
    on the next occasion. Bounces and complaints from before *now* do not pause it.

    Raises:
        Refused: the issue is not submitted any more.
    """
    reopened = connection.execute(
        sa.update(issue)
        .where(issue.c.id == issue_id, issue.c.state == IssueState.SUBMITTED)
        .values(state=IssueState.SENDING, pause_reason=None, auto_paused_at=None, resumed_at=now)
    )
    if reopened.rowcount == 0:
        raise Refused(
            phrase(
                "issue {issue} is being sent to somebody else just now: try again", issue=issue_id
            )
        )
    people = [(who.subscriber_id, who.email_key) for who in recipients]
    occasions = _next_occasions(connection, issue_id, people)
    numbered = sorted(zip(occasions, recipients, strict=True), key=lambda each: each[0])
    for occasion, same in itertools.groupby(numbered, key=lambda each: each[0]):
        rest = [who for _, who in same]
        while rest:
            number = next_number(connection, issue_id)
            some, rest = rest[:batch_size], rest[batch_size:]
            _begin_batch(connection, issue_id, number, occasion, len(some))
            values = {"issue_id": issue_id, "batch_no": number, "occasion": occasion}
            rows = [{**who._asdict(), **values} for who in some]
            connection.execute(sa.insert(delivery), rows)

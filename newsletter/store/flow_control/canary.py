"""
The canary of an issue: from a new sending domain, only the first readers get it at once. The others
are held until bounces could have arrived. `store/delivery/freeze` writes both parts,
`model/reputation` has the limits.
"""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa

from newsletter.model.canary import CANARY_SIZE, CANARY_WAIT
from newsletter.model.delivery import BatchState, HoldReason
from newsletter.model.issue import IssueKind, IssueState
from newsletter.store.queue.jobs import enqueue
from newsletter.store.tables import batch, delivery, issue

# How often the hold is extended while the canary is being sent.
EXTEND_EVERY = dt.timedelta(minutes=1)
_IS_HELD = (batch.c.state == BatchState.WAITING) & (batch.c.hold == HoldReason.CANARY)
# States of batches that were not called yet; an uncertain batch was.
_TO_COME = (BatchState.PENDING, BatchState.CLAIMED, BatchState.SUBMITTING, BatchState.WAITING)


def is_new_domain(connection: sa.Connection, *, provider: str, address: str) -> bool:
    """
    Return whether no submitted issue from the domain of *address* went through this provider.
    """
    domain = address.rpartition("@")[2].lower()
    was_sent = sa.exists().where(batch.c.issue_id == issue.c.id, batch.c.provider == provider)
    known = sa.exists().where(
        issue.c.kind == IssueKind.ISSUE,
        issue.c.state == IssueState.SUBMITTED,
        was_sent,
        sa.func.lower(issue.c.sender_address).endswith(f"@{domain}", autoescape=True),
    )
    return not connection.execute(sa.select(known)).scalar_one()


def begin(connection: sa.Connection, issue_id: int, *, until: dt.datetime | None) -> None:
    """
    Record until when most readers are held for the canary that is being sent; None if that time is
    final.
    """
    connection.execute(sa.update(issue).where(issue.c.id == issue_id).values(canary_until=until))


def restart(connection: sa.Connection, issue_id: int, *, now: dt.datetime) -> None:
    """
    Hold the readers of a sending issue, except those in its next batches, which become a canary of
    about CANARY_SIZE readers. No batch is divided, and one in a call belongs to the canary.
    """
    canary = _next_batches(connection, issue_id)
    until = now + CANARY_WAIT
    later = sa.case((batch.c.not_before > until, batch.c.not_before), else_=sa.literal(until))
    held = connection.execute(
        sa.update(batch)
        .where(
            batch.c.issue_id == issue_id,
            batch.c.state.in_([BatchState.PENDING, BatchState.WAITING]),
            batch.c.no.not_in(canary),
        )
        .values(state=BatchState.WAITING, reason="", hold=HoldReason.CANARY, not_before=later)
    )
    if held.rowcount:
        begin(connection, issue_id, until=until)


def _next_batches(connection: sa.Connection, issue_id: int) -> set[int]:
    """
    Return the numbers of the next open batches, of CANARY_SIZE readers or a few more.
    """
    theirs = (delivery.c.issue_id == batch.c.issue_id) & (delivery.c.batch_no == batch.c.no)
    rows = connection.execute(
        sa.select(batch.c.no)
        .join(delivery, theirs)
        .where(
            batch.c.issue_id == issue_id,
            batch.c.state.in_([BatchState.PENDING, BatchState.WAITING]),
            delivery.c.state.is_(None),
        )
        .order_by(batch.c.not_before.is_not(None), batch.c.not_before, batch.c.no)
        .limit(CANARY_SIZE)
    )
    return set(rows.scalars())


def extend_hold(connection: sa.Connection, *, now: dt.datetime) -> None:
    """
    Extend the hold of each sending issue until CANARY_WAIT after the last batch of its canary was
    submitted. That time keeps moving until the last such batch was submitted.
    """
    found = connection.execute(
        sa.select(issue.c.id, issue.c.canary_until)
        .where(issue.c.state == IssueState.SENDING, issue.c.canary_until.is_not(None))
        # Another worker holds this lock and does the same work.
        .with_for_update(key_share=True, skip_locked=True)
    ).all()
    for row in found:
        last = (
            None
            if _has_canary_to_send(connection, row.id)
            else _last_submitted_at(connection, row.id)
        )
        until = (last or now) + CANARY_WAIT
        if last is None and until - row.canary_until < EXTEND_EVERY:
            continue
        _extend(connection, row.id, until)
        begin(connection, row.id, until=until if last is None else None)


def _has_canary_to_send(connection: sa.Connection, issue_id: int) -> bool:
    first = sa.exists().where(
        batch.c.issue_id == issue_id,
        batch.c.state.in_(_TO_COME),
        batch.c.hold.is_distinct_from(HoldReason.CANARY),
    )
    return bool(connection.execute(sa.select(first)).scalar_one())


def _last_submitted_at(connection: sa.Connection, issue_id: int) -> dt.datetime | None:
    latest = sa.select(sa.func.max(batch.c.call_started_at)).where(batch.c.issue_id == issue_id)
    call_started_at: dt.datetime | None = connection.execute(latest).scalar_one()
    return call_started_at


def _extend(connection: sa.Connection, issue_id: int, until: dt.datetime) -> None:
    """
    Extend the hold until *until*; a batch that waits for its time of day may wait longer.
    `enqueue_forgotten` makes the jobs once they are due.
    """
    connection.execute(
        sa.update(batch)
        .where(batch.c.issue_id == issue_id, _IS_HELD, batch.c.not_before < until)
        .values(not_before=until)
    )


def is_holding(connection: sa.Connection, issue_id: int) -> bool:
    """
    Return whether readers of the issue are held for its canary.
    """
    some = sa.exists().where(batch.c.issue_id == issue_id, _IS_HELD)
    return bool(connection.execute(sa.select(some)).scalar_one())


def held_zones(connection: sa.Connection, issue_id: int) -> list[str | None]:
    """
    Return the time zones of the held readers, with None for readers whose mail does not depend on a
    time of day.
    """
    theirs = sa.select(batch.c.timezone).where(batch.c.issue_id == issue_id, _IS_HELD).distinct()
    return list(connection.scalars(theirs))


def end_hold(
    connection: sa.Connection,
    issue_id: int,
    timezone: str | None,
    *,
    not_before: dt.datetime,
    not_after: dt.datetime | None,
) -> None:
    """
    End the hold for the readers of one zone, who may get their mail from *not_before* on.
    """
    released = connection.execute(
        sa.update(batch)
        .where(
            batch.c.issue_id == issue_id,
            _IS_HELD,
            batch.c.timezone.is_not_distinct_from(timezone),
        )
        .values(
            hold=None if timezone is None else HoldReason.TIME_OF_DAY,
            reason="" if timezone else "the canary hold was ended",
            not_before=not_before,
            not_after=not_after,
        )
        .returning(batch.c.id)
    )
    enqueue(released.scalars().all(), connection)
    begin(connection, issue_id, until=None)

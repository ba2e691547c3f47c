"""
The first readers of an issue from a new sending domain, who go alone: is the domain new, how long
do the others wait, and who lets them go. `freezing` writes both parts, `circuit` has the figures.
"""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa

from newsletter.model.delivery import BatchState, HoldReason
from newsletter.model.issue import IssueKind, IssueState
from newsletter.model.reputation import CANARY_SIZE, CANARY_WAIT
from newsletter.store.queue.jobs import enqueue
from newsletter.store.tables import batch, delivery, issue

# While the first are on their way, the wait of the others is moved on so often.
MOVED_EVERY = dt.timedelta(minutes=1)
_RESTS = (batch.c.state == BatchState.WAITING) & (batch.c.hold == HoldReason.CANARY)
# The calls of the first that are still to come; one in doubt has been made.
_TO_COME = (BatchState.PENDING, BatchState.CLAIMED, BatchState.SUBMITTING, BatchState.WAITING)


def is_new_domain(connection: sa.Connection, *, provider: str, address: str) -> bool:
    """
    Whether nothing of any submitted issue from the domain of *address* went through this provider.
    """
    domain = address.rpartition("@")[2].lower()
    carried = sa.exists().where(batch.c.issue_id == issue.c.id, batch.c.provider == provider)
    known = sa.exists().where(
        issue.c.kind == IssueKind.ISSUE,
        issue.c.state == IssueState.SUBMITTED,
        carried,
        sa.func.lower(issue.c.sender_address).endswith(f"@{domain}", autoescape=True),
    )
    return not connection.execute(sa.select(known)).scalar_one()


def begin(connection: sa.Connection, issue_id: int, *, until: dt.datetime | None) -> None:
    """
    Notes until when most readers of an issue wait while its first are on their way; None once that
    time is settled.
    """
    connection.execute(sa.update(issue).where(issue.c.id == issue_id).values(alone_until=until))


def restart(connection: sa.Connection, issue_id: int, *, now: dt.datetime) -> None:
    """
    Has most readers of an issue on its way wait while the next ones go alone: so many batches as
    hold FIRST_ALONE of them. No batch is divided for it, and one in a call is among the first.
    """
    first = _next_batches(connection, issue_id)
    until = now + CANARY_WAIT
    later = sa.case((batch.c.not_before > until, batch.c.not_before), else_=sa.literal(until))
    held = connection.execute(
        sa.update(batch)
        .where(
            batch.c.issue_id == issue_id,
            batch.c.state.in_([BatchState.PENDING, BatchState.WAITING]),
            batch.c.no.not_in(first),
        )
        .values(state=BatchState.WAITING, reason="", hold=HoldReason.CANARY, not_before=later)
    )
    if held.rowcount:
        begin(connection, issue_id, until=until)


def _next_batches(connection: sa.Connection, issue_id: int) -> set[int]:
    """
    The numbers of the open batches that go next, of FIRST_ALONE readers or a few more.
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
    Has the others of each sending issue wait until `ALONE_FOR` after the last of the first was
    handed over: while calls of the first are to come that moment moves on, and then it stands.
    """
    found = connection.execute(
        sa.select(issue.c.id, issue.c.alone_until)
        .where(issue.c.state == IssueState.SENDING, issue.c.alone_until.is_not(None))
        # Another process that is at it does the same.
        .with_for_update(key_share=True, skip_locked=True)
    ).all()
    for row in found:
        last = None if _are_to_come(connection, row.id) else _last_handed(connection, row.id)
        until = (last or now) + CANARY_WAIT
        if last is None and until - row.alone_until < MOVED_EVERY:
            continue
        _put_off(connection, row.id, until)
        begin(connection, row.id, until=until if last is None else None)


def _are_to_come(connection: sa.Connection, issue_id: int) -> bool:
    first = sa.exists().where(
        batch.c.issue_id == issue_id, batch.c.state.in_(_TO_COME), batch.c.hold.is_(None)
    )
    return bool(connection.execute(sa.select(first)).scalar_one())


def _last_handed(connection: sa.Connection, issue_id: int) -> dt.datetime | None:
    latest = sa.select(sa.func.max(batch.c.handed_at)).where(batch.c.issue_id == issue_id)
    handed_at: dt.datetime | None = connection.execute(latest).scalar_one()
    return handed_at


def _put_off(connection: sa.Connection, issue_id: int, until: dt.datetime) -> None:
    """
    Those who wait for their own time of day wait on. No job is made: `enqueue_forgotten` makes one
    for each when the time has come.
    """
    connection.execute(
        sa.update(batch)
        .where(batch.c.issue_id == issue_id, _RESTS, batch.c.not_before < until)
        .values(not_before=until)
    )


def is_holding(connection: sa.Connection, issue_id: int) -> bool:
    """
    Whether readers of the issue wait for what becomes of the first.
    """
    some = sa.exists().where(batch.c.issue_id == issue_id, _RESTS)
    return bool(connection.execute(sa.select(some)).scalar_one())


def resting_zones(connection: sa.Connection, issue_id: int) -> list[str | None]:
    """
    The zones by whose clock those readers get their mail, None where it goes by no clock.
    """
    theirs = sa.select(batch.c.timezone).where(batch.c.issue_id == issue_id, _RESTS).distinct()
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
    Ends that wait for the readers of one zone: from *not_before* on they may get their mail.
    """
    freed = connection.execute(
        sa.update(batch)
        .where(
            batch.c.issue_id == issue_id,
            _RESTS,
            batch.c.timezone.is_not_distinct_from(timezone),
        )
        .values(hold=None, not_before=not_before, not_after=not_after)
        .returning(batch.c.id)
    )
    enqueue(freed.scalars().all(), connection)
    begin(connection, issue_id, until=None)

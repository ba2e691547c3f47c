"""
The second provider of an issue in the ledger: who carries the issue now, since when the first has
taken nothing, and the one statement by which the issue goes over. The rule is in
`newsletter/second.py`.
"""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa

from newsletter.errors import Refused
from newsletter.model.delivery import BatchState, DeliveryState
from newsletter.model.failover import FailoverStatus
from newsletter.model.issue import IssueState
from newsletter.store.delivery.batches import ClaimedBatch
from newsletter.store.flow_control.rate_limits import in_cooldown, now_of
from newsletter.store.issues.issues import load_issue
from newsletter.store.tables import batch, delivery, issue, pace

# Who carries an issue now.
CURRENT_PROVIDER = sa.case(
    (issue.c.second_since.is_(None), issue.c.provider), else_=issue.c.second_provider
)
_HAS_A_CHOICE = (
    issue.c.state == IssueState.SENDING,
    issue.c.second_provider.is_not(None),
    issue.c.second_since.is_(None),
)
# Somebody was accepted by the first since: one batch that says so is enough.
_TAKES_AGAIN = sa.exists().where(
    batch.c.issue_id == issue.c.id,
    batch.c.state == BatchState.SETTLED,
    batch.c.provider == issue.c.provider,
    batch.c.settled_at > issue.c.refused_since,
    sa.exists().where(
        delivery.c.issue_id == batch.c.issue_id,
        delivery.c.batch_no == batch.c.no,
        delivery.c.state.is_(None) | (delivery.c.state == DeliveryState.ACCEPTED),
    ),
)
_ENDED = (IssueState.SUBMITTED, IssueState.CANCELLED)


def set_fallback_provider(connection: sa.Connection, issue_id: int, name: str | None) -> None:
    """
    Has the issue go on through *name* when its provider takes nothing; None: through nobody else.

    Raises:
        NotFound: no such issue.
        Refused: it has ended, or has gone over already.
    """
    named = connection.execute(
        sa.update(issue)
        .where(
            issue.c.id == issue_id,
            issue.c.state.not_in(_ENDED),
            issue.c.second_since.is_(None),
        )
        .values(second_provider=name)
    )
    if named.rowcount == 1:
        return
    found = load_issue(connection, issue_id)
    if found.second_since is not None:
        raise Refused(f"issue {issue_id} goes through {found.second_provider} already, to its end")
    raise Refused(f"issue {issue_id} is {found.state}: there is nothing left to hand over")


def record_refusal(
    connection: sa.Connection, held: ClaimedBatch, *, now: dt.datetime, over_before: dt.datetime
) -> FailoverStatus | None:
    """
    How the issue stands after its first provider took nothing of a batch: since now, unless it was
    so before. What began earlier than *over_before* has ended. None where the batch did not go
    through the first of two.
    """
    theirs = (issue.c.id == held.issue_id, issue.c.provider == held.provider)
    _note(connection, *theirs, now=now, over_before=over_before)
    one = _standings(
        connection,
        *theirs,
        issue.c.second_provider.is_not(None),
    )
    return one[0] if one else None


def failover_status(
    connection: sa.Connection, issue_id: int, *, over_before: dt.datetime
) -> FailoverStatus | None:
    """
    How an issue on its way stands; None where it has no second provider to go to. *over_before* as
    in `note_refusal`.
    """
    is_refused = (issue.c.refused_since >= over_before) & ~_TAKES_AGAIN
    since = sa.case((is_refused, issue.c.refused_since))
    one = _standings(connection, issue.c.id == issue_id, *_HAS_A_CHOICE, since=since)
    return one[0] if one else None


def record_cooldowns(
    connection: sa.Connection, *, now: dt.datetime, over_before: dt.datetime
) -> list[FailoverStatus]:
    """
    As `note_refusal`, of those issues whose first provider asked everybody for a rest while some of
    their batches are due: nobody calls it meanwhile, and so nobody is refused.
    """
    is_theirs = pace.c.provider == issue.c.provider
    asked = sa.exists().where(is_theirs, in_cooldown(now_of(connection, now)))
    _note(connection, asked, _is_due(now), now=now, over_before=over_before)
    return _standings(connection, *_HAS_A_CHOICE, asked, _is_due(now))


def _is_due(now: dt.datetime) -> sa.ColumnElement[bool]:
    pending, waiting = (
        sa.exists().where(batch.c.issue_id == issue.c.id, batch.c.state == state, *also)
        for state, also in (
            (BatchState.PENDING, ()),
            (BatchState.WAITING, (batch.c.not_before <= now,)),
        )
    )
    return pending | waiting


def _note(
    connection: sa.Connection,
    *which: sa.ColumnElement[bool],
    now: dt.datetime,
    over_before: dt.datetime,
) -> None:
    since = issue.c.refused_since
    connection.execute(
        sa.update(issue)
        .where(*_HAS_A_CHOICE, *which, since.is_(None) | (since < over_before) | _TAKES_AGAIN)
        .values(refused_since=now)
    )


def _standings(
    connection: sa.Connection,
    *which: sa.ColumnElement[bool],
    since: sa.ColumnElement[dt.datetime | None] = issue.c.refused_since,
) -> list[FailoverStatus]:
    rows = connection.execute(
        sa.select(
            issue.c.id.label("issue_id"),
            issue.c.provider.label("first"),
            issue.c.second_provider.label("second"),
            since.label("refused_since"),
            issue.c.second_since,
        ).where(*which)
    )
    return [FailoverStatus(**row._mapping) for row in rows]


def fail_over(connection: sa.Connection, issue_id: int, *, reason: str, now: dt.datetime) -> bool:
    """
    Whether the issue goes on through its second provider from now on, to its end: it is sending,
    and went through its first until now. Batches in a call, or in doubt, stay with whom they were
    handed to.
    """
    went = connection.execute(
        sa.update(issue)
        .where(issue.c.id == issue_id, *_HAS_A_CHOICE)
        .values(second_since=now, second_reason=reason)
    )
    return went.rowcount == 1

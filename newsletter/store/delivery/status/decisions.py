"""
Settle the uncertain deliveries of an issue by somebody's decision, and find out whether a notice
about it reached anybody.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

import sqlalchemy as sa

from newsletter.model.delivery import BatchState, DeliveryState, SettledBy
from newsletter.model.issue import IssueKind
from newsletter.store.delivery.status.counts import count_deliveries
from newsletter.store.tables import batch, delivery, issue


def resolve_uncertain(
    connection: sa.Connection,
    issue_id: int,
    *,
    as_state: DeliveryState,
    now: dt.datetime,
) -> int:
    """
    Settle the uncertain deliveries of an issue as *as_state*, which a person decided, and return
    their number. Nothing is sent.
    """
    uncertain = (
        sa.select(batch.c.no)
        .where(batch.c.issue_id == issue_id, batch.c.state == BatchState.UNCERTAIN)
        # No look-up may settle these batches first, and the decision must not cover a batch that
        # becomes uncertain in the meantime.
        .with_for_update()
    )
    numbers = connection.scalars(uncertain).all()
    decided = _decide(connection, issue_id, numbers, as_state)
    connection.execute(
        sa.update(batch)
        .where(batch.c.issue_id == issue_id, batch.c.no.in_(numbers))
        .values(state=BatchState.SETTLED, outcome=as_state, settled_at=now)
    )
    return decided


def _decide(
    connection: sa.Connection, issue_id: int, numbers: Sequence[int], as_state: DeliveryState
) -> int:
    undecided = (delivery.c.state == DeliveryState.UNCERTAIN) | (
        delivery.c.state.is_(None) & delivery.c.batch_no.in_(numbers)
    )
    decided = connection.execute(
        sa.update(delivery)
        .where(delivery.c.issue_id == issue_id, undecided)
        .values(state=as_state, reason="", settled_by=SettledBy.PERSON)
    )
    return int(decided.rowcount)


_MAY_HAVE_LEFT = (DeliveryState.ACCEPTED, DeliveryState.UNCERTAIN)


def has_reached_nobody(connection: sa.Connection, issue_id: int, template: str) -> bool:
    """
    Return whether there is a notice of *template* about the issue of which no copy was accepted.
    """
    notices = connection.execute(
        sa.select(issue.c.id).where(
            issue.c.parent_id == issue_id,
            issue.c.kind == IssueKind.NOTICE,
            issue.c.template == template,
        )
    ).scalars()
    taken = [_copies_taken(connection, notice_id) for notice_id in notices]
    return bool(taken) and not any(taken)


def _copies_taken(connection: sa.Connection, notice_id: int) -> int:
    by_state = count_deliveries(connection, notice_id).by_state
    return sum(by_state.get(state, 0) for state in _MAY_HAVE_LEFT)

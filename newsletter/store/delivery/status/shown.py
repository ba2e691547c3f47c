"""
Select the state that each delivery is shown with, and which deliveries count.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from newsletter.model.delivery import BatchState, DeliveryState
from newsletter.model.issue import IssueKind
from newsletter.store.tables import batch, delivery, issue

NOT_YET = (BatchState.PENDING, BatchState.CLAIMED, BatchState.SUBMITTING, BatchState.WAITING)

BATCH_STATE = sa.case(
    (batch.c.state.in_(NOT_YET), DeliveryState.PENDING),
    (batch.c.state == BatchState.UNCERTAIN, DeliveryState.UNCERTAIN),
    (batch.c.id.is_(None), DeliveryState.PENDING),
    else_=batch.c.outcome,
)
# A delivery's own state comes first; without one it has the state of its batch.
SHOWN_STATE = sa.func.coalesce(delivery.c.state, BATCH_STATE)
IN_BATCH = (batch.c.issue_id == delivery.c.issue_id) & (batch.c.no == delivery.c.batch_no)


def select_replaced(issue_id: int | sa.BindParameter[int]) -> sa.Select[Any]:
    """
    Select the deliveries of an issue that are not the latest to their reader: the issue was sent to
    them again since. A notice counts on each occasion.
    """
    again, before = delivery.alias("again"), delivery.alias("before")
    is_issue = sa.exists().where(issue.c.id == issue_id, issue.c.kind == IssueKind.ISSUE)
    numbers = sa.select(batch.c.no).where(
        batch.c.issue_id == issue_id, batch.c.occasion > 0, is_issue
    )
    return (
        sa.select(before.c.id)
        .join(
            again,
            (again.c.issue_id == before.c.issue_id)
            & (again.c.subscriber_id == before.c.subscriber_id)
            & (again.c.occasion > before.c.occasion),
        )
        .where(again.c.issue_id == issue_id, again.c.batch_no.in_(numbers))
    )


def readers_of(issue_id: int) -> sa.Select[Any]:
    """
    Select the subscribers who got an issue or may have got it, for `select_audience`.
    """
    got = (DeliveryState.ACCEPTED, DeliveryState.UNCERTAIN)
    return (
        sa.select(delivery.c.subscriber_id)
        .outerjoin(batch, IN_BATCH)
        .where(
            delivery.c.issue_id == issue_id,
            delivery.c.subscriber_id.is_not(None),
            SHOWN_STATE.in_(got),
        )
    )


def wall_of(issue_id: int | sa.BindParameter[int]) -> sa.ScalarSelect[str | None]:
    """
    Select the local time at which each reader gets the issue, null if it is sent to all at once.
    """
    wall = issue.c.timing["wall"].as_string()
    return sa.select(wall).where(issue.c.id == issue_id).scalar_subquery()

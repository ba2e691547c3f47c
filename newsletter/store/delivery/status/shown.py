"""
Select the state that each delivery is shown with, and which deliveries count.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from newsletter.model.delivery import BatchState, DeliveryState
from newsletter.model.issue import IssueKind
from newsletter.store.tables import batch, delivery, issue

Issues = Sequence[int] | sa.Select[tuple[int]]

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


def any_issue(issue_id: int | sa.BindParameter[int]) -> sa.ScalarSelect[int]:
    """
    Return the number of an issue so that PostgreSQL plans as for any issue. For a number that its
    statistics do not know, which is that of the newest issue, it expects a single delivery, and
    joins by comparing each row with each.
    """
    return sa.select(
        sa.literal(issue_id) if isinstance(issue_id, int) else issue_id
    ).scalar_subquery()


def any_of(issues: Issues) -> Any:
    """
    Return the numbers of several issues likewise, for `in_`.
    """
    return issues if isinstance(issues, sa.Select) else [any_issue(number) for number in issues]


def select_replaced(issues: int | sa.BindParameter[int] | Issues) -> sa.Select[Any]:
    """
    Select the deliveries of one issue or several that are not the latest to their reader: the issue
    was sent to them again since. A notice counts on each occasion.
    """
    again, before = delivery.alias("again"), delivery.alias("before")
    if isinstance(issues, int | sa.BindParameter):
        is_theirs = batch.c.issue_id == issues
    else:
        is_theirs = batch.c.issue_id.in_(issues)
    # Found first, and apart: PostgreSQL then plans the joins as for any issue, as in `any_issue`.
    # They are outer ones, which SQLite does not reorder.
    added = (
        sa.select(batch.c.issue_id, batch.c.no)
        .join(issue, issue.c.id == batch.c.issue_id)
        .where(
            is_theirs,
            batch.c.occasion > 0,
            issue.c.kind == IssueKind.ISSUE,
        )
        .cte("added", nesting=True)
        .prefix_with("MATERIALIZED")
    )
    return (
        sa.select(before.c.id)
        .select_from(added)
        .outerjoin(again, (again.c.issue_id == added.c.issue_id) & (again.c.batch_no == added.c.no))
        .outerjoin(
            before,
            (before.c.issue_id == again.c.issue_id)
            & (before.c.subscriber_id == again.c.subscriber_id)
            & (before.c.occasion < again.c.occasion),
        )
        .where(before.c.id.is_not(None))
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
            delivery.c.issue_id == any_issue(issue_id),
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

"""
Load the status of an issue: its counts, and the states and reasons of its recipients.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from newsletter.model.delivery import BatchState, DeliveryState, SettledBy
from newsletter.model.issue import IssueKind
from newsletter.model.reason_words import batch_reason, delivery_reason
from newsletter.store.tables import batch, delivery, exclusion, issue

_NOT_YET = (BatchState.PENDING, BatchState.CLAIMED, BatchState.SUBMITTING, BatchState.WAITING)

# A delivery's own state comes first; without one it has the state of its batch.
SHOWN_STATE = sa.func.coalesce(
    delivery.c.state,
    sa.case(
        (batch.c.state.in_(_NOT_YET), DeliveryState.PENDING),
        (batch.c.state == BatchState.UNCERTAIN, DeliveryState.UNCERTAIN),
        (batch.c.id.is_(None), DeliveryState.PENDING),
        else_=batch.c.outcome,
    ),
)


def _is_latest(issue_id: int) -> sa.ColumnElement[bool]:
    """
    Return the condition that a delivery of an issue is the latest to its reader: the issue was not
    sent to them again since. A notice counts on each occasion.
    """
    again, before = delivery.alias("again"), delivery.alias("before")
    is_issue = sa.exists().where(issue.c.id == issue_id, issue.c.kind == IssueKind.ISSUE)
    numbers = sa.select(batch.c.no).where(
        batch.c.issue_id == issue_id, batch.c.occasion > 0, is_issue
    )
    replaced = (
        sa.select(before.c.id)
        .join(
            again,
            (again.c.issue_id == before.c.issue_id)
            & (again.c.subscriber_id == before.c.subscriber_id)
            & (again.c.occasion > before.c.occasion),
        )
        .where(again.c.issue_id == issue_id, again.c.batch_no.in_(numbers))
    )
    return delivery.c.id.not_in(replaced)


@dataclass(frozen=True, kw_only=True)
class Counts:
    """
    An issue's audience by state. The six states always add up to `audience`.
    """

    audience: int
    by_state: dict[DeliveryState, int]
    excluded: dict[str, int]

    def as_json(self) -> dict[str, Any]:
        """
        Return the status in the shape of `issue status --json`.
        """
        states = {state.value: self.by_state.get(state, 0) for state in DeliveryState}
        return {"audience": self.audience, **states, "excluded": self.excluded}


def count_deliveries(connection: sa.Connection, issue_id: int) -> Counts:
    """
    Count the deliveries of an issue by state; all zero before the freeze. Who was sent it again
    counts once, with the latest state.
    """
    rows = connection.execute(
        sa.select(SHOWN_STATE.label("state"), sa.func.count().label("people"))
        .select_from(delivery)
        .outerjoin(
            batch, (batch.c.issue_id == delivery.c.issue_id) & (batch.c.no == delivery.c.batch_no)
        )
        .where(delivery.c.issue_id == issue_id, _is_latest(issue_id))
        .group_by(SHOWN_STATE)
    ).all()
    by_state = {DeliveryState(row.state): row.people for row in rows}
    left_out = connection.execute(
        sa.select(exclusion.c.reason, sa.func.count().label("people"))
        .where(exclusion.c.issue_id == issue_id)
        .group_by(exclusion.c.reason)
    ).all()
    return Counts(
        audience=sum(by_state.values()),
        by_state=by_state,
        excluded={row.reason: row.people for row in left_out},
    )


def taken_by(connection: sa.Connection, issue_id: int) -> dict[str, int]:
    """
    Count the recipients of an issue that each provider accepted, by provider name.
    """
    rows = connection.execute(
        sa.select(batch.c.provider, sa.func.count().label("people"))
        .select_from(delivery)
        .join(
            batch, (batch.c.issue_id == delivery.c.issue_id) & (batch.c.no == delivery.c.batch_no)
        )
        .where(
            delivery.c.issue_id == issue_id,
            batch.c.provider.is_not(None),
            SHOWN_STATE == DeliveryState.ACCEPTED,
        )
        .group_by(batch.c.provider)
        .order_by(batch.c.provider)
    )
    return {row.provider: row.people for row in rows}


def readers_of(issue_id: int) -> sa.Select[Any]:
    """
    Select the subscribers who got an issue or may have got it, for `select_audience`.
    """
    got = (DeliveryState.ACCEPTED, DeliveryState.UNCERTAIN)
    return (
        sa.select(delivery.c.subscriber_id)
        .outerjoin(
            batch, (batch.c.issue_id == delivery.c.issue_id) & (batch.c.no == delivery.c.batch_no)
        )
        .where(
            delivery.c.issue_id == issue_id,
            delivery.c.subscriber_id.is_not(None),
            SHOWN_STATE.in_(got),
        )
    )


@dataclass(frozen=True, kw_only=True)
class RecipientStatus:
    """
    The state of one recipient, with the number of the delivery. `email` is None for somebody who
    was erased; `reason` is empty where there is none. `occasion` is how often they were sent it
    before.
    """

    delivery_id: int
    email: str | None
    state: DeliveryState
    reason: str
    occasion: int = 0

    def as_json(self) -> dict[str, Any]:
        values = dataclasses.asdict(self)
        del values["delivery_id"]
        return values


def wall_of(issue_id: int) -> sa.ScalarSelect[str | None]:
    """
    Select the local time at which each reader gets the issue, null if it is sent to all at once.
    """
    wall = issue.c.timing["wall"].as_string()
    return sa.select(wall).where(issue.c.id == issue_id).scalar_subquery()


def recipient_statuses(
    connection: sa.Connection,
    issue_id: int,
    *,
    only: DeliveryState | None,
    after: int = 0,
    most: int | None = None,
) -> list[RecipientStatus]:
    """
    Return the state of each recipient of an issue, in the order of the freeze, or of those in one
    state; at most *most*, behind the delivery numbered *after*. Of a recipient who was sent it
    again, it is the latest.
    """
    shown = SHOWN_STATE.label("state")
    query = (
        sa.select(
            delivery.c.id,
            delivery.c.email,
            delivery.c.state.label("own_state"),
            delivery.c.reason,
            delivery.c.settled_by,
            delivery.c.occasion,
            shown,
            batch.c.reason.label("batch_reason"),
            batch.c.hold,
            wall_of(issue_id).label("wall"),
        )
        .select_from(delivery)
        .outerjoin(
            batch, (batch.c.issue_id == delivery.c.issue_id) & (batch.c.no == delivery.c.batch_no)
        )
        .where(delivery.c.issue_id == issue_id, _is_latest(issue_id), delivery.c.id > after)
        .order_by(delivery.c.id)
        .limit(most)
    )
    if only is not None:
        query = query.where(SHOWN_STATE.in_([only]))
    return [
        RecipientStatus(
            delivery_id=row.id,
            email=row.email,
            state=DeliveryState(row.state),
            # A delivery without its own state has the reason of its batch.
            reason=batch_reason(row.hold, row.batch_reason, wall=row.wall)
            if row.own_state is None
            else delivery_reason(row.settled_by, row.reason),
            occasion=row.occasion,
        )
        for row in connection.execute(query)
    ]


def reasons(connection: sa.Connection, issue_id: int) -> dict[str, int]:
    """
    Count the deliveries of an issue by the reason they were rejected or skipped for.
    """
    rows = connection.execute(
        sa.select(delivery.c.reason, delivery.c.settled_by, sa.func.count().label("people"))
        .where(
            delivery.c.issue_id == issue_id,
            _is_latest(issue_id),
            (delivery.c.reason != "") | delivery.c.settled_by.is_not(None),
        )
        .group_by(delivery.c.reason, delivery.c.settled_by)
    )
    return {delivery_reason(row.settled_by, row.reason): row.people for row in rows}


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

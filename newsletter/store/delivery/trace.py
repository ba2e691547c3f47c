"""
Load what happened to one address: its deliveries with the times of their batches, and the issues
that excluded it. `delivery/trace` describes it.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from newsletter.model.delivery import BatchState, DeliveryState, SettledBy
from newsletter.model.issue import IssueKind
from newsletter.model.reason_words import batch_reason, delivery_reason
from newsletter.store.delivery.status.shown import SHOWN_STATE, wall_of
from newsletter.store.tables import batch, delivery, exclusion, issue
from subscribers.database.tables import mailing_list


@dataclass(frozen=True, kw_only=True)
class Who:
    """
    The person asked about. `subscriber_id` is None if only the address is known.
    """

    email_key: str
    subscriber_id: int | None


@dataclass(frozen=True, kw_only=True)
class DeliveryEntry:
    """
    One delivery. `provider` is the one it was submitted to, None before; `batch_reason` is what a
    waiting or uncertain batch waits for; `through` is the list's slug. `merge_values` are the
    frozen values of declared fields, as they were stored.
    """

    delivery_id: int
    occasion: int
    state: DeliveryState
    reason: str
    settled_by: SettledBy | None
    provider: str | None
    provider_id: str | None
    batch_state: BatchState
    batch_reason: str
    through: str | None
    not_before: dt.datetime | None
    call_started_at: dt.datetime | None
    settled_at: dt.datetime | None
    merge_values: Mapping[str, str]


def entries_in(connection: sa.Connection, issue_id: int, who: Who) -> list[DeliveryEntry]:
    """
    Return the person's deliveries in an issue, found by person or address: at most one, or one for
    each occasion of a notice, the latest first.
    """
    rows = connection.execute(
        sa.select(
            delivery.c.id.label("delivery_id"),
            delivery.c.occasion,
            SHOWN_STATE.label("state"),
            delivery.c.reason,
            delivery.c.settled_by,
            batch.c.hold,
            wall_of(issue_id).label("wall"),
            batch.c.provider,
            delivery.c.provider_id,
            batch.c.state.label("batch_state"),
            batch.c.reason.label("batch_reason"),
            mailing_list.c.slug.label("through"),
            batch.c.not_before,
            batch.c.call_started_at,
            batch.c.settled_at,
            delivery.c.merge_values,
        )
        .select_from(delivery)
        .join(
            batch, (batch.c.issue_id == delivery.c.issue_id) & (batch.c.no == delivery.c.batch_no)
        )
        .outerjoin(mailing_list, mailing_list.c.id == delivery.c.list_id)
        .where(delivery.c.issue_id == issue_id, is_to(who))
        .order_by(delivery.c.occasion.desc(), delivery.c.id)
    ).all()
    return [_entry(row) for row in rows]


def _entry(row: sa.Row[Any]) -> DeliveryEntry:
    values = dict(row._mapping)
    settled_by, hold, wall = (values.pop(name) for name in ("settled_by", "hold", "wall"))
    values |= {
        "state": DeliveryState(row.state),
        "reason": delivery_reason(settled_by, row.reason),
        "settled_by": SettledBy(settled_by) if settled_by else None,
        "batch_state": BatchState(row.batch_state),
        "batch_reason": batch_reason(hold, row.batch_reason, wall=wall),
        "merge_values": json.loads(row.merge_values or "{}"),
    }
    return DeliveryEntry(**values)


def exclusion_in(connection: sa.Connection, issue_id: int, who: Who) -> str | None:
    """
    Return why the person was excluded when the issue was frozen, or None.
    """
    return connection.execute(
        sa.select(exclusion.c.reason).where(
            exclusion.c.issue_id == issue_id, exclusion.c.subscriber_id == who.subscriber_id
        )
    ).scalar_one_or_none()


def issues_around(connection: sa.Connection, who: Who, *, limit: int) -> Sequence[int]:
    """
    Return the newest *limit* frozen issues and mails of other kinds that went to the address,
    newest first.
    """
    newest = (
        sa.select(issue.c.id)
        .where(issue.c.kind == IssueKind.ISSUE, issue.c.frozen_at.is_not(None))
        .order_by(issue.c.id.desc())
        .limit(limit)
    )
    got = (
        sa.select(delivery.c.issue_id)
        .distinct()
        .where(is_to(who))
        .order_by(delivery.c.issue_id.desc())
        .limit(limit)
    )
    numbers = {*connection.scalars(newest), *connection.scalars(got)}
    return sorted(numbers, reverse=True)[:limit]


def frozen_at(connection: sa.Connection, issue_id: int) -> dt.datetime | None:
    """
    Return when the issue was frozen, or None.
    """
    return connection.execute(
        sa.select(issue.c.frozen_at).where(issue.c.id == issue_id)
    ).scalar_one_or_none()


def is_to(who: Who) -> sa.ColumnElement[bool]:
    """
    Return the condition that a delivery is to the person, or to the address.
    """
    # Two queries, so that each uses its index; an address that now belongs to somebody else is
    # searched separately.
    by_key = delivery.c.email_key == who.email_key
    if who.subscriber_id is None:
        return by_key
    return sa.or_(by_key, delivery.c.subscriber_id == who.subscriber_id)

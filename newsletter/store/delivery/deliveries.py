"""
Handle single deliveries: load those of a batch, give them states of their own, and move them to
another batch; and find who has one.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from typing import Any, NamedTuple

import sqlalchemy as sa

from newsletter.model.delivery import BatchState
from newsletter.model.notice import MESSAGE_RULE, NOTICE_RULES, NoticeKind, TypedNotice
from newsletter.model.result_plan import DeliveryException
from newsletter.store.delivery.batches import ClaimedBatch
from newsletter.store.queue.jobs import enqueue
from newsletter.store.tables import batch, delivery, issue, list_settings
from subscribers.audience.eligibility import select_with_notice_reason, select_with_reason
from subscribers.database.columns import UtcDateTime

# Why a notice about a list that is held is not sent.
LIST_HELD = "the list is held"


class DeliveryRow(NamedTuple):
    """
    One recipient of a batch, as frozen. `reason` is why they may no longer be mailed, or None.

    `merge_values` is JSON. It is a tuple for speed, because one is made for every recipient.
    """

    id: int
    subscriber_id: int | None
    subscription_id: int | None
    email: str | None
    email_key: str | None
    name: str
    list_id: int | None = None
    occasion: int = 0
    request_id: int | None = None
    merge_values: str | None = None
    reason: str | None = None


_UNSENT = (
    sa.select(
        delivery.c.id,
        delivery.c.subscriber_id,
        delivery.c.subscription_id,
        delivery.c.email,
        delivery.c.email_key,
        delivery.c.name,
        delivery.c.list_id,
        delivery.c.occasion,
        delivery.c.request_id,
        delivery.c.merge_values,
    )
    .where(
        delivery.c.issue_id == sa.bindparam("issue_id"),
        delivery.c.batch_no == sa.bindparam("batch_no"),
        delivery.c.state.is_(None),
    )
    .subquery()
)


def _unless_held(found: sa.Select[Any]) -> sa.Select[Any]:
    """
    Give the rows that *found* lets through the reason LIST_HELD if their list is held. What is
    about several lists has none, and is sent.
    """
    rows = found.subquery()
    is_held = sa.exists().where(
        list_settings.c.list_id == rows.c.list_id, list_settings.c.held_reason.is_not(None)
    )
    reason = sa.func.coalesce(rows.c.reason, sa.case((is_held, LIST_HELD)))
    columns = [column for column in rows.c if column.name != "reason"]
    return sa.select(*columns, reason.label("reason")).order_by(rows.c.id)


# Built once: building it costs more than running it for a small batch.
_UNSENT_WITH_REASON: Mapping[NoticeKind | TypedNotice | None, sa.Select[Any]] = {
    None: select_with_reason(_UNSENT, now=sa.bindparam("now", type_=UtcDateTime)).order_by(
        _UNSENT.c.id
    ),
    **{
        kind: _unless_held(select_with_notice_reason(_UNSENT, rule))
        for kind, rule in NOTICE_RULES.items()
    },
    TypedNotice.MESSAGE: select_with_notice_reason(_UNSENT, MESSAGE_RULE).order_by(_UNSENT.c.id),
}


def deliveries_of(
    connection: sa.Connection,
    claimed: ClaimedBatch,
    kind: NoticeKind | TypedNotice | None = None,
    *,
    now: dt.datetime,
) -> list[DeliveryRow]:
    """
    Return the batch's deliveries without a state of their own, in order, each with the reason that
    excludes it since the freeze: unsubscribed, paused, suppressed or erased. For a notice of *kind*
    the reason is what `NOTICE_RULES` says, or that its list is held. Of a message it is only that
    the address is suppressed or erased.
    """
    parameters: dict[str, Any] = {"issue_id": claimed.issue_id, "batch_no": claimed.no}
    if kind is None:
        parameters["now"] = now
    found = connection.execute(_UNSENT_WITH_REASON[kind], parameters).all()
    rows = [DeliveryRow(*row) for row in found]
    return rows if kind is TypedNotice.MESSAGE else [_mailable_if_typed(row) for row in rows]


def _mailable_if_typed(row: DeliveryRow) -> DeliveryRow:
    """
    Drop the reason if the address of a test mail was typed, because it is on no list. A subscriber
    keeps the reason even if the list was removed.
    """
    return row if row.subscriber_id is not None else row._replace(reason=None)


def mark_deliveries(connection: sa.Connection, exceptions: Sequence[DeliveryException]) -> None:
    """
    Give single deliveries their own states and provider ids.
    """
    if not exceptions:
        return
    names = DeliveryException._fields
    connection.execute(
        sa.update(delivery)
        .where(delivery.c.id == sa.bindparam("delivery_id"))
        .values(
            state=sa.bindparam("state"),
            reason=sa.bindparam("reason"),
            settled_by=sa.bindparam("settled_by"),
            provider_id=sa.bindparam("provider_id"),
        ),
        [dict(zip(names, exception, strict=True)) for exception in exceptions],
    )


def split_off(
    connection: sa.Connection,
    claimed: ClaimedBatch,
    delivery_ids: Sequence[int],
    *,
    not_before: dt.datetime,
    reason: str,
) -> int:
    """
    Move deliveries that were certainly not accepted to a new waiting batch with its own key, and
    return its number. The new batch keeps the time of their last call.
    """
    number = next_number(connection, claimed.issue_id)
    values = {
        "no": number,
        "state": BatchState.WAITING,
        "not_before": not_before,
        "reason": reason,
        "attempts": claimed.attempts + 1,
        "size": len(delivery_ids),
    }
    copied = (
        batch.c.issue_id,
        batch.c.timezone,
        batch.c.not_after,
        batch.c.call_started_at,
        batch.c.occasion,
    )
    batch_id = connection.execute(
        sa.insert(batch)
        .from_select(
            [*values, *(column.name for column in copied)],
            sa.select(*(sa.literal(v, batch.c[n].type) for n, v in values.items()), *copied).where(
                batch.c.id == claimed.id
            ),
        )
        .returning(batch.c.id)
    ).scalar_one()
    enqueue([batch_id], connection)
    connection.execute(
        sa.update(batch)
        .where(batch.c.id == claimed.id)
        .values(size=batch.c.size - len(delivery_ids))
    )
    connection.execute(
        sa.update(delivery)
        .where(delivery.c.id == sa.bindparam("delivery_id"))
        .values(batch_no=number),
        [{"delivery_id": delivery_id} for delivery_id in delivery_ids],
    )
    return number


def next_number(connection: sa.Connection, issue_id: int) -> int:
    """
    Reserve the number of the issue's next batch until the transaction ends.
    """
    # Otherwise two workers could take the same number on PostgreSQL.
    connection.execute(
        sa.select(issue.c.id).where(issue.c.id == issue_id).with_for_update(key_share=True)
    )
    highest = sa.select(sa.func.max(batch.c.no)).where(batch.c.issue_id == issue_id)
    return int(connection.execute(highest).scalar_one() or 0) + 1


def mailed_people(connection: sa.Connection, subscriber_ids: Collection[int]) -> set[int]:
    """
    Return the numbers of those people who were sent something, or are in an issue.
    """
    found = sa.select(delivery.c.subscriber_id).where(delivery.c.subscriber_id.in_(subscriber_ids))
    return {number for number in connection.scalars(found) if number is not None}

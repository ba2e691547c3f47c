"""
Single deliveries: those of a batch, what each of them says of itself, and who goes later.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import NamedTuple

import sqlalchemy as sa

from newsletter.model.delivery import BatchState
from newsletter.model.result_plan import DeliveryException
from newsletter.store.delivery.batches import ClaimedBatch
from newsletter.store.queue.jobs import enqueue
from newsletter.store.tables import batch, delivery, issue
from subscribers.audience.eligibility import select_with_reason


class DeliveryRow(NamedTuple):
    """
    One recipient of a batch, as frozen. `reason` is why they may no longer be mailed, None when
    they may.

    A tuple, for one is made for each reader.
    """

    id: int
    subscriber_id: int | None
    subscription_id: int | None
    email: str | None
    email_key: str | None
    name: str
    reason: str | None = None


_GOING = (
    sa.select(
        delivery.c.id,
        delivery.c.subscriber_id,
        delivery.c.subscription_id,
        delivery.c.email,
        delivery.c.email_key,
        delivery.c.name,
    )
    .where(
        delivery.c.issue_id == sa.bindparam("issue_id"),
        delivery.c.batch_no == sa.bindparam("batch_no"),
        delivery.c.state.is_(None),
    )
    .subquery()
)
# Made once: to put it together costs more than to run it for a small batch.
_GOING_WITH_REASON = select_with_reason(_GOING).order_by(_GOING.c.id)


def deliveries_of(connection: sa.Connection, held: ClaimedBatch) -> list[DeliveryRow]:
    """
    The batch's deliveries that still go as their batch goes, in order, each with the reason that
    has come up against it since the freeze: unsubscribed, suppressed or erased.
    """
    wanted = {"issue_id": held.issue_id, "batch_no": held.no}
    found = connection.execute(_GOING_WITH_REASON, wanted).all()
    return [_mailable_if_typed(DeliveryRow(*row)) for row in found]


def _mailable_if_typed(row: DeliveryRow) -> DeliveryRow:
    """
    A test mail's typed addresses are nobody's on no list, so nothing of a list holds against
    them. A reader stays one when their list is gone.
    """
    return row if row.subscriber_id is not None else row._replace(reason=None)


def mark_deliveries(connection: sa.Connection, exceptions: Sequence[DeliveryException]) -> None:
    """
    Write what single deliveries have of their own.
    """
    if not exceptions:
        return
    connection.execute(
        sa.update(delivery)
        .where(delivery.c.id == sa.bindparam("delivery_id"))
        .values(
            state=sa.bindparam("state"),
            reason=sa.bindparam("reason"),
            settled_by=sa.bindparam("settled_by"),
            provider_id=sa.bindparam("provider_id"),
        ),
        [vars(exception) for exception in exceptions],
    )


def split_off(
    connection: sa.Connection,
    held: ClaimedBatch,
    delivery_ids: Sequence[int],
    *,
    not_before: dt.datetime,
    reason: str,
) -> int:
    """
    The number of a new waiting batch that takes *delivery_ids* out of *held*: they were proved
    never taken, and will go under a new key. When they were last in a call goes with them.
    """
    number = _next_number(connection, held.issue_id)
    values = {
        "no": number,
        "state": BatchState.WAITING,
        "not_before": not_before,
        "reason": reason,
        "tries": held.tries + 1,
    }
    kept = (batch.c.issue_id, batch.c.timezone, batch.c.not_after, batch.c.handed_at)
    made = connection.execute(
        sa.insert(batch)
        .from_select(
            [*values, *(column.name for column in kept)],
            sa.select(*(sa.literal(v, batch.c[n].type) for n, v in values.items()), *kept).where(
                batch.c.id == held.id
            ),
        )
        .returning(batch.c.id)
    ).scalar_one()
    enqueue([made], connection)
    connection.execute(
        sa.update(delivery)
        .where(delivery.c.id == sa.bindparam("delivery_id"))
        .values(batch_no=number),
        [{"delivery_id": delivery_id} for delivery_id in delivery_ids],
    )
    return number


def _next_number(connection: sa.Connection, issue_id: int) -> int:
    """
    The number of the issue's next batch, nobody else's until the transaction ends.
    """
    # On PostgreSQL two processes would else take one number.
    connection.execute(
        sa.select(issue.c.id).where(issue.c.id == issue_id).with_for_update(key_share=True)
    )
    highest = sa.select(sa.func.max(batch.c.no)).where(batch.c.issue_id == issue_id)
    return int(connection.execute(highest).scalar_one()) + 1

"""
Read what became of the emails that asked people of a list again, and which are not sent yet.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

import sqlalchemy as sa

from newsletter.model.delivery import BatchState, DeliveryState
from newsletter.store.delivery.status.shown import SHOWN_STATE
from newsletter.store.tables import batch, delivery, outcome
from subscribers.ask_again.model import AskedState, AskMail, AskRun, MailState
from subscribers.database.asking_tables import ask_run_person

_IN_BATCH = (batch.c.issue_id == delivery.c.issue_id) & (batch.c.no == delivery.c.batch_no)
_STATES = {DeliveryState.ACCEPTED: MailState.ACCEPTED, DeliveryState.PENDING: MailState.QUEUED}
# Those whose call has not begun; a person who is taken out of one is not in its call.
_UNSENT = (BatchState.PENDING, BatchState.CLAIMED, BatchState.WAITING)


def mails_of(connection: sa.Connection, requests: Mapping[int, int]) -> dict[int, AskMail]:
    """
    Return the email of each request, by its number; *requests* has the person of each. One that
    bounced has FAILED, as has one of which nobody knows whether it was accepted.
    """
    rows = connection.execute(
        sa.select(
            delivery.c.request_id,
            SHOWN_STATE.label("state"),
            sa.func.coalesce(batch.c.settled_at, batch.c.call_started_at).label("accepted_at"),
            outcome.c.bounced_at,
        )
        .select_from(delivery)
        .outerjoin(batch, _IN_BATCH)
        .outerjoin(outcome, outcome.c.delivery_id == delivery.c.id)
        .where(
            delivery.c.subscriber_id.in_(list(requests.values())),
            delivery.c.request_id.in_(list(requests)),
        )
    )
    return {
        row.request_id: AskMail(
            state=MailState.FAILED
            if row.bounced_at is not None
            else _STATES.get(DeliveryState(row.state), MailState.FAILED),
            accepted_at=row.accepted_at,
        )
        for row in rows
    }


def unsent_requests(
    connection: sa.Connection, run: AskRun, *, asked_before: dt.datetime | None = None
) -> list[int]:
    """
    Return the requests of those people of a run whose email is queued, but in no call yet. With
    *asked_before*, only of those who were asked before that time.
    """
    asked = ask_run_person
    found = (
        sa.select(delivery.c.request_id)
        .select_from(batch)
        .join(delivery, _IN_BATCH)
        .join(
            asked,
            (asked.c.subscriber_id == delivery.c.subscriber_id)
            & (asked.c.request_id == delivery.c.request_id),
        )
        .where(
            batch.c.state.in_(_UNSENT),
            delivery.c.state.is_(None),
            asked.c.run_id == run.id,
            asked.c.state == AskedState.ASKED.value,
        )
    )
    if asked_before is not None:
        found = found.where(asked.c.asked_at <= asked_before)
    return list(connection.scalars(found))

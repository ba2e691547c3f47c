"""
List the emails that one address was sent, for a person who asks what is known about them.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from newsletter.model.event import EventKind
from newsletter.model.mail import MergeField, mark_of
from newsletter.store.delivery.status.shown import SHOWN_STATE
from newsletter.store.delivery.trace import Who, is_to
from newsletter.store.tables import batch, delivery, issue, mail, outcome


def emails_to(connection: sa.Connection, who: Who) -> list[dict[str, Any]]:
    """
    Return every email to a person or an address, the oldest first, as JSON values: what it was,
    when it was submitted, what was reported about it, and the values that it showed.
    """
    in_batch = (batch.c.issue_id == delivery.c.issue_id) & (batch.c.no == delivery.c.batch_no)
    rows: sa.Result[Any] = connection.execute(
        sa.select(
            issue.c.kind,
            *(mail.c.mail[part].label(part) for part in ("subject", "nonce", "fields")),
            delivery.c.email,
            delivery.c.merge_values,
            SHOWN_STATE.label("state"),
            batch.c.call_started_at,
            *(outcome.c[f"{kind}_at"] for kind in EventKind),
        )
        .select_from(delivery)
        .join(issue, issue.c.id == delivery.c.issue_id)
        .outerjoin(mail, mail.c.issue_id == issue.c.id)
        .outerjoin(batch, in_batch)
        .outerjoin(outcome, outcome.c.delivery_id == delivery.c.id)
        .where(is_to(who))
        .order_by(delivery.c.id)
    )
    return [_email(row) for row in rows]


def _email(row: sa.Row[Any]) -> dict[str, Any]:
    times = {kind.value: row._mapping[f"{kind}_at"] for kind in EventKind}
    return {
        "kind": row.kind,
        "subject": _as_typed(row.subject, row.fields, row.nonce),
        "address": row.email,
        "state": str(row.state),
        "submitted_at": row.call_started_at.isoformat() if row.call_started_at else None,
        "events": {kind: at.isoformat() for kind, at in times.items() if at is not None},
        "values": json.loads(row.merge_values or "{}"),
    }


def _as_typed(
    subject: str | None, fields: Sequence[Mapping[str, Any]] | None, nonce: str | None
) -> str | None:
    """
    Return a frozen subject with its merge fields as staff typed them.
    """
    for number, field in enumerate(fields or ()):
        mark = mark_of(nonce or "", number)
        subject = (subject or "").replace(mark, MergeField.from_json(field).typed)
    return subject

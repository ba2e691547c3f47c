"""
List the emails that one address was sent: for a person who asks what is known about them, and for
staff who look at the person.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from newsletter.model.delivery import DeliveryState
from newsletter.model.event import EventKind
from newsletter.model.issue import AudienceRule, IssueKind
from newsletter.model.mail import MergeField, mark_of
from newsletter.store.delivery.status.shown import SHOWN_STATE
from newsletter.store.delivery.trace import Who, is_to
from newsletter.store.tables import batch, delivery, issue, mail, outcome

_SUBJECT = [mail.c.mail[part].label(part) for part in ("subject", "nonce", "fields")]
_REPORTED = [outcome.c[f"{kind}_at"] for kind in EventKind]
_EMAILS = (
    delivery.join(issue, issue.c.id == delivery.c.issue_id)
    .outerjoin(mail, mail.c.issue_id == issue.c.id)
    .outerjoin(
        batch, (batch.c.issue_id == delivery.c.issue_id) & (batch.c.no == delivery.c.batch_no)
    )
    .outerjoin(outcome, outcome.c.delivery_id == delivery.c.id)
)


@dataclass(frozen=True, kw_only=True)
class SentEmail:
    """
    An email to a person: the issue or notice that it is, the lists it went to, and what was
    reported, by kind. `submitted_at` is None if it was not submitted.
    """

    issue_id: int
    kind: IssueKind
    lists: Sequence[str]
    subject: str
    state: DeliveryState
    provider: str
    submitted_at: dt.datetime | None
    events: Mapping[EventKind, dt.datetime]


def latest_emails(connection: sa.Connection, who: Who, *, limit: int) -> list[SentEmail]:
    """
    Return the last emails to a person or an address, the latest first.
    """
    # Sorted by the database, it might go backwards through all deliveries to find theirs.
    numbers = sorted(connection.scalars(sa.select(delivery.c.id).where(is_to(who))), reverse=True)
    rows: sa.Result[Any] = connection.execute(
        sa.select(
            issue.c.id,
            issue.c.kind,
            issue.c.audience,
            *_SUBJECT,
            SHOWN_STATE.label("state"),
            batch.c.provider,
            batch.c.call_started_at,
            *_REPORTED,
        )
        .select_from(_EMAILS)
        .where(delivery.c.id.in_(numbers[:limit]))
        .order_by(delivery.c.id.desc())
    )
    return [_sent_email(row) for row in rows]


def _sent_email(row: sa.Row[Any]) -> SentEmail:
    times = {kind: row._mapping[f"{kind}_at"] for kind in EventKind}
    return SentEmail(
        issue_id=row.id,
        kind=IssueKind(row.kind),
        lists=AudienceRule.from_json(row.audience).lists,
        subject=_as_typed(row.subject, row.fields, row.nonce) or "",
        state=DeliveryState(row.state),
        provider=row.provider or "",
        submitted_at=row.call_started_at,
        events={kind: at for kind, at in times.items() if at is not None},
    )


def addresses_used(connection: sa.Connection, subscriber_id: int) -> list[str]:
    """
    Return the addresses that emails to a person went to, the latest first.
    """
    theirs = sa.select(delivery.c.id, delivery.c.email).where(
        delivery.c.subscriber_id == subscriber_id, delivery.c.email.is_not(None)
    )
    rows = sorted(((row.id, row.email) for row in connection.execute(theirs)), reverse=True)
    return list(dict.fromkeys(email for _, email in rows))


def emails_to(connection: sa.Connection, who: Who) -> list[dict[str, Any]]:
    """
    Return every email to a person or an address, the oldest first, as JSON values: what it was,
    when it was submitted, what was reported about it, and the values that it showed.
    """
    rows: sa.Result[Any] = connection.execute(
        sa.select(
            issue.c.kind,
            *_SUBJECT,
            delivery.c.email,
            delivery.c.merge_values,
            SHOWN_STATE.label("state"),
            batch.c.call_started_at,
            *_REPORTED,
        )
        .select_from(_EMAILS)
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

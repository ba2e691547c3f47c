"""
Record that a person agreed to lists by the button in the email.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence

import sqlalchemy as sa

from subscribers.consent import record_consent, sentence_version
from subscribers.database.tables import subscription
from subscribers.history.model import HistoryEvent, HistoryRecord, Origin
from subscribers.history.records import record_all
from subscribers.model import MailingList, SubscriptionState
from subscribers.requests.model import ReaderRequest

_s = subscription


def still_active(
    connection: sa.Connection, request: ReaderRequest, lists: Sequence[MailingList]
) -> dict[int, int]:
    """
    Return the number of each subscription that is active already, by the id of its list.
    """
    found = sa.select(_s.c.list_id, _s.c.id).where(
        _s.c.subscriber_id == request.subscriber_id,
        _s.c.list_id.in_([each.id for each in lists]),
        _s.c.state == SubscriptionState.ACTIVE.value,
    )
    return {row.list_id: row.id for row in connection.execute(found)}


def record_agreement(
    connection: sa.Connection,
    request: ReaderRequest,
    joined: Mapping[int, int],
    stayed: Mapping[int, int],
    *,
    by: Origin,
    now: dt.datetime,
) -> None:
    """
    Record the consent behind each subscription: of those who *joined*, and of those who *stayed*
    because they were active before. Only the former count as confirmed in the history.
    """
    for subscription_id in (*joined.values(), *stayed.values()):
        record_consent(
            connection,
            subscription_id,
            text=request.consent or "",
            source=request.form,
            given_at=now,
            now=now,
            evidence=_evidence(request),
        )
    detail = {
        "form": request.form,
        "request": request.id,
        "consent_version": request.consent_version,
    }
    events = [(list_id, HistoryEvent.CONFIRMED, detail) for list_id in joined]
    events += [(each, HistoryEvent.CHANGED, {"agreed_again": True, **detail}) for each in stayed]
    records = [
        HistoryRecord(what=what, subscriber_id=request.subscriber_id, list_id=list_id, detail=known)
        for list_id, what, known in events
    ]
    record_all(connection, records, by=by, at=now)


def _evidence(request: ReaderRequest) -> str:
    version = sentence_version(request.consent_version)
    return ", ".join(filter(None, [f"request {request.id}", version]))

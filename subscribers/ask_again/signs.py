"""
What counts as an answer of somebody who is asked again: any sign that they want the list.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from subscribers.ask_again.model import AskRun
from subscribers.database.history_tables import history
from subscribers.database.tables import consent
from subscribers.history.model import HistoryEvent, OriginKind

_SIGNS = (
    HistoryEvent.JOINED,
    HistoryEvent.CONFIRMED,
    HistoryEvent.CHANGED,
    HistoryEvent.RETURNED,
)


def has_answered(run: AskRun, person: Any) -> sa.ColumnElement[bool]:
    """
    Return the condition that somebody gave a sign of wanting the list since the run began: they
    signed up, confirmed, came back or changed a setting, or agreed in another way. *person* is a
    table of people in runs.
    """
    h, c = history, consent
    sign = sa.select(h.c.id).where(
        h.c.subscriber_id == person.c.subscriber_id,
        h.c.id > run.history_before,
        h.c.by == OriginKind.READER.value,
        h.c.what.in_([each.value for each in _SIGNS]),
        sa.or_(h.c.list_id.is_(None), h.c.list_id == run.list_id),
    )
    agreed = sa.select(c.c.id).where(
        c.c.subscription_id == person.c.subscription_id, c.c.recorded_at >= run.started_at
    )
    return sa.or_(sign.exists(), agreed.exists())

"""
What counts as an answer of somebody who is asked again: any sign that they want the list.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from subscribers.ask_again.model import AskRun
from subscribers.database.history_tables import history
from subscribers.database.tables import consent, subscription
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
    sign = _select_signs(run).where(history.c.subscriber_id == person.c.subscriber_id)
    agreed = _select_consents(run).where(consent.c.subscription_id == person.c.subscription_id)
    return sa.or_(sign.exists(), agreed.exists())


def select_answered(run: AskRun) -> sa.CompoundSelect[int]:
    """
    Select the numbers of all who gave such a sign, whether they are in the run or not.
    """
    agreed = _select_consents(run).join(
        subscription, subscription.c.id == consent.c.subscription_id
    )
    return sa.union(
        _select_signs(run),
        agreed.with_only_columns(subscription.c.subscriber_id).where(
            subscription.c.list_id == run.list_id
        ),
    )


def _select_signs(run: AskRun) -> sa.Select[int]:
    h = history
    return sa.select(h.c.subscriber_id).where(
        h.c.id > run.history_before,
        h.c.by == OriginKind.READER.value,
        h.c.what.in_([each.value for each in _SIGNS]),
        sa.or_(h.c.list_id.is_(None), h.c.list_id == run.list_id),
    )


def _select_consents(run: AskRun) -> sa.Select[int]:
    return sa.select(consent.c.subscription_id).where(consent.c.id > run.consents_before)

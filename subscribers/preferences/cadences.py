"""
Choose how often one wants a list, and what becomes of a choice that a list does not offer any more.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection

import sqlalchemy as sa

from subscribers.database import tables
from subscribers.database.history_tables import history
from subscribers.history.model import HistoryEvent, HistoryRecord, Origin
from subscribers.history.records import record
from subscribers.model import Cadence, MailingList, Subscription, SubscriptionState

_s = tables.subscription


def choose_cadence(
    connection: sa.Connection,
    subscription: Subscription,
    cadence: Cadence,
    *,
    by: Origin,
    now: dt.datetime,
) -> None:
    """
    Set how often the person gets the list, and record what it was before.
    """
    if subscription.cadence is cadence:
        return
    connection.execute(_s.update().where(_s.c.id == subscription.id).values(cadence=cadence.value))
    changed = HistoryRecord(
        what=HistoryEvent.CHANGED,
        subscriber_id=subscription.subscriber_id,
        list_id=subscription.list_id,
        detail=_change(subscription.cadence, cadence),
    )
    record(connection, changed, by=by, at=now)


def fall_back(
    connection: sa.Connection,
    mailing_list: MailingList,
    *,
    offered: Collection[Cadence],
    by: Origin,
    now: dt.datetime,
) -> int:
    """
    Give each issue to the people whose cadence is not *offered* by the list any more, so that
    nobody stops getting anything without a word. Return how many of them are on the list.
    """
    moved = 0
    for cadence in set(Cadence) - {Cadence.EACH, *offered}:
        theirs = sa.and_(_s.c.list_id == mailing_list.id, _s.c.cadence == cadence.value)
        columns = {
            "subscriber_id": _s.c.subscriber_id,
            "list_id": _s.c.list_id,
            "at": sa.literal(now, history.c.at.type),
            "what": sa.literal(HistoryEvent.CHANGED.value),
            "by": sa.literal(by.kind.value),
            "by_name": sa.literal(by.name),
            "through": sa.literal(by.through),
            "detail": sa.literal(_change(cadence, Cadence.EACH), history.c.detail.type),
        }
        is_on = _s.c.state != SubscriptionState.ENDED.value
        connection.execute(
            history.insert().from_select(
                list(columns), sa.select(*columns.values()).where(theirs, is_on)
            )
        )
        moved += connection.scalar(sa.select(sa.func.count()).where(theirs, is_on)) or 0
        connection.execute(_s.update().where(theirs).values(cadence=Cadence.EACH.value))
    return moved


def _change(before: Cadence, after: Cadence) -> dict[str, dict[str, str]]:
    return {"cadence": {"before": before.value, "after": after.value}}

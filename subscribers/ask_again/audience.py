"""
Select whom a run asks. These are statements: the start puts them into its INSERT ... SELECT.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

import sqlalchemy as sa

from subscribers.audience.selection import select_audience
from subscribers.database.history_tables import history
from subscribers.database.tables import subscription
from subscribers.history.model import OriginKind
from subscribers.model import MailingList
from subscribers.segments.model import AudienceSegment
from subscribers.signup.asking import select_never_asked

_h, _s = history, subscription


def select_active_to_ask(
    mailing_list: MailingList, segment: AudienceSegment | None, *, now: dt.datetime
) -> sa.Select[Any]:
    """
    Select those to whom an issue would be sent now, as subscriber_id and subscription_id: who has
    paused their mail or is suppressed is not asked.
    """
    found = select_audience([mailing_list], now=now, segment=segment).subquery()
    return sa.select(found.c.subscriber_id, found.c.subscription_id)


def select_pending_to_ask(mailing_list: MailingList, import_id: int | None) -> sa.Select[Any]:
    """
    Select those who are pending and were never asked, as subscriber_id and subscription_id; with
    *import_id*, those whom that import added.
    """
    never = select_never_asked(mailing_list)
    if import_id is not None:
        its = sa.select(_h.c.id).where(
            _h.c.subscriber_id == _s.c.subscriber_id,
            _h.c.list_id == mailing_list.id,
            _h.c.by == OriginKind.IMPORT.value,
            _h.c.by_name == str(import_id),
        )
        never = never.where(its.exists())
    found = never.subquery()
    return sa.select(found.c.subscriber_id, found.c.id.label("subscription_id"))


def count_people(connection: sa.Connection, people: sa.Select[Any]) -> int:
    """
    Return how many people a run would ask.
    """
    return connection.scalar(sa.select(sa.func.count()).select_from(people.subquery())) or 0

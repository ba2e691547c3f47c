"""
Send events to a webhook again, because a person asks for it.
"""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa

from newsletter.model.outgoing import SendState
from newsletter.store.tables import outgoing_delivery, outgoing_event

_d = outgoing_delivery
_e = outgoing_event
_ENDED = (SendState.DELIVERED, SendState.FAILED)


def replay_event(connection: sa.Connection, webhook_id: int, key: str, *, now: dt.datetime) -> int:
    """
    Send one event to the webhook again, and return 1; 0 if it is none of the webhook's. One that is
    due and not sent yet stays as it is.
    """
    named = sa.select(_e.c.id).where(_e.c.key == key)
    is_it = _d.c.event_id.in_(named)
    _replay(connection, webhook_id, is_it, now=now)
    found = sa.select(sa.func.count()).select_from(_d).where(_d.c.webhook_id == webhook_id, is_it)
    return connection.scalar(found) or 0


def replay_between(
    connection: sa.Connection,
    webhook_id: int,
    *,
    since: dt.datetime,
    until: dt.datetime,
    now: dt.datetime,
) -> int:
    """
    Send the events from *since* until before *until* to the webhook again, and return how many.
    """
    within = sa.select(_e.c.id).where(_e.c.at >= since, _e.c.at < until)
    return _replay(connection, webhook_id, _d.c.event_id.in_(within), now=now)


def replay_failed(connection: sa.Connection, webhook_id: int, *, now: dt.datetime) -> int:
    """
    Send the events that were given up to the webhook again, and return how many.
    """
    return _replay(connection, webhook_id, _d.c.state == SendState.FAILED, now=now)


def _replay(
    connection: sa.Connection,
    webhook_id: int,
    which: sa.ColumnElement[bool],
    *,
    now: dt.datetime,
) -> int:
    """
    Make ended events wait as if they were new. What waits anyway is due now.
    """
    theirs = sa.and_(_d.c.webhook_id == webhook_id, which)
    waiting = {"next_at": now, "attempts": 0, "first_attempt_at": None}
    again = _d.update().where(theirs, _d.c.state.in_(_ENDED))
    count = connection.execute(again.values(state=SendState.WAITING, **waiting)).rowcount
    later = _d.update().where(theirs, _d.c.next_at > now)
    return int(count + connection.execute(later.values(**waiting)).rowcount)

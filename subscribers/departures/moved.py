"""
Remember the address that a person moved away from: no old file and no restored backup makes it
active again.
"""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa

from subscribers.database.tables import subscriber, subscription, suppression
from subscribers.departures.log import log_of, note_departures
from subscribers.history.model import HistoryEvent, HistoryRecord
from subscribers.model import SubscriptionState
from subscribers.suppression.model import ALL_LISTS, SuppressionReason
from subscribers.suppression.records import add_suppressions

_p, _s, _x = subscriber, subscription, suppression
_UNSUBSCRIBED = SuppressionReason.UNSUBSCRIBED.value
_ERASED = SuppressionReason.ERASED.value


def note_moved(connection: sa.Connection, *, old_key: str, new_key: str, now: dt.datetime) -> None:
    """
    Note that a person has another address. Only a hash of the old one is suppressed: whoever has it
    now can sign up, and an email that is on its way still goes there.
    """
    log = log_of(connection)
    if log is None:
        return
    moved = HistoryRecord(
        what=HistoryEvent.LEFT, subscriber_id=None, email_key=old_key, detail={"reason": "moved"}
    )
    # What they had left before, they have left under the new address too.
    theirs = sa.select(_s.c.list_id).join(_p, _p.c.id == _s.c.subscriber_id)
    ended = theirs.where(_p.c.email_key == new_key, _s.c.state == SubscriptionState.ENDED.value)
    left = [
        HistoryRecord(
            what=HistoryEvent.LEFT,
            subscriber_id=None,
            email_key=new_key,
            list_id=list_id,
            detail={"reason": "before the change of address"},
        )
        for list_id in connection.scalars(ended)
    ]
    note_departures(connection, [moved, *left], at=now)
    keyring = log.keyring()
    back = _x.c.email_key.in_(keyring.fingerprints(new_key))
    # They confirmed the new address, as somebody does who signs up again after an erasure.
    connection.execute(_x.delete().where(back, _x.c.reason.in_([_UNSUBSCRIBED, _ERASED])))
    hashed = {"email_key": keyring.fingerprint(old_key), "scope": ALL_LISTS, "since": now}
    add_suppressions(connection, [{**hashed, "reason": _UNSUBSCRIBED}])

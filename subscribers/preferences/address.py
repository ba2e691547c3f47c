"""
Move a person to another address, which they have confirmed.
"""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa

from subscribers.database import tables
from subscribers.departures.moved import note_moved
from subscribers.errors import UnknownSubscriber
from subscribers.history.model import HistoryEvent, HistoryRecord, Origin
from subscribers.history.records import record
from subscribers.suppression.model import SuppressionReason
from subscribers.suppression.records import add_suppressions
from subscribers.suppression.rules import apply_rules
from subscribers.text.phrases import phrase
from subscribers.tokens import KeyRing
from subscribers.unsubscribe_view import masked
from subscribers.validation.address import Address

_p = tables.subscriber
_x = tables.suppression


def change_address(
    connection: sa.Connection,
    subscriber_id: int,
    new: Address,
    *,
    keyring: KeyRing | None = None,
    by: Origin,
    now: dt.datetime,
) -> Address | None:
    """
    Give the person the address *new* and return the old one; None, and no change, if somebody has
    the new one already.

    What suppresses the old address because of what the person wants also holds for the new one; a
    bounce does not. The history has both addresses masked.

    Raises:
        UnknownSubscriber: there is no such person, or they were erased.
    """
    row = connection.execute(
        sa.select(_p.c.email, _p.c.email_key).where(_p.c.id == subscriber_id).with_for_update()
    ).one_or_none()
    if row is None or row.email_key is None:
        raise UnknownSubscriber(phrase("this person was erased: they have to sign up again"))
    old = Address(row.email, row.email_key)
    owner = connection.scalar(sa.select(_p.c.id).where(_p.c.email_key == new.key))
    if owner not in (None, subscriber_id):
        return None
    connection.execute(
        _p.update().where(_p.c.id == subscriber_id).values(email=new.email, email_key=new.key)
    )
    if old.key != new.key:
        _keep_suppressions(connection, old, new)
        note_moved(connection, old_key=old.key, new_key=new.key, now=now)
    apply_rules(connection, [new.key], keyring=keyring, by=by, now=now)
    changed = {"email": {"before": masked(old.email), "after": masked(new.email)}}
    what = HistoryRecord(what=HistoryEvent.CHANGED, subscriber_id=subscriber_id, detail=changed)
    record(connection, what, by=by, at=now)
    return old


def _keep_suppressions(connection: sa.Connection, old: Address, new: Address) -> None:
    columns = [_x.c[name] for name in ("scope", "reason", "since", "expires_at", "note")]
    theirs = sa.select(*columns).where(
        _x.c.email_key == old.key, _x.c.reason != SuppressionReason.BOUNCE.value
    )
    rows = [dict(row._mapping) for row in connection.execute(theirs)]
    if rows:
        add_suppressions(connection, [{**row, "email_key": new.key} for row in rows])

"""
Erase a person. Only an anonymous row, for counting, and a keyed hash remain; imports recognise the
person by that hash.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

import sqlalchemy as sa

from subscribers.ask_again.records import forget_asked
from subscribers.database import tables
from subscribers.database.field_tables import field_value
from subscribers.database.history_tables import history
from subscribers.database.preference_tables import leave_reason
from subscribers.database.request_tables import privacy_request
from subscribers.database.segment_tables import note, subscriber_tag
from subscribers.departures.log import note_departures
from subscribers.errors import UnknownSubscriber
from subscribers.history.model import HistoryEvent, HistoryRecord, Origin
from subscribers.history.records import blank_history, count_history, record
from subscribers.model import EndCause, SubscriptionState
from subscribers.requests.privacy import blank_requests
from subscribers.requests.retention import forget_requests
from subscribers.suppression.model import ALL_LISTS, SuppressionReason
from subscribers.suppression.records import add_suppressions
from subscribers.text.phrases import phrase
from subscribers.tokens import KeyRing
from subscribers.validation.address import Address

_p = tables.subscriber
_s = tables.subscription
_x = tables.suppression
_ERASED = HistoryEvent.ERASED


def erase(
    connection: sa.Connection,
    address: Address,
    *,
    keyring: KeyRing,
    by: Origin,
    now: dt.datetime,
) -> int:
    """
    Erase the person with *address* and return their number.

    The row, the ended subscriptions and the history stay without personal data, so that they can be
    counted. One suppression, stored under a keyed hash of the address, replaces all others.

    Raises:
        UnknownSubscriber: there is no person with that address.
    """
    subscriber_id: int | None = connection.scalar(
        # Whatever another process adds to the person is there before it is erased, or never.
        sa.select(_p.c.id).where(_p.c.email_key == address.key).with_for_update()
    )
    if subscriber_id is None:
        raise UnknownSubscriber(
            phrase("there is no subscriber {address}: check the address", address=address.email)
        )
    _end_subscriptions(connection, subscriber_id, now)
    forget_requests(connection, [subscriber_id])
    forget_asked(connection, [subscriber_id])
    for table in (field_value, subscriber_tag, note):
        connection.execute(table.delete().where(table.c.subscriber_id == subscriber_id))
    blank = {"email": None, "email_key": None, "name": "", "language": None, "timezone": None}
    connection.execute(
        _p.update()
        .where(_p.c.id == subscriber_id)
        .values(**blank, erased_at=now, last_active_at=None, paused_until=None)
    )
    _keep_only_hash(connection, address, keyring, now)
    blank_history(connection, subscriber_id, address.key)
    blank_requests(connection, address, by=by, now=now)
    erased = HistoryRecord(what=_ERASED, subscriber_id=subscriber_id, email_key=address.key)
    record(connection, erased, by=by, at=now)
    return subscriber_id


def stored_among(connection: sa.Connection, keys: Sequence[str]) -> set[str]:
    """
    Return those keys of addresses that are no subscriber's and about which `erase_address` would
    erase something.
    """
    columns = (_x.c.email_key, history.c.email_key, privacy_request.c.email_key)
    theirs = sa.union(*(sa.select(each).where(each.in_(keys)) for each in columns))
    of_people = sa.select(_p.c.email_key).where(_p.c.email_key.in_(keys))
    return {*connection.scalars(theirs)}.difference(connection.scalars(of_people))


def erase_address(
    connection: sa.Connection, address: Address, *, keyring: KeyRing, by: Origin, now: dt.datetime
) -> int:
    """
    Erase what is stored about an address that is no subscriber's: suppressions, history, requests
    under data protection law. Return in how many rows it was; if in any, a hash of it is
    suppressed.
    """
    found = count_history(connection, address.key)
    found += blank_requests(connection, address, by=by, now=now)
    theirs = sa.select(sa.func.count()).where(_x.c.email_key == address.key)
    found += connection.execute(theirs).scalar_one()
    if found:
        _keep_only_hash(connection, address, keyring, now)
        blank_history(connection, None, address.key)
        record(connection, HistoryRecord(what=_ERASED, subscriber_id=None), by=by, at=now)
        # The history must not name the address, and the file of departures has its hash.
        gone = HistoryRecord(what=_ERASED, subscriber_id=None, email_key=address.key)
        note_departures(connection, [gone], at=now)
    return found


def _keep_only_hash(
    connection: sa.Connection, address: Address, keyring: KeyRing, now: dt.datetime
) -> None:
    """
    Replace all suppressions of the address by one of its keyed hash.
    """
    connection.execute(_x.delete().where(_x.c.email_key == address.key))
    hashed = {"email_key": keyring.fingerprint(address.key), "scope": ALL_LISTS, "since": now}
    add_suppressions(connection, [{**hashed, "reason": SuppressionReason.ERASED.value}])


def _end_subscriptions(connection: sa.Connection, subscriber_id: int, now: dt.datetime) -> None:
    """
    End every subscription of the person, and delete the consents behind them and why they ended.
    What had ended before keeps its time.
    """
    ended = SubscriptionState.ENDED.value
    subscriptions = sa.select(_s.c.id).where(_s.c.subscriber_id == subscriber_id)
    for table in (tables.consent, leave_reason):
        connection.execute(table.delete().where(table.c.subscription_id.in_(subscriptions)))
    connection.execute(
        _s.update()
        .where(_s.c.subscriber_id == subscriber_id)
        .values(
            state=ended,
            since=sa.case(
                (_s.c.state == ended, _s.c.since), else_=sa.literal(now, _s.c.since.type)
            ),
            ended_reason=SuppressionReason.ERASED.value,
            ended_cause=EndCause.ERASURE.value,
        )
    )

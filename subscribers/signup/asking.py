"""
Ask people again whether they want to be on a list: those who were imported without a consent, or
who missed the first email.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from subscribers.database import tables
from subscribers.database.history_tables import history
from subscribers.database.request_tables import reader_request
from subscribers.history.model import HistoryEvent, HistoryRecord, Origin
from subscribers.history.records import record_all
from subscribers.model import MailingList, SubscriptionState
from subscribers.requests.model import RequestKind
from subscribers.requests.records import add_request
from subscribers.suppression.model import ALL_LISTS
from subscribers.validation.address import Address

# Nobody is asked more often than this, or sooner after the last time.
MOST_TIMES = 3
LEAST_PAUSE = dt.timedelta(hours=24)

_p = tables.subscriber
_s = tables.subscription
_r = reader_request
_x = tables.suppression
_is_join = _r.c.kind == RequestKind.JOIN.value


@dataclass(frozen=True, kw_only=True)
class Waiting:
    """
    Somebody to ask: one pending subscription with its person.
    """

    subscriber_id: int
    subscription_id: int
    address: Address
    language: str | None


def people_to_ask(
    connection: sa.Connection,
    mailing_list: MailingList,
    *,
    address: Address | None = None,
    is_first: bool = False,
    now: dt.datetime,
    limit: int,
) -> list[Waiting]:
    """
    Return pending people of the list who may be asked now, those who have waited longest first;
    only one if *address* is given. With *is_first*, only those who were never asked. Nobody is
    asked whose address is suppressed, not even by their own wish: it is staff who ask.
    """
    query = _to_ask(mailing_list, is_first=is_first, now=now).order_by(_s.c.id).limit(limit)
    if address is not None:
        query = query.where(_p.c.email_key == address.key)
    return [
        Waiting(
            subscriber_id=row.subscriber_id,
            subscription_id=row.id,
            address=Address(row.email, row.email_key),
            language=row.language,
        )
        for row in connection.execute(query)
    ]


def count_to_ask(
    connection: sa.Connection, mailing_list: MailingList, *, is_first: bool, now: dt.datetime
) -> int:
    """
    Return how many people `people_to_ask` returns without a limit.
    """
    found = _to_ask(mailing_list, is_first=is_first, now=now).subquery()
    return connection.scalar(sa.select(sa.func.count()).select_from(found)) or 0


def _to_ask(mailing_list: MailingList, *, is_first: bool, now: dt.datetime) -> sa.Select[Any]:
    theirs = sa.and_(_r.c.subscriber_id == _s.c.subscriber_id, _is_join)
    recent = theirs if is_first else sa.and_(theirs, _r.c.requested_at > now - LEAST_PAUSE)
    waiting = sa.select(sa.func.count()).where(theirs).scalar_subquery()
    # A request that ran out is deleted; the history remembers it.
    over = (
        sa.select(sa.func.count())
        .where(
            history.c.subscriber_id == _s.c.subscriber_id,
            history.c.list_id == _s.c.list_id,
            history.c.what == HistoryEvent.EXPIRED.value,
        )
        .scalar_subquery()
    )
    held = sa.select(_x.c.id).where(
        _x.c.email_key == _p.c.email_key, _x.c.scope.in_([ALL_LISTS, mailing_list.slug])
    )
    return (
        sa.select(_p.c.email, _p.c.email_key, _p.c.language, _s.c.id, _s.c.subscriber_id)
        .join_from(_s, _p, _p.c.id == _s.c.subscriber_id)
        .where(
            _s.c.list_id == mailing_list.id,
            _s.c.state == SubscriptionState.PENDING.value,
            ~sa.select(_r.c.id).where(recent).exists(),
            ~held.exists(),
            waiting + over < (1 if is_first else MOST_TIMES),
        )
    )


def asked_since(connection: sa.Connection, form: str, since: dt.datetime) -> int:
    """
    Return how many people were asked through *form* since that time.
    """
    asked = sa.select(sa.func.count()).where(_is_join, _r.c.form == form, _r.c.requested_at > since)
    return connection.scalar(asked) or 0


def ask(
    connection: sa.Connection,
    mailing_list: MailingList,
    people: Sequence[Waiting],
    *,
    form: str,
    consents: Mapping[str | None, str],
    consent_version: int | None,
    by: Origin,
    now: dt.datetime,
) -> dict[int, int]:
    """
    Store a request to confirm for each of *people*, and return its number by that of the person.
    *consents* has the sentence to agree to by the language of the person.
    """
    requests = {
        each.subscriber_id: add_request(
            connection,
            RequestKind.JOIN,
            subscriber_id=each.subscriber_id,
            lists=[mailing_list.id],
            form=form,
            language=each.language,
            consent=consents[each.language],
            consent_version=consent_version,
            now=now,
        )
        for each in people
    }
    records = [
        HistoryRecord(
            what=HistoryEvent.CHANGED,
            subscriber_id=person,
            list_id=mailing_list.id,
            detail={"asked_to_confirm": request},
        )
        for person, request in requests.items()
    ]
    record_all(connection, records, by=by, at=now)
    return requests

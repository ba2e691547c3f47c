"""
Ask people again whether they want to be on a list: those who were imported without a consent, or
who missed the first email.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa

from subscribers.database import tables
from subscribers.database.asking_tables import ask_run, ask_run_person
from subscribers.database.history_tables import history
from subscribers.database.request_tables import reader_request
from subscribers.history.model import HistoryEvent, HistoryRecord, Origin
from subscribers.history.records import record_all
from subscribers.model import MailingList, SubscriptionState
from subscribers.requests.model import CONFIRMING, RequestKind
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
_asks = sa.and_(
    _r.c.subscriber_id == _s.c.subscriber_id,
    _r.c.kind.in_([kind.value for kind in CONFIRMING]),
)


@dataclass(frozen=True, kw_only=True)
class Waiting:
    """
    Somebody to ask: one pending subscription with its person.
    """

    subscriber_id: int
    subscription_id: int
    address: Address
    language: str | None


@dataclass(frozen=True, kw_only=True)
class AskingForm:
    """
    How people are asked: the kind of request and how long its link works, None for as long as that
    of a sign-up; the *name* of the form that it counts as; and what else the history says.
    """

    name: str
    kind: RequestKind = RequestKind.JOIN
    lives: dt.timedelta | None = None
    detail: Mapping[str, Any] = field(default_factory=dict)


def people_to_ask(
    connection: sa.Connection,
    mailing_list: MailingList,
    *,
    address: Address | None = None,
    now: dt.datetime,
    limit: int,
) -> list[Waiting]:
    """
    Return pending people of the list who may be asked now, those who have waited longest first;
    only one if *address* is given. Nobody is asked whose address is suppressed, not even by their
    own wish: it is staff who ask.
    """
    query = _to_ask(mailing_list, now=now).order_by(_s.c.id).limit(limit)
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


def count_to_ask(connection: sa.Connection, mailing_list: MailingList, *, now: dt.datetime) -> int:
    """
    Return how many people `people_to_ask` returns without a limit.
    """
    found = _to_ask(mailing_list, now=now).subquery()
    return connection.scalar(sa.select(sa.func.count()).select_from(found)) or 0


def select_never_asked(mailing_list: MailingList) -> sa.Select[Any]:
    """
    Select the pending people of the list who were never asked to confirm, and are not suppressed.
    """
    runs, asked = ask_run, ask_run_person
    in_a_run = (
        sa.select(asked.c.run_id)
        .join(runs, runs.c.id == asked.c.run_id)
        .where(
            asked.c.subscriber_id == _s.c.subscriber_id,
            asked.c.asked_at.is_not(None),
            runs.c.list_id == mailing_list.id,
        )
    )
    requested = sa.select(_r.c.id).where(_asks)
    return _pending(mailing_list).where(~requested.exists(), ~in_a_run.exists(), _times_over() == 0)


def _to_ask(mailing_list: MailingList, *, now: dt.datetime) -> sa.Select[Any]:
    recent = sa.select(_r.c.id).where(_asks, _r.c.requested_at > now - LEAST_PAUSE)
    waiting = sa.select(sa.func.count()).where(_asks).scalar_subquery()
    return _pending(mailing_list).where(~recent.exists(), waiting + _times_over() < MOST_TIMES)


def _times_over() -> sa.ScalarSelect[int]:
    """
    Return how many requests ran out. They are deleted; the history remembers them.
    """
    return (
        sa.select(sa.func.count())
        .where(
            history.c.subscriber_id == _s.c.subscriber_id,
            history.c.list_id == _s.c.list_id,
            history.c.what == HistoryEvent.EXPIRED.value,
        )
        .scalar_subquery()
    )


def _pending(mailing_list: MailingList) -> sa.Select[Any]:
    """
    Select the pending people of the list who are not suppressed.
    """
    held = sa.select(_x.c.id).where(
        _x.c.email_key == _p.c.email_key, _x.c.scope.in_([ALL_LISTS, mailing_list.slug])
    )
    return (
        sa.select(_p.c.email, _p.c.email_key, _p.c.language, _s.c.id, _s.c.subscriber_id)
        .join_from(_s, _p, _p.c.id == _s.c.subscriber_id)
        .where(
            _s.c.list_id == mailing_list.id,
            _s.c.state == SubscriptionState.PENDING.value,
            ~held.exists(),
        )
    )


def ask(
    connection: sa.Connection,
    mailing_list: MailingList,
    people: Sequence[Waiting],
    form: AskingForm,
    *,
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
            form.kind,
            subscriber_id=each.subscriber_id,
            lists=[mailing_list.id],
            form=form.name,
            language=each.language,
            consent=consents[each.language],
            consent_version=consent_version,
            now=now,
            lives=form.lives,
        )
        for each in people
    }
    records = [
        HistoryRecord(
            what=HistoryEvent.CHANGED,
            subscriber_id=person,
            list_id=mailing_list.id,
            detail={"asked_to_confirm": request, **form.detail},
        )
        for person, request in requests.items()
    ]
    record_all(connection, records, by=by, at=now)
    return requests

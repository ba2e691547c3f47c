"""
Begins and ends subscriptions, one person at a time; many at once come in through `transfer`.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
from typing import Any

import sqlalchemy as sa

from subscribers.consent import record_consent
from subscribers.database import tables as schema
from subscribers.database.columns import insert_into
from subscribers.errors import UnknownSubscriber
from subscribers.model import (
    ALL_LISTS,
    MailingList,
    OptIn,
    Subscription,
    SubscriptionState,
    SuppressionReason,
)
from subscribers.suppression import find_suppressed, unsuppress
from subscribers.validation.address import Address
from subscribers.validation.text_fields import one_line

_p = schema.subscriber
_s = schema.subscription
_ACTIVE, _PENDING, _ENDED = (
    SubscriptionState.ACTIVE,
    SubscriptionState.PENDING,
    SubscriptionState.ENDED,
)


def subscribe(
    connection: sa.Connection,
    address: Address,
    *,
    mailing_list: MailingList,
    name: str,
    consent: str | None,
    source: str,
    now: dt.datetime,
    given_at: dt.datetime | None = None,
    timezone: str | None = None,
) -> Subscription:
    """
    The subscription of *address* to the list, begun if there was none.

    With *consent* (how they agreed, at *given_at*, or *now*) it is active; without, it waits for
    a confirmation on a double opt-in list. Whoever left, or is suppressed, stays as they are
    unless the consent is newer than that; then `note` says why. *timezone*, a name
    that `timezones` knows, replaces the one there is.

    Raises:
        InvalidLine: the name is more than a line.
    """
    name = one_line(name, "person's name")
    person_id = _person(connection, address, name=name, language=mailing_list.language, now=now)
    if timezone is not None:
        connection.execute(_p.update().where(_p.c.id == person_id).values(timezone=timezone))
    begins = _ACTIVE if consent or mailing_list.opt_in is OptIn.SINGLE else _PENDING
    refusal = _refusal(connection, address, mailing_list.slug, given_at or now, consent)
    if refusal:
        begins = _PENDING
    found = _begin(connection, person_id, mailing_list.id, begins, now)
    if refusal:
        return dataclasses.replace(found, note=refusal)
    if consent is None:
        return _unless_ended(found)
    return _agree(connection, found, text=consent, source=source, at=given_at or now, now=now)


def confirm(
    connection: sa.Connection, subscription_id: int, *, text: str, source: str, now: dt.datetime
) -> Subscription:
    """
    The subscription after the person confirmed it: active, with this as its proof. Twice is as
    good as once.

    Raises:
        UnknownSubscriber: no such subscription, or its person was erased.
    """
    found = find_subscription(connection, subscription_id)
    person = sa.select(_p.c.email, _p.c.email_key).where(_p.c.id == found.subscriber_id)
    email, key = connection.execute(person).one()
    if key is None:
        raise UnknownSubscriber("this person was erased: they may subscribe again")
    address = Address(email, key)
    refusal = _refusal(connection, address, found.list_slug, now, text)
    if refusal:
        return dataclasses.replace(found, note=refusal)
    return _agree(connection, found, text=text, source=source, at=now, now=now)


def unsubscribe(
    connection: sa.Connection, subscription_id: int, *, reason: str, now: dt.datetime
) -> Subscription:
    """
    The subscription, ended. One that had ended before keeps its time and reason.

    Raises:
        UnknownSubscriber: no such subscription.
    """
    connection.execute(
        _s.update()
        .where(_s.c.id == subscription_id, _s.c.state != _ENDED.value)
        .values(state=_ENDED.value, since=now, ended_reason=reason)
    )
    return find_subscription(connection, subscription_id)


def unsubscribe_address(
    connection: sa.Connection,
    address: Address,
    *,
    mailing_list: MailingList,
    reason: str,
    now: dt.datetime,
) -> Subscription:
    """
    The subscription of *address* to the list, ended.

    Raises:
        UnknownSubscriber: there is none.
    """
    number = connection.scalar(
        sa.select(_s.c.id)
        .join(_p, _p.c.id == _s.c.subscriber_id)
        .where(_p.c.email_key == address.key, _s.c.list_id == mailing_list.id)
    )
    if number is None:
        raise UnknownSubscriber(f"{address.email} is not on the list {mailing_list.slug!r}")
    return unsubscribe(connection, number, reason=reason, now=now)


def find_subscription(connection: sa.Connection, subscription_id: int) -> Subscription:
    """
    The subscription of that number.

    Raises:
        UnknownSubscriber: there is none.
    """
    row = connection.execute(select_subscriptions().where(_s.c.id == subscription_id)).one_or_none()
    if row is None:
        raise UnknownSubscriber(f"there is no subscription {subscription_id}")
    return read_subscription(row)


def select_subscriptions() -> sa.Select[Any]:
    """
    Subscriptions with the slug of their list, for `read_subscription`.
    """
    lists = schema.mailing_list
    return sa.select(_s, lists.c.slug.label("list_slug")).join(lists, lists.c.id == _s.c.list_id)


def read_subscription(row: sa.Row[Any]) -> Subscription:
    """
    A row of `select_subscriptions` as it travels.
    """
    values = dict(row._mapping)
    return Subscription(**{**values, "state": SubscriptionState(row.state)})


def _person(
    connection: sa.Connection, address: Address, *, name: str, language: str, now: dt.datetime
) -> int:
    """
    The number of the person of *address*, added if need be. A name given fills a blank one.
    """
    values = {"email": address.email, "email_key": address.key, "name": name}
    values["language"] = language
    connection.execute(
        insert_into(connection, _p).values(**values, created_at=now).on_conflict_do_nothing()
    )
    number: int = connection.execute(
        sa.select(_p.c.id).where(_p.c.email_key == address.key)
    ).scalar_one()
    if name:
        blank = sa.and_(_p.c.id == number, _p.c.name == "")
        connection.execute(_p.update().where(blank).values(name=name))
    return number


def _begin(
    connection: sa.Connection,
    person_id: int,
    list_id: int,
    state: SubscriptionState,
    now: dt.datetime,
) -> Subscription:
    connection.execute(
        insert_into(connection, _s)
        .values(
            subscriber_id=person_id, list_id=list_id, state=state.value, since=now, created_at=now
        )
        .on_conflict_do_nothing()
    )
    found = sa.and_(_s.c.subscriber_id == person_id, _s.c.list_id == list_id)
    return read_subscription(connection.execute(select_subscriptions().where(found)).one())


def _agree(
    connection: sa.Connection,
    found: Subscription,
    *,
    text: str,
    source: str,
    at: dt.datetime,
    now: dt.datetime,
) -> Subscription:
    """
    *found* made active by a consent given *at* that time, unless it ended later.
    """
    if found.state is _ENDED and at <= found.since:
        return _unless_ended(found)
    record_consent(connection, found.id, text=text, source=source, given_at=at, now=now)
    if found.state is not _ACTIVE:
        connection.execute(
            _s.update()
            .where(_s.c.id == found.id)
            .values(state=_ACTIVE.value, since=now, ended_reason=None)
        )
    return find_subscription(connection, found.id)


def _unless_ended(found: Subscription) -> Subscription:
    if found.state is not _ENDED:
        return found
    why = f"left on {found.since:%Y-%m-%d} ({found.ended_reason})"
    return dataclasses.replace(found, note=f"{why}: only a newer consent begins it again")


def _refusal(
    connection: sa.Connection, address: Address, slug: str, at: dt.datetime, consent: str | None
) -> str:
    """
    Why a suppression keeps *address* from the list; empty when none does. One the person asked
    for gives way to a newer consent of theirs; bounces, complaints and ours do not.
    """
    x = schema.suppression
    own_wish = sa.and_(
        x.c.email_key == address.key,
        x.c.scope.in_([ALL_LISTS, slug]),
        x.c.reason == SuppressionReason.UNSUBSCRIBED.value,
        x.c.since < at,
    )
    if consent:
        for scope in list(connection.scalars(sa.select(x.c.scope).where(own_wish))):
            unsuppress(connection, address, scope=scope)
    found = find_suppressed(connection, [address.key], list_slug=slug)
    if not found:
        return ""
    return f"suppressed ({found[address.key]}): remove that first, if they may be mailed again"

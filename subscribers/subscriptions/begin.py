"""
Begin subscriptions, one person at a time; `import_export` imports many.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import functools
from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from subscribers.consent import record_consent, sentence_version
from subscribers.database import tables
from subscribers.database.columns import insert_for
from subscribers.history.model import HistoryEvent, HistoryRecord, Origin
from subscribers.history.records import record
from subscribers.model import MailingList, OptIn, Subscription, SubscriptionState
from subscribers.people import ensure_person
from subscribers.person_edits import change_person
from subscribers.subscription_records import (
    SUBSCRIPTIONS,
    find_subscription,
    read_subscription,
)
from subscribers.suppression.records import find_suppressed, lift_own_suppressions
from subscribers.tokens import KeyRing
from subscribers.validation.address import Address
from subscribers.validation.text_fields import person_name

_s = tables.subscription
_LOCKED = SUBSCRIPTIONS.where(
    _s.c.subscriber_id == sa.bindparam("person"), _s.c.list_id == sa.bindparam("list")
).with_for_update(of=_s)
_ACTIVE, _PENDING = SubscriptionState.ACTIVE, SubscriptionState.PENDING
_ENDED = SubscriptionState.ENDED


def subscribe(
    connection: sa.Connection,
    address: Address,
    *,
    mailing_list: MailingList,
    name: str,
    consent: str | None,
    source: str,
    by: Origin,
    now: dt.datetime,
    given_at: dt.datetime | None = None,
    consent_version: int | None = None,
    timezone: str | None = None,
    keyring: KeyRing | None = None,
) -> Subscription:
    """
    Subscribe *address* to the list and return the subscription, which may already have existed.

    *consent* says how the person agreed, at *given_at* or *now*; *consent_version* is that of the
    list's own sentence. With a consent the subscription becomes active. Without it, a subscription
    to a double opt-in list waits for a confirmation. A person who has unsubscribed or is suppressed
    stays so, unless the consent is newer; `note` of the returned subscription then says why.
    *timezone*, a name in the IANA database, replaces the one stored. With *keyring*, somebody whose
    address is stored as a hash only is known too.

    Raises:
        InvalidText: the name is not valid.
    """
    name = person_name(name)
    given_at = given_at or now
    language = mailing_list.language
    person_id = ensure_person(
        connection, address, name=name, language=language, keyring=keyring, by=by, now=now
    )
    if consent:
        lift_own_suppressions(
            connection,
            address,
            list_slug=mailing_list.slug,
            consent_at=given_at,
            keyring=keyring,
            by=by,
            now=now,
        )
    note = _suppression_note(connection, address, mailing_list.slug, keyring)
    agreed = _agreed(consent, consent_version)
    may_begin_active = consent or mailing_list.opt_in is OptIn.SINGLE
    subscription = _ensure_subscription(
        connection,
        person_id,
        mailing_list.id,
        state=_ACTIVE if may_begin_active and not note else _PENDING,
        agreed=agreed,
        by=by,
        now=now,
    )
    if timezone is not None:
        change_person(connection, person_id, {"timezone": timezone}, by=by, now=now)
    if note:
        return dataclasses.replace(subscription, note=note)
    if consent is None:
        return _note_if_ended(subscription)
    if subscription.state is _ENDED and given_at <= subscription.since:
        return _note_if_ended(subscription)
    record_consent(
        connection,
        subscription.id,
        text=consent,
        source=source,
        given_at=given_at,
        now=now,
        evidence=sentence_version(consent_version),
    )
    return _activate(connection, subscription, agreed=agreed, by=by, now=now)


def _ensure_subscription(
    connection: sa.Connection,
    person_id: int,
    list_id: int,
    *,
    state: SubscriptionState,
    agreed: Mapping[str, Any],
    by: Origin,
    now: dt.datetime,
) -> Subscription:
    """
    Return the person's subscription to the list, locked until the end of the transaction, so that
    nobody leaves between what is read here and what follows from it. Begin it in *state* if there
    is none.
    """
    row = {
        "subscriber_id": person_id,
        "list_id": list_id,
        "state": state.value,
        "since": now,
        "created_at": now,
    }
    if connection.execute(_begin(connection.dialect.name), row).rowcount:
        joined = HistoryRecord(
            what=HistoryEvent.JOINED,
            subscriber_id=person_id,
            list_id=list_id,
            detail={"state": state.value, **agreed},
        )
        record(connection, joined, by=by, at=now)
    theirs = connection.execute(_LOCKED, {"person": person_id, "list": list_id})
    return read_subscription(theirs.one())


@functools.cache
def _begin(dialect: str) -> sa.Executable:
    begin = insert_for(dialect, _s).on_conflict_do_nothing()
    return begin.execution_options(preserve_rowcount=True)


def _activate(
    connection: sa.Connection,
    subscription: Subscription,
    *,
    agreed: Mapping[str, Any],
    by: Origin,
    now: dt.datetime,
) -> Subscription:
    """
    Make the subscription active, and return it.
    """
    if subscription.state is _ACTIVE:
        return subscription
    connection.execute(
        _s.update()
        .where(_s.c.id == subscription.id)
        .values(state=_ACTIVE.value, since=now, ended_reason=None, ended_cause=None)
    )
    was_pending = subscription.state is _PENDING
    what = HistoryRecord(
        what=HistoryEvent.CONFIRMED if was_pending else HistoryEvent.JOINED,
        subscriber_id=subscription.subscriber_id,
        list_id=subscription.list_id,
        detail={"state": _ACTIVE.value, **agreed},
    )
    record(connection, what, by=by, at=now)
    return find_subscription(connection, subscription.id)


def _agreed(consent: str | None, version: int | None) -> dict[str, Any]:
    """
    Return what the history says about how a person agreed.
    """
    if not consent:
        return {}
    return {"consent": consent, **({} if version is None else {"consent_version": version})}


def _note_if_ended(subscription: Subscription) -> Subscription:
    if subscription.state is not _ENDED:
        return subscription
    why = f"ended on {subscription.since:%Y-%m-%d} ({subscription.ended_reason})"
    return dataclasses.replace(subscription, note=f"{why}: only a newer consent can renew it")


def _suppression_note(
    connection: sa.Connection, address: Address, slug: str, keyring: KeyRing | None
) -> str:
    """
    Return why a suppression keeps *address* off the list; an empty text if none does.
    """
    found = find_suppressed(connection, [address.key], list_slug=slug, keyring=keyring)
    if not found:
        return ""
    return (
        f"suppressed ({found[address.key]}): to allow email again, first run `newsletter "
        "suppression remove`"
    )

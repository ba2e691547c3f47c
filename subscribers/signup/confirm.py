"""
Confirm a sign-up: the person pressed the button in the email, so the address is theirs.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence

import sqlalchemy as sa

from subscribers.ask_again.people import mark_answered
from subscribers.database import tables
from subscribers.fields.declare import all_fields
from subscribers.fields.values import set_values
from subscribers.history.model import Origin
from subscribers.lists import lists_by_id
from subscribers.model import MailingList, SubscriptionState
from subscribers.person_edits import change_person
from subscribers.requests.model import CONFIRMING, ReaderRequest, RequestKind
from subscribers.requests.records import finish_joins, finish_request, load_request
from subscribers.signup.agreement import record_agreement, still_active
from subscribers.signup.model import ConfirmOutcome, ConfirmState
from subscribers.signup.since_request import departed_since
from subscribers.subscription_records import lock_subscriptions
from subscribers.suppression.records import find_suppressed, lift_own_suppressions
from subscribers.tokens import KeyRing
from subscribers.validation.address import Address
from subscribers.validation.text_fields import person_name

_p = tables.subscriber
_s = tables.subscription
_ACTIVE, _ENDED = SubscriptionState.ACTIVE, SubscriptionState.ENDED


def confirm_join(
    connection: sa.Connection, request_id: int, *, keyring: KeyRing, by: Origin, now: dt.datetime
) -> ConfirmOutcome:
    """
    Make the subscriptions of the request active, record the consent, and store what was typed. A
    second call changes nothing. Somebody who was asked whether they still want a list agrees to it
    again.

    The person's own earlier wish to get no email, or to be erased, no longer holds; one that is
    newer than the request does, and so does leaving a list. An address that bounced, complained or
    was suppressed by staff stays suppressed.
    """
    request = load_request(connection, request_id)
    if request is None or request.kind not in CONFIRMING:
        return ConfirmOutcome(state=ConfirmState.LOST)
    if request.done_at is None and now >= request.expires_at:
        return ConfirmOutcome(state=ConfirmState.EXPIRED)
    person = sa.select(_p.c.email, _p.c.email_key).where(_p.c.id == request.subscriber_id)
    email, key = connection.execute(person).one()
    if key is None:
        return ConfirmOutcome(state=ConfirmState.LOST)
    address, lists = Address(email, key), lists_by_id(connection, request.lists)
    if request.done_at is not None:
        return _outcome(connection, request, address, lists, ConfirmState.AGAIN)
    lock_subscriptions(connection, [request.subscriber_id])
    since = departed_since(connection, request)
    wanted = [each for each in lists if not since.is_unwanted(each.id)]
    open_lists = _without_suppressed(connection, address, wanted, request, keyring, by=by, now=now)
    if lists and not open_lists:
        return ConfirmOutcome(state=ConfirmState.HELD, address=address)
    # Two presses at once: the second waits here for the first.
    if not finish_request(connection, request_id, now):
        return _outcome(connection, request, address, lists, ConfirmState.AGAIN)
    stayed = {}
    if request.kind is RequestKind.ASKED:
        mark_answered(connection, request.subscriber_id, request_id)
        stayed = still_active(connection, request, open_lists)
    joined = _activate(connection, request, open_lists, since.lists, now)
    record_agreement(connection, request, joined, stayed, by=by, now=now)
    _store_answers(connection, request, by=by, now=now)
    finish_joins(connection, request.subscriber_id, [each.id for each in lists], now)
    return _outcome(connection, request, address, lists, ConfirmState.CONFIRMED, joined)


def _without_suppressed(
    connection: sa.Connection,
    address: Address,
    lists: Sequence[MailingList],
    request: ReaderRequest,
    keyring: KeyRing,
    *,
    by: Origin,
    now: dt.datetime,
) -> list[MailingList]:
    """
    Lift what the person themselves had asked for before the request, and return the lists for which
    the address is not suppressed otherwise.
    """
    allowed = []
    for each in lists:
        lift_own_suppressions(
            connection,
            address,
            list_slug=each.slug,
            consent_at=request.requested_at,
            keyring=keyring,
            by=by,
            now=now,
        )
        if not find_suppressed(connection, [address.key], list_slug=each.slug, keyring=keyring):
            allowed.append(each)
    return allowed


def _activate(
    connection: sa.Connection,
    request: ReaderRequest,
    lists: Sequence[MailingList],
    left_since: frozenset[int],
    now: dt.datetime,
) -> dict[int, int]:
    """
    Make the subscriptions active, but for those that ended after the request. Return the number of
    each that was not active before, by the id of its list.
    """
    ended_since = sa.and_(_s.c.state == _ENDED.value, _s.c.list_id.in_(left_since))
    rows = connection.execute(
        _s.update()
        .where(
            _s.c.subscriber_id == request.subscriber_id,
            _s.c.list_id.in_([each.id for each in lists]),
            _s.c.state != _ACTIVE.value,
            sa.not_(ended_since),
        )
        .values(state=_ACTIVE.value, since=now, ended_reason=None, ended_cause=None)
        .returning(_s.c.list_id, _s.c.id)
    )
    return {row.list_id: row.id for row in rows}


def _store_answers(
    connection: sa.Connection, request: ReaderRequest, *, by: Origin, now: dt.datetime
) -> None:
    """
    Store what the person typed into the form, now that it is known to be theirs. Fields that were
    removed in the meantime are left out.
    """
    person = request.subscriber_id
    name = person_name(request.answers.get("name", ""))
    change_person(connection, person, {"name": name} if name else {}, by=by, now=now)
    typed = request.answers.get("fields", {})
    known = {each.name for each in all_fields(connection)} if typed else set()
    values = {field: value for field, value in typed.items() if field in known}
    set_values(connection, person, values, by=by, now=now)


def _outcome(
    connection: sa.Connection,
    request: ReaderRequest,
    address: Address,
    lists: Sequence[MailingList],
    state: ConfirmState,
    joined: Mapping[int, int] | None = None,
) -> ConfirmOutcome:
    """
    Return the outcome with the lists that the person is on now; LEFT if that is none.
    """
    active = sa.select(_s.c.list_id).where(
        _s.c.subscriber_id == request.subscriber_id, _s.c.state == _ACTIVE.value
    )
    on = set(connection.scalars(active))
    theirs = tuple(each for each in lists if each.id in on)
    return ConfirmOutcome(
        state=state if theirs else ConfirmState.LEFT,
        subscriber_id=request.subscriber_id,
        address=address,
        lists=theirs,
        joined=joined or {},
    )

"""
Take a sign-up. Whoever the address belongs to, the same statements run: a page that answers at once
must not tell by its time who is known here.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

import sqlalchemy as sa

from subscribers.consent import sentence_version
from subscribers.database import tables
from subscribers.database.columns import insert_into
from subscribers.history.model import HistoryEvent, HistoryRecord, Origin
from subscribers.history.records import record_all
from subscribers.model import OptIn, SubscriptionState
from subscribers.requests.model import RequestKind
from subscribers.requests.records import add_request
from subscribers.signup.model import JoinAnswer, JoinOutcome, SignUp
from subscribers.suppression.records import find_suppressed
from subscribers.suppression.rules import apply_rules
from subscribers.tokens import KeyRing
from subscribers.validation.address import Address

_p = tables.subscriber
_s = tables.subscription
_ACTIVE, _PENDING = SubscriptionState.ACTIVE, SubscriptionState.PENDING


def join(
    connection: sa.Connection, sign_up: SignUp, *, keyring: KeyRing, by: Origin, now: dt.datetime
) -> JoinOutcome:
    """
    Record that somebody asked to join lists, and return which email answers them.

    A new subscription waits for its confirmation; one that is active stays so, one that ended stays
    ended until it is confirmed. What was typed waits in the request and changes nobody. On a single
    opt-in list a subscription is active at once, but only that of an address that nobody has and
    that is not suppressed: otherwise a stranger could bring back somebody who left.
    """
    subscriber_id, address, is_new = _ensure_person(connection, sign_up, now)
    apply_rules(connection, [address.key], keyring=keyring, by=by, now=now)
    begins = _first_states(connection, sign_up, keyring, is_new=is_new)
    _begin(connection, subscriber_id, begins, now)
    _record_single_consent(connection, subscriber_id, sign_up, now)
    found = _subscriptions(connection, subscriber_id, begins)
    answer = _answer(found, begins)
    request_id = add_request(
        connection,
        RequestKind.FIND if answer is JoinAnswer.SETTINGS else RequestKind.JOIN,
        subscriber_id=subscriber_id,
        lists=[each.id for each in sign_up.lists],
        answers=sign_up.answers,
        form=sign_up.form,
        language=sign_up.language,
        consent=sign_up.consent,
        consent_version=sign_up.consent_version,
        network=sign_up.network,
        now=now,
        done_at=now if answer is JoinAnswer.WELCOME else None,
    )
    asked = {"form": sign_up.form, "request": request_id}
    records = [
        HistoryRecord(
            what=HistoryEvent.JOINED,
            subscriber_id=subscriber_id,
            list_id=each.id,
            detail={**asked, **_states(begins[each.id], found[each.id][1])},
        )
        for each in sign_up.lists
    ]
    record_all(connection, records, by=by, at=now)
    return JoinOutcome(
        request_id=request_id,
        subscriber_id=subscriber_id,
        subscription_id=_first_waiting(found, sign_up),
        address=address,
        answer=answer,
    )


def _states(begins: SubscriptionState, now: str) -> dict[str, str]:
    """
    Return what the history says of a subscription: that it began active, and its state if somebody
    asks to join who is on the list already, or left it.
    """
    state = {"state": _ACTIVE.value} if begins is _ACTIVE else {}
    return state if now == begins else {**state, "standing": now}


def _ensure_person(
    connection: sa.Connection, sign_up: SignUp, now: dt.datetime
) -> tuple[int, Address, bool]:
    """
    Return the number of the person, their address as it is stored, and whether they are new.
    """
    insert = insert_into(connection, _p).values(
        email=sign_up.address.email,
        email_key=sign_up.address.key,
        language=sign_up.language,
        created_at=now,
    )
    made = connection.execute(insert.on_conflict_do_nothing().returning(_p.c.id)).first()
    theirs = sa.select(_p.c.id, _p.c.email, _p.c.email_key)
    row = connection.execute(theirs.where(_p.c.email_key == sign_up.address.key)).one()
    return row.id, Address(row.email, row.email_key), made is not None


def _first_states(
    connection: sa.Connection, sign_up: SignUp, keyring: KeyRing, *, is_new: bool
) -> dict[int, SubscriptionState]:
    """
    Return the state in which a subscription to each list begins.
    """
    states = {}
    for each in sign_up.lists:
        states[each.id] = _PENDING
        if each.opt_in is OptIn.SINGLE:
            key = sign_up.address.key
            held = find_suppressed(connection, [key], list_slug=each.slug, keyring=keyring)
            if is_new and not held:
                states[each.id] = _ACTIVE
    return states


def _begin(
    connection: sa.Connection,
    subscriber_id: int,
    states: Mapping[int, SubscriptionState],
    now: dt.datetime,
) -> None:
    rows = [
        {
            "subscriber_id": subscriber_id,
            "list_id": list_id,
            "state": state.value,
            "since": now,
            "created_at": now,
        }
        for list_id, state in states.items()
    ]
    connection.execute(insert_into(connection, _s).values(rows).on_conflict_do_nothing())


def _record_single_consent(
    connection: sa.Connection, subscriber_id: int, sign_up: SignUp, now: dt.datetime
) -> None:
    """
    Record the consent behind the subscriptions that are active since *now*; most often none is, and
    the statement runs all the same.
    """
    if not any(each.opt_in is OptIn.SINGLE for each in sign_up.lists):
        return
    c = tables.consent
    begun = sa.select(
        _s.c.id,
        sa.literal(sign_up.consent),
        sa.literal(sign_up.form),
        sa.literal(now, _s.c.since.type),
        sa.literal(now, _s.c.since.type),
        sa.literal(sentence_version(sign_up.consent_version), c.c.evidence.type),
    ).where(
        _s.c.subscriber_id == subscriber_id,
        _s.c.list_id.in_([each.id for each in sign_up.lists]),
        _s.c.state == _ACTIVE.value,
        _s.c.created_at == now,
    )
    columns = ("subscription_id", "text", "source", "given_at", "recorded_at", "evidence")
    connection.execute(c.insert().from_select(columns, begun))


def _subscriptions(
    connection: sa.Connection, subscriber_id: int, states: Mapping[int, SubscriptionState]
) -> dict[int, tuple[int, str]]:
    """
    Return the number and the state of the person's subscription to each list.
    """
    rows = connection.execute(
        sa.select(_s.c.list_id, _s.c.id, _s.c.state).where(
            _s.c.subscriber_id == subscriber_id, _s.c.list_id.in_(list(states))
        )
    )
    return {row.list_id: (row.id, row.state) for row in rows}


def _first_waiting(found: Mapping[int, tuple[int, str]], sign_up: SignUp) -> int:
    """
    Return the number of the first subscription that is not active, or else of the first.
    """
    theirs = [found[each.id] for each in sign_up.lists]
    return next((number for number, state in theirs if state != _ACTIVE), theirs[0][0])


def _answer(
    found: Mapping[int, tuple[int, str]], begun: Mapping[int, SubscriptionState]
) -> JoinAnswer:
    if any(state != _ACTIVE for _, state in found.values()):
        return JoinAnswer.CONFIRM
    return JoinAnswer.WELCOME if _ACTIVE in begun.values() else JoinAnswer.SETTINGS

"""
A sign-up changes nobody but by beginning what waits for a confirmation.
"""

from __future__ import annotations

import datetime as dt

import pytest
import sqlalchemy as sa
from origins import STAFF
from people_samples import ImportText, Join, MakeList, everything
from signup_samples import ADA, KEYS, ask_to_join

from subscribers.consent import consents_of
from subscribers.erasure import erase
from subscribers.history.model import HistoryEvent
from subscribers.history.records import history_of
from subscribers.model import MailingList, OptIn
from subscribers.people import subscriber_by_address
from subscribers.requests.model import RequestKind
from subscribers.requests.records import load_request
from subscribers.signup.model import JoinAnswer
from subscribers.subscriptions.end import unsubscribe
from subscribers.suppression.model import SuppressionReason
from subscribers.suppression.records import suppress
from subscribers.validation.address import parse_address


def state_of(connection: sa.Connection, address: str = ADA) -> dict[str, str]:
    person = subscriber_by_address(connection, parse_address(address))
    return {each.list_slug: each.state.value for each in person.subscriptions}


def test_a_new_address_waits_for_its_confirmation(
    connection: sa.Connection, make_list: MakeList, now: dt.datetime
) -> None:
    made = ask_to_join(connection, make_list(), at=now, answers={"name": "Ada"}, language="de")

    assert made.answer is JoinAnswer.CONFIRM
    assert state_of(connection) == {"weekly": "pending"}
    person = subscriber_by_address(connection, parse_address(ADA))
    assert (person.id, person.name, person.language) == (made.subscriber_id, "", "de")
    found = load_request(connection, made.request_id)
    assert found is not None
    assert (found.kind, found.answers) == (RequestKind.JOIN, {"name": "Ada"})


def test_an_active_reader_stays_as_they_are_and_gets_the_link_to_their_settings(
    connection: sa.Connection, make_list: MakeList, join: Join, now: dt.datetime
) -> None:
    weekly = make_list()
    join("Ada@example.org", weekly, name="Ada")
    before = subscriber_by_address(connection, parse_address(ADA))

    made = ask_to_join(
        connection, weekly, address="ADA@example.org", at=now, answers={"name": "A stranger's text"}
    )

    assert made.answer is JoinAnswer.SETTINGS
    assert made.address.email == "Ada@example.org"
    assert subscriber_by_address(connection, parse_address(ADA)) == before


def test_who_left_stays_out_until_they_confirm(
    connection: sa.Connection, make_list: MakeList, join: Join, now: dt.datetime
) -> None:
    weekly = make_list()
    unsubscribe(connection, join(ADA, weekly).id, reason="by the reader", now=now, by=STAFF)

    made = ask_to_join(connection, weekly, at=now + dt.timedelta(days=1))

    assert made.answer is JoinAnswer.CONFIRM
    assert state_of(connection) == {"weekly": "ended"}


@pytest.mark.parametrize("reason", SuppressionReason)
def test_a_suppressed_address_stays_suppressed(
    connection: sa.Connection, make_list: MakeList, now: dt.datetime, reason: SuppressionReason
) -> None:
    suppress(connection, parse_address(ADA), reason=reason, now=now, by=STAFF)

    made = ask_to_join(connection, make_list(), at=now + dt.timedelta(days=1))

    assert made.answer is JoinAnswer.CONFIRM
    assert subscriber_by_address(connection, parse_address(ADA)).suppressions[0].reason is reason


def test_somebody_who_was_erased_is_a_new_person(
    connection: sa.Connection, make_list: MakeList, join: Join, now: dt.datetime
) -> None:
    weekly = make_list()
    before = join(ADA, weekly).subscriber_id
    erase(connection, parse_address(ADA), keyring=KEYS, now=now, by=STAFF)

    made = ask_to_join(connection, weekly, at=now + dt.timedelta(days=1))

    assert made.subscriber_id != before
    assert made.answer is JoinAnswer.CONFIRM
    assert state_of(connection) == {"weekly": "pending"}


def test_a_single_opt_in_list_takes_a_new_address_at_once_with_its_consent(
    connection: sa.Connection, make_list: MakeList, now: dt.datetime
) -> None:
    made = ask_to_join(connection, make_list(opt_in=OptIn.SINGLE), at=now)

    assert made.answer is JoinAnswer.WELCOME
    assert state_of(connection) == {"weekly": "active"}
    (consent,) = consents_of(connection, made.subscription_id)
    assert (consent.text, consent.given_at) == ("Yes, send it to me.", now)
    found = load_request(connection, made.request_id)
    assert found is not None
    assert found.done_at == now


def test_a_single_opt_in_list_brings_nobody_back_without_a_confirmation(
    connection: sa.Connection, make_list: MakeList, join: Join, now: dt.datetime
) -> None:
    weekly, daily = make_list(opt_in=OptIn.SINGLE), make_list("daily", opt_in=OptIn.SINGLE)
    unsubscribe(connection, join("left@example.org", weekly).id, reason="", now=now, by=STAFF)
    suppress(
        connection,
        parse_address("all@example.org"),
        reason=SuppressionReason.UNSUBSCRIBED,
        now=now,
        by=STAFF,
    )
    join("erased@example.org", weekly)
    erase(connection, parse_address("erased@example.org"), keyring=KEYS, now=now, by=STAFF)
    join("elsewhere@example.org", daily)

    for who in ("left", "all", "erased", "elsewhere"):
        made = ask_to_join(connection, weekly, address=f"{who}@example.org", at=now)
        assert made.answer is JoinAnswer.CONFIRM, who
        assert state_of(connection, f"{who}@example.org")["weekly"] != "active"


def test_one_request_may_be_about_several_lists(
    connection: sa.Connection, make_list: MakeList, join: Join, now: dt.datetime
) -> None:
    weekly, daily = make_list(), make_list("daily")
    join(ADA, weekly)

    made = ask_to_join(connection, weekly, daily, at=now)

    assert made.answer is JoinAnswer.CONFIRM
    assert state_of(connection) == {"weekly": "active", "daily": "pending"}


def test_a_sign_up_is_in_the_history_without_what_was_typed(
    connection: sa.Connection, make_list: MakeList, now: dt.datetime
) -> None:
    made = ask_to_join(connection, make_list(), at=now, answers={"name": "A stranger's text"})

    (entry,) = history_of(connection, parse_address(ADA))
    assert (entry.what, entry.list_slug) == (HistoryEvent.JOINED, "weekly")
    assert entry.detail == {"form": "join page", "request": made.request_id}


def test_a_second_sign_up_is_a_request_of_its_own(
    connection: sa.Connection, make_list: MakeList, now: dt.datetime
) -> None:
    weekly = make_list()
    first = ask_to_join(connection, weekly, at=now, answers={"name": "Ada"})
    second = ask_to_join(connection, weekly, at=now, answers={"name": "A stranger's text"})

    assert first.request_id != second.request_id
    found = load_request(connection, first.request_id)
    assert found is not None
    assert found.answers == {"name": "Ada"}


def test_the_same_statements_run_whoever_the_address_belongs_to(
    engine: sa.Engine, connection: sa.Connection, make_list: MakeList, join: Join, now: dt.datetime
) -> None:
    weekly = make_list()
    join("known@example.org", weekly)
    unsubscribe(connection, join("left@example.org", weekly).id, reason="", now=now, by=STAFF)
    ask_to_join(connection, weekly, address="pending@example.org", at=now)
    join("erased@example.org", weekly)
    erase(connection, parse_address("erased@example.org"), keyring=KEYS, now=now, by=STAFF)
    bounced = parse_address("bounced@example.org")
    suppress(connection, bounced, reason=SuppressionReason.BOUNCE, now=now, by=STAFF)
    ran: list[str] = []
    sa.event.listen(engine, "before_cursor_execute", lambda *call: ran.append(call[2]))

    seen = []
    for who in ("new", "known", "left", "pending", "erased", "bounced"):
        ran.clear()
        ask_to_join(connection, weekly, address=f"{who}@example.org", at=now)
        seen.append(tuple(ran))

    assert len(set(seen)) == 1
    assert len(seen[0]) <= 7


def test_nothing_about_a_known_person_is_changed(
    engine: sa.Engine, weekly: MailingList, import_text: ImportText, now: dt.datetime
) -> None:
    import_text(f"email,name,timezone\n{ADA},Ada,Europe/Oslo\n")
    before = everything(engine)

    with engine.begin() as connection:
        ask_to_join(connection, weekly, at=now, language="fr", answers={"name": "Bob"})

    assert everything(engine) == before

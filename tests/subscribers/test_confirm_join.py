"""
The button in the email: what it makes true, and what it cannot.
"""

from __future__ import annotations

import datetime as dt

import pytest
import sqlalchemy as sa
from origins import STAFF
from people_samples import Join, MakeList, everything
from signup_samples import ADA, KEYS, ask_to_join, press, slugs

from subscribers.consent import consents_of
from subscribers.erasure import erase
from subscribers.fields.declare import add_field
from subscribers.fields.model import FieldType
from subscribers.fields.values import values_of
from subscribers.history.model import HistoryEvent
from subscribers.history.records import history_of
from subscribers.model import MailingList
from subscribers.people import subscriber_by_address
from subscribers.requests.records import load_request
from subscribers.requests.retention import expire
from subscribers.signup.model import ConfirmState
from subscribers.subscriptions.end import unsubscribe
from subscribers.suppression.model import ALL_LISTS, SuppressionReason
from subscribers.suppression.records import find_suppressed, has_erased, suppress
from subscribers.suppression.rules import lift
from subscribers.validation.address import parse_address

HOUR = dt.timedelta(hours=1)
NOT_OWN = tuple(
    reason
    for reason in SuppressionReason
    if reason not in (SuppressionReason.UNSUBSCRIBED, SuppressionReason.ERASED)
)


def on(connection: sa.Connection) -> dict[str, str]:
    """
    The states of Ada's subscriptions, by list.
    """
    person = subscriber_by_address(connection, parse_address(ADA))
    return {each.list_slug: each.state.value for each in person.subscriptions}


def test_a_confirmation_makes_the_subscription_active_with_its_proof(
    connection: sa.Connection, make_list: MakeList, now: dt.datetime
) -> None:
    made = ask_to_join(connection, make_list(), at=now, answers={"name": "Ada"}, consent_version=3)

    done = press(connection, made.request_id, at=now + HOUR)

    assert (done.state, slugs(done.lists)) == (ConfirmState.CONFIRMED, ["weekly"])
    assert list(done.joined.values()) == [made.subscription_id]
    person = subscriber_by_address(connection, parse_address(ADA))
    assert (person.name, person.subscriptions[0].state) == ("Ada", "active")
    (consent,) = consents_of(connection, made.subscription_id)
    assert (consent.text, consent.source) == ("Yes, send it to me.", "join page")
    assert consent.given_at == now + HOUR
    assert consent.evidence == f"request {made.request_id}, version 3 of the sentence"
    assert [each.what for each in history_of(connection, parse_address(ADA))] == [
        HistoryEvent.JOINED,
        HistoryEvent.CONFIRMED,
        HistoryEvent.CHANGED,
    ]


def test_what_was_typed_is_stored_with_the_confirmation(
    connection: sa.Connection, make_list: MakeList, now: dt.datetime
) -> None:
    add_field(connection, "city", FieldType.TEXT, labels={"en": "City"}, is_public=True)
    typed = {"name": "Ada", "fields": {"city": "Oslo", "removed": "x"}}
    made = ask_to_join(connection, make_list(), at=now, answers=typed)
    assert values_of(connection, made.subscriber_id) == {}

    press(connection, made.request_id, at=now + HOUR)

    assert values_of(connection, made.subscriber_id) == {"city": "Oslo"}


def test_a_second_press_changes_nothing(
    engine: sa.Engine, weekly: MailingList, now: dt.datetime
) -> None:
    with engine.begin() as connection:
        made = ask_to_join(connection, weekly, at=now)
        press(connection, made.request_id, at=now + HOUR)
    before = everything(engine)

    with engine.begin() as connection:
        done = press(connection, made.request_id, at=now + 2 * HOUR)

    assert (done.state, slugs(done.lists), done.joined) == (ConfirmState.AGAIN, ["weekly"], {})
    assert everything(engine) == before


def test_the_button_of_an_old_email_brings_nobody_back(
    connection: sa.Connection, make_list: MakeList, now: dt.datetime
) -> None:
    made = ask_to_join(connection, make_list(), at=now)
    press(connection, made.request_id, at=now + HOUR)
    unsubscribe(
        connection, made.subscription_id, reason="by the reader", now=now + 2 * HOUR, by=STAFF
    )

    done = press(connection, made.request_id, at=now + 3 * HOUR)

    assert (done.state, done.lists) == (ConfirmState.LEFT, ())
    assert subscriber_by_address(connection, parse_address(ADA)).subscriptions[0].state == "ended"


def test_who_left_after_they_asked_stays_out(
    connection: sa.Connection, make_list: MakeList, join: Join, now: dt.datetime
) -> None:
    weekly, daily = make_list(), make_list("daily")
    on_weekly = join(ADA, weekly)
    made = ask_to_join(connection, weekly, daily, at=now)
    unsubscribe(connection, on_weekly.id, reason="by the reader", now=now + HOUR, by=STAFF)

    done = press(connection, made.request_id, at=now + 2 * HOUR)

    assert (done.state, slugs(done.lists)) == (ConfirmState.CONFIRMED, ["daily"])


def test_who_left_stays_out_although_the_clock_was_set_back_before(
    connection: sa.Connection, make_list: MakeList, now: dt.datetime
) -> None:
    weekly = make_list()
    made = ask_to_join(connection, weekly, at=now)
    unsubscribe(connection, made.subscription_id, reason="by the reader", now=now - HOUR, by=STAFF)

    done = press(connection, made.request_id, at=now - HOUR / 2)

    assert (done.state, done.lists) == (ConfirmState.LEFT, ())
    assert on(connection) == {"weekly": "ended"}


def test_who_wanted_no_email_at_all_stays_out_although_the_clock_was_set_back_before(
    connection: sa.Connection, make_list: MakeList, now: dt.datetime
) -> None:
    made = ask_to_join(connection, make_list(), at=now)
    ada, wish = parse_address(ADA), SuppressionReason.UNSUBSCRIBED
    suppress(connection, ada, reason=wish, now=now - HOUR, by=STAFF)

    assert press(connection, made.request_id, at=now - HOUR / 2).state is ConfirmState.HELD
    assert find_suppressed(connection, [ada.key], list_slug="weekly") == {ada.key: wish}


def test_a_wish_for_no_email_that_was_lifted_holds_no_confirmation_back(
    connection: sa.Connection, make_list: MakeList, now: dt.datetime
) -> None:
    address = parse_address(ADA)
    made = ask_to_join(connection, make_list(), at=now)
    for scope in (ALL_LISTS, "weekly"):
        wish = SuppressionReason.UNSUBSCRIBED
        suppress(connection, address, reason=wish, scope=scope, now=now + HOUR, by=STAFF)
        lift(connection, address.key, scope=scope, by=STAFF, now=now + HOUR)

    assert press(connection, made.request_id, at=now + 2 * HOUR).state is ConfirmState.CONFIRMED


def test_a_suppression_for_a_list_that_does_not_exist_is_no_wish_for_no_email(
    connection: sa.Connection, make_list: MakeList, now: dt.datetime
) -> None:
    address, wish = parse_address(ADA), SuppressionReason.UNSUBSCRIBED
    made = ask_to_join(connection, make_list(), at=now)
    suppress(connection, address, reason=wish, scope="gone", now=now + HOUR, by=STAFF)
    assert press(connection, made.request_id, at=now + 2 * HOUR).state is ConfirmState.CONFIRMED


def test_lifting_the_suppression_for_a_list_that_does_not_exist_lifts_no_other(
    connection: sa.Connection, make_list: MakeList, now: dt.datetime
) -> None:
    address, wish = parse_address(ADA), SuppressionReason.UNSUBSCRIBED
    suppress(connection, address, reason=wish, scope="gone", now=now, by=STAFF)
    made = ask_to_join(connection, make_list(), at=now)
    # The clock is set back, so that only the order of the history says what came last.
    suppress(connection, address, reason=wish, now=now - HOUR, by=STAFF)
    lift(connection, address.key, scope="gone", by=STAFF, now=now)
    assert press(connection, made.request_id, at=now + HOUR).state is ConfirmState.HELD


def test_who_left_before_the_clock_was_set_back_can_sign_up_again(
    connection: sa.Connection, make_list: MakeList, join: Join, now: dt.datetime
) -> None:
    weekly = make_list()
    begun = join(ADA, weekly)
    unsubscribe(connection, begun.id, reason="by the reader", now=now + 2 * HOUR, by=STAFF)
    made = ask_to_join(connection, weekly, at=now + HOUR)

    assert press(connection, made.request_id, at=now + HOUR).state is ConfirmState.CONFIRMED


def test_a_former_request_that_runs_out_does_not_end_a_newer_one(
    connection: sa.Connection, make_list: MakeList, join: Join, now: dt.datetime
) -> None:
    weekly = make_list()
    begun = join(ADA, weekly, at=now - 2 * HOUR)
    unsubscribe(connection, begun.id, reason="by the reader", now=now - HOUR, by=STAFF)
    ask_to_join(connection, weekly, at=now)
    made = ask_to_join(connection, weekly, at=now + dt.timedelta(days=5))
    assert expire(connection, now + dt.timedelta(days=7)) == 1

    done = press(connection, made.request_id, at=now + dt.timedelta(days=7))

    assert done.state is ConfirmState.CONFIRMED


def test_seven_days_later_the_button_does_nothing(
    connection: sa.Connection, make_list: MakeList, now: dt.datetime
) -> None:
    made = ask_to_join(connection, make_list(), at=now)

    done = press(connection, made.request_id, at=now + dt.timedelta(days=7))

    assert done.state is ConfirmState.EXPIRED
    assert subscriber_by_address(connection, parse_address(ADA)).subscriptions[0].state == "pending"


def test_who_had_left_all_lists_is_back_by_their_own_confirmation(
    connection: sa.Connection, make_list: MakeList, join: Join, now: dt.datetime
) -> None:
    weekly = make_list()
    unsubscribe(connection, join(ADA, weekly).id, reason="by the reader", now=now, by=STAFF)
    address = parse_address(ADA)
    suppress(connection, address, reason=SuppressionReason.UNSUBSCRIBED, now=now, by=STAFF)
    made = ask_to_join(connection, weekly, at=now + HOUR)

    done = press(connection, made.request_id, at=now + 2 * HOUR)

    person = subscriber_by_address(connection, address)
    assert done.state is ConfirmState.CONFIRMED
    assert (person.subscriptions[0].state, person.suppressions) == ("active", ())


def test_a_wish_to_get_nothing_that_is_newer_than_the_request_holds(
    connection: sa.Connection, make_list: MakeList, now: dt.datetime
) -> None:
    made = ask_to_join(connection, make_list(), at=now)
    address = parse_address(ADA)
    suppress(connection, address, reason=SuppressionReason.UNSUBSCRIBED, now=now + HOUR, by=STAFF)

    done = press(connection, made.request_id, at=now + 2 * HOUR)

    assert done.state is ConfirmState.HELD
    assert len(subscriber_by_address(connection, address).suppressions) == 1


@pytest.mark.parametrize("reason", NOT_OWN)
def test_an_address_that_others_suppressed_stays_so(
    connection: sa.Connection, make_list: MakeList, now: dt.datetime, reason: SuppressionReason
) -> None:
    suppress(connection, parse_address(ADA), reason=reason, now=now, by=STAFF)
    made = ask_to_join(connection, make_list(), at=now + HOUR)

    done = press(connection, made.request_id, at=now + 2 * HOUR)

    person = subscriber_by_address(connection, parse_address(ADA))
    assert done.state is ConfirmState.HELD
    assert (person.subscriptions[0].state, len(person.suppressions)) == ("pending", 1)
    found = load_request(connection, made.request_id)
    assert found is not None
    assert found.done_at is None


def test_who_was_erased_may_come_back_and_is_then_mailed(
    connection: sa.Connection, make_list: MakeList, join: Join, now: dt.datetime
) -> None:
    weekly = make_list()
    join(ADA, weekly)
    erase(connection, parse_address(ADA), keyring=KEYS, now=now, by=STAFF)
    made = ask_to_join(connection, weekly, at=now + HOUR)
    assert has_erased(connection)

    done = press(connection, made.request_id, at=now + 2 * HOUR)

    assert done.state is ConfirmState.CONFIRMED
    assert not has_erased(connection)


def test_who_is_erased_after_they_asked_is_gone(
    connection: sa.Connection, make_list: MakeList, now: dt.datetime
) -> None:
    made = ask_to_join(connection, make_list(), at=now)
    erase(connection, parse_address(ADA), keyring=KEYS, now=now + HOUR, by=STAFF)

    assert load_request(connection, made.request_id) is None
    assert press(connection, made.request_id, at=now + 2 * HOUR).state is ConfirmState.LOST


def test_a_request_that_was_never_made_is_lost(connection: sa.Connection, now: dt.datetime) -> None:
    assert press(connection, 17, at=now).state is ConfirmState.LOST


def test_one_press_is_enough_for_several_requests_to_the_same_list(
    connection: sa.Connection, make_list: MakeList, now: dt.datetime
) -> None:
    weekly = make_list()
    first = ask_to_join(connection, weekly, at=now, answers={"name": "Ada"})
    second = ask_to_join(connection, weekly, at=now + HOUR, answers={"name": "A stranger's text"})

    press(connection, first.request_id, at=now + 2 * HOUR)
    again = press(connection, second.request_id, at=now + 3 * HOUR)

    assert again.state is ConfirmState.AGAIN
    assert subscriber_by_address(connection, parse_address(ADA)).name == "Ada"


def test_who_wanted_no_email_at_all_gets_only_the_list_that_they_join(
    connection: sa.Connection, make_list: MakeList, join: Join, now: dt.datetime
) -> None:
    weekly, daily = make_list(), make_list("daily")
    join(ADA, daily)
    ada = parse_address(ADA)
    wish = SuppressionReason.UNSUBSCRIBED
    suppress(connection, ada, reason=wish, by=STAFF, now=now + HOUR)

    made = ask_to_join(connection, weekly, at=now + 2 * HOUR)
    press(connection, made.request_id, at=now + 3 * HOUR)

    assert find_suppressed(connection, [ada.key], list_slug="weekly") == {}
    assert on(connection) == {"weekly": "active", "daily": "ended"}

    again = ask_to_join(connection, daily, at=now + 4 * HOUR)
    press(connection, again.request_id, at=now + 5 * HOUR)
    assert on(connection) == {"weekly": "active", "daily": "active"}


def test_who_wanted_no_email_at_all_may_join_several_lists_at_once(
    connection: sa.Connection, make_list: MakeList, join: Join, now: dt.datetime
) -> None:
    weekly, daily = make_list(), make_list("daily")
    join(ADA, daily)
    wish = SuppressionReason.UNSUBSCRIBED
    suppress(connection, parse_address(ADA), reason=wish, by=STAFF, now=now + HOUR)

    made = ask_to_join(connection, weekly, daily, at=now + 2 * HOUR)
    press(connection, made.request_id, at=now + 3 * HOUR)

    assert on(connection) == {"weekly": "active", "daily": "active"}

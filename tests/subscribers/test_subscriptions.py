from __future__ import annotations

import datetime as dt

import pytest
import sqlalchemy as sa
from origins import STAFF
from people_samples import Join, MakeList

from subscribers.consent import consents_of
from subscribers.database import tables
from subscribers.errors import UnknownSubscriber
from subscribers.model import Consent, OptIn, SubscriptionState
from subscribers.subscriptions.begin import subscribe
from subscribers.subscriptions.end import unsubscribe, unsubscribe_address
from subscribers.suppression.model import ALL_LISTS, SuppressionReason
from subscribers.suppression.records import suppress
from subscribers.suppression.rules import lift
from subscribers.validation.address import parse_address

DAY = dt.timedelta(days=1)
ACTIVE, PENDING, ENDED = (
    SubscriptionState.ACTIVE,
    SubscriptionState.PENDING,
    SubscriptionState.ENDED,
)
ADA = "Ada@example.org"


def test_consent_activates_and_is_stored_as_proof(
    connection: sa.Connection, make_list: MakeList, join: Join, now: dt.datetime
) -> None:
    begun = join(ADA, make_list(), consent="signed up at the fair")

    assert (begun.state, begun.since, begun.note) == (ACTIVE, now, "")
    assert consents_of(connection, begun.id) == [
        Consent(
            subscription_id=begun.id,
            text="signed up at the fair",
            source="test",
            given_at=now,
            recorded_at=now,
        )
    ]


def test_without_consent_a_double_opt_in_list_leaves_people_pending(
    make_list: MakeList, join: Join
) -> None:
    assert join(ADA, make_list("double"), consent=None).state is PENDING
    assert join(ADA, make_list("single", opt_in=OptIn.SINGLE), consent=None).state is ACTIVE


def test_subscribing_again_changes_nothing(make_list: MakeList, join: Join) -> None:
    weekly = make_list()

    assert join("ADA@example.org", weekly) == join(ADA, weekly)


def test_a_name_fills_a_blank_and_replaces_nothing(
    connection: sa.Connection, make_list: MakeList, join: Join
) -> None:
    weekly = make_list()
    for name in ("", "Ada", "Someone Else", ""):
        join(ADA, weekly, name=name)

    assert connection.scalar(sa.text("SELECT name FROM subscriber")) == "Ada"


def test_unsubscribing_twice_keeps_the_first_time_and_reason(
    connection: sa.Connection, make_list: MakeList, join: Join, now: dt.datetime
) -> None:
    begun = join(ADA, make_list())

    first = unsubscribe(connection, begun.id, reason="link", now=now + DAY, by=STAFF)
    again = unsubscribe(connection, begun.id, reason="page", now=now + 2 * DAY, by=STAFF)

    assert (first.state, first.since, first.ended_reason) == (ENDED, now + DAY, "link")
    assert again == first


def test_unsubscribing_by_address_ends_only_that_list(
    connection: sa.Connection, make_list: MakeList, join: Join, now: dt.datetime
) -> None:
    weekly, daily = make_list("weekly"), make_list("daily")
    join(ADA, weekly)
    other = join(ADA, daily)
    ada = parse_address(ADA.lower())

    ended = unsubscribe_address(
        connection, ada, mailing_list=weekly, reason="desk", now=now, by=STAFF
    )

    assert (ended.list_slug, ended.state) == ("weekly", ENDED)
    assert join(ADA, daily) == other


def test_an_unsubscribed_person_stays_so_without_a_newer_consent(
    connection: sa.Connection, make_list: MakeList, join: Join, now: dt.datetime
) -> None:
    weekly = make_list()
    unsubscribe(connection, join(ADA, weekly).id, reason="link", now=now + DAY, by=STAFF)

    bare = join(ADA, weekly, consent=None, at=now + 2 * DAY)
    older = join(ADA, weekly, at=now)
    newer = join(ADA, weekly, at=now + 2 * DAY)

    assert (bare.state, older.state, newer.state) == (ENDED, ENDED, ACTIVE)
    assert bare.note == "ended on 2026-03-05 (link): only a newer consent can renew it"
    assert older.note == bare.note
    assert newer.ended_reason is None


def test_an_old_consent_recorded_later_does_not_renew_a_subscription(
    connection: sa.Connection, make_list: MakeList, join: Join, now: dt.datetime
) -> None:
    weekly = make_list()
    unsubscribe(connection, join(ADA, weekly).id, reason="link", now=now, by=STAFF)

    found = subscribe(
        connection,
        parse_address(ADA),
        mailing_list=weekly,
        name="",
        consent="a card",
        source="desk",
        now=now + DAY,
        given_at=now - DAY,
        by=STAFF,
    )

    assert found.state is ENDED


def test_consent_does_not_lift_a_bounce(
    connection: sa.Connection, make_list: MakeList, join: Join, now: dt.datetime
) -> None:
    ada = parse_address(ADA)
    suppress(connection, ada, reason=SuppressionReason.BOUNCE, now=now, by=STAFF)

    found = join(ADA, make_list(), at=now + DAY)

    assert found.state is PENDING
    assert found.note.startswith("suppressed (bounce)")
    assert lift(connection, ada.key, scope=ALL_LISTS, by=STAFF, now=now)
    assert join(ADA, make_list("other"), at=now + DAY).state is ACTIVE


def test_a_newer_consent_lifts_what_the_person_themselves_asked_for(
    connection: sa.Connection, make_list: MakeList, join: Join, now: dt.datetime
) -> None:
    weekly = make_list()
    ada = parse_address(ADA)
    suppress(
        connection, ada, reason=SuppressionReason.UNSUBSCRIBED, scope="weekly", now=now, by=STAFF
    )

    assert join(ADA, weekly, consent=None, at=now + DAY).note.startswith("suppressed")
    assert join(ADA, weekly, at=now - DAY).note.startswith("suppressed")
    assert join(ADA, weekly, at=now + DAY).state is ACTIVE


def test_an_unknown_number_or_address_is_an_error(
    connection: sa.Connection, make_list: MakeList, now: dt.datetime
) -> None:
    weekly = make_list()

    with pytest.raises(UnknownSubscriber, match="no subscription 99"):
        unsubscribe(connection, 99, reason="link", now=now, by=STAFF)
    ada = parse_address(ADA)
    with pytest.raises(UnknownSubscriber, match="not on the list 'weekly'"):
        unsubscribe_address(connection, ada, mailing_list=weekly, reason="x", now=now, by=STAFF)


def test_a_time_zone_given_replaces_another_and_none_leaves_it(
    connection: sa.Connection, make_list: MakeList, join: Join
) -> None:
    weekly = make_list()
    seen = []
    for zone in (None, "Asia/Tokyo", "Europe/Paris", None):
        join(ADA, weekly, timezone=zone)
        seen.append(connection.scalar(sa.select(tables.subscriber.c.timezone)))

    assert seen == [None, "Asia/Tokyo", "Europe/Paris", "Europe/Paris"]

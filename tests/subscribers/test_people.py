from __future__ import annotations

import datetime as dt

import pytest
import sqlalchemy as sa
from origins import STAFF
from people_samples import Join, MakeList

from subscribers.consent import consents_of
from subscribers.database import tables
from subscribers.erasure import erase
from subscribers.errors import UnknownSubscriber
from subscribers.model import SubscriptionState
from subscribers.people import subscriber_by_address, touch
from subscribers.suppression.model import SuppressionReason
from subscribers.suppression.records import find_suppressed, list_suppressions, suppress
from subscribers.tokens import KeyRing
from subscribers.validation.address import parse_address

ADA = parse_address("Ada@example.org")
KEYS = KeyRing(b"a secret of at least sixteen bytes")
DAY = dt.timedelta(days=1)


def test_a_person_is_shown_with_lists_and_suppressions(
    connection: sa.Connection, make_list: MakeList, join: Join, now: dt.datetime
) -> None:
    weekly = join(ADA.email, make_list("weekly"), name="Ada")
    daily = join(ADA.email, make_list("daily"), consent=None, timezone="Asia/Tokyo")
    suppress(connection, ADA, reason=SuppressionReason.MANUAL, scope="daily", now=now, by=STAFF)

    found = subscriber_by_address(connection, parse_address("ADA@EXAMPLE.org"))

    assert (found.email, found.name, found.created_at) == ("Ada@example.org", "Ada", now)
    assert found.timezone == "Asia/Tokyo"
    assert found.subscriptions == (daily, weekly)
    assert [(held.reason, held.scope) for held in found.suppressions] == [("manual", "daily")]


def test_an_unknown_address_is_an_error(connection: sa.Connection) -> None:
    with pytest.raises(UnknownSubscriber, match="there is no subscriber Ada@"):
        subscriber_by_address(connection, ADA)


def test_the_latest_activity_is_remembered(
    connection: sa.Connection, make_list: MakeList, join: Join, now: dt.datetime
) -> None:
    person = join(ADA.email, make_list()).subscriber_id

    touch(connection, person, at=now + DAY)
    touch(connection, person, at=now)

    assert subscriber_by_address(connection, ADA).last_active_at == now + DAY


def test_erasing_keeps_only_counts_and_a_hash(
    connection: sa.Connection, make_list: MakeList, join: Join, now: dt.datetime
) -> None:
    begun = join(ADA.email, make_list(), name="Ada", timezone="Europe/Paris")
    suppress(connection, ADA, reason=SuppressionReason.BOUNCE, now=now, by=STAFF)

    number = erase(connection, ADA, keyring=KEYS, now=now + DAY, by=STAFF)

    left = connection.execute(sa.select(tables.subscriber)).one()
    assert (left.id, left.email, left.email_key, left.name) == (number, None, None, "")
    assert (left.language, left.timezone) == (None, None)
    assert left.erased_at == now + DAY
    assert consents_of(connection, begun.id) == []
    state = sa.select(tables.subscription.c.state, tables.subscription.c.ended_reason)
    assert connection.execute(state).one() == ("ended", "erased")
    assert [held.address[:1] for held in list_suppressions(connection)] == ["@"]


def test_an_erased_address_is_recognised_only_with_the_secret(
    connection: sa.Connection, make_list: MakeList, join: Join, now: dt.datetime
) -> None:
    join(ADA.email, make_list())
    erase(connection, ADA, keyring=KEYS, now=now, by=STAFF)
    other = KeyRing(b"another secret of sixteen bytes")

    def recognised(keyring: KeyRing | None) -> dict[str, SuppressionReason]:
        return find_suppressed(connection, [ADA.key], list_slug="weekly", keyring=keyring)

    assert recognised(KEYS) == {ADA.key: SuppressionReason.ERASED}
    assert recognised(other) == {}
    assert recognised(None) == {}


def test_an_erased_person_may_subscribe_again(
    connection: sa.Connection, make_list: MakeList, join: Join, now: dt.datetime
) -> None:
    weekly = make_list()
    first = join(ADA.email, weekly)
    erase(connection, ADA, keyring=KEYS, now=now, by=STAFF)

    again = join(ADA.email, weekly)

    assert again.state is SubscriptionState.ACTIVE
    assert again.subscriber_id != first.subscriber_id
    with pytest.raises(UnknownSubscriber):
        erase(connection, parse_address("nobody@example.org"), keyring=KEYS, now=now, by=STAFF)

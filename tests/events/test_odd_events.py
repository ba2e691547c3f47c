"""
Webhooks in which something stands that cannot be: a time before there was any mail, a name that no
database holds. They cost nobody else their events, and mean no more than they say.
"""

from __future__ import annotations

import orjson
import pytest
from event_readers import DAY, READERS, subscriptions
from installation import House
from scripted_provider import ACCEPTED, all_of, hand_over
from webhook_calls import Heard, Talks, another, dispositions, hearing, suppressed

from newsletter.model.event import EventKind


@pytest.fixture
def heard(house: House) -> Heard:
    """
    An issue to two readers, handed over and accepted.
    """
    heard = hearing(house, Talks([all_of(ACCEPTED)]))
    hand_over(heard.dispatcher)
    return heard


@pytest.mark.parametrize("zero", ["0001-01-01T00:00:00Z", "1970-01-01T00:00:00Z"])
def test_who_left_at_a_time_nobody_noted_leaves_as_it_is_heard(
    house: House, heard: Heard, zero: str
):
    heard.says(0, EventKind.UNSUBSCRIBED, ChangedAt=zero)
    assert subscriptions(house) == {"daily": ("ended", "at the provider")}


def test_soft_bounces_at_a_time_nobody_noted_are_counted_when_they_are_heard(house: House):
    heard = [hearing(house, Talks([all_of(ACCEPTED)] * 9))]
    while len(heard) < 5:
        heard.append(another(heard[-1]))
    for one in heard:
        one.says(0, EventKind.BOUNCED_SOFT, BouncedAt="0001-01-01T00:00:00Z")
        house.now += 10 * DAY
    assert suppressed(house, READERS[0]) == []


def test_a_name_that_no_database_holds_names_nothing_and_stops_nothing(house: House, heard: Heard):
    told = {"RecordType": "Bounce", "Type": "HardBounce", "Email": READERS[0], "MessageID": "\0"}
    heard.hear(orjson.dumps(told), heard.body(1, EventKind.DELIVERED))
    assert (dispositions(house), heard.kinds(1)) == (["foreign", "matched"], {"delivered"})

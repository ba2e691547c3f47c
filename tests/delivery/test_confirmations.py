"""
An event ends doubt, third in the order, and nobody it names is handed over a second time.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import replace

import pytest
from confirmation_samples import look_again
from installation import House
from rate_limit_samples import forget_rest, throttled
from scripted_provider import (
    ACCEPTED,
    LOOKS_UP,
    NEITHER,
    REPLAYS,
    UNCERTAIN,
    WAIT,
    all_of,
    each,
    hand_over,
    states,
)
from webhook_calls import Talks, hearing

from newsletter.model.delivery import BatchResult, Capabilities, DeliveryState
from newsletter.model.event import EventKind
from newsletter.model.issue import IssueState
from newsletter.store.delivery.status import resolve_uncertain

MINUTE = dt.timedelta(minutes=1)


@pytest.mark.parametrize(
    "kind", [EventKind.OPENED, EventKind.DELIVERED, EventKind.BOUNCED_HARD, EventKind.CLICKED]
)
def test_where_nobody_can_be_asked_an_event_ends_the_doubt_about_whom_it_names(
    house: House, kind: EventKind
):
    heard = hearing(house, Talks([all_of(UNCERTAIN)], capabilities=NEITHER))
    hand_over(heard.dispatcher)
    assert states(house, heard.issue_id) == {"uncertain": 2}
    heard.says(0, kind)
    look_again(heard)
    assert states(house, heard.issue_id) == {"accepted": 1, "uncertain": 1}
    heard.says(1, kind)
    assert states(house, heard.issue_id) == {"accepted": 2}
    assert house.state(heard.issue_id) == IssueState.SUBMITTED


def test_an_event_before_the_answer_is_known_when_the_answer_fails_to_come(house: House):
    heard = hearing(house, Talks([all_of(UNCERTAIN)], capabilities=NEITHER))
    begun = heard.dispatcher.prepare_next()
    assert begun is not None
    result = heard.dispatcher.submit(begun)
    heard.says(1, EventKind.DELIVERED)
    heard.dispatcher.record_result(begun, result)
    assert states(house, heard.issue_id) == {"accepted": 1, "uncertain": 1}


def test_an_event_about_one_does_not_cost_the_others_their_key(house: House):
    provider = Talks([all_of(UNCERTAIN), all_of(UNCERTAIN), all_of(ACCEPTED)], capabilities=REPLAYS)
    heard = hearing(house, provider)
    hand_over(heard.dispatcher)
    heard.says(0, EventKind.DELIVERED)
    look_again(heard)
    assert states(house, heard.issue_id) == {"uncertain": 2}
    house.now += 5 * MINUTE
    look_again(heard)
    assert states(house, heard.issue_id) == {"accepted": 2}
    assert len({key for key, _ in provider.handed}) == 1


def test_whom_a_bounce_names_does_not_cost_the_others_their_key(house: House):
    provider = Talks([all_of(UNCERTAIN), all_of(ACCEPTED)], capabilities=REPLAYS)
    heard = hearing(house, provider)
    hand_over(heard.dispatcher)
    heard.says(0, EventKind.BOUNCED_HARD)
    house.now += MINUTE
    look_again(heard)
    assert (states(house, heard.issue_id), len(provider.handed)) == ({"accepted": 2}, 2)


def test_where_somebody_left_the_key_is_of_no_use_and_events_settle_one_by_one(house: House):
    provider = Talks([all_of(UNCERTAIN)], capabilities=REPLAYS)
    heard = hearing(house, provider)
    hand_over(heard.dispatcher)
    house.unsubscribe("reader0001@example.org")
    heard.says(0, EventKind.DELIVERED)
    house.now += MINUTE
    look_again(heard)
    assert states(house, heard.issue_id) == {"accepted": 1, "uncertain": 1}


def test_when_the_key_has_died_events_settle_one_by_one(house: House):
    heard = hearing(house, Talks([all_of(UNCERTAIN)], capabilities=REPLAYS))
    hand_over(heard.dispatcher)
    house.now += dt.timedelta(hours=20)
    heard.says(0, EventKind.DELIVERED)
    look_again(heard)
    assert states(house, heard.issue_id) == {"accepted": 1, "uncertain": 1}


def test_events_about_all_settle_a_batch_without_asking_anybody_twice(house: House):
    provider = Talks([all_of(UNCERTAIN), all_of(UNCERTAIN)], capabilities=REPLAYS)
    heard = hearing(house, provider)
    hand_over(heard.dispatcher)
    for place in range(2):
        heard.says(place, EventKind.DELIVERED)
    look_again(heard)
    assert states(house, heard.issue_id) == {"accepted": 2}


def test_a_search_that_finds_nothing_does_not_send_again_to_whom_an_event_names(house: House):
    looks = replace(LOOKS_UP, max_recipients=2)
    provider = Talks([all_of(UNCERTAIN), all_of(ACCEPTED)], capabilities=looks)
    provider.looked_up = [replace(WAIT, retry_after_s=None)] * 2
    heard = hearing(house, provider)
    hand_over(heard.dispatcher)
    house.now += MINUTE
    heard.says(0, EventKind.DELIVERED)
    look_again(heard)
    house.now += MINUTE
    while hand_over(heard.dispatcher):
        pass
    assert [who for _, who in provider.handed] == [
        ["reader0000@example.org", "reader0001@example.org"],
        ["reader0001@example.org"],
    ]
    assert states(house, heard.issue_id) == {"accepted": 2}


def test_an_event_that_comes_while_a_batch_waits_keeps_that_reader_out_of_the_next_call(
    house: House,
):
    provider = Talks([all_of(WAIT), all_of(ACCEPTED)])
    heard = hearing(house, provider)
    hand_over(heard.dispatcher)
    heard.says(1, EventKind.BOUNCED_SOFT)
    house.now += MINUTE
    hand_over(heard.dispatcher)
    assert provider.handed[1][1] == ["reader0000@example.org"]
    assert states(house, heard.issue_id) == {"accepted": 2}


@pytest.mark.parametrize("first", [each(ACCEPTED, WAIT), lambda count: throttled()])
def test_whom_an_event_names_goes_in_no_later_call_whatever_the_first_one_was_told(
    house: House, first: Callable[[int], BatchResult]
):
    provider = Talks([first, all_of(ACCEPTED)])
    heard = hearing(house, provider)
    hand_over(heard.dispatcher)
    heard.says(1, EventKind.DELIVERED)
    forget_rest(house, heard.dispatcher)
    house.now += MINUTE
    while hand_over(heard.dispatcher):
        pass
    assert "reader0001@example.org" not in [who for _, call in provider.handed[1:] for who in call]
    assert states(house, heard.issue_id) == {"accepted": 2}


def test_a_refusal_with_an_answer_stays_one_whatever_is_told_later(house: House):
    no = replace(ACCEPTED, kind=UNCERTAIN.kind)
    heard = hearing(house, Talks([each(no, ACCEPTED)], capabilities=NEITHER))
    hand_over(heard.dispatcher)
    with house.app.database.write() as connection:
        resolve_uncertain(
            connection, heard.issue_id, as_state=DeliveryState.REJECTED, now=house.now
        )
    heard.says(0, EventKind.DELIVERED)
    assert states(house, heard.issue_id) == {"accepted": 1, "rejected": 1}


@pytest.mark.parametrize("capabilities", [NEITHER, LOOKS_UP])
def test_whom_an_event_names_is_left_to_nobody_where_others_of_the_call_were_taken(
    house: House, capabilities: Capabilities
):
    answers = [each(ACCEPTED, UNCERTAIN, UNCERTAIN)]
    three = replace(capabilities, max_recipients=3)
    heard = hearing(house, Talks(answers, capabilities=three), readers=3)
    begun = heard.dispatcher.prepare_next()
    assert begun is not None
    result = heard.dispatcher.submit(begun)
    heard.says(1, EventKind.DELIVERED)
    heard.dispatcher.record_result(begun, result)
    assert states(house, heard.issue_id) == {"accepted": 2, "uncertain": 1}


def test_whom_an_event_names_is_left_to_nobody_where_a_search_finds_some_of_the_others(
    house: House,
):
    looks = replace(LOOKS_UP, max_recipients=3)
    provider = Talks([all_of(UNCERTAIN)], capabilities=looks)
    provider.looked_up = [ACCEPTED, UNCERTAIN, UNCERTAIN]
    heard = hearing(house, provider, readers=3)
    hand_over(heard.dispatcher)
    house.now += MINUTE
    heard.says(1, EventKind.DELIVERED)
    look_again(heard)
    assert states(house, heard.issue_id) == {"accepted": 2, "uncertain": 1}

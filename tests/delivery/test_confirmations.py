"""
An event settles a delivery of uncertain outcome, which is never submitted again.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import replace

import pytest
from confirmation_samples import look_again
from installation import Installation
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
    states,
    submit_next,
)
from webhook_calls import Talks, reported_issue

from newsletter.model.delivery import BatchResult, Capabilities, DeliveryState
from newsletter.model.event import EventKind
from newsletter.model.issue import IssueState
from newsletter.store.delivery.status.decisions import resolve_uncertain

MINUTE = dt.timedelta(minutes=1)


@pytest.mark.parametrize(
    "kind", [EventKind.OPENED, EventKind.DELIVERED, EventKind.BOUNCED_HARD, EventKind.CLICKED]
)
def test_where_no_provider_can_be_asked_an_event_settles_the_delivery_it_names(
    installation: Installation, kind: EventKind
):
    reported = reported_issue(installation, Talks([all_of(UNCERTAIN)], capabilities=NEITHER))
    submit_next(reported.dispatcher)
    assert states(installation, reported.issue_id) == {"uncertain": 2}
    reported.says(0, kind)
    look_again(reported)
    assert states(installation, reported.issue_id) == {"accepted": 1, "uncertain": 1}
    reported.says(1, kind)
    assert states(installation, reported.issue_id) == {"accepted": 2}
    assert installation.state(reported.issue_id) == IssueState.SUBMITTED


def test_an_event_before_the_answer_is_known_when_the_answer_fails_to_come(
    installation: Installation,
):
    reported = reported_issue(installation, Talks([all_of(UNCERTAIN)], capabilities=NEITHER))
    begun = reported.dispatcher.prepare_next()
    assert begun is not None
    result = reported.dispatcher.submit(begun)
    reported.says(1, EventKind.DELIVERED)
    reported.dispatcher.record_result(begun, result)
    assert states(installation, reported.issue_id) == {"accepted": 1, "uncertain": 1}


def test_an_event_about_one_does_not_cost_the_others_their_key(installation: Installation):
    provider = Talks([all_of(UNCERTAIN), all_of(UNCERTAIN), all_of(ACCEPTED)], capabilities=REPLAYS)
    reported = reported_issue(installation, provider)
    submit_next(reported.dispatcher)
    reported.says(0, EventKind.DELIVERED)
    look_again(reported)
    assert states(installation, reported.issue_id) == {"uncertain": 2}
    installation.now += 5 * MINUTE
    look_again(reported)
    assert states(installation, reported.issue_id) == {"accepted": 2}
    assert len({key for key, _ in provider.handed}) == 1


def test_whom_a_bounce_names_does_not_cost_the_others_their_key(installation: Installation):
    provider = Talks([all_of(UNCERTAIN), all_of(ACCEPTED)], capabilities=REPLAYS)
    reported = reported_issue(installation, provider)
    submit_next(reported.dispatcher)
    reported.says(0, EventKind.BOUNCED_HARD)
    installation.now += MINUTE
    look_again(reported)
    assert (states(installation, reported.issue_id), len(provider.handed)) == ({"accepted": 2}, 2)


def test_where_somebody_left_the_key_is_of_no_use_and_events_settle_one_by_one(
    installation: Installation,
):
    provider = Talks([all_of(UNCERTAIN)], capabilities=REPLAYS)
    reported = reported_issue(installation, provider)
    submit_next(reported.dispatcher)
    installation.unsubscribe("reader0001@example.org")
    reported.says(0, EventKind.DELIVERED)
    installation.now += MINUTE
    look_again(reported)
    assert states(installation, reported.issue_id) == {"accepted": 1, "uncertain": 1}


def test_when_the_key_has_died_events_settle_one_by_one(installation: Installation):
    reported = reported_issue(installation, Talks([all_of(UNCERTAIN)], capabilities=REPLAYS))
    submit_next(reported.dispatcher)
    installation.now += dt.timedelta(hours=20)
    reported.says(0, EventKind.DELIVERED)
    look_again(reported)
    assert states(installation, reported.issue_id) == {"accepted": 1, "uncertain": 1}


def test_events_about_all_settle_a_batch_without_asking_anybody_twice(installation: Installation):
    provider = Talks([all_of(UNCERTAIN), all_of(UNCERTAIN)], capabilities=REPLAYS)
    reported = reported_issue(installation, provider)
    submit_next(reported.dispatcher)
    for place in range(2):
        reported.says(place, EventKind.DELIVERED)
    look_again(reported)
    assert states(installation, reported.issue_id) == {"accepted": 2}


def test_a_search_that_finds_nothing_does_not_send_again_to_whom_an_event_names(
    installation: Installation,
):
    looks = replace(LOOKS_UP, max_recipients=2)
    provider = Talks([all_of(UNCERTAIN), all_of(ACCEPTED)], capabilities=looks)
    provider.looked_up = [replace(WAIT, retry_after_s=None)] * 2
    reported = reported_issue(installation, provider)
    submit_next(reported.dispatcher)
    installation.now += MINUTE
    reported.says(0, EventKind.DELIVERED)
    look_again(reported)
    installation.now += MINUTE
    while submit_next(reported.dispatcher):
        pass
    assert [who for _, who in provider.handed] == [
        ["reader0000@example.org", "reader0001@example.org"],
        ["reader0001@example.org"],
    ]
    assert states(installation, reported.issue_id) == {"accepted": 2}


def test_an_event_that_comes_while_a_batch_waits_keeps_that_reader_out_of_the_next_call(
    installation: Installation,
):
    provider = Talks([all_of(WAIT), all_of(ACCEPTED)])
    reported = reported_issue(installation, provider)
    submit_next(reported.dispatcher)
    reported.says(1, EventKind.BOUNCED_SOFT)
    installation.now += MINUTE
    submit_next(reported.dispatcher)
    assert provider.handed[1][1] == ["reader0000@example.org"]
    assert states(installation, reported.issue_id) == {"accepted": 2}


@pytest.mark.parametrize("first", [each(ACCEPTED, WAIT), lambda count: throttled()])
def test_whom_an_event_names_goes_in_no_later_call_whatever_the_first_one_was_told(
    installation: Installation, first: Callable[[int], BatchResult]
):
    provider = Talks([first, all_of(ACCEPTED)])
    reported = reported_issue(installation, provider)
    submit_next(reported.dispatcher)
    reported.says(1, EventKind.DELIVERED)
    forget_rest(installation, reported.dispatcher)
    installation.now += MINUTE
    while submit_next(reported.dispatcher):
        pass
    assert "reader0001@example.org" not in [who for _, call in provider.handed[1:] for who in call]
    assert states(installation, reported.issue_id) == {"accepted": 2}


def test_a_refusal_with_an_answer_stays_one_whatever_is_told_later(installation: Installation):
    no = replace(ACCEPTED, kind=UNCERTAIN.kind)
    reported = reported_issue(installation, Talks([each(no, ACCEPTED)], capabilities=NEITHER))
    submit_next(reported.dispatcher)
    with installation.app.database.write() as connection:
        resolve_uncertain(
            connection, reported.issue_id, as_state=DeliveryState.REJECTED, now=installation.now
        )
    reported.says(0, EventKind.DELIVERED)
    assert states(installation, reported.issue_id) == {"accepted": 1, "rejected": 1}


@pytest.mark.parametrize("capabilities", [NEITHER, LOOKS_UP])
def test_whom_an_event_names_is_left_to_nobody_where_others_of_the_call_were_taken(
    installation: Installation, capabilities: Capabilities
):
    answers = [each(ACCEPTED, UNCERTAIN, UNCERTAIN)]
    three = replace(capabilities, max_recipients=3)
    reported = reported_issue(installation, Talks(answers, capabilities=three), readers=3)
    begun = reported.dispatcher.prepare_next()
    assert begun is not None
    result = reported.dispatcher.submit(begun)
    reported.says(1, EventKind.DELIVERED)
    reported.dispatcher.record_result(begun, result)
    assert states(installation, reported.issue_id) == {"accepted": 2, "uncertain": 1}


def test_whom_an_event_names_is_left_to_nobody_where_a_search_finds_some_of_the_others(
    installation: Installation,
):
    looks = replace(LOOKS_UP, max_recipients=3)
    provider = Talks([all_of(UNCERTAIN)], capabilities=looks)
    provider.looked_up = [ACCEPTED, UNCERTAIN, UNCERTAIN]
    reported = reported_issue(installation, provider, readers=3)
    submit_next(reported.dispatcher)
    installation.now += MINUTE
    reported.says(1, EventKind.DELIVERED)
    look_again(reported)
    assert states(installation, reported.issue_id) == {"accepted": 2, "uncertain": 1}
